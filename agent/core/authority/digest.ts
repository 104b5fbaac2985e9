/**
 * The digest of a ledger: a tree of hashes over all accounts that ever ordered anything, 16 children
 * a node, 3 levels, the leaves being buckets of accounts that share their first 12 bits (bucket.ts).
 * Two authorities find the accounts in which they differ by walking down where the hashes differ:
 * work proportional to the difference.
 *
 * A leaf is the account's next sequence and the hash over all its certified orders. Balances follow
 * from those (and would make two leaves differ where there is nothing to exchange); the votes inside
 * a certificate are not part of it either, because honest authorities may hold different quorums.
 *
 * All of it is kept in memory. An order that is certified only marks the hashes above its account as
 * unknown; they are computed again when somebody asks. A subtree without a record is empty. The
 * digest of a bucket is one pass of SHA-256 over its leaves, so the longest time that a root can take
 * is that for MAX_ACCOUNTS leaves of 32 bytes.
 */
import { type ByteKey, equalBytes, fromByteKey, toByteKey } from '../bytes.ts';
import { sha256 } from '../crypto.ts';
import type { Draft } from '../draft.ts';
import { keyOf } from '../keyspace.ts';
import { DIGEST_DEPTH, DIGEST_FANOUT } from '../limits.ts';
import { bucketAt, type DigestPath, pathOf } from './bucket.ts';

/** The digest of a subtree without accounts. */
const EMPTY = new Uint8Array(32);

const NIBBLES = Array.from({ length: DIGEST_FANOUT }, (_, n) => toByteKey(Uint8Array.of(n)));

/** Stands for a digest that has to be computed again. */
const UNKNOWN = new Uint8Array();

/** The records that mark every hash above an account as unknown. */
export function unknownDigests(account: Uint8Array): ByteKey[] {
  const path = Uint8Array.from(pathOf(account));
  return Array.from({ length: DIGEST_DEPTH + 1 }, (_, depth) =>
    keyOf('digest', path.subarray(0, depth)),
  );
}

/** Marks every hash above this account as unknown. */
export function forgetDigests(draft: Draft, account: Uint8Array): void {
  for (const key of unknownDigests(account)) {
    if (draft.get(key)?.length !== UNKNOWN.length) draft.put(key, UNKNOWN);
  }
}

/** The digest of the subtree at `path`; 32 zeros where no account has ordered anything. */
export function digestAt(draft: Draft, path: DigestPath): Uint8Array {
  return digestUnder(draft, keyOf('digest', Uint8Array.from(path)), path.length);
}

/** The digests of the 16 children of the node at `path`. */
export function childrenOf(draft: Draft, path: DigestPath): Uint8Array[] {
  return childrenUnder(draft, keyOf('digest', Uint8Array.from(path)), path.length);
}

/** The digest that belongs under `key`, of a node so many levels below the root. */
function digestUnder(draft: Draft, key: ByteKey, depth: number): Uint8Array {
  const known = draft.get(key);
  if (known === undefined) return EMPTY;
  if (known.length > UNKNOWN.length) return known;
  const digest =
    depth < DIGEST_DEPTH
      ? digestOver(childrenUnder(draft, key, depth))
      : digestOfBucket(draft, key);
  draft.put(key, digest);
  return digest;
}

function digestOver(children: readonly Uint8Array[]): Uint8Array {
  return children.every((child) => equalBytes(child, EMPTY)) ? EMPTY : sha256(...children);
}

function digestOfBucket(draft: Draft, key: ByteKey): Uint8Array {
  const { leaves } = bucketAt(draft, [...fromByteKey(key).subarray(1)]);
  return leaves.length === 0 ? EMPTY : sha256(leaves);
}

/** The keys of children are their parent's and a nibble: a comparison of ledgers looks at many. */
function childrenUnder(draft: Draft, key: ByteKey, depth: number): Uint8Array[] {
  return NIBBLES.map((nibble) => digestUnder(draft, `${key}${nibble}` as ByteKey, depth + 1));
}
