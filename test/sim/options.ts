/** Numbers on the command lines of the simulator. */

/** The number that an option is given, `least` or more; undefined where it is not. Throws in words. */
export function numberOf(name: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number >= least) return number;
  throw new Error(`--${name}: expected a number from ${least} on, found ${text}`);
}

/** A mistake of whoever typed the command, in words. */
export function mistake(program: string, error: unknown): string {
  return `${program}: ${error instanceof Error ? error.message : error}`;
}
