/**
 * Backup and restore (PROTOCOL: Evidence is used). A backup is taken from a snapshot, so the daemon
 * goes on meanwhile. A restored authority cannot know which votes it gave after the backup: it gets
 * a standing that says so, serves, catches up, and never votes again with its key.
 *
 * Restore: the store is built under another name, with its standing as part of it, checked from
 * scratch, and appears by one rename. A crash before leaves a folder without a store, and `restore`
 * may be tried again; after it there is a store that may not vote. There is no moment with a store
 * that may.
 */
import { rm } from 'node:fs/promises';
import { BARS } from '../../core/standing.ts';
import { networkOf } from '../../core/views.ts';
import { BackupReader } from './backup-reader.ts';
import { type BackupSummary, writeBackupFile } from './backup-writer.ts';
import { buildStore } from './build.ts';
import { describeDamage } from './damage.ts';
import { holdFolder } from './holder.ts';
import { isThere, makeFolder, type StorePaths, storePaths } from './layout.ts';
import { MIGRATIONS, newestVersion } from './migrate.ts';
import { inspectStore, type OpenOptions } from './open.ts';
import { partialPaths, publish } from './publish.ts';
import { decodeSchema, SCHEMA_KEY } from './schema.ts';
import type { StoreReader } from './store.ts';
import { StoreError } from './store-error.ts';
import { refuseVolatile } from './volatile.ts';

/** What a backup or move is made from, or goes into. */
export type FolderOptions = Pick<OpenOptions, 'folder' | 'allowVolatile' | 'migrations'>;

/**
 * Writes a backup of an open store, also while it is written to. The file appears when it is whole
 * and durable. Throws StoreError (`file_exists`, `store_empty`, `store_moved`), StoreDamaged, or
 * the system's error.
 */
export async function backup(store: StoreReader, file: string): Promise<BackupSummary> {
  if (await isThere(file)) throw new StoreError('file_exists', file);
  if (networkOf(store) === undefined) throw new StoreError('store_empty', file);
  const value = store.get(SCHEMA_KEY);
  const schema = value === undefined ? undefined : decodeSchema(value);
  if (schema?.moved !== undefined) throw new StoreError('store_moved', schema.moved.code);
  return writeBackupFile(store, file, { schema: schema?.version ?? newestVersion(MIGRATIONS) });
}

/** The same, of a data folder that no process holds. Throws also `store_damaged`, `data_in_use`. */
export async function backupFolder(options: FolderOptions, file: string): Promise<BackupSummary> {
  const inspected = await inspectStore(options);
  if (inspected.state === 'refused') throw inspected.error;
  try {
    if (inspected.state !== 'damaged') return await backup(inspected.reader, file);
    const [damage] = inspected.damage;
    const detail = damage === undefined ? options.folder : describeDamage(damage);
    throw new StoreError('store_damaged', detail);
  } finally {
    await inspected.reader?.close();
  }
}

/**
 * Makes a store that serves but never votes from a backup file (or from the file of a move whose
 * secret is lost) in a data folder that has none. Returns the number of records. Throws StoreError
 * (`store_exists`, `bad_backup`, `data_in_use`, `volatile_storage`, `schema_newer`, `disk_full`),
 * or the system's error.
 */
export async function restore(file: string, options: FolderOptions): Promise<number> {
  const { folder, migrations = MIGRATIONS } = options;
  await makeFolder(folder);
  await refuseVolatile(options);
  const hold = await holdFolder(folder);
  let partial: StorePaths | undefined;
  try {
    await refuseStore(folder);
    partial = await partialPaths(folder);
    const source = await BackupReader.open(file);
    const building = buildStore(partial, source, migrations, BARS.restored);
    const records = await building.finally(() => source.close());
    await publish(partial, storePaths(folder));
    return records;
  } catch (error) {
    if (partial !== undefined) {
      await rm(partial.root, { recursive: true, force: true });
      // Whatever went wrong, the reason is a store that another process made meanwhile.
      await refuseStore(folder);
    }
    throw error;
  } finally {
    await hold.release();
  }
}

/** Throws StoreError `store_exists` if the data folder has a store, of whatever state. */
export async function refuseStore(folder: string): Promise<void> {
  if (await isThere(storePaths(folder).root)) throw new StoreError('store_exists', folder);
}
