/**
 * Shrinking: a failing run is tried again with less (shorter, fewer faults, fewer nodes, no bad
 * weather), and what still fails in the same way is kept. The story that is left is short enough to
 * be read.
 */
import { type Cut, planOf } from './plan.ts';
import { type Result, runSeed } from './run.ts';

/** Runs that shrinking may cost. */
const MOST_TRIES = 80;
/** Who may turn out to have nothing to do with it. */
const DISPENSABLE = [
  'strangers',
  'misledRelays',
  'misledMembers',
  'squatters',
  'crowders',
  'deputies',
  'flooders',
  'twins',
  'gateways',
  'saboteurs',
  'relays',
  'thieves',
  'traitors',
] as const;
/** Committees that are tried in place of a larger one: they stand one traitor, and two. */
const SMALL_COMMITTEES = [4, 7];

/** The smallest failing run that was found, by the same checker. */
export function shrink(failed: Result, onProgress: (tries: number) => void = () => {}): Result {
  const { seed, profile, failure } = failed;
  if (failure === undefined) return failed;
  let best = failed;
  let tries = 0;
  const attempt = (change: Cut): boolean => {
    if (tries >= MOST_TRIES) return false;
    onProgress(++tries);
    const result = runSeed(seed, profile, { ...best.cut, ...change });
    if (result.failure?.checker !== failure.checker) return false;
    best = result;
    return true;
  };
  const plan = planOf(seed, profile, failed.cut);
  if (failure.atMs < plan.chaosMs) attempt({ chaosMs: failure.atMs + 1 });
  attempt({ isCalm: true });
  attempt({ faults: [] });
  for (const name of DISPENSABLE) attempt({ [name]: 0 });
  for (const authorities of SMALL_COMMITTEES) {
    if (authorities < plan.authorities && attempt({ authorities })) break;
  }
  dropFaults(seed, profile, () => best.cut, attempt);
  const many = plan.places.filter(({ role }) => role === 'wallet').length;
  for (let wallets = 2; wallets < many; wallets *= 2) if (attempt({ wallets })) break;
  for (let left = plan.payments >> 1; left > 0 && attempt({ payments: left }); left >>= 1);
  let { chaosMs } = planOf(seed, profile, best.cut);
  while (chaosMs > 1_000 && attempt({ chaosMs: chaosMs >> 1 })) chaosMs >>= 1;
  return best;
}

/** Leaves out runs of faults, half of them first, then ever fewer. */
function dropFaults(
  seed: number,
  profile: string,
  cut: () => Cut,
  attempt: (change: Cut) => boolean,
): void {
  let kept = planOf(seed, profile, cut()).faults.map(({ name }) => name);
  for (let size = kept.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (attempt({ faults: fewer })) kept = fewer;
      else from += size;
    }
  }
}
