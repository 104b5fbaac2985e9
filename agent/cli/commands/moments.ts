/** Moments of the command line: a day, or a day and a time, in universal time as what is shown. */
import { foundText, trimmed } from '../../core/base/characters.ts';
import type { Args } from '../command.ts';
import { failure } from '../failure.ts';

const FORM = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?)?Z?$/;

/** The option's moment in ms since 1970; undefined if it is not given. Throws Failure. */
export function momentOf(args: Args, name: string): number | undefined {
  const given = args.text(name);
  if (given === undefined) return undefined;
  const [, day, time = '00:00', seconds = ':00'] = FORM.exec(trimmed(given)) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${seconds}Z`);
  // What the calendar does not have, such as a 30th of February, Date moves on to another day.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day ?? '-')) return ms;
  const expected = 'a day such as 2026-01-31, or "2026-01-31 12:00", in universal time';
  throw failure('bad_usage', { field: `--${name}`, expected, found: foundText(given) });
}
