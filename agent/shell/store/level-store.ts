/**
 * The store in LevelDB. Every record carries a seal (seal.ts), every batch the commit record
 * (commit.ts), and every commit is noted in the anchor (anchor.ts) after LevelDB has synced it.
 * Reads check the seal: a bit that flips while the process runs ends it, too.
 */
import { invariant } from '../../core/assert.ts';
import type { ByteKey } from '../../core/bytes.ts';
import type { Write } from '../../core/io.ts';
import { SCAN_BATCH_BYTES, SCAN_BATCH_RECORDS } from '../limits.ts';
import type { Anchor } from './anchor.ts';
import { type CommitRecord, planCommit } from './commit.ts';
import { nameOfKey, StoreDamaged } from './damage.ts';
import type { Hold } from './holder.ts';
import { messageOf } from './layout.ts';
import type { Level } from './level.ts';
import { keyBytes, keyOfBytes, unseal } from './seal.ts';
import type { Store, StoredRecord, StoreReader, StoreStatistics } from './store.ts';
import { StoreError } from './store-error.ts';
import { isCorruption, isSystemError, systemRefusal } from './system-error.ts';

/** LevelDB's records, read with their seals checked. */
export class LevelReader implements StoreReader {
  readonly #level: Level;
  readonly #hold: Hold | undefined;
  #lookups = 0;
  protected commitRecord: CommitRecord;

  /** Takes over an open database and the hold on its folder; `close` gives both up. */
  constructor(level: Level, commitRecord: CommitRecord, hold: Hold | undefined) {
    this.#level = level;
    this.commitRecord = commitRecord;
    this.#hold = hold;
  }

  get(key: ByteKey): Uint8Array | undefined {
    this.#lookups += 1;
    const stored = lookUp(this.#level, keyBytes(key));
    return stored === undefined ? undefined : unseal(key, stored).value;
  }

  records(): AsyncIterable<readonly StoredRecord[]> {
    return recordsOf(scan(this.#level));
  }

  statistics(): StoreStatistics {
    const { number: commitNumber, count: records } = this.commitRecord;
    const lookups = this.#lookups;
    return { commitNumber, records, commits: 0, writes: 0, bytesWritten: 0, lookups };
  }

  async close(): Promise<void> {
    await this.#level.close();
    await this.#hold?.release();
  }
}

/** A sound store. */
export class LevelStore extends LevelReader implements Store {
  readonly #level: Level;
  readonly #anchor: Anchor;
  #isCommitting = false;
  #failure: Error | undefined;
  #commits = 0;
  #writes = 0;
  #bytesWritten = 0;

  /** Takes over an open database whose last commit is `commitRecord`, and its anchor. */
  constructor(level: Level, commitRecord: CommitRecord, anchor: Anchor, hold: Hold | undefined) {
    super(level, commitRecord, hold);
    this.#level = level;
    this.#anchor = anchor;
  }

  async commit(writes: readonly Write[]): Promise<void> {
    invariant(!this.#isCommitting, 'one commit at a time');
    if (this.#failure !== undefined) throw this.#failure;
    if (writes.length === 0) return;
    this.#isCommitting = true;
    try {
      const stored = (key: Buffer) => lookUp(this.#level, key);
      const { operations, after } = planCommit(this.commitRecord, writes, stored);
      await this.#level.batch(operations, { sync: true });
      this.#anchor.write(after);
      this.commitRecord = after;
      this.#commits += 1;
      this.#writes += operations.length;
      for (const operation of operations) this.#bytesWritten += bytesOf(operation);
    } catch (error) {
      this.#failure = isNamed(error) ? error : commitError(error);
      throw this.#failure;
    } finally {
      this.#isCommitting = false;
    }
  }

  override statistics(): StoreStatistics {
    const [commits, writes, bytesWritten] = [this.#commits, this.#writes, this.#bytesWritten];
    return { ...super.statistics(), commits, writes, bytesWritten };
  }

  override async close(): Promise<void> {
    try {
      await this.#anchor.close();
    } finally {
      await super.close();
    }
  }
}

/** Key and sealed value of all records, in groups. The snapshot is taken at the call. */
export function scan(level: Level): AsyncGenerator<[Buffer, Uint8Array][], void> {
  const iterator = level.iterator({ highWaterMarkBytes: SCAN_BATCH_BYTES });
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

async function* recordsOf(
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

function bytesOf(operation: { readonly key: Buffer; readonly value?: Buffer }): number {
  return operation.key.length + (operation.value?.length ?? 0);
}

function isNamed(error: unknown): error is StoreDamaged | StoreError {
  return error instanceof StoreDamaged || error instanceof StoreError;
}

/**
 * What is stored under a key, sealed. Throws StoreDamaged, or StoreError `store_unavailable` where
 * the system refuses to read it.
 */
function lookUp(level: Level, key: Buffer): Uint8Array | undefined {
  try {
    return level.getSync(key);
  } catch (error) {
    throw readError(error, nameOfKey(keyOfBytes(key)));
  }
}

/** What LevelDB threw at a read, as what it means. */
function readError(error: unknown, where: string): unknown {
  if (isSystemError(error)) return systemRefusal(error);
  if (!isCorruption(error)) return error;
  return new StoreDamaged({ code: 'unreadable', where, found: messageOf(error) });
}

function commitError(error: unknown): StoreError {
  const message = messageOf(error);
  const isFull = /no space left|file too large|disk quota/i.test(message);
  return new StoreError(isFull ? 'disk_full' : 'commit_failed', message, error);
}
