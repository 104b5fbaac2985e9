/** The result of a check, in one line. */
import type { CheckView, Verdict } from '../../control/check.ts';

/** What was found, and what mends it where it is not well. */
export function found(
  name: string,
  verdict: Verdict,
  what: string,
  mend: string | null,
): CheckView {
  return { name, verdict, what, mend };
}

export function well(name: string, what: string): CheckView {
  return found(name, 'ok', what, null);
}
