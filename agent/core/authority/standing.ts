/**
 * Whether this authority votes. Two things keep it from that, each a record on disk:
 *
 *   standing     for good: it may have given votes that its ledger does not know
 *                (PROTOCOL: Evidence is used)
 *   firstStart   until others have vouched for the first start of its key (first-start.ts)
 *
 * Safety: nothing here takes `standing` away again. Whoever may have contradicted itself would do so
 * again at the next order, so doubt ends voting for every account at once.
 */

import type { Sequence } from '../base/units.ts';
import { decodeOwn } from '../codec/canonical.ts';
import { standingCoder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { singleton } from '../keyspace.ts';

const ELSEWHERE_REASON =
  'a vote of this key turned up that this ledger does not know: the key was used elsewhere';

/** Whether this authority votes, and so remembers each vote that it ever gave. */
export function mayVote(read: Read): boolean {
  return !isBarred(read) && read.get(singleton('firstStart')) === undefined;
}

/** Whether it never votes again. */
export function isBarred(read: Read): boolean {
  return read.get(singleton('standing')) !== undefined;
}

/** Whether nothing but the words of others is missing until it votes. */
export function isFirstStart(read: Read): boolean {
  return !isBarred(read) && !mayVote(read);
}

/** Whether it never votes again because its key voted in another life. */
export function wasUsedElsewhere(read: Read): boolean {
  const standing = read.get(singleton('standing'));
  return standing !== undefined && decodeOwn(standingCoder, standing).reason === ELSEWHERE_REASON;
}

/** This key voted at this place in another life. */
export function bar(draft: Draft, account: Uint8Array, sequence: Sequence): void {
  if (isBarred(draft)) return;
  draft.write(singleton('standing'), standingCoder, { reason: ELSEWHERE_REASON });
  draft.note({ kind: 'voted_elsewhere', account, sequence });
}
