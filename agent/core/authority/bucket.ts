/**
 * Buckets: the leaves of the digest tree (digest.ts). A bucket holds the accounts whose keys share
 * their first 12 bits and that ever ordered anything, and a leaf for each.
 *
 * Whoever makes an account chooses those bits, so one bucket may hold any number of them. That has to
 * stay cheap: an account that only receives is in no bucket, a bucket is sorted and searched by
 * bisection, and it keeps its leaves, so that a digest reads no account records. An order that is
 * certified only notes its account in a short list beside the bucket; the list is taken in when it
 * is full or somebody looks, so that no payment copies a bucket.
 *
 * All of it is kept in memory. A bucket is one record: its accounts in ascending order, 32 bytes
 * each, and then their leaves in the same order, 32 bytes each.
 */
import { invariant } from '../assert.ts';
import { type ByteKey, compareBytes, concatBytes, equalBytes } from '../bytes.ts';
import { encode, sequenceCoder } from '../codec/canonical.ts';
import { type Account, accountCoder } from '../codec/record.ts';
import { sha256 } from '../crypto.ts';
import type { Draft } from '../draft.ts';
import { keyOf } from '../keyspace.ts';
import { DIGEST_DEPTH, MAX_WAITING_LEAVES } from '../limits.ts';

/** Nibbles from the root of the digest tree to one of its nodes. */
export type DigestPath = readonly number[];

/** Bytes of an account's key, and of a leaf. */
const WIDTH = 32;

const NOTHING = new Uint8Array();

/** The accounts and the leaves of a bucket, 32 bytes each, one after the other. */
export interface Contents {
  readonly accounts: Uint8Array;
  readonly leaves: Uint8Array;
}

/** An account with its leaf. */
export interface Entry {
  readonly account: Uint8Array;
  readonly leaf: Uint8Array;
}

/** The path of the bucket that an account belongs to. */
export function pathOf(account: Uint8Array): DigestPath {
  return Array.from({ length: DIGEST_DEPTH }, (_, level) => {
    const byte = account[level >> 1] ?? 0;
    return level % 2 === 0 ? byte >> 4 : byte & 15;
  });
}

/** How far an account is, hashed: its key, its next sequence, the chain over all that it ordered. */
export function leafOf(account: Uint8Array, { next, history }: Account): Uint8Array {
  return sha256(account, encode(sequenceCoder, next), history);
}

/** Notes that an account's leaf is another one now, or its first. Its record is read later. */
export function noteLeaf(draft: Draft, account: Uint8Array): void {
  const path = pathOf(account);
  const key = keyOfPath('waiting', path);
  const before = draft.get(key) ?? NOTHING;
  if (isAmong(before, account)) return;
  const waiting = concatBytes(before, account);
  draft.put(key, waiting);
  if (countOf(waiting) >= MAX_WAITING_LEAVES) takeIn(draft, path);
}

/** The bucket at `path`, with all that was noted. */
export function bucketAt(draft: Draft, path: DigestPath): Contents {
  takeIn(draft, path);
  return openBucket(draft.get(keyOfPath('bucket', path)) ?? NOTHING);
}

/** The record of a bucket with these entries, in any order, each account once. */
export function bucketRecord(entries: readonly Entry[]): Uint8Array {
  const half = entries.length * WIDTH;
  const record = new Uint8Array(2 * half);
  const sorted = entries.toSorted((a, b) => compareBytes(a.account, b.account));
  sorted.forEach(({ account, leaf }, n) => {
    record.set(account, n * WIDTH);
    record.set(leaf, half + n * WIDTH);
  });
  return record;
}

/** How many accounts, or leaves, are in so many bytes. */
export function countOf(joined: Uint8Array): number {
  return joined.length / WIDTH;
}

/** The nth account, from 0 on. */
export function accountAt(accounts: Uint8Array, n: number): Uint8Array {
  return accounts.subarray(n * WIDTH, (n + 1) * WIDTH);
}

/** How many of the sorted accounts are below `account`, or, `through` it, not above. */
export function placeOf(accounts: Uint8Array, account: Uint8Array, through = false): number {
  let [low, high] = [0, countOf(accounts)];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareBytes(accountAt(accounts, middle), account);
    if (order < 0 || (through && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a short list in no order has the account. */
function isAmong(accounts: Uint8Array, account: Uint8Array): boolean {
  for (let n = 0; n < countOf(accounts); n++) {
    if (equalBytes(accountAt(accounts, n), account)) return true;
  }
  return false;
}

function keyOfPath(space: 'bucket' | 'waiting', path: DigestPath): ByteKey {
  return keyOf(space, Uint8Array.from(path));
}

function openBucket(record: Uint8Array): Contents {
  const half = record.length / 2;
  return { accounts: record.subarray(0, half), leaves: record.subarray(half) };
}

/** Takes what was noted into the bucket, in one pass. */
function takeIn(draft: Draft, path: DigestPath): void {
  const waiting = draft.get(keyOfPath('waiting', path));
  if (waiting === undefined) return;
  draft.remove(keyOfPath('waiting', path));
  const before = openBucket(draft.get(keyOfPath('bucket', path)) ?? NOTHING);
  draft.put(keyOfPath('bucket', path), merge(before, entriesOf(draft, waiting)));
}

/** The accounts noted, in ascending order, with their leaves. */
function entriesOf(draft: Draft, waiting: Uint8Array): Entry[] {
  const accounts = Array.from({ length: countOf(waiting) }, (_, n) => accountAt(waiting, n));
  return accounts.sort(compareBytes).map((account) => {
    const record = draft.read(keyOf('account', account), accountCoder);
    invariant(record !== undefined, 'whoever ordered has a record');
    return { account, leaf: leafOf(account, record) };
  });
}

/** The record of a bucket after these entries, in ascending order, went in or took their place. */
function merge({ accounts, leaves }: Contents, entries: readonly Entry[]): Uint8Array {
  const places = entries.map(({ account }) => {
    const from = placeOf(accounts, account);
    const isKnown = equalBytes(accountAt(accounts, from), account);
    return { from, to: isKnown ? from + 1 : from };
  });
  const isNew = places.filter(({ from, to }) => from === to).length;
  const half = accounts.length + isNew * WIDTH;
  const merged = new Uint8Array(2 * half);
  let [taken, at] = [0, 0];
  const copy = (to: number): void => {
    merged.set(accounts.subarray(taken * WIDTH, to * WIDTH), at);
    merged.set(leaves.subarray(taken * WIDTH, to * WIDTH), half + at);
    at += (to - taken) * WIDTH;
  };
  entries.forEach(({ account, leaf }, i) => {
    const { from = 0, to = 0 } = places[i] ?? {};
    copy(from);
    merged.set(account, at);
    merged.set(leaf, half + at);
    at += WIDTH;
    taken = to;
  });
  copy(countOf(accounts));
  return merged;
}
