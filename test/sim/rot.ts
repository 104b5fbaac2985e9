/**
 * What can lie on a disk otherwise than it was meant: a record of which a bit flipped (rot), or the
 * first writes of a batch whose rest never came (torn). Records stand there as the real store has
 * them, sealed and under a commit record (agent/shell/store), and it is the store's own check at
 * start that has to notice. LevelDB and the commit log are not here; they are tested for real in
 * test/shell/store.
 */
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Write } from '../../agent/core/io.ts';
import {
  COMMIT_KEY,
  type CommitRecord,
  noCommit,
  type Operation,
  planCommit,
} from '../../agent/shell/store/commit.ts';
import { type Damage, StoreDamaged } from '../../agent/shell/store/damage.ts';
import { MIGRATIONS, newestVersion } from '../../agent/shell/store/migrate.ts';
import { encodeSchema, SCHEMA_KEY } from '../../agent/shell/store/schema.ts';
import { digestOf, keyOfBytes, seal, unseal } from '../../agent/shell/store/seal.ts';
import { RecordCheck } from '../../agent/shell/store/verify.ts';

type Records = ReadonlyMap<ByteKey, Uint8Array>;

/** What really lies under some keys of a disk: value and seal, or nothing. */
export type Harm = ReadonlyMap<ByteKey, Uint8Array | undefined>;

/** Flips one bit of a record as it lies on the disk, of its value or of its seal. */
export function rotOf(key: ByteKey, value: Uint8Array, bit: number): Harm {
  return new Map([[key, flipped(seal(value, digestOf(key, value)), bit)]]);
}

/**
 * What a batch leaves when only its first `count` writes (taken modulo all of them, at least one)
 * get to the disk. The commit record is still the one before, or, with `bit`, the new one with that
 * bit flipped.
 */
export function tearOf(
  records: Records,
  writes: readonly Write[],
  count: number,
  bit?: number,
): Harm {
  const { stored, commit } = storedOf(records);
  const { operations } = planCommit(commit, writes, (key) => stored.get(keyOfBytes(key)));
  const last = operations.at(-1);
  const own = operations.slice(0, -1);
  const harm = new Map(own.slice(0, 1 + (count % own.length)).map(recordOf));
  if (bit !== undefined && last?.type === 'put') harm.set(COMMIT_KEY, flipped(last.value, bit));
  return harm;
}

/** Whether anything lies there otherwise than it did before. */
export function isHarmful(records: Records, harm: Harm): boolean {
  const { stored } = storedOf(records);
  return [...harm].some(([key, value]) => {
    const before = stored.get(key);
    if (before === undefined || value === undefined) return before !== value;
    return Buffer.compare(before, value) !== 0;
  });
}

/** What the product's check at start finds on a disk. */
export function damageOf(records: Records, harm: Harm): readonly Damage[] {
  const { stored } = storedOf(records);
  for (const [key, value] of harm) {
    if (value === undefined) stored.delete(key);
    else stored.set(key, value);
  }
  const check = new RecordCheck({ getSync: (key: Buffer) => stored.get(keyOfBytes(key)) });
  // Ascending, as a database gives them.
  const keys = [...stored.keys()].sort();
  check.take(keys.map((key) => [Buffer.from(key, 'latin1'), stored.get(key) ?? new Uint8Array()]));
  return check.finish().damage.list();
}

/** Whether the product notices when it replaces the record, as a commit does (commit.ts there). */
export function isNoticed(key: ByteKey, stored: Uint8Array): boolean {
  try {
    unseal(key, stored);
    return false;
  } catch (error) {
    if (error instanceof StoreDamaged) return true;
    throw error;
  }
}

/**
 * A sound disk with these records. They are sealed here, and not when they were written: nobody
 * changes them in between, and it costs a hash a write.
 */
function storedOf(records: Records): { stored: Map<ByteKey, Uint8Array>; commit: CommitRecord } {
  const schema = { key: SCHEMA_KEY, value: encodeSchema(newestVersion(MIGRATIONS)) };
  const writes = [schema, ...Array.from(records, ([key, value]) => ({ key, value }))];
  const { operations, after } = planCommit(noCommit(), writes, () => undefined);
  const stored = new Map<ByteKey, Uint8Array>();
  for (const [key, value] of operations.map(recordOf))
    if (value !== undefined) stored.set(key, value);
  return { stored, commit: after };
}

function recordOf(operation: Operation): [ByteKey, Uint8Array | undefined] {
  const { key } = operation;
  return [keyOfBytes(key), operation.type === 'put' ? operation.value : undefined];
}

function flipped(stored: Uint8Array, bit: number): Uint8Array {
  const bytes = stored.slice();
  const at = bit % (8 * bytes.length);
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
  return bytes;
}
