/**
 * Commits that the log has and LevelDB does not have yet. They are given to it in the background,
 * many as one batch: what a start would do again anyway may wait, and a batch costs LevelDB, and a
 * turn of the thread pool, the same whether it holds the records of one commit or of fifty.
 *
 * Safety: commits reach LevelDB in their order and none in part; whatever is here is read before
 * LevelDB is. Liveness: nothing waits longer than BEHIND_MS for its batch to begin.
 * Bounds: at MOST_BEHIND_BYTES the next commit waits for LevelDB.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import type { CommitRecord, Operation, Planned } from './commit.ts';
import { BEHIND_BATCH_BYTES, BEHIND_MS, MOST_BEHIND_BYTES } from './limits.ts';
import { keyOfBytes } from './seal.ts';

/** A commit that the log has: what it writes, and where in the log the one after it begins. */
export interface Logged extends Planned {
  readonly nextBlock: number;
}

/** Whoever gives commits to LevelDB; rejects when LevelDB does. */
export type Give = (operations: readonly Operation[], commits: readonly Logged[]) => Promise<void>;

/** Commits that become one batch. */
class Batch {
  readonly commits: Logged[] = [];
  /** The last operation on each key. */
  readonly operations = new Map<ByteKey, Operation>();
  bytes = 0;

  add(commit: Logged): void {
    this.commits.push(commit);
    for (const operation of commit.operations) {
      this.operations.set(keyOfBytes(operation.key), operation);
      this.bytes += bytesOf(operation);
    }
  }
}

export class Behind {
  readonly #give: Give;
  readonly #onFailure: (error: unknown) => void;
  #waiting = new Batch();
  #giving: Batch | undefined;
  #given: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  /** `onFailure`: LevelDB has not taken a batch. It stays here, and nothing more is given. */
  constructor(give: Give, onFailure: (error: unknown) => void) {
    this.#give = give;
    this.#onFailure = onFailure;
  }

  /** Whether LevelDB has all, or never will. */
  get isSettled(): boolean {
    return this.#hasFailed || (this.#giving === undefined && this.#waiting.commits.length === 0);
  }

  get isFull(): boolean {
    return !this.#hasFailed && this.#waiting.bytes >= MOST_BEHIND_BYTES;
  }

  /** What is to be done last with a key; undefined: nothing here touches it. */
  find(key: ByteKey): Operation | undefined {
    return this.#waiting.operations.get(key) ?? this.#giving?.operations.get(key);
  }

  /** Takes a commit that the log has. */
  add(commit: Logged): void {
    this.#waiting.add(commit);
    if (this.#waiting.bytes >= BEHIND_BATCH_BYTES) this.#begin();
    else this.#timer ??= setTimeout(() => this.#due(), BEHIND_MS).unref();
  }

  /** Gives all that is here to LevelDB; resolves when it has it, or has refused it. */
  async settle(): Promise<void> {
    while (!this.isSettled) {
      this.#begin();
      await this.#given;
    }
  }

  #due(): void {
    this.#timer = undefined;
    this.#begin();
  }

  #begin(): void {
    if (this.#giving !== undefined || this.#hasFailed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    if (batch.commits.length === 0) return;
    this.#giving = batch;
    this.#waiting = new Batch();
    this.#given = this.#give([...batch.operations.values()], batch.commits).then(
      () => {
        this.#giving = undefined;
        // Its time came meanwhile, or it is large enough.
        const isDue = this.#timer === undefined || this.#waiting.bytes >= BEHIND_BATCH_BYTES;
        if (isDue) this.#begin();
      },
      (error: unknown) => {
        this.#hasFailed = true;
        this.#onFailure(error);
      },
    );
  }
}

/** Bytes of a key and a value. */
export function bytesOf(operation: { readonly key: Buffer; readonly value?: Buffer }): number {
  return operation.key.length + (operation.value?.length ?? 0);
}

/** The last of some commits that LevelDB has, and where the entry after it is looked for. */
export interface Applied {
  readonly commit: CommitRecord;
  readonly nextBlock: number;
}
