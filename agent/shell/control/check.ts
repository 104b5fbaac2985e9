/** A check of `meshpay doctor`: what was looked at, how it stands, and what mends it. */

export type Verdict = 'ok' | 'warn' | 'fail';

export interface CheckView {
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found, in one sentence. */
  readonly what: string;
  /** What a person can do about it; null where nothing is wrong. */
  readonly mend: string | null;
}

/** The worst of several verdicts; `ok` of none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('warn') ? 'warn' : 'ok';
}
