/** Waiting in tests: for a while, or until something holds. Every wait has an end. */

/** Far above what anything here takes: a test that waits for nothing fails instead of hanging. */
export const PATIENCE_MS = 120_000;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds; fails with `what` when it does not in a long time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  await found(async () => ((await holds()) ? true : undefined), what, timeoutMs);
}

/** Looks again and again until there is something; fails with `what` when there is not in a long time. */
export async function found<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > endMs) throw new Error(`never happened: ${what}`);
    await pause(5);
  }
}
