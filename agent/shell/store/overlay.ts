/**
 * The state as of the last step, while the disk is behind: what the steps since the last commit
 * wrote, then what is being committed, then recently used records, then the store. Memory keys live
 * here and nowhere else.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import type { Read, Write } from '../../core/io.ts';
import { isDurable } from '../../core/spaces.ts';
import { RecordCache } from './cache.ts';

type Batch = Map<ByteKey, Uint8Array | undefined>;

export class Overlay implements Read {
  readonly #store: Read;
  readonly #cache: RecordCache;
  readonly #memory = new Map<ByteKey, Uint8Array>();
  /** Records that were neither written lately nor in the cache: what reading costs. */
  storeReads = 0;
  /** Keys of single records that are not there: some are looked for at every order. */
  readonly #absent = new Set<ByteKey>();
  #pending: Batch = new Map();
  #committing: Batch = new Map();

  constructor(store: Read, cacheBytes: number) {
    this.#store = store;
    this.#cache = new RecordCache(cacheBytes);
  }

  get(key: ByteKey): Uint8Array | undefined {
    if (!isDurable(key)) return this.#memory.get(key);
    if (this.#pending.has(key)) return this.#pending.get(key);
    if (this.#committing.has(key)) return this.#committing.get(key);
    const cached = this.#cache.get(key);
    if (cached !== undefined || this.#absent.has(key)) return cached;
    this.storeReads += 1;
    const stored = this.#store.get(key);
    if (stored !== undefined) this.#cache.set(key, stored);
    else if (key.length === 1) this.#absent.add(key);
    return stored;
  }

  /** Takes in the writes of one step. Returns the bytes of those that wait for the disk. */
  write(writes: readonly Write[]): number {
    let bytes = 0;
    for (const { key, value } of writes) {
      if (isDurable(key)) {
        this.#pending.set(key, value);
        bytes += key.length + (value?.length ?? 0);
      } else if (value === undefined) this.#memory.delete(key);
      else this.#memory.set(key, value);
    }
    return bytes;
  }

  /** Whether a step wrote something since the last `beginCommit`. */
  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Makes what is pending the next batch: each key once, with its last value. */
  beginCommit(): readonly Write[] {
    this.#committing = this.#pending;
    this.#pending = new Map();
    return Array.from(this.#committing, ([key, value]) => ({ key, value }));
  }

  /** The batch is in the store. */
  endCommit(): void {
    for (const [key, value] of this.#committing) {
      if (value === undefined) this.#cache.delete(key);
      else this.#cache.set(key, value);
      this.#absent.delete(key);
    }
    this.#committing = new Map();
  }
}
