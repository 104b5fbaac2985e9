/** Makes a store from a backup file, out of sight: whoever calls this publishes it by a rename. */
import { rm } from 'node:fs/promises';
import { type Bar, barWrite } from '../../core/standing.ts';
import type { BackupReader } from './backup-reader.ts';
import { describeDamage } from './damage.ts';
import type { StorePaths } from './layout.ts';
import { type Migration, newestVersion } from './migrate.ts';
import { createStore, damageOf } from './open.ts';
import type { Store } from './store.ts';
import { StoreError } from './store-error.ts';

/**
 * Builds the store at `paths` anew from a whole backup file, with `bar` in place of the one in
 * the file if it is given, and checks the result. Returns the number of records. Throws StoreError
 * (`bad_backup`, `schema_newer`, `disk_full`, `commit_failed`, `store_damaged`).
 */
export async function buildStore(
  paths: StorePaths,
  backup: BackupReader,
  migrations: readonly Migration[],
  bar?: Bar,
): Promise<number> {
  const { schema } = backup.header;
  if (schema > newestVersion(migrations)) {
    const detail = `the file has version ${schema}, this program knows up to`;
    throw new StoreError('schema_newer', `${detail} ${newestVersion(migrations)}`);
  }
  await rm(paths.database, { recursive: true, force: true });
  await rm(paths.log, { force: true });
  const store = await createStore(paths, schema);
  try {
    await fill(store, backup, bar);
  } finally {
    await store.close();
  }
  const [damage] = await damageOf(paths, migrations);
  if (damage !== undefined) throw new StoreError('store_damaged', describeDamage(damage));
  return Number(store.statistics().records);
}

async function fill(store: Store, backup: BackupReader, bar?: Bar): Promise<void> {
  for await (const group of backup.records()) await store.commit(group);
  if (bar !== undefined) await store.commit([barWrite(bar)]);
}
