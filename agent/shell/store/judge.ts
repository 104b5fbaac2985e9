/**
 * What the commit log and the database say of each other when a store is opened: whether the last
 * commits are all there, in one place or the other, and belong to one history.
 */
import { equalBytes } from '../../core/base/bytes.ts';
import { type CommitRecord, chainOf } from './commit.ts';
import type { LogContents } from './commit-log.ts';
import { DAMAGES, type DamageCode, type DamageList } from './damage.ts';

/**
 * Adds what is wrong; returns the last commit that the log knows. `inDatabase`: the commit that
 * LevelDB has last, undefined if there is none that can be read.
 */
export function judgeLog(
  { checkpoint, entries, stray }: LogContents,
  inDatabase: CommitRecord | undefined,
  damage: DamageList,
): CommitRecord {
  for (const { code, where, found } of checkpoint.damage) {
    damage.add(code in DAMAGES ? (code as DamageCode) : 'records_differ', where, found);
  }
  const known = [checkpoint.commit];
  for (const { after, operations } of entries) {
    const before = known.at(-1) ?? checkpoint.commit;
    if (!equalBytes(after.chain, chainOf(before.chain, operations))) {
      damage.add('other_history', `commit ${after.number}`, 'it does not follow the one before');
    }
    known.push(after);
  }
  const last = known.at(-1) ?? checkpoint.commit;
  if (stray !== undefined) {
    const where = `commits ${last.number + 1n} to ${stray}`;
    damage.add('commits_lost', where, `commit ${stray} is in the commit log, not all before it`);
  }
  if (inDatabase !== undefined) compare(known, inDatabase, damage);
  else if (last.number > 0n && checkpoint.commit.number > 0n) {
    damage.add('commit_record', 'commit record', 'it is missing');
  }
  return last;
}

function compare(known: readonly CommitRecord[], found: CommitRecord, damage: DamageList): void {
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return;
  if (found.number < first.number) {
    const lost = last.number - found.number;
    const where = `commits ${found.number + 1n} to ${last.number}`;
    damage.add('commits_lost', where, `the last ${lost} of ${last.number} commits are lost`);
  } else if (found.number > last.number) {
    const where = `commits ${last.number + 1n} to ${found.number}`;
    damage.add('commits_lost', where, 'the commit log does not have them, and the database has');
  } else {
    const same = known.find(({ number }) => number === found.number);
    if (same === undefined || equalBytes(same.chain, found.chain)) return;
    damage.add('other_history', `commit ${found.number}`, 'the commit log has another chain hash');
  }
}
