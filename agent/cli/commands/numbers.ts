/** Whole numbers of the command line. */
import { foundText, trimmed } from '../../core/base/characters.ts';
import type { Args } from '../command.ts';
import { failure } from '../failure.ts';

/** The option's number, from `least` to `most`; undefined if it is not given. Throws Failure. */
export function wholeNumber(
  args: Args,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const given = args.text(name);
  if (given === undefined) return undefined;
  const text = trimmed(given);
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  const expected = `a whole number from ${least} to ${most}`;
  throw failure('bad_usage', { field: `--${name}`, expected, found: foundText(text) });
}
