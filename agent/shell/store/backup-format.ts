/**
 * The file that backups and moves are kept in. It checks itself: a changed byte anywhere, a missing
 * end or something after the end is refused.
 *
 *   "MPB1" | length of the header (4) | header
 *   for each record: 1 | length of the key (1) | length of the value (4) | key | value
 *   0 | commit number (8) | number of records (8) | sum of digests (32)
 *     | SHA-256 of all before (32)
 *
 * The store's own records are not in it: they belong to one database. Integers are big-endian.
 */
import { type ByteKey, equalBytes } from '../../core/base/bytes.ts';
import { hashCoder } from '../../core/codec/canonical.ts';
import type { ValueOf } from '../../core/codec/coder.ts';
import { u16, u32, u64 } from '../../core/codec/numbers.ts';
import { listOf, optional, sizedBytes, struct, textOf } from '../../core/codec/parts.ts';
import { addDigest, type CommitRecord } from './commit.ts';
import { StoreDamaged } from './damage.ts';
import { MAX_EXTRA_FILE_BYTES, MAX_EXTRA_FILES } from './limits.ts';
import { digestOf } from './seal.ts';

export const BACKUP_MAGIC = 'MPB1';
export const MAX_HEADER_BYTES = 1024 + MAX_EXTRA_FILES * (MAX_EXTRA_FILE_BYTES + 80);

const extraFileCoder = struct({ name: textOf(64), bytes: sizedBytes(u16) });
export type ExtraFile = ValueOf<typeof extraFileCoder>;

export const headerCoder = struct({
  schema: u32,
  network: optional(hashCoder),
  /** Only in the file of a move. */
  move: optional(struct({ code: textOf(64), files: listOf(MAX_EXTRA_FILES, extraFileCoder) })),
});
export type BackupHeader = ValueOf<typeof headerCoder>;

export const trailerCoder = struct({ number: u64, count: u64, sum: hashCoder });
export const TRAILER_BYTES = 8 + 8 + 32;

/** Number and sum of records (commit.ts). */
export class Tally {
  count = 0n;
  readonly sum = new Uint8Array(32);

  add(key: ByteKey, value: Uint8Array): void {
    this.count += 1n;
    addDigest(this.sum, digestOf(key, value), 1);
  }

  /** The number of the commit that these are all the records of. Throws StoreDamaged. */
  mustBe(commit: CommitRecord): bigint {
    if (commit.count === this.count && equalBytes(commit.sum, this.sum)) return commit.number;
    const where = `all records at commit ${commit.number}`;
    throw new StoreDamaged({ code: 'records_differ', where, found: 'their sum does not fit' });
  }
}
