/**
 * The scrub: reads all records again while the store is in use, a few at a time, and checks what no
 * single read can tell: that none is lost, stale, or hidden from lookups. It goes through the keys
 * in ascending order and keeps number and sum of the records below its cursor. What commits change
 * there is added and taken off, so that at the end they must be those of the last commit. It needs
 * no copy of the store as of one moment, and goes on after a restart where it was.
 *
 * A slice is begun while no commit is under way, so what it reads is the state as of the last one.
 * What is committed before it is taken in is remembered, and applied to what was read.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import { SPACES } from '../../core/spaces.ts';
import { type Change, COMMIT_KEY, type CommitRecord, noCommit, Sum } from './commit.ts';
import { type Damage, DamageList } from './damage.ts';
import { JournalCheck } from './journal-check.ts';
import type { Level } from './level.ts';
import { readError } from './level-read.ts';
import { SCAN_BATCH_BYTES, SCAN_BATCH_RECORDS } from './limits.ts';
import type { ScrubState } from './log-format.ts';
import { keyBytes, keyOfBytes, valueIn } from './seal.ts';
import { checkRecord, compareSums } from './verify.ts';

/** How a slice ended: there is more, all was read and is whole, or what is wrong. */
export type ScrubStep = 'more' | 'whole' | readonly Damage[];

const HEAD_KEY = SPACES.journalHead.key;
const AFTER_JOURNAL = 'K';

interface Slice {
  /** Keys that a commit writes since the slice was begun. */
  readonly touched: Set<ByteKey>;
  /** What commits did since then, at the cursor and above it. */
  readonly changes: Change[];
}

export class Scrub {
  readonly #level: Level;
  readonly #damage = new DamageList();
  #cursor = '' as ByteKey;
  #sum = new Sum(noCommit());
  #journal = new JournalCheck(this.#damage);
  #hasJournalEnded = false;
  #slice: Slice | undefined;
  #passes = 0;
  /** Whether it read something since the store was opened. */
  hasMoved = false;

  /** `state`: where the last one was, as of the very same commit. */
  constructor(level: Level, state?: ScrubState) {
    this.#level = level;
    if (state === undefined) return;
    this.#cursor = keyOfBytes(state.cursor);
    this.#sum = new Sum(state);
    this.#journal = new JournalCheck(this.#damage, state.journal);
    this.#hasJournalEnded = this.#cursor >= AFTER_JOURNAL;
  }

  /**
   * Records that this pass has read, and passes that came to their end since the store was opened.
   */
  get progress(): { readonly records: bigint; readonly passes: number } {
    return { records: this.#sum.count, passes: this.#passes };
  }

  /** Where it is, as of the last commit; undefined at the beginning of a pass. */
  state(): ScrubState | undefined {
    const journal = this.#journal.place();
    if (this.#cursor === '' || journal === undefined) return undefined;
    return { cursor: keyBytes(this.#cursor), ...this.#sum.value(), journal };
  }

  /** A commit begins that changes this. */
  beginCommit(changes: readonly Change[]): void {
    for (const { key } of changes) this.#slice?.touched.add(key);
    this.#slice?.touched.add(COMMIT_KEY);
  }

  /** It is done. */
  endCommit(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.key < this.#cursor) this.#sum.apply(change);
      else this.#slice?.changes.push(change);
    }
  }

  /**
   * Reads and checks the next records; to be called while no commit is under way, and one at a
   * time. `lastCommit` gives the last one that is done. Throws StoreError `store_unavailable`.
   */
  read(records: number, lastCommit: () => CommitRecord): Promise<ScrubStep> {
    const slice: Slice = { touched: new Set(), changes: [] };
    this.#slice = slice;
    const head = this.#level.getSync(keyBytes(HEAD_KEY));
    const iterator = this.#level.iterator({
      gte: keyBytes(this.#cursor),
      limit: records,
      fillCache: false,
      highWaterMarkBytes: SCAN_BATCH_BYTES,
    });
    return this.#finish(slice, iterator, head, lastCommit).finally(() => {
      this.#slice = undefined;
    });
  }

  async #finish(
    slice: Slice,
    iterator: ReturnType<Level['iterator']>,
    head: Uint8Array | undefined,
    lastCommit: () => CommitRecord,
  ): Promise<ScrubStep> {
    const group = await readAll(iterator).catch((error: unknown) => {
      throw readError(error, 'LevelDB');
    });
    // From here on nothing waits: no commit comes in between.
    this.hasMoved = true;
    for (const [bytes, stored] of group) this.#take(slice, bytes, stored, head);
    const last = group.at(-1)?.[0];
    const next = last === undefined ? undefined : (`${keyOfBytes(last)}\0` as ByteKey);
    for (const change of slice.changes) {
      if (next === undefined || change.key < next) this.#sum.apply(change);
    }
    if (next !== undefined) {
      this.#cursor = next;
      return this.#damage.count > 0 ? this.#damage.list() : 'more';
    }
    this.#endJournal(head);
    if (this.#damage.count === 0) {
      const commit = lastCommit();
      compareSums(this.#sum, commit, `all records at commit ${commit.number}`, this.#damage);
    }
    if (this.#damage.count > 0) return this.#damage.list();
    this.#passes += 1;
    this.#cursor = '' as ByteKey;
    this.#sum = new Sum(noCommit());
    this.#journal = new JournalCheck(this.#damage);
    this.#hasJournalEnded = false;
    return 'whole';
  }

  #take(slice: Slice, bytes: Buffer, stored: Uint8Array, head: Uint8Array | undefined): void {
    const isTouched = slice.touched.has(keyOfBytes(bytes));
    const record = checkRecord(this.#level, this.#damage, [bytes, stored], isTouched);
    if (record.key >= AFTER_JOURNAL) this.#endJournal(head);
    if (record.key === COMMIT_KEY) return;
    this.#sum.apply({ before: undefined, after: record.digest });
    if (record.key !== HEAD_KEY) {
      this.#journal.take(record.key, record.isSound ? record.value : undefined);
    }
  }

  /**
   * The journal's last entry was read, in this slice or before: is the head, as it was then, its?
   */
  #endJournal(head: Uint8Array | undefined): void {
    if (this.#hasJournalEnded) return;
    this.#hasJournalEnded = true;
    if (head !== undefined) this.#journal.take(HEAD_KEY, valueIn(head));
    this.#journal.finish();
  }
}

async function readAll(
  iterator: ReturnType<Level['iterator']>,
): Promise<readonly (readonly [Buffer, Uint8Array])[]> {
  const read: [Buffer, Uint8Array][] = [];
  try {
    for (;;) {
      const group = (await iterator.nextv(SCAN_BATCH_RECORDS)) as [Buffer, Uint8Array][];
      if (group.length === 0) return read;
      read.push(...group);
    }
  } finally {
    await iterator.close();
  }
}
