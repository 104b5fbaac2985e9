/** What the command lines of the simulator are given: numbers, help, and mistakes in words. */

/** Asks for the usage, in `parseArgs` of every command. */
export const HELP = { type: 'boolean', short: 'h' } as const;

/**
 * The whole number that an option is given, `least` or more and exact; undefined where it is not
 * given. Digits only: what else reads as a number (1e3, 0x10, a blank) is more likely a slip.
 * Throws in words.
 */
export function wholeNumberOf(
  name: string,
  text: string | undefined,
  least = 0,
): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  const range = `from ${least} to ${Number.MAX_SAFE_INTEGER}`;
  throw new Error(`--${name}: expected a whole number ${range}, found ${quoted(text)}`);
}

/** The number above 0, fractions allowed, that an option is given; undefined where it is not. */
export function positiveNumberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`--${name}: expected a number above 0, found ${quoted(text)}`);
}

/** A mistake of whoever typed the command, in words. */
export function mistake(program: string, error: unknown): string {
  return `${program}: ${error instanceof Error ? error.message : error}`;
}

/** The text itself; in quotes where it would not be seen. */
function quoted(text: string): string {
  return text.trim() === '' ? `'${text}'` : text;
}
