/**
 * What `meshpay doctor` says of the log of a program: whether its lines are written
 * (log-output.ts).
 */
import type { CheckView } from '../../control/check.ts';
import type { LogHealth } from '../../log/log-output.ts';

const MEND =
  'Make room where the log is kept, or see to the program that reads it. Nothing has to be restarted.';

/** `name` is what the check is called. */
export function judgeLog(name: string, { lost, fault }: LogHealth): CheckView {
  const lines = lost === 1 ? '1 line was' : `${lost} lines were`;
  if (fault !== null) {
    const what = `it cannot be written (${fault}); ${lines} lost`;
    return { name, verdict: 'warn', what, mend: MEND };
  }
  const what =
    lost === 0 ? 'every line was written' : `${lines} lost since the start; it is written again`;
  return { name, verdict: 'ok', what, mend: null };
}
