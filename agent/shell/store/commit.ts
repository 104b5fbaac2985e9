/**
 * Commits: what the store knows about all of its records together. Each batch also writes the commit
 * record, so that a half batch, a lost record and a stale one are noticed.
 *
 *   number  of the commit, from 1
 *   chain   SHA-256(chain before | for each write: 1, digest  or  0, length of the key, key)
 *   count   of the live records, this one not counted
 *   sum     of their digests (seal.ts), as 256-bit numbers modulo 2^256
 *
 * The sum does not depend on the order of records, and one write changes it by two additions; the
 * digest of what is replaced is taken from what is on disk. Additions can be solved by somebody who
 * chooses records with care, which accidents do not.
 */
import { createHash } from 'node:crypto';
import { invariant } from '../../core/assert.ts';
import type { ByteKey } from '../../core/bytes.ts';
import { encode, hashCoder } from '../../core/codec/canonical.ts';
import type { ValueOf } from '../../core/codec/coder.ts';
import { u64 } from '../../core/codec/numbers.ts';
import { struct } from '../../core/codec/parts.ts';
import type { Write } from '../../core/io.ts';
import { isDurable, singleton } from '../../core/keyspace.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../limits.ts';
import { digestOf, keyBytes, seal, unseal } from './seal.ts';

export const commitCoder = struct({
  number: u64,
  chain: hashCoder,
  count: u64,
  sum: hashCoder,
});
export type CommitRecord = ValueOf<typeof commitCoder>;

export const COMMIT_KEY: ByteKey = singleton('commit');

/** Before the first commit. */
export function noCommit(): CommitRecord {
  return { number: 0n, chain: new Uint8Array(32), count: 0n, sum: new Uint8Array(32) };
}

/** One put or removal as LevelDB takes it. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

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
): { readonly operations: Operation[]; readonly after: CommitRecord } {
  const operations: Operation[] = [];
  const sum = before.sum.slice();
  const chain = createHash('sha256').update(before.chain);
  let { count } = before;
  for (const [key, value] of new Map(writes.map((write) => [write.key, write.value]))) {
    invariant(isDurable(key) && key !== COMMIT_KEY, 'only durable records reach the store');
    const bytes = keyBytes(key);
    const old = stored(bytes);
    if (old !== undefined) {
      addDigest(sum, unseal(key, old).digest, -1);
      count -= 1n;
    }
    if (value === undefined) {
      chain.update(Uint8Array.of(0, bytes.length)).update(bytes);
      operations.push({ type: 'del', key: bytes });
    } else {
      invariant(bytes.length <= MAX_KEY_BYTES, 'a key is within its bound');
      invariant(value.length <= MAX_VALUE_BYTES, 'a value is within its bound');
      const digest = digestOf(key, value);
      addDigest(sum, digest, 1);
      count += 1n;
      chain.update(Uint8Array.of(1)).update(digest);
      operations.push({ type: 'put', key: bytes, value: seal(value, digest) });
    }
  }
  const after = { number: before.number + 1n, chain: chain.digest(), count, sum };
  const value = encode(commitCoder, after);
  const digest = digestOf(COMMIT_KEY, value);
  operations.push({ type: 'put', key: keyBytes(COMMIT_KEY), value: seal(value, digest) });
  return { operations, after };
}
