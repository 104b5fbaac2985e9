/**
 * The store port: what the loop, the backup and the doctor need of a place that keeps records. Keys
 * are those of core/spaces.ts that are kept on disk; those in memory never come here.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import type { Read, Write } from '../../core/io.ts';
import type { StoredRecord } from './level-read.ts';
import type { ScrubStep } from './scrub.ts';

export interface StoreStatistics {
  /** Number of the last commit, over the life of the store. */
  readonly commitNumber: bigint;
  /** Live records, the commit record not counted. */
  readonly records: bigint;
  /** Commits, records and bytes (keys, values, seals) written since the store was opened. */
  readonly commits: number;
  readonly writes: number;
  readonly bytesWritten: number;
  /** Records looked up since the store was opened. */
  readonly lookups: number;
  /** Records that the scrub has read in this pass, and whole passes since the store was opened. */
  readonly scrub: { readonly records: bigint; readonly passes: number };
}

/** A store that is only read. */
export interface StoreReader extends Read {
  /** The record under a key, as of the last commit. Synchronous. Throws StoreDamaged. */
  get(key: ByteKey): Uint8Array | undefined;
  /**
   * All records, the store's own included, in ascending order of keys and in groups; all as of the
   * moment of the call, whatever is committed meanwhile. Throws StoreDamaged.
   */
  records(): AsyncIterable<readonly StoredRecord[]>;
  statistics(): StoreStatistics;
  close(): Promise<void>;
}

export interface Store extends StoreReader {
  /**
   * Makes all writes durable as one: after a crash all are there or none. The last write to a key
   * counts. One commit at a time. Rejects with StoreError (`disk_full`, `commit_failed`) or
   * StoreDamaged, also for what went wrong behind the last one, which is durable all the same; then
   * nothing can be committed any more, and what is on disk is known only after
   * the store was opened again: the process must end.
   */
  commit(writes: readonly Write[]): Promise<void>;
  /**
   * Reads and checks the next so many records in the background of all else (scrub.ts). Damage that
   * it finds is remembered: the next start finds the store damaged. One at a time. Throws
   * StoreError `store_unavailable`, or StoreDamaged.
   */
  scrub(records: number): Promise<ScrubStep>;
}
