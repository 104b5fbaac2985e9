/**
 * Opening a store: who else holds it, is it kept on a disk, is it whole, is it of this version. The
 * answer is a value; a damaged store can be read, for `meshpay doctor`, but not written.
 *
 * A new store begins with its anchor, so that a database without an anchor, or an anchor with
 * commits and no database, is always damage and never mistaken for a beginning.
 */
import { Anchor, type AnchorMark, createAnchor, readAnchor } from './anchor.ts';
import { noCommit } from './commit.ts';
import { type Damage, DamageList } from './damage.ts';
import { type Hold, holdFolder, inUse } from './holder.ts';
import { isThere, makeFolder, type StorePaths, storePaths, syncFolder } from './layout.ts';
import { type Level, levelFolderState, openLevel } from './level.ts';
import { LevelReader, LevelStore } from './level-store.ts';
import { MIGRATIONS, type Migration, migrateStore, newestVersion } from './migrate.ts';
import { encodeSchema, SCHEMA_KEY, type Schema } from './schema.ts';
import type { Store, StoreReader } from './store.ts';
import { StoreError } from './store-error.ts';
import { isSystemError, systemRefusal } from './system-error.ts';
import {
  compareWithAnchor,
  peekSchemaVersion,
  type Verified,
  type VerifyWatch,
  verifyRecords,
} from './verify.ts';
import { refuseVolatile } from './volatile.ts';

export interface OpenOptions extends VerifyWatch {
  /** The node's data folder; made if it is not there. */
  readonly folder: string;
  /** Takes a folder that lives in memory, too: for tests and demonstrations. */
  readonly allowVolatile?: boolean | undefined;
  /** Another list of migrations than the program's own: for tests. */
  readonly migrations?: readonly Migration[] | undefined;
}

export interface DamagedResult {
  readonly state: 'damaged';
  readonly damage: readonly Damage[];
  /** Reads what can be read; undefined if LevelDB does not open. To be closed by the caller. */
  readonly reader: StoreReader | undefined;
}

export interface RefusedResult {
  readonly state: 'refused';
  readonly error: StoreError;
}

export type OpenResult =
  | { readonly state: 'sound' | 'empty'; readonly store: Store }
  | DamagedResult
  | RefusedResult;

export type InspectResult =
  | { readonly state: 'sound' | 'empty'; readonly reader: StoreReader; readonly schema: Schema }
  | DamagedResult
  | RefusedResult;

/**
 * Opens the store of a data folder for the one process that works on it; makes one if there is none,
 * and brings an older one up to date. Refuses with `data_in_use`, `volatile_storage`,
 * `schema_newer` or `store_moved`.
 */
export async function openStore(options: OpenOptions): Promise<OpenResult> {
  const { folder, migrations = MIGRATIONS } = options;
  return holding(options, async (hold): Promise<OpenResult> => {
    const paths = storePaths(folder);
    const anchor = await readAnchor(paths.anchor);
    if (await isUnused(paths, anchor)) {
      return { state: 'empty', store: await createStore(paths, newestVersion(migrations), hold) };
    }
    let opened = await openDatabase(paths, anchor, migrations);
    if (opened.state !== 'open') return opened;
    if (opened.version !== undefined && opened.version < newestVersion(migrations)) {
      const verified = await check(opened.level, anchor, { onProgress: options.onProgress });
      if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
      if (verified.schema?.moved !== undefined) return moved(opened.level, verified.schema);
      const old = await own(opened.level, paths, verified);
      await migrateStore(old, folder, opened.version, migrations).finally(() => old.close());
      opened = await openDatabase(paths, anchor, migrations);
      if (opened.state !== 'open') return opened;
    }
    const verified = await check(opened.level, await readAnchor(paths.anchor), options);
    if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
    if (verified.schema?.moved !== undefined) return moved(opened.level, verified.schema);
    const store = await own(opened.level, paths, verified, hold);
    if (verified.schema === undefined) {
      await closingOnError(store, () => beginStore(store, newestVersion(migrations)));
    }
    return { state: verified.recordCount === 0 ? 'empty' : 'sound', store };
  });
}

/** Opens a store only to read and check it: nothing is made, changed, or refused as moved. */
export async function inspectStore(options: OpenOptions): Promise<InspectResult> {
  const { folder, migrations = MIGRATIONS } = options;
  const isAbsent = await refusing(async () => !(await isThere(folder)));
  if (typeof isAbsent === 'object') return isAbsent;
  if (isAbsent) return { state: 'refused', error: new StoreError('store_absent', folder) };
  return holding({ ...options, allowVolatile: true }, async (hold): Promise<InspectResult> => {
    const paths = storePaths(folder);
    const anchor = await readAnchor(paths.anchor);
    if (await isUnused(paths, anchor)) {
      return { state: 'refused', error: new StoreError('store_absent', folder) };
    }
    const opened = await openDatabase(paths, anchor, migrations);
    if (opened.state !== 'open') return opened;
    const verified = await check(opened.level, anchor, options);
    if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
    const reader = new LevelReader(opened.level, verified.commit, hold);
    const { schema = { version: newestVersion(migrations), moved: undefined } } = verified;
    return { state: verified.recordCount === 0 ? 'empty' : 'sound', reader, schema };
  });
}

/** Makes a new store where there is none; `hold` is released when it is closed. */
export async function createStore(
  paths: StorePaths,
  version: number,
  hold?: Hold,
): Promise<LevelStore> {
  await makeFolder(paths.root);
  await createAnchor(paths.anchor);
  const opened = await openLevel(paths.database, true);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') throw new StoreError('commit_failed', opened.reason);
  const store = new LevelStore(opened.level, noCommit(), new Anchor(paths.anchor), hold);
  await beginStore(store, version);
  await syncFolder(paths.root);
  return store;
}

/** The damage of a store that is not in a node's use, checked from scratch. */
export async function damageOf(paths: StorePaths): Promise<readonly Damage[]> {
  const opened = await openLevel(paths.database, false);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') return unreadable(opened.reason).damage;
  const { damage } = await check(opened.level, await readAnchor(paths.anchor), {});
  await opened.level.close();
  return damage.list();
}

type Anchored = AnchorMark | 'absent' | 'unreadable';

type DatabaseOpened =
  | { readonly state: 'open'; readonly level: Level; readonly version: number | undefined }
  | DamagedResult
  | RefusedResult;

/** Runs `open` with the folder held; lets it go again unless the result keeps it. */
async function holding<T extends OpenResult | InspectResult>(
  options: OpenOptions,
  open: (hold: Hold) => Promise<T>,
): Promise<T | RefusedResult> {
  return refusing(async () => {
    let hold: Hold | undefined;
    let isKept = false;
    try {
      await makeFolder(options.folder);
      await refuseVolatile(options);
      hold = await holdFolder(options.folder);
      const result = await open(hold);
      isKept = 'store' in result || ('reader' in result && result.reader !== undefined);
      return result;
    } finally {
      if (!isKept) await hold?.release();
    }
  });
}

/** Turns what the store or the system refuses into a result; lets faults of ours through. */
async function refusing<T>(act: () => Promise<T>): Promise<T | RefusedResult> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StoreError) return { state: 'refused', error };
    if (isSystemError(error)) return { state: 'refused', error: systemRefusal(error) };
    throw error;
  }
}

/** Whether no commit was ever made here, as far as anything on the disk tells. */
async function isUnused(paths: StorePaths, anchor: Anchored): Promise<boolean> {
  const isFresh = typeof anchor === 'string' ? anchor === 'absent' : anchor.number === 0n;
  return isFresh && (await levelFolderState(paths.database)) === 'absent';
}

async function openDatabase(
  paths: StorePaths,
  anchor: Anchored,
  migrations: readonly Migration[],
): Promise<DatabaseOpened> {
  const state = await levelFolderState(paths.database);
  if (state === 'absent') {
    const damage = new DamageList();
    compareWithAnchor(noCommit(), anchor, damage);
    damage.add('database_gone', 'database', 'its files are not there');
    return { state: 'damaged', damage: damage.list(), reader: undefined };
  }
  if (state === 'headless') {
    return unreadable('CURRENT is missing, and there are tables or logs');
  }
  const opened = await openLevel(paths.database, false);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') return unreadable(opened.reason);
  const version = peekSchemaVersion(opened.level);
  if (version !== undefined && version > newestVersion(migrations)) {
    await opened.level.close();
    const detail = `it has version ${version}, this program knows up to ${newestVersion(migrations)}`;
    return { state: 'refused', error: new StoreError('schema_newer', detail) };
  }
  return { state: 'open', level: opened.level, version };
}

async function check(level: Level, anchor: Anchored, watch: VerifyWatch): Promise<Verified> {
  const verified = await closingOnError(level, () => verifyRecords(level, watch));
  compareWithAnchor(verified.commit, anchor, verified.damage);
  return verified;
}

/** What throws leaves no database open, which would keep the next attempt out. */
async function closingOnError<T>(
  open: { close(): Promise<void> },
  act: () => T | Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await open.close();
    throw error;
  }
}

function own(
  level: Level,
  paths: StorePaths,
  { commit }: Verified,
  hold?: Hold,
): Promise<LevelStore> {
  return closingOnError(level, () => {
    const anchor = new Anchor(paths.anchor);
    anchor.write(commit);
    return new LevelStore(level, commit, anchor, hold);
  });
}

async function beginStore(store: Store, version: number): Promise<void> {
  await store.commit([{ key: SCHEMA_KEY, value: encodeSchema(version) }]);
}

function damaged(level: Level, { commit, damage }: Verified, hold: Hold): DamagedResult {
  const reader = new LevelReader(level, commit, hold);
  return { state: 'damaged', damage: damage.list(), reader };
}

function unreadable(reason: string): DamagedResult {
  const damage = new DamageList();
  damage.add('unreadable', 'database', reason);
  return { state: 'damaged', damage: damage.list(), reader: undefined };
}

async function moved(level: Level, { moved: to }: Schema): Promise<RefusedResult> {
  await level.close();
  return { state: 'refused', error: new StoreError('store_moved', `with code ${to?.code}`) };
}
