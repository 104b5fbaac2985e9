/**
 * Moving an authority to new hardware (PROTOCOL: Failing well). Unlike a restored store the moved
 * one may vote, so there must never be two of it. Three steps, at the new place, the old one, and
 * the new one again:
 *
 *   1. moveRequest  makes a one-time secret in the new folder and shows the code of it
 *   2. moveOut      seals the old store for this code, then writes the file
 *   3. moveIn       takes the file into the folder whose secret has that code
 *
 * Whoever may vote, at every point where the power can fail:
 *
 *   before the sealing commit of moveOut   the old store; there is no file
 *   between it and the rename of moveIn    nobody; moveOut may be repeated with the same code only,
 *                                          and writes the same file; moveIn begins again
 *   after the rename of moveIn             the new store
 *
 * The secret lies in the folder `store.moving`, in which the new store is built, and the rename of
 * that folder to `store` both publishes the store and takes the secret from its place: one cannot
 * happen without the other, and a second moveIn finds no secret. Sealing is one synced commit: the
 * standing, which keeps the core from voting, and the schema record, which keeps the store from
 * being opened for work at all. If the secret is lost after that, `restore` takes the file, and the
 * seat comes back with a new key.
 *
 * This keeps honest people from a mistake. Somebody who copies the new folder with its secret, or
 * changes the program, holds the key and needs no file.
 */
import { barOf, barWrite, movedBar } from '../../core/standing.ts';
import { type FolderOptions, refuseStore } from './backup.ts';
import type { ExtraFile } from './backup-format.ts';
import { BackupReader } from './backup-reader.ts';
import { type BackupSummary, writeBackupFile } from './backup-writer.ts';
import { buildStore } from './build.ts';
import { describeDamage } from './damage.ts';
import { checkExtraFiles, writeExtraFiles } from './extra-files.ts';
import { holdFolder } from './holder.ts';
import { isThere, makeFolder, storePaths } from './layout.ts';
import { MIGRATIONS } from './migrate.ts';
import { codeOf, dropSecret, isMoveCode, makeSecret, readSecret } from './move-secret.ts';
import { inspectStore, openStore } from './open.ts';
import { publish } from './publish.ts';
import { encodeSchema, SCHEMA_KEY, type Schema } from './schema.ts';
import type { StoreReader } from './store.ts';
import { StoreError } from './store-error.ts';
import { refuseVolatile } from './volatile.ts';

/**
 * Step 1, in a data folder without a store: makes the secret, once, and returns its code, which a
 * person carries to the old place. Throws StoreError (`store_exists`, `data_in_use`,
 * `volatile_storage`).
 */
export async function moveRequest(options: FolderOptions): Promise<string> {
  const { folder } = options;
  await makeFolder(folder);
  await refuseVolatile(options);
  const hold = await holdFolder(folder);
  try {
    await refuseStore(folder);
    const secret = (await readSecret(folder)) ?? (await makeSecret(folder));
    return codeOf(secret);
  } finally {
    await hold.release();
  }
}

/**
 * Step 2, in the old data folder: seals the store for good, then writes it to a file for the one
 * who has the secret of `code`, with `files` (the node key, say) beside the records. Repeated on a
 * sealed store it writes the same file again, for the same code only. Throws StoreError
 * (`bad_move_code`, `move_code_differs`, `store_absent`, `store_empty`, `store_damaged`,
 * `data_in_use`, `file_exists` before anything is sealed), or the system's error.
 */
export async function moveOut(
  options: FolderOptions,
  code: string,
  file: string,
  files: readonly ExtraFile[] = [],
): Promise<BackupSummary> {
  if (!isMoveCode(code)) throw new StoreError('bad_move_code', code.slice(0, 80));
  checkExtraFiles(files);
  const { reader, schema } = await readWhole(options);
  try {
    if (schema.moved === undefined && (await isThere(file))) {
      throw new StoreError('file_exists', file);
    }
  } finally {
    await reader.close();
  }
  if (schema.moved === undefined) await seal(options, schema, code);
  return writeMoveFile(options, code, file, files);
}

/**
 * Step 3, in the new data folder: makes the store from the file, and writes the files that came
 * with it into the folder (mode 0600). Returns their names. It may vote unless the old one might
 * not. Throws StoreError (`store_exists`, `move_not_requested`, `move_code_differs`, `bad_backup`,
 * `file_exists`, `data_in_use`, `volatile_storage`, `schema_newer`, `disk_full`), or the system's
 * error.
 */
export async function moveIn(options: FolderOptions, file: string): Promise<readonly string[]> {
  const { folder, migrations = MIGRATIONS } = options;
  await makeFolder(folder);
  await refuseVolatile(options);
  const hold = await holdFolder(folder);
  try {
    await refuseStore(folder);
    const secret = await readSecret(folder);
    if (secret === undefined) throw new StoreError('move_not_requested', folder);
    const source = await BackupReader.open(file);
    try {
      const { move } = source.header;
      if (move === undefined) throw new StoreError('bad_backup', `${file} is a backup, no move`);
      const code = codeOf(secret);
      if (move.code !== code) {
        throw new StoreError('move_code_differs', `the file has ${move.code}, this folder ${code}`);
      }
      checkExtraFiles(move.files);
      await buildStore(storePaths(folder, 'store.moving'), source, migrations);
      await writeExtraFiles(folder, move.files);
      await publish(storePaths(folder, 'store.moving'), storePaths(folder));
      await dropSecret(folder);
      return move.files.map(({ name }) => name);
    } finally {
      await source.close();
    }
  } finally {
    await hold.release();
  }
}

/** Opens an old store to read, sealed or not. Throws StoreError if it is not whole. */
async function readWhole(
  options: FolderOptions,
): Promise<{ readonly reader: StoreReader; readonly schema: Schema }> {
  const inspected = await inspectStore(options);
  if (inspected.state === 'refused') throw inspected.error;
  if (inspected.state === 'sound') return inspected;
  await inspected.reader?.close();
  if (inspected.state !== 'damaged') throw new StoreError('store_empty', options.folder);
  const [damage] = inspected.damage;
  const detail = damage === undefined ? options.folder : describeDamage(damage);
  throw new StoreError('store_damaged', detail);
}

/** The one commit after which the old store never votes again. */
async function seal(options: FolderOptions, { version }: Schema, code: string): Promise<void> {
  const opened = await openStore(options);
  if (opened.state === 'refused') throw opened.error;
  if (opened.state === 'damaged') throw new StoreError('store_damaged', options.folder);
  try {
    const standing = barOf(opened.store);
    await opened.store.commit([
      barWrite(movedBar(code)),
      { key: SCHEMA_KEY, value: encodeSchema(version, { code, standing }) },
    ]);
  } finally {
    await opened.store.close();
  }
}

async function writeMoveFile(
  options: FolderOptions,
  code: string,
  file: string,
  files: readonly ExtraFile[],
): Promise<BackupSummary> {
  const { reader, schema } = await readWhole(options);
  try {
    const { moved } = schema;
    if (moved?.code !== code) {
      throw new StoreError('move_code_differs', `the store is sealed for ${moved?.code}`);
    }
    // The bar that the store had before it was sealed.
    const replaced = barWrite(moved.standing);
    const move = { code, files: [...files] };
    return await writeBackupFile(reader, file, { schema: schema.version, move, replaced });
  } finally {
    await reader.close();
  }
}
