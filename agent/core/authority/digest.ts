/**
 * The digest of a ledger: hashes over the tree of all accounts that ever ordered anything
 * (bucket.ts). Two authorities find the accounts in which they differ by walking down where the
 * hashes differ: work proportional to the difference.
 *
 *   leaf     account, next sequence, digest of its certified orders: 72 bytes
 *   bucket   SHA-256(0, leaves in ascending order of accounts)
 *   split    SHA-256(1, the digests of its 16 children)
 *   empty    32 zeros
 *
 * Balances follow from the orders (and would make two leaves differ where there is nothing to
 * exchange); the votes inside a certificate are not part of it either, because honest authorities
 * may hold different quorums.
 *
 * A start needs no pass over the accounts, and a payment writes nothing of this to the disk. The
 * digests of children are on disk as they were at some entry of the journal, `digestMark`. An order
 * that is certified later only marks the children above its account as stale, in memory; they are
 * computed again when somebody asks, in memory as well. After DIGESTS_KEPT_EVERY entries what is in
 * memory goes to disk and the mark moves, in the same step. A new process reads which accounts
 * ordered since the mark.
 *
 * Bounds: in memory two records for each split node above at most DIGESTS_KEPT_EVERY accounts; a
 * step computes the digests above as many.
 */

import { invariant } from '../base/assert.ts';
import { concatBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { DIGEST_FANOUT, DIGESTS_KEPT_EVERY } from '../base/limits.ts';
import { progressIn } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { factCount, outcomeSet } from '../facts/fact-list.ts';
import { journalHead, payerAt } from '../journal.ts';
import { SPACES } from '../spaces.ts';
import {
  bucketAt,
  type DigestPath,
  enterBucket,
  isSplit,
  nibbleOf,
  nodeAt,
  splitsAbove,
  writeNode,
} from './bucket.ts';

/** Bytes of a digest. */
const WIDTH = 32;

/** The digest of a subtree without accounts. */
const EMPTY = new Uint8Array(WIDTH);

/** What a node hashes first: no list of leaves can pass for a list of children. */
const BUCKET = Uint8Array.of(0);
const SPLIT = Uint8Array.of(1);
const FACTS = Uint8Array.of(2);
const OUTCOMES = Uint8Array.of(3);

/**
 * The digest of all that is certified here: the tree of orders, and the set of the other facts,
 * once there are some (facts/fact-list.ts). Two authorities with the same one hold the same ledger.
 */
export function ledgerDigest(draft: Draft): Uint8Array {
  const { count, set } = factCount(draft);
  const root = digestAt(draft, []);
  return count === 0n ? root : sha256(FACTS, root, set);
}

/**
 * The digest of all that committees certified and decided: the tree of orders, and the set of
 * outcomes, once there are some. What observers say of outer ledgers is no committee's word, and
 * does not show in it.
 */
export function decidedDigest(draft: Draft): Uint8Array {
  const outcomes = outcomeSet(draft);
  const root = digestAt(draft, []);
  return outcomes === undefined ? root : sha256(OUTCOMES, root, outcomes);
}

/** The digest of the subtree at `path`; 32 zeros where no account has ordered anything. */
export function digestAt(draft: Draft, path: DigestPath): Uint8Array {
  if (isSplit(draft, path)) return sha256(SPLIT, childrenOf(draft, path));
  const accounts = bucketAt(draft, path);
  if (accounts.length === 0) return EMPTY;
  return sha256(BUCKET, ...accounts.map((account) => leafOf(draft, account)));
}

/** The digests of the 16 children of a node that was split, one after the other. */
export function childrenOf(draft: Draft, path: DigestPath): Uint8Array {
  const [staleAt, freshAt] = [SPACES.stale.at(path), SPACES.freshDigests.at(path)];
  const known = draft.read(freshAt) ?? keptAt(draft, path);
  const stale = draft.read(staleAt);
  if (stale === undefined) return known;
  const children = known.slice();
  for (const nibble of nibblesIn(stale)) {
    children.set(digestAt(draft, [...path, nibble]), nibble * WIDTH);
  }
  draft.writeBytes(freshAt, children);
  draft.remove(staleAt);
  return children;
}

/** One of the digests that `childrenOf` gives. */
export function childIn(children: Uint8Array, nibble: number): Uint8Array {
  return children.subarray(nibble * WIDTH, (nibble + 1) * WIDTH);
}

/** An order of this account was certified, and its record says so: its first, or another one. */
export function noteOrder(draft: Draft, account: Uint8Array, isFirst: boolean): void {
  if (isFirst) {
    for (const path of enterBucket(draft, account)) {
      const children = Array.from({ length: DIGEST_FANOUT }, (_, nibble) =>
        digestAt(draft, [...path, nibble]),
      );
      writeNode(draft, path, { TAG: 'split', data: concatBytes(...children) });
    }
  }
  markStale(draft, account);
}

/** Brings the digests on disk up to the journal, if they are far behind it. */
export function keepDigests(draft: Draft): void {
  const { count } = journalHead(draft);
  const mark = markOf(draft);
  if (count - mark < BigInt(DIGESTS_KEPT_EVERY)) return;
  digestAt(draft, []);
  for (const account of payersSince(draft, mark, count)) {
    for (const path of splitsAbove(draft, account)) {
      const freshAt = SPACES.freshDigests.at(path);
      const fresh = draft.read(freshAt);
      if (fresh === undefined) continue;
      writeNode(draft, path, { TAG: 'split', data: fresh });
      draft.remove(freshAt);
    }
  }
  draft.write(SPACES.digestMark, count);
}

/** A new process: the digests on disk do not know of the last entries of the journal. */
export function recallStale(draft: Draft): void {
  const { count } = journalHead(draft);
  for (const account of payersSince(draft, markOf(draft), count)) markStale(draft, account);
}

/** Marks what is above this account as to be computed again. */
function markStale(draft: Draft, account: Uint8Array): void {
  for (const path of splitsAbove(draft, account)) {
    const place = SPACES.stale.at(path);
    const bits = draft.read(place) ?? 0;
    const bit = 1 << nibbleOf(account, path.length);
    if ((bits & bit) === 0) draft.write(place, bits | bit);
  }
}

/** Who has an order certified in these entries of the journal. */
function* payersSince(draft: Draft, mark: bigint, count: bigint): Generator<Uint8Array> {
  for (let n = mark; n < count; n++) {
    const payer = payerAt(draft, n);
    if (payer !== undefined) yield payer;
  }
}

function markOf(draft: Draft): bigint {
  return draft.read(SPACES.digestMark) ?? 0n;
}

/** The digests of children as they are on disk. */
function keptAt(draft: Draft, path: DigestPath): Uint8Array {
  const node = nodeAt(draft, path);
  invariant(node?.TAG === 'split', 'a node that was split has the digests of its children');
  return node.data;
}

/** How far an account is. Not hashed before the bucket is: leaves are of one length. */
function leafOf(draft: Draft, account: Uint8Array): Uint8Array {
  const record = draft.readBytes(SPACES.account.at(account));
  invariant(record !== undefined, 'whoever ordered has a record');
  return concatBytes(account, progressIn(record));
}

function nibblesIn(bits: number): number[] {
  return Array.from({ length: DIGEST_FANOUT }, (_, n) => n).filter((n) => (bits & (1 << n)) !== 0);
}
