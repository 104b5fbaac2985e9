/** What a person reads when a run failed. */
import { execFileSync } from 'node:child_process';
import { cutText } from './cut-text.ts';
import type { Result } from './run.ts';

/**
 * The commit of the working tree, if there is a repository; `-dirty` where files differ from it.
 */
export function commitName(): string {
  try {
    const ask = ['describe', '--always', '--dirty', '--abbrev=40'];
    return execFileSync('git', ask, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/** The command that plays a run again. */
export function commandFor({ seed, profile, cut }: Result): string {
  const text = cutText(cut);
  const rest = text === '' ? '' : ` --cut '${text}'`;
  return `npm run sim -- --profile ${profile} --seed ${seed}${rest}`;
}

/** A failed run in words. */
export function describeFailure(result: Result): string {
  const { failure } = result;
  if (failure === undefined) return `seed ${result.seed}: nothing failed`;
  return [
    `FAILED  ${failure.checker}: ${failure.message}`,
    `  at      ${(failure.atMs / 1_000).toFixed(3)} s of virtual time, ${result.steps} steps`,
    `  again   ${commandFor(result)}`,
    `  commit  ${commitName()}`,
    `  trace   ${result.traceHash}`,
    '  last events of each node:',
    ...failure.history.map((line) => `    ${line}`),
  ].join('\n');
}
