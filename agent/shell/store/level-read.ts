/** Reading LevelDB: what it holds under a key and in order, and what its errors mean. */
import type { ByteKey } from '../../core/base/bytes.ts';
import { nameOfKey, StoreDamaged } from './damage.ts';
import { messageOf } from './layout.ts';
import type { Level } from './level.ts';
import { SCAN_BATCH_BYTES, SCAN_BATCH_RECORDS } from './limits.ts';
import { keyOfBytes, unseal } from './seal.ts';
import { isCorruption, isSystemError, systemRefusal } from './system-error.ts';

export interface StoredRecord {
  readonly key: ByteKey;
  readonly value: Uint8Array;
}

/** Keys from the first to before the second. */
export interface KeyRange {
  readonly gte?: Buffer;
  readonly lt?: Buffer;
}

/** Key and sealed value of all records, in groups. The snapshot is taken at the call. */
export function scan(
  level: Level,
  range: KeyRange = {},
): AsyncGenerator<[Buffer, Uint8Array][], void> {
  const iterator = level.iterator({ ...range, highWaterMarkBytes: SCAN_BATCH_BYTES });
  return (async function* () {
    try {
      for (;;) {
        const group = await iterator.nextv(SCAN_BATCH_RECORDS);
        if (group.length === 0) return;
        yield group;
      }
    } finally {
      await iterator.close();
    }
  })();
}

/** The same as the store's records. Throws StoreDamaged, or StoreError `store_unavailable`. */
export async function* recordsOf(
  groups: AsyncIterable<[Buffer, Uint8Array][]>,
): AsyncGenerator<readonly StoredRecord[], void> {
  const read = groups[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value: group } = await read.next().catch((error: unknown) => {
        throw readError(error, 'LevelDB');
      });
      if (done === true) return;
      yield group.map(([bytes, stored]: [Buffer, Uint8Array]) => {
        const key = keyOfBytes(bytes);
        return { key, value: unseal(key, stored).value };
      });
    }
  } finally {
    await read.return?.();
  }
}

/**
 * What is stored under a key, sealed. Throws StoreDamaged, or StoreError `store_unavailable` where
 * the system refuses to read it.
 */
export function lookUp(level: Level, key: Buffer): Uint8Array | undefined {
  try {
    return level.getSync(key);
  } catch (error) {
    throw readError(error, nameOfKey(keyOfBytes(key)));
  }
}

/** What LevelDB threw at a read, as what it means. */
export function readError(error: unknown, where: string): unknown {
  if (isSystemError(error)) return systemRefusal(error);
  if (!isCorruption(error)) return error;
  return new StoreDamaged({ code: 'unreadable', where, found: messageOf(error) });
}
