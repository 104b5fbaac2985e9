/**
 * The digest of a ledger: a tree of hashes over all accounts that ever ordered anything, 16 children
 * a node, 3 levels, the leaves being buckets of accounts that share their first 12 bits. Two
 * authorities find the accounts in which they differ by walking down where the hashes differ: work
 * proportional to the difference.
 *
 * A leaf is the account's next sequence and the hash over all its certified orders. Balances follow
 * from those (and would make two leaves differ where there is nothing to exchange); the votes inside
 * a certificate are not part of it either, because honest authorities may hold different quorums.
 *
 * All of it is kept in memory. Changing an account only marks the hashes above it as unknown; they
 * are computed again when somebody asks. A subtree without a record is empty.
 */
import {
  type ByteKey,
  compareBytes,
  concatBytes,
  equalBytes,
  fromByteKey,
  toByteKey,
} from '../bytes.ts';
import { encode, sequenceCoder } from '../codec/canonical.ts';
import { accountCoder } from '../codec/record.ts';
import { sha256 } from '../crypto.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { keyOf } from '../keyspace.ts';
import { DIGEST_DEPTH, DIGEST_FANOUT } from '../limits.ts';
import { FIRST_SEQUENCE } from '../units.ts';

/** Nibbles from the root of the tree to one of its nodes. */
export type DigestPath = readonly number[];

/** The digest of a subtree without accounts. */
const EMPTY = new Uint8Array(32);

const NIBBLES = Array.from({ length: DIGEST_FANOUT }, (_, n) => toByteKey(Uint8Array.of(n)));

/** Stands for a digest that has to be computed again. */
const UNKNOWN = new Uint8Array();

/** The path of the bucket that an account belongs to. */
export function pathOf(account: Uint8Array): DigestPath {
  return Array.from({ length: DIGEST_DEPTH }, (_, level) => {
    const byte = account[level >> 1] ?? 0;
    return level % 2 === 0 ? byte >> 4 : byte & 15;
  });
}

/** Takes a new account into its bucket. */
export function addToBucket(draft: Draft, account: Uint8Array): void {
  const key = keyOf('bucket', Uint8Array.from(pathOf(account)));
  draft.put(key, concatBytes(draft.get(key) ?? UNKNOWN, account));
}

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

/** The accounts of a bucket in ascending order. */
export function accountsOf(read: Read, path: DigestPath): Uint8Array[] {
  const joined = read.get(keyOf('bucket', Uint8Array.from(path))) ?? UNKNOWN;
  const accounts: Uint8Array[] = [];
  for (let at = 0; at < joined.length; at += 32) accounts.push(joined.slice(at, at + 32));
  return accounts.sort(compareBytes);
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
  const parts =
    depth < DIGEST_DEPTH
      ? childrenUnder(draft, key, depth)
      : leavesOf(draft, [...fromByteKey(key).subarray(1)]);
  const digest = parts.every((part) => equalBytes(part, EMPTY)) ? EMPTY : sha256(...parts);
  draft.put(key, digest);
  return digest;
}

/** The keys of children are their parent's and a nibble: a comparison of ledgers looks at many. */
function childrenUnder(draft: Draft, key: ByteKey, depth: number): Uint8Array[] {
  return NIBBLES.map((nibble) => digestUnder(draft, `${key}${nibble}` as ByteKey, depth + 1));
}

/** How far each account of a bucket is that ever ordered anything, hashed. */
function leavesOf(draft: Draft, path: DigestPath): Uint8Array[] {
  return accountsOf(draft, path).flatMap((key) => {
    const account = draft.read(keyOf('account', key), accountCoder);
    if (account === undefined || account.next === FIRST_SEQUENCE) return [];
    return [sha256(key, encode(sequenceCoder, account.next), account.history)];
  });
}
