/** Waiting in tests: for a while, or until something holds. Every wait has an end (patience.ts). */
import { PATIENCE_MS, Patience } from './patience.ts';

export { PATIENCE_MS } from './patience.ts';

const LOOK_AGAIN_MS = 5;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds; fails with `what` when it does not in a long time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  await found(async () => ((await holds()) ? true : undefined), what, patienceMs);
}

/**
 * Looks again and again until there is something; fails with `what` when there is not in a long
 * time.
 */
export async function found<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const patience = new Patience(patienceMs);
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (patience.isGone()) throw new Error(`never happened: ${what}`);
    await pause(LOOK_AGAIN_MS);
  }
}
