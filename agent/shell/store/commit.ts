/**
 * Commits: what the store knows about all of its records together. Each batch also writes the
 * commit record, so that a half batch, a lost record and a stale one are noticed.
 *
 *   number  of the commit, from 1
 *   chain   SHA-256(chain before | for each write: 1, digest  or  0, length of the key, key)
 *   count   of the live records, this one not counted
 *   sum     of their digests (seal.ts), as 256-bit numbers modulo 2^256
 *   guarded count and sum of those records alone that a vote depends on (guard.ts)
 *
 * The sum does not depend on the order of records, and one write changes it by two additions; the
 * digest of what is replaced is taken from what is on disk. Additions can be solved by somebody who
 * chooses records with care, which accidents do not.
 */
import { invariant } from '../../core/base/assert.ts';
import { type ByteKey, equalBytes } from '../../core/base/bytes.ts';
import { encode, hashCoder } from '../../core/codec/canonical.ts';
import type { ValueOf } from '../../core/codec/coder.ts';
import { u64 } from '../../core/codec/numbers.ts';
import { struct } from '../../core/codec/parts.ts';
import type { Write } from '../../core/io.ts';
import { isDurable, SPACES } from '../../core/spaces.ts';
import { nativeSha256 } from '../hash.ts';
import { isGuarded } from './guard.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from './limits.ts';
import { digestOf, keyBytes, keyOfBytes, seal, unseal, valueIn } from './seal.ts';

export const commitCoder = struct({
  number: u64,
  chain: hashCoder,
  count: u64,
  sum: hashCoder,
  guarded: struct({ count: u64, sum: hashCoder }),
});
export type CommitRecord = ValueOf<typeof commitCoder>;

export const COMMIT_KEY: ByteKey = SPACES.commit.key;

/** Before the first commit. */
export function noCommit(): CommitRecord {
  const none = { count: 0n, sum: new Uint8Array(32) };
  return { number: 0n, chain: new Uint8Array(32), ...none, guarded: none };
}

/** One put or removal as LevelDB takes it. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/** What a commit did to one record: the digests of what it replaced, and of what it wrote. */
export interface Change {
  readonly key: ByteKey;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** A commit that is planned: what goes to the disk, what it changes, and its record. */
export interface Planned {
  readonly operations: readonly Operation[];
  readonly changes: readonly Change[];
  readonly after: CommitRecord;
}

/** Number and sum of some records, kept up by what changes. */
export class Sum {
  count: bigint;
  readonly #sum: Uint8Array;

  constructor({ count, sum }: { readonly count: bigint; readonly sum: Uint8Array }) {
    this.count = count;
    // A copy, which the slice of a Buffer is not.
    this.#sum = Uint8Array.from(sum);
  }

  apply({ before, after }: Omit<Change, 'key'>): void {
    if (before !== undefined) {
      addDigest(this.#sum, before, -1);
      this.count -= 1n;
    }
    if (after !== undefined) {
      addDigest(this.#sum, after, 1);
      this.count += 1n;
    }
  }

  /** As it is now; not changed by what comes later. */
  value(): { readonly count: bigint; readonly sum: Uint8Array } {
    return { count: this.count, sum: Uint8Array.from(this.#sum) };
  }

  equals(other: { readonly count: bigint; readonly sum: Uint8Array }): boolean {
    return this.count === other.count && equalBytes(this.#sum, other.sum);
  }
}

/** Adds a digest to a sum, or takes it off again (`sign` -1), in place, modulo 2^256. */
export function addDigest(sum: Uint8Array, digest: Uint8Array, sign: 1 | -1): void {
  let carry = 0;
  for (let i = 31; i >= 0; i--) {
    const digit = (sum[i] ?? 0) + sign * (digest[i] ?? 0) + carry;
    sum[i] = digit & 255;
    carry = digit >> 8;
  }
}

/**
 * The batch that commits `writes`, its own record included, and that record. `stored` reads what is
 * on disk under a key, sealed. Throws StoreDamaged when a record that is to be replaced is damaged.
 */
export function planCommit(
  before: CommitRecord,
  writes: readonly Write[],
  stored: (key: Buffer) => Uint8Array | undefined,
): Planned {
  const operations: Operation[] = [];
  const changes: Change[] = [];
  const [all, guarded] = [new Sum(before), new Sum(before.guarded)];
  for (const { key, value } of lastOnEachKey(writes)) {
    invariant(isDurable(key) && key !== COMMIT_KEY, 'only durable records reach the store');
    const bytes = keyBytes(key);
    const old = stored(bytes);
    const digest = value === undefined ? undefined : digestOf(key, value);
    const replaced = old === undefined ? undefined : unseal(key, old).digest;
    const change = { key, before: replaced, after: digest };
    all.apply(change);
    if (isGuarded(key)) guarded.apply(change);
    changes.push(change);
    if (value === undefined || digest === undefined) {
      operations.push({ type: 'del', key: bytes });
    } else {
      invariant(bytes.length <= MAX_KEY_BYTES, 'a key is within its bound');
      invariant(value.length <= MAX_VALUE_BYTES, 'a value is within its bound');
      operations.push({ type: 'put', key: bytes, value: seal(value, digest) });
    }
  }
  const number = before.number + 1n;
  const chain = linkOf(before.chain, changes);
  const after = { number, chain, ...all.value(), guarded: guarded.value() };
  return { operations: [...operations, commitOperation(after)], changes, after };
}

/** The last write on each key, in the order in which the keys came first. */
function lastOnEachKey(writes: readonly Write[]): Iterable<Write> {
  const last = new Map<ByteKey, Write>();
  for (const write of writes) last.set(write.key, write);
  return last.values();
}

/** The chain after these operations, the commit record not among them. */
export function chainOf(before: Uint8Array, operations: readonly Operation[]): Uint8Array {
  const written = operations.map((operation) => {
    const key = keyOfBytes(operation.key);
    const isPut = operation.type === 'put';
    return { key, after: isPut ? digestOf(key, valueIn(operation.value)) : undefined };
  });
  return linkOf(before, written);
}

/** The same from the digests of what was written. */
function linkOf(before: Uint8Array, written: readonly Pick<Change, 'key' | 'after'>[]): Uint8Array {
  let length = before.length;
  for (const { key, after } of written)
    length += after === undefined ? 2 + key.length : 1 + after.length;
  const bytes = Buffer.allocUnsafe(length);
  bytes.set(before);
  let at = before.length;
  for (const { key, after } of written) {
    if (after === undefined) {
      at = bytes.writeUInt8(0, at);
      at = bytes.writeUInt8(key.length, at);
      at += bytes.write(key, at, 'latin1');
    } else {
      at = bytes.writeUInt8(1, at);
      bytes.set(after, at);
      at += after.length;
    }
  }
  return nativeSha256(bytes);
}

/** What writes the record of a commit. */
export function commitOperation(commit: CommitRecord): Operation {
  const value = encode(commitCoder, commit);
  const stored = seal(value, digestOf(COMMIT_KEY, value));
  return { type: 'put', key: keyBytes(COMMIT_KEY), value: stored };
}
