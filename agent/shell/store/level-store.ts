/**
 * The store in LevelDB, behind the commit log (commit-log.ts). Every record carries a seal
 * (seal.ts), every batch the commit record (commit.ts). Reads check the seal: a bit that flips
 * while the process runs ends it too, and is remembered, so that the next start finds the store
 * damaged.
 *
 * A commit is planned against what is stored, synced in the log, which makes it durable, and then
 * given to LevelDB in the background, with others in one batch (behind.ts): nobody waits for what a
 * start would do again anyway. Until LevelDB has it, reads look into it first. Whatever reads
 * LevelDB as of a commit, which is a scrub, a checkpoint, a copy of all records, waits until
 * LevelDB has all, and the next commit waits until that has begun. If LevelDB refuses commits, they
 * are safe in the log, and the next one fails.
 *
 * A checkpoint brings LevelDB's memory to its tables, which it syncs, and then frees the log; it
 * goes on beside commits.
 *
 * What is known when:
 *   at once, before a node takes part   the commit log and its chain since the checkpoint; that
 *                                       LevelDB has neither less nor more; all guarded records
 *                                       (guard.ts)
 *   when it is read                     that a record is what was written under its key
 *   at the end of a scrub               that no other record is lost, stale or hidden
 * So nothing that a vote depends on can be missing when it is given; that a certified fact is
 * missing may be found out later, and then ends voting all the same.
 */
import { invariant } from '../../core/base/assert.ts';
import type { ByteKey } from '../../core/base/bytes.ts';
import type { Write } from '../../core/io.ts';
import { type Applied, Behind, bytesOf, type Logged } from './behind.ts';
import { type CommitRecord, type Operation, type Planned, planCommit } from './commit.ts';
import type { CommitLog } from './commit-log.ts';
import { type Damage, StoreDamaged } from './damage.ts';
import type { Hold } from './holder.ts';
import { messageOf } from './layout.ts';
import { flushLevel, type Level, writeUnsynced } from './level.ts';
import { lookUp, recordsOf, type StoredRecord, scan } from './level-read.ts';
import { BLOCK_BYTES, encodeEntry, entryBytes, markedDamage } from './log-format.ts';
import { Scrub, type ScrubStep } from './scrub.ts';
import { keyBytes, keyOfBytes, unseal, valueIn } from './seal.ts';
import type { Store, StoreReader, StoreStatistics } from './store.ts';
import { StoreError } from './store-error.ts';

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
    const [lookups, scrub] = [this.#lookups, { records: 0n, passes: 0 }];
    return { commitNumber, records, commits: 0, writes: 0, bytesWritten: 0, lookups, scrub };
  }

  async close(): Promise<void> {
    await this.#level.close();
    await this.#hold?.release();
  }
}

/** A store to work with. */
export class LevelStore extends LevelReader implements Store {
  readonly #level: Level;
  readonly #log: CommitLog;
  readonly #scrub: Scrub;
  #isCommitting = false;
  #isScrubbing = false;
  readonly #behind: Behind;
  /** The last commit that LevelDB has. */
  #applied: Applied;
  /** How many wait for LevelDB to have all, and who waits for them. */
  #settling = 0;
  #settledAll: (() => void) | undefined;
  #checkpointing: Promise<void> | undefined;
  #failure: Error | undefined;
  #commits = 0;
  #writes = 0;
  #bytesWritten = 0;

  /** Takes over an open database whose last commit is `commitRecord`, and its log. */
  constructor(level: Level, commitRecord: CommitRecord, log: CommitLog, hold: Hold | undefined) {
    super(level, commitRecord, hold);
    this.#level = level;
    this.#log = log;
    this.#applied = { commit: commitRecord, nextBlock: log.nextBlock };
    this.#behind = new Behind(
      (operations, commits) => this.#give(operations, commits),
      (error) => this.#fail(error),
    );
    // Where it was is known as of the checkpoint only.
    this.#scrub = new Scrub(level, log.isEmpty ? log.checkpoint.scrub : undefined);
  }

  override get(key: ByteKey): Uint8Array | undefined {
    const operation = this.#behind.find(key);
    if (operation !== undefined) {
      return operation.type === 'put' ? valueIn(operation.value) : undefined;
    }
    try {
      return super.get(key);
    } catch (error) {
      if (error instanceof StoreDamaged) this.#keepDamage([error.damage]);
      throw error;
    }
  }

  override records(): AsyncIterable<readonly StoredRecord[]> {
    const records = this.#settled(() => super.records());
    // Told to whoever reads them.
    records.catch(() => undefined);
    return this.#watched(records);
  }

  /** Damage that is met on the way is remembered, as at every read. */
  async *#watched(
    records: Promise<AsyncIterable<readonly StoredRecord[]>>,
  ): AsyncGenerator<readonly StoredRecord[], void> {
    try {
      yield* await records;
    } catch (error) {
      if (error instanceof StoreDamaged) this.#keepDamage([error.damage]);
      throw error;
    }
  }

  async commit(writes: readonly Write[]): Promise<void> {
    invariant(!this.#isCommitting, 'one commit at a time');
    if (this.#failure !== undefined) throw this.#failure;
    if (writes.length === 0) return;
    this.#isCommitting = true;
    try {
      await this.#turn();
      const planned = planCommit(this.commitRecord, writes, (key) => this.#stored(key));
      const nextBlock = await this.#append(planned);
      this.commitRecord = planned.after;
      this.#behind.add({ ...planned, nextBlock });
      this.#commits += 1;
      this.#writes += planned.operations.length;
      for (const operation of planned.operations) this.#bytesWritten += bytesOf(operation);
      // What goes wrong in it fails the next commit.
      if (this.#failure === undefined && this.#log.isHalfFull) {
        this.#checkpoint().catch(() => undefined);
      }
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#isCommitting = false;
    }
  }

  async scrub(records: number): Promise<ScrubStep> {
    invariant(!this.#isScrubbing, 'one slice at a time');
    this.#isScrubbing = true;
    try {
      const step = await this.#settled(() => {
        return this.#scrub.read(records, () => this.#applied.commit);
      });
      if (typeof step !== 'string') this.#keepDamage(step);
      return step;
    } catch (error) {
      if (error instanceof StoreDamaged) this.#keepDamage([error.damage]);
      throw error;
    } finally {
      this.#isScrubbing = false;
    }
  }

  override statistics(): StoreStatistics {
    const [commits, writes, bytesWritten] = [this.#commits, this.#writes, this.#bytesWritten];
    return { ...super.statistics(), commits, writes, bytesWritten, scrub: this.#scrub.progress };
  }

  override async close(): Promise<void> {
    try {
      await this.#behind.settle();
      await this.#checkpointing?.catch(() => undefined);
      const scrubs = [this.#scrub.state(), this.#log.checkpoint.scrub];
      const hasMoved = this.#scrub.hasMoved && scrubs.some((scrub) => scrub !== undefined);
      const isKept = this.#log.isEmpty && !hasMoved;
      if (this.#failure === undefined && !isKept) await this.#checkpoint();
    } finally {
      this.#log.close();
      await super.close();
    }
  }

  /** What is stored under a key as of the last commit, sealed. */
  #stored(key: Buffer): Uint8Array | undefined {
    const operation = this.#behind.find(keyOfBytes(key));
    if (operation === undefined) return lookUp(this.#level, key);
    return operation.type === 'put' ? operation.value : undefined;
  }

  /** Waits until a commit may begin: there is room, and nobody waits for LevelDB to have all. */
  async #turn(): Promise<void> {
    while (this.#settling > 0 || this.#behind.isFull) {
      if (this.#settling === 0) await this.#behind.settle();
      else {
        await new Promise<void>((resolve) => {
          this.#settledAll = resolve;
        });
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Begins something at a moment at which LevelDB has all that was committed, and nothing more.
   */
  async #settled<T>(begin: () => T): Promise<Awaited<T>> {
    this.#settling += 1;
    let begun: T;
    try {
      await this.#behind.settle();
      if (this.#failure !== undefined) throw this.#failure;
      begun = begin();
    } finally {
      this.#settling -= 1;
      if (this.#settling === 0) this.#settledAll?.();
    }
    return await begun;
  }

  /**
   * Into the log, synced: from here on the commit is there after a crash. Returns the block at
   * which the entry after it begins.
   */
  async #append({ after, operations }: Planned): Promise<number> {
    const own = operations.slice(0, -1);
    const blocks = entryBytes(own) / BLOCK_BYTES;
    if (!(await this.#log.makeRoom(blocks))) {
      // One that goes on already may free enough; a new one frees all.
      await this.#checkpointing;
      if (!(await this.#log.makeRoom(blocks))) await this.#checkpoint();
      if (!(await this.#log.makeRoom(blocks))) {
        throw new StoreError('commit_failed', `a commit of ${blocks} blocks at once is too large`);
      }
    }
    return this.#log.append(encodeEntry(after, own));
  }

  /** Gives LevelDB commits that the log has, as one batch. */
  async #give(operations: readonly Operation[], commits: readonly Logged[]): Promise<void> {
    for (const { changes } of commits) this.#scrub.beginCommit(changes);
    await writeUnsynced(this.#level, operations);
    for (const { changes, after, nextBlock } of commits) {
      this.#scrub.endCommit(changes);
      this.#applied = { commit: after, nextBlock };
    }
  }

  /** Makes all commits so far durable in LevelDB, and frees the log of them. One at a time. */
  #checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#makeCheckpoint().finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  async #makeCheckpoint(): Promise<void> {
    try {
      const [{ commit, nextBlock }, scrub] = await this.#settled(
        () => [this.#applied, this.#scrub.state()] as const,
      );
      await flushLevel(this.#level);
      await this.#log.keep(commit, nextBlock, scrub);
      // Where nothing is left in the log, it begins anew.
      if (this.#log.isEmpty) this.#applied = { commit, nextBlock: this.#log.nextBlock };
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Nothing can be committed from here on. */
  #fail(error: unknown): Error {
    if (error instanceof StoreDamaged) this.#keepDamage([error.damage]);
    this.#failure ??= commitError(error);
    return this.#failure;
  }

  /** The next start has to know, whatever it looks at itself. */
  #keepDamage(damage: readonly Damage[]): void {
    try {
      this.#log.keepDamage(markedDamage(damage));
    } catch {
      // A disk that fails; whoever met the damage learns of it all the same.
    }
  }
}

const FULL = new Set<string | undefined>(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A failed commit as an error of the store. */
function commitError(error: unknown): Error {
  if (error instanceof StoreDamaged) return error;
  if (error instanceof StoreError) {
    // What the system says of the file stays; that it was to be opened is not the point.
    return FULL.has(error.errno) ? new StoreError('disk_full', error.detail, error.cause) : error;
  }
  const message = messageOf(error);
  const isFull = /no space left|file too large|disk quota/i.test(message);
  return new StoreError(isFull ? 'disk_full' : 'commit_failed', message, error);
}
