/**
 * Migrations: how an older store becomes one of this version. Entry i of the list turns version i +
 * 1 into i + 2, so the newest version is one above the length of the list.
 *
 * A migration looks at one record at a time and says what to write instead. It must leave alone a
 * record that it has made itself: after a crash in the middle it is run again from the beginning.
 * The new version number is written last. Before the first record is touched there is a backup
 * beside the store; one that an interrupted attempt made is kept, because it is the only complete
 * one.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Write } from '../../core/io.ts';
import { writeBackupFile } from './backup-writer.ts';
import { COMMIT_KEY } from './commit.ts';
import type { StoredRecord } from './level-read.ts';
import { SCAN_BATCH_RECORDS } from './limits.ts';
import { encodeSchema, SCHEMA_KEY } from './schema.ts';
import type { Store } from './store.ts';

export interface Migration {
  /** What changes, in one line for a person. */
  readonly subject: string;
  /** The writes that bring one record to the next version; none if it stays as it is. */
  readonly migrate: (record: StoredRecord) => readonly Write[];
}

/** None yet: version 1 is the first. */
export const MIGRATIONS: readonly Migration[] = [];

/** The newest version that a program with these migrations knows. */
export function newestVersion(migrations: readonly Migration[]): number {
  return 1 + migrations.length;
}

/** Brings a sound store of version `from` up to date. Throws what the backup and commits throw. */
export async function migrateStore(
  store: Store,
  folder: string,
  from: number,
  migrations: readonly Migration[],
): Promise<void> {
  const backup = join(folder, `before-schema-${newestVersion(migrations)}.backup`);
  if (!existsSync(backup)) await writeBackupFile(store, backup, { schema: from });
  for (let version = from; version < newestVersion(migrations); version++) {
    const migration = migrations[version - 1];
    if (migration !== undefined) await migrateRecords(store, migration);
    await store.commit([{ key: SCHEMA_KEY, value: encodeSchema(version + 1) }]);
  }
}

async function migrateRecords(store: Store, { migrate }: Migration): Promise<void> {
  let writes: Write[] = [];
  for await (const group of store.records()) {
    for (const record of group) {
      if (record.key === COMMIT_KEY || record.key === SCHEMA_KEY) continue;
      writes.push(...migrate(record));
    }
    if (writes.length < SCAN_BATCH_RECORDS) continue;
    await store.commit(writes);
    writes = [];
  }
  await store.commit(writes);
}
