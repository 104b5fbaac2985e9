/**
 * Opening a store: who else holds it, is it kept on a disk, is it whole, is it of this version. The
 * answer is a value; a damaged store can be read, for `meshpay doctor`, but not written.
 *
 * A new store appears whole, with its anchor and its first commit (publish.ts): a database without an
 * anchor, or an anchor without a database, is damage and never mistaken for a beginning. What is
 * judged before LevelDB's lock is only whether there is a store at all, and whoever made one
 * meanwhile wins.
 */
import { rm } from 'node:fs/promises';
import { Anchor, createAnchor, readAnchor } from './anchor.ts';
import { noCommit } from './commit.ts';
import { type Damage, DamageList } from './damage.ts';
import { type Hold, holdFolder, inUse } from './holder.ts';
import { isThere, makeFolder, namesIn, type StorePaths, storePaths } from './layout.ts';
import { type Level, levelFolderState, openLevel } from './level.ts';
import { LevelReader, LevelStore } from './level-store.ts';
import { MIGRATIONS, type Migration, migrateStore, newestVersion } from './migrate.ts';
import { partialPaths, publish } from './publish.ts';
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
    if (await isAbsent(paths)) await beginStore(folder, newestVersion(migrations));
    let opened = await openDatabase(paths, migrations);
    if (opened.state !== 'open') return opened;
    if (opened.version !== undefined && opened.version < newestVersion(migrations)) {
      const verified = await check(opened.level, paths, { onProgress: options.onProgress });
      if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
      if (verified.schema?.moved !== undefined) return moved(opened.level, verified.schema);
      const old = await own(opened.level, paths, verified);
      await migrateStore(old, folder, opened.version, migrations).finally(() => old.close());
      opened = await openDatabase(paths, migrations);
      if (opened.state !== 'open') return opened;
    }
    const verified = await check(opened.level, paths, options);
    if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
    if (verified.schema?.moved !== undefined) return moved(opened.level, verified.schema);
    const store = await own(opened.level, paths, verified, hold);
    return { state: verified.recordCount === 0 ? 'empty' : 'sound', store };
  });
}

/** Opens a store only to read and check it: nothing is made, changed, or refused as moved. */
export async function inspectStore(options: OpenOptions): Promise<InspectResult> {
  const { folder, migrations = MIGRATIONS } = options;
  const isMissing = await refusing(async () => !(await isThere(folder)));
  if (typeof isMissing === 'object') return isMissing;
  if (isMissing) return { state: 'refused', error: new StoreError('store_absent', folder) };
  return holding({ ...options, allowVolatile: true }, async (hold): Promise<InspectResult> => {
    const paths = storePaths(folder);
    if (await isAbsent(paths)) {
      return { state: 'refused', error: new StoreError('store_absent', folder) };
    }
    const opened = await openDatabase(paths, migrations);
    if (opened.state !== 'open') return opened;
    const verified = await check(opened.level, paths, options);
    if (verified.damage.count > 0) return damaged(opened.level, verified, hold);
    const reader = new LevelReader(opened.level, verified.commit, hold);
    const { schema = { version: newestVersion(migrations), moved: undefined } } = verified;
    return { state: verified.recordCount === 0 ? 'empty' : 'sound', reader, schema };
  });
}

/**
 * Begins a store in a data folder that has none. Another process may have begun one meanwhile that
 * this one could not see: then that is the store.
 */
async function beginStore(folder: string, version: number): Promise<void> {
  const made = await partialPaths(folder);
  try {
    await (await createStore(made, version)).close();
    await publish(made, storePaths(folder));
  } catch (error) {
    await rm(made.root, { recursive: true, force: true });
    if (await isAbsent(storePaths(folder))) throw error;
  }
}

/** Makes a new store, out of sight. */
export async function createStore(paths: StorePaths, version: number): Promise<LevelStore> {
  await makeFolder(paths.root);
  await createAnchor(paths.anchor);
  const opened = await openLevel(paths.database, true);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') throw new StoreError('commit_failed', opened.reason);
  const store = new LevelStore(opened.level, noCommit(), new Anchor(paths.anchor), undefined);
  await closingOnError(store, () =>
    store.commit([{ key: SCHEMA_KEY, value: encodeSchema(version) }]),
  );
  return store;
}

/** The damage of a store that is not in a node's use, checked from scratch. */
export async function damageOf(paths: StorePaths): Promise<readonly Damage[]> {
  const opened = await openLevel(paths.database, false);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') return unreadable(opened.reason).damage;
  const { damage } = await check(opened.level, paths, {});
  await opened.level.close();
  return damage.list();
}

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

/** Whether there is no store at all: one that was begun is never without anything. */
async function isAbsent(paths: StorePaths): Promise<boolean> {
  return (await namesIn(paths.root)).length === 0;
}

async function openDatabase(
  paths: StorePaths,
  migrations: readonly Migration[],
): Promise<DatabaseOpened> {
  const state = await levelFolderState(paths.database);
  if (state === 'absent') {
    const damage = new DamageList();
    compareWithAnchor(noCommit(), await readAnchor(paths.anchor), damage);
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

/** Checks a database that is open: what the anchor says is read now that nobody else can commit. */
async function check(level: Level, paths: StorePaths, watch: VerifyWatch): Promise<Verified> {
  return closingOnError(level, async () => {
    const anchor = await readAnchor(paths.anchor);
    const verified = await verifyRecords(level, watch);
    compareWithAnchor(verified.commit, anchor, verified.damage);
    return verified;
  });
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
