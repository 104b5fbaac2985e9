/**
 * The commit log: a file of fixed size beside the database, to which every commit goes first. A
 * commit is durable, and may be acknowledged, when its entry is synced here; LevelDB gets the same
 * batch without a sync and is brought to the disk as a whole from time to time, at a checkpoint.
 *
 * Why: the file's blocks exist and are zeroed before they are used, so a sync writes the entry's
 * blocks and nothing else, where a log that grows costs the file system's journal twice the data
 * each time.
 *
 * Safety:
 *   - An entry is synced before LevelDB hears of its commit, so LevelDB is never ahead.
 *   - Blocks are used again only when a checkpoint after their entries is durable, in both of its
 *     copies; a checkpoint is written only when LevelDB's tables hold all commits up to it, synced.
 *   - After a crash every entry since the checkpoint is given to LevelDB again, whatever LevelDB
 *     says that it has: after a power failure it may have lost the middle of its own log, not only
 *     the end.
 *   - Entries are chained by their numbers and hashes (commit.ts). What is torn by a power failure
 *     is the last one, which was not acknowledged to anybody. A hole before an entry that is whole,
 *     or a commit that LevelDB has and the log has not, is damage (judge.ts).
 *
 * The file grows, by doubling, until a load of payments rarely has to wait for a checkpoint; idle,
 * nothing is written.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invariant } from '../../core/base/assert.ts';
import { type CommitRecord, noCommit } from './commit.ts';
import { errnoOf, syncFolder } from './layout.ts';
import { COMMIT_LOG_FIRST_BLOCKS, COMMIT_LOG_MOST_BLOCKS } from './limits.ts';
import {
  BLOCK_BYTES,
  CHECKPOINT_BLOCKS,
  type Checkpoint,
  decodeCheckpoint,
  decodeEntry,
  type Entry,
  encodeCheckpoint,
  numberAt,
} from './log-format.ts';
import { StoreError } from './store-error.ts';
import { naming, systemRefusal } from './system-error.ts';

/** What the file says when a store is opened. */
export interface LogContents {
  readonly checkpoint: Checkpoint;
  /** The commits after the checkpoint, in order. */
  readonly entries: readonly Entry[];
  /** Where the first of them begins, which need not be where the checkpoint expects it. */
  readonly oldestBlock: number;
  /** Where the next entry goes. */
  readonly nextBlock: number;
  /** The number of a whole entry that is beyond a hole; undefined if there is none. */
  readonly stray: bigint | undefined;
}

/**
 * Reads the log of a store that is open to nobody else. Throws StoreError `store_unavailable` where
 * it cannot be read now.
 */
export async function readCommitLog(path: string): Promise<LogContents | 'absent' | 'unreadable'> {
  let file: Buffer;
  try {
    const handle = await open(path, 'r');
    file = await handle.readFile().finally(() => handle.close());
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'absent';
    throw systemRefusal(error, path);
  }
  const copies = Array.from({ length: CHECKPOINT_BLOCKS }, (_, i) => {
    return decodeCheckpoint(file.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
  });
  const [newest] = copies
    .filter((copy) => copy !== undefined)
    .sort((a, b) => Number(b.generation - a.generation));
  if (newest === undefined) return 'unreadable';
  return readRing(newest, file.subarray(CHECKPOINT_BLOCKS * BLOCK_BYTES));
}

function readRing(checkpoint: Checkpoint, ring: Buffer): LogContents {
  const entries: Entry[] = [];
  let { block } = checkpoint;
  let oldestBlock = block;
  let { number } = checkpoint.commit;
  for (;;) {
    const at = [block, 0].find((candidate) => {
      const bytes = ring.subarray(candidate * BLOCK_BYTES);
      return numberAt(bytes) === number + 1n && decodeEntry(bytes) !== undefined;
    });
    const entry = at === undefined ? undefined : decodeEntry(ring.subarray(at * BLOCK_BYTES));
    if (at === undefined || entry === undefined) break;
    if (entries.length === 0) oldestBlock = at;
    entries.push(entry);
    block = at + entry.blocks;
    number += 1n;
  }
  return { checkpoint, entries, oldestBlock, nextBlock: block, stray: strayIn(ring, number) };
}

/** An entry that is later than the last one of the unbroken row. */
function strayIn(ring: Buffer, last: bigint): bigint | undefined {
  for (let at = 0; at < ring.length; at += BLOCK_BYTES) {
    const bytes = ring.subarray(at);
    const number = numberAt(bytes);
    if (number !== undefined && number > last && decodeEntry(bytes) !== undefined) return number;
  }
  return undefined;
}

/** Makes the log of a store without commits, durable when this resolves. */
export async function createCommitLog(path: string): Promise<void> {
  const first: Checkpoint = {
    generation: 0n,
    commit: noCommit(),
    block: 0,
    scrub: undefined,
    damage: [],
  };
  const copy = encodeCheckpoint(first);
  const ring = Buffer.alloc(COMMIT_LOG_FIRST_BLOCKS * BLOCK_BYTES);
  await naming(path, async () => {
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(Buffer.concat([copy, copy, ring]));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
  });
}

/** A log that is written to. */
export class CommitLog {
  readonly #path: string;
  readonly #file: number;
  #checkpoint: Checkpoint;
  /** Blocks of the ring; where the oldest entry that is needed and the next one are. */
  #capacity: number;
  #oldest: number;
  #next: number;
  #isEmpty: boolean;
  #isAppending = false;

  /** Opens a log that can be read, of a store that is open to nobody else. */
  static async open(path: string): Promise<CommitLog> {
    const contents = await readCommitLog(path);
    invariant(typeof contents !== 'string', 'a log was read before it is written to');
    return naming(path, async () => new CommitLog(path, contents));
  }

  private constructor(path: string, contents: LogContents) {
    const { checkpoint, entries, oldestBlock, nextBlock } = contents;
    this.#path = path;
    this.#file = openSync(path, 'r+');
    this.#checkpoint = checkpoint;
    this.#capacity = Math.floor(fstatSync(this.#file).size / BLOCK_BYTES) - CHECKPOINT_BLOCKS;
    this.#oldest = oldestBlock;
    this.#isEmpty = entries.length === 0;
    this.#next = this.#isEmpty ? 0 : nextBlock;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** Whether the checkpoint is the last commit. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Where the entry after the last one will be looked for. */
  get nextBlock(): number {
    return this.#next;
  }

  /** Whether it is time for a checkpoint: half of the largest log is in use, or it cannot grow. */
  get isHalfFull(): boolean {
    if (this.#isEmpty) return false;
    const span = this.#next - this.#oldest;
    const used = span > 0 ? span : span + this.#capacity;
    return 2 * used >= (span > 0 ? COMMIT_LOG_MOST_BLOCKS : this.#capacity);
  }

  /** Makes room for an entry of so many blocks by growing. False: only a checkpoint can. */
  async makeRoom(blocks: number): Promise<boolean> {
    if (this.#place(blocks) !== undefined) return true;
    const isWrapped = !this.#isEmpty && this.#next <= this.#oldest;
    const doubled = Math.min(2 * this.#capacity, COMMIT_LOG_MOST_BLOCKS);
    const wanted = Math.max(doubled, this.#next + blocks);
    if (isWrapped || wanted > COMMIT_LOG_MOST_BLOCKS) return false;
    const zeros = Buffer.alloc((wanted - this.#capacity) * BLOCK_BYTES);
    try {
      await this.#write(zeros, this.#capacity);
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
    this.#capacity = wanted;
    return true;
  }

  /**
   * Adds the entry of a commit, for which there is room; it is durable when this resolves, with the
   * block at which the next one begins.
   */
  async append(entry: Buffer): Promise<number> {
    const blocks = entry.length / BLOCK_BYTES;
    const at = this.#place(blocks);
    invariant(at !== undefined, 'there is room for an entry');
    // From here on: a checkpoint meanwhile must not begin the ring anew.
    if (this.#isEmpty) this.#oldest = at;
    this.#isEmpty = false;
    this.#isAppending = true;
    await this.#write(entry, at);
    this.#isAppending = false;
    this.#next = at + blocks;
    return this.#next;
  }

  /**
   * Writes a checkpoint: LevelDB has all up to `commit` on the disk, and the entry after it is, or
   * will be, at `block`. Both copies are durable when this resolves, and what is before is free.
   */
  async keep(commit: CommitRecord, block: number, scrub: Checkpoint['scrub']): Promise<void> {
    for (let copy = 0; copy < CHECKPOINT_BLOCKS; copy++) {
      // Composed anew each time: damage may have been found meanwhile.
      const { generation, damage } = this.#checkpoint;
      const next = { generation: generation + 1n, commit, block, scrub, damage };
      await this.#write(encodeCheckpoint(next), copy - CHECKPOINT_BLOCKS);
    }
    const generation = this.#checkpoint.generation + 1n;
    this.#checkpoint = { ...this.#checkpoint, generation, commit, block, scrub };
    this.#oldest = block;
    this.#isEmpty = this.#next === block && !this.#isAppending;
    // Nothing is needed any more: the next entry is looked for at the beginning, too.
    if (this.#isEmpty) this.#next = 0;
  }

  /** Keeps for good what was found wrong, durable when this returns. Throws the system's error. */
  keepDamage(damage: Checkpoint['damage']): void {
    if (this.#checkpoint.damage.length > 0) return;
    const generation = this.#checkpoint.generation + 1n;
    this.#checkpoint = { ...this.#checkpoint, generation, damage };
    const bytes = encodeCheckpoint(this.#checkpoint);
    for (let copy = 0; copy < CHECKPOINT_BLOCKS; copy++) {
      writeWhole(this.#file, bytes, copy * BLOCK_BYTES);
      fdatasyncSync(this.#file);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The block at which an entry of so many fits; undefined if it does not. */
  #place(blocks: number): number | undefined {
    const isWrapped = !this.#isEmpty && this.#next <= this.#oldest;
    if (isWrapped) return this.#next + blocks <= this.#oldest ? this.#next : undefined;
    if (this.#next + blocks <= this.#capacity) return this.#next;
    return blocks <= (this.#isEmpty ? this.#capacity : this.#oldest) ? 0 : undefined;
  }

  /** Writes at a block of the ring, or before it, and syncs. */
  async #write(bytes: Buffer, block: number): Promise<void> {
    await naming(this.#path, async () => {
      writeWhole(this.#file, bytes, (CHECKPOINT_BLOCKS + block) * BLOCK_BYTES);
      await new Promise<void>((resolve, reject) => {
        fdatasync(this.#file, (error) => (error === null ? resolve() : reject(error)));
      });
    });
  }
}

/** Whether a write failed for lack of room, which a checkpoint can help. */
function isFull(error: unknown): boolean {
  return error instanceof StoreError && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(error.errno ?? '');
}

/** Writes all of it: a single call may write less (write(2)). */
function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at, bytes.length - at, position + at);
  }
}
