/** Bounds of the store: records, LevelDB, the commit log, scans and scrubs, moves. */

/** Bytes of one key and of one value: the largest value is a pair of certificates with its link. */
export const MAX_KEY_BYTES = 64;
export const MAX_VALUE_BYTES = 65_536;
/**
 * LevelDB's cache of table blocks, and its log before it becomes a table (two are held at most).
 */
export const STORE_BLOCK_CACHE_BYTES = 2 * 1024 * 1024;
export const STORE_WRITE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Recently used records that are kept beside LevelDB: bytes of keys and values. */
export const RECORD_CACHE_BYTES = 4 * 1024 * 1024;
/**
 * Records and bytes that a scan takes from LevelDB at a time, and that a restore commits at once.
 */
export const SCAN_BATCH_RECORDS = 1_000;
export const SCAN_BATCH_BYTES = 256 * 1024;
/** Damage that is listed one by one; more is only counted. */
export const MAX_DAMAGE_LISTED = 32;
/** Blocks of 4096 bytes of the commit log's ring, at first and at most (store/commit-log.ts). */
export const COMMIT_LOG_FIRST_BLOCKS = 32;
export const COMMIT_LOG_MOST_BLOCKS = 2_048;
/**
 * How long at most commits wait for others before LevelDB gets them, how many bytes of records make
 * a batch at once, and at how many a commit waits for LevelDB (store/behind.ts).
 */
export const BEHIND_MS = 250;
export const BEHIND_BATCH_BYTES = 128 * 1024;
export const MOST_BEHIND_BYTES = 512 * 1024;
/** Damage that a checkpoint keeps, and bytes of one text of it (store/log-format.ts). */
export const MAX_MARKED_DAMAGE = 6;
export const MAX_MARKED_TEXT_BYTES = 200;
/** Records that a scrub reads at a time, and how much longer it then rests than that took. */
export const SCRUB_SLICE_RECORDS = 64;
export const SCRUB_REST_FACTOR = 4;
/** Records that every session of a wallet reads at its end: a person waits for that. */
export const SESSION_SCRUB_RECORDS = 512;
/** How long after a scrub came to its end the next one begins. */
export const SCRUB_EVERY_MS = 7 * 24 * 3_600_000;
/**
 * How often, and how long at a time, the one that comes first waits for another (store/holder.ts).
 */
export const HOLD_PATIENCE_LOOKS = 200;
export const HOLD_PAUSE_MS = 10;
/** Files that a move carries beside the records (store/move.ts), and bytes of one. */
export const MAX_EXTRA_FILES = 16;
export const MAX_EXTRA_FILE_BYTES = 65_535;
