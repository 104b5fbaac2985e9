/**
 * Opening a store: who else holds it, is it kept on a disk, is it whole, is it of this version. The
 * answer is a value; a damaged store can be read, for `meshpay doctor`, but not written.
 *
 * A new store appears whole, with its log and its first commit (publish.ts): a database without a
 * commit log, or a log without a database, is damage and never mistaken for a beginning. What is
 * judged before LevelDB's lock is only whether there is a store at all, and whoever made one
 * meanwhile wins.
 */
import { rm } from 'node:fs/promises';
import { type CommitRecord, commitOperation, noCommit } from './commit.ts';
import { CommitLog, createCommitLog, readCommitLog } from './commit-log.ts';
import { type Damage, DamageList } from './damage.ts';
import { type Hold, holdFolder, inUse } from './holder.ts';
import { judgeLog } from './judge.ts';
import { isThere, makeFolder, namesIn, type StorePaths, storePaths } from './layout.ts';
import { type Level, levelFolderState, openLevel, writeUnsynced } from './level.ts';
import { LevelReader, LevelStore } from './level-store.ts';
import { MIGRATIONS, type Migration, migrateStore, newestVersion } from './migrate.ts';
import { partialPaths, publish } from './publish.ts';
import { encodeSchema, SCHEMA_KEY, type Schema } from './schema.ts';
import type { Store, StoreReader } from './store.ts';
import { StoreError } from './store-error.ts';
import { isSystemError, systemRefusal } from './system-error.ts';
import {
  peekCommit,
  peekSchemaVersion,
  type VerifyWatch,
  verifyGuarded,
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
 * Opens the store of a data folder for the one process that works on it; makes one if there is
 * none, and brings an older one up to date. Refuses with `data_in_use`, `volatile_storage`,
 * `schema_newer` or `store_moved`.
 */
export async function openStore(options: OpenOptions): Promise<OpenResult> {
  const { folder, migrations = MIGRATIONS } = options;
  return holding(options, async (hold): Promise<OpenResult> => {
    const paths = storePaths(folder);
    if (await isAbsent(paths)) await beginStore(folder, newestVersion(migrations));
    let opened = await openDatabase(paths, migrations);
    if (opened.state !== 'open') return opened;
    if (opened.damage.count === 0 && opened.version < newestVersion(migrations)) {
      const refused = await migrate(opened, options, migrations, hold);
      if (refused !== undefined) return refused;
      opened = await openDatabase(paths, migrations);
      if (opened.state !== 'open') return opened;
    }
    const { level, damage, commit } = opened;
    if (damage.count > 0) return damaged(level, commit, damage, hold);
    const verified = await closingOnError(level, () => verifyGuarded(level, commit, options));
    if (verified.damage.count > 0) return damaged(level, commit, verified.damage, hold);
    if (verified.schema?.moved !== undefined) return moved(level, verified.schema);
    const store = await own(opened, paths, hold);
    return { state: verified.recordCount === 0 ? 'empty' : 'sound', store };
  });
}

/** Brings a whole store of an older version up to date, and closes it; or says why it cannot. */
async function migrate(
  opened: Opened,
  options: OpenOptions,
  migrations: readonly Migration[],
  hold: Hold,
): Promise<DamagedResult | RefusedResult | undefined> {
  const { level, version } = opened;
  const watch = { onProgress: options.onProgress };
  const verified = await closingOnError(level, () => verifyRecords(level, watch));
  if (verified.damage.count > 0) return damaged(level, verified.commit, verified.damage, hold);
  if (verified.schema?.moved !== undefined) return moved(level, verified.schema);
  const old = await own(opened, storePaths(options.folder));
  await migrateStore(old, options.folder, version, migrations).finally(() => old.close());
  return undefined;
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
    const { level, damage } = opened;
    const verified = await closingOnError(level, () => verifyRecords(level, options));
    const all = damage.with(verified.damage);
    if (all.count > 0) return damaged(level, verified.commit, all, hold);
    const reader = new LevelReader(level, verified.commit, hold);
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
  await createCommitLog(paths.log);
  const opened = await openLevel(paths.database, true);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') throw new StoreError('commit_failed', opened.reason);
  const store = await own({ level: opened.level, commit: noCommit() }, paths);
  await closingOnError(store, () =>
    store.commit([{ key: SCHEMA_KEY, value: encodeSchema(version) }]),
  );
  return store;
}

/** The damage of a store that is not in a node's use, checked from scratch. */
export async function damageOf(
  paths: StorePaths,
  migrations: readonly Migration[],
): Promise<readonly Damage[]> {
  const opened = await openDatabase(paths, migrations);
  if (opened.state === 'refused') throw opened.error;
  if (opened.state === 'damaged') return opened.damage;
  const { level, damage } = opened;
  const verified = await closingOnError(level, () => verifyRecords(level));
  await level.close();
  return damage.with(verified.damage).list();
}

/** A database that LevelDB has open, with all commits that the log knows. */
interface Opened {
  readonly state: 'open';
  readonly level: Level;
  /** The last commit. */
  readonly commit: CommitRecord;
  readonly version: number;
  /** What the log and the database say of each other; then the log was not played back. */
  readonly damage: DamageList;
}

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
): Promise<Opened | DamagedResult | RefusedResult> {
  const state = await levelFolderState(paths.database);
  if (state === 'absent') return unreadable('database_gone', 'its files are not there');
  if (state === 'headless') {
    return unreadable('unreadable', 'CURRENT is missing, and there are tables or logs');
  }
  const opened = await openLevel(paths.database, false);
  if (opened.state === 'locked') throw inUse(paths.root, undefined);
  if (opened.state === 'unreadable') return unreadable('unreadable', opened.reason);
  const { level } = opened;
  return closingOnError(level, async () => {
    // A newer version may write its log in another way.
    const newest = newestVersion(migrations);
    let version = peekSchemaVersion(level) ?? newest;
    if (version > newest) return newer(level, version, newest);
    const damage = new DamageList();
    const commit = await playBack(level, paths.log, damage);
    if (damage.count === 0) version = peekSchemaVersion(level) ?? newest;
    if (version > newest) return newer(level, version, newest);
    return { state: 'open', level, commit, version, damage };
  });
}

async function newer(level: Level, version: number, newest: number): Promise<RefusedResult> {
  await level.close();
  const detail = `it has version ${version}, this program knows up to ${newest}`;
  return { state: 'refused', error: new StoreError('schema_newer', detail) };
}

/**
 * Compares the commit log with the database that is open, which nobody else can commit to, and if
 * all is well gives it what it may have lost. Returns the last commit.
 */
async function playBack(level: Level, path: string, damage: DamageList): Promise<CommitRecord> {
  const contents = await readCommitLog(path);
  const inDatabase = peekCommit(level, damage);
  if (typeof contents === 'string') {
    damage.add('commit_log', 'commit log', `it is ${contents}`);
    return inDatabase ?? noCommit();
  }
  const last = judgeLog(contents, inDatabase, damage);
  if (damage.count > 0) return inDatabase ?? noCommit();
  for (const { after, operations } of contents.entries) {
    await writeUnsynced(level, [...operations, commitOperation(after)]);
  }
  return last;
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

/** The store to work with; the log is read once more, by the one that writes to it. */
function own(
  { level, commit }: Pick<Opened, 'level' | 'commit'>,
  paths: StorePaths,
  hold?: Hold,
): Promise<LevelStore> {
  return closingOnError(level, async () => {
    return new LevelStore(level, commit, await CommitLog.open(paths.log), hold);
  });
}

function damaged(
  level: Level,
  commit: CommitRecord,
  damage: DamageList,
  hold: Hold,
): DamagedResult {
  const reader = new LevelReader(level, commit, hold);
  return { state: 'damaged', damage: damage.list(), reader };
}

function unreadable(code: 'unreadable' | 'database_gone', found: string): DamagedResult {
  const damage = new DamageList();
  damage.add(code, 'database', found);
  return { state: 'damaged', damage: damage.list(), reader: undefined };
}

async function moved(level: Level, { moved: to }: Schema): Promise<RefusedResult> {
  await level.close();
  return { state: 'refused', error: new StoreError('store_moved', `with code ${to?.code}`) };
}
