/**
 * The digest of a ledger: a tree of hashes over all accounts, 16 children a node, 3 levels, the
 * leaves being buckets of accounts that share their first 12 bits. Two authorities find the accounts
 * in which they differ by walking down where the hashes differ: work proportional to the difference.
 *
 * It covers what the ledger says (next, history, balances) and not what the authority is still
 * voting on. The votes inside a certificate are not part of it either: honest authorities may hold
 * different quorums for the same order.
 *
 * All of it is kept in memory. Changing an account only forgets the hashes above it; they are
 * computed again when somebody asks.
 */
import * as P from 'micro-packed';
import { compareBytes, concatBytes, equalBytes } from '../bytes.ts';
import { decodeOwn, encode } from '../codec/canonical.ts';
import { accountCoder } from '../codec/record.ts';
import { sha256 } from '../crypto.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { keyOf } from '../keyspace.ts';
import { DIGEST_DEPTH, DIGEST_FANOUT } from '../limits.ts';

/** Nibbles from the root of the tree to one of its nodes. */
export type DigestPath = readonly number[];

/** The digest of a subtree without accounts. */
const EMPTY = new Uint8Array(32);

/** A bucket's accounts, 32 bytes each, in the order in which they came. */
const bucketCoder = P.bytes(null);
const hashCoder = P.bytes(32);

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
  draft.write(key, bucketCoder, concatBytes(draft.get(key) ?? new Uint8Array(), account));
}

/** Forgets every hash that covers this account. */
export function forgetDigests(draft: Draft, account: Uint8Array): void {
  const path = Uint8Array.from(pathOf(account));
  for (let depth = 0; depth <= DIGEST_DEPTH; depth++) {
    draft.remove(keyOf('digest', path.subarray(0, depth)));
  }
}

/** The accounts of a bucket in ascending order. */
export function accountsOf(read: Read, path: DigestPath): Uint8Array[] {
  const joined = read.get(keyOf('bucket', Uint8Array.from(path))) ?? new Uint8Array();
  const accounts: Uint8Array[] = [];
  for (let at = 0; at < joined.length; at += 32) accounts.push(joined.slice(at, at + 32));
  return accounts.sort(compareBytes);
}

/** The digest of the subtree at `path`; 32 zeros for one without accounts. */
export function digestAt(draft: Draft, path: DigestPath): Uint8Array {
  const key = keyOf('digest', Uint8Array.from(path));
  const known = draft.get(key);
  if (known !== undefined) return known;
  const parts = path.length < DIGEST_DEPTH ? childrenOf(draft, path) : leavesOf(draft, path);
  const digest = parts.every((part) => equalBytes(part, EMPTY)) ? EMPTY : sha256(...parts);
  draft.write(key, hashCoder, digest);
  return digest;
}

/** The digests of the 16 children of the node at `path`. */
export function childrenOf(draft: Draft, path: DigestPath): Uint8Array[] {
  return Array.from({ length: DIGEST_FANOUT }, (_, nibble) => digestAt(draft, [...path, nibble]));
}

/** What the ledger says of each account of a bucket, hashed. */
function leavesOf(draft: Draft, path: DigestPath): Uint8Array[] {
  return accountsOf(draft, path).map((key) => {
    const bytes = draft.get(keyOf('account', key)) ?? new Uint8Array();
    const { next, history, balances } = decodeOwn(accountCoder, bytes);
    const plain = { next, history, balances, received: 0n, frozen: false, pending: undefined };
    return sha256(key, encode(accountCoder, plain));
  });
}
