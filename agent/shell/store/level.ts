/**
 * LevelDB as the store uses it: byte keys and values, small buffers, one process.
 *
 * A flipped bit in a table's filter or index can hide a record from a lookup but not from a scan.
 * The scan at start (verify.ts) therefore looks every record up too, and LevelDB keeps filters and
 * indexes of up to 1,000 tables of 2 MiB in memory once it has read them.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { Operation } from './commit.ts';
import { errnoOf, messageOf, namesIn } from './layout.ts';
import { STORE_BLOCK_CACHE_BYTES, STORE_WRITE_BUFFER_BYTES } from './limits.ts';
import { isSystemError, systemRefusal } from './system-error.ts';

export type Level = ClassicLevel<Buffer, Uint8Array>;

export type LevelOpened =
  | { readonly state: 'open'; readonly level: Level }
  | { readonly state: 'locked' }
  | { readonly state: 'unreadable'; readonly reason: string };

/**
 * What a database folder holds, as far as its names tell; LevelDB is not opened for it. Headless:
 * there are data but not the file that names them. LevelDB would delete them and begin anew.
 */
export async function levelFolderState(folder: string): Promise<'absent' | 'headless' | 'there'> {
  const names = await namesIn(folder);
  // LevelDB takes every file that it cannot look at for one that is not there.
  if (names.includes('CURRENT') && (await isReachable(join(folder, 'CURRENT')))) return 'there';
  for (const name of names) {
    if (!/^[0-9]+\.(ldb|sst|log)$/.test(name)) continue;
    if ((await stat(join(folder, name))).size > 0) return 'headless';
  }
  return 'absent';
}

async function isReachable(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Opens the database in a folder; makes one only if `create`. Throws StoreError `store_unavailable`
 * where the system refuses; `unreadable` is damage.
 */
export async function openLevel(folder: string, create: boolean): Promise<LevelOpened> {
  // Not before: most commands of the command line open no store.
  const { ClassicLevel } = await import('classic-level');
  const level: Level = new ClassicLevel(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'view',
    createIfMissing: create,
    cacheSize: STORE_BLOCK_CACHE_BYTES,
    writeBufferSize: STORE_WRITE_BUFFER_BYTES,
  });
  try {
    await level.open();
    return { state: 'open', level };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (errnoOf(cause) === 'LEVEL_LOCKED') return { state: 'locked' };
    if (isSystemError(error)) throw systemRefusal(error);
    return { state: 'unreadable', reason: messageOf(cause ?? error) };
  }
}

/** No record has such a key. */
const NOBODYS_KEY = Buffer.of(255);

/**
 * Brings all that was written to a database so far into tables, which LevelDB syncs. Throws what
 * LevelDB says when it cannot.
 */
export async function flushLevel(level: Level): Promise<void> {
  await level.compactRange(NOBODYS_KEY, NOBODYS_KEY);
  // That does not say whether it worked; the next write does.
  await writeUnsynced(level, [{ type: 'del', key: NOBODYS_KEY }]);
}

/**
 * Gives a database operations as one. Without a sync, as is LevelDB's default: to say so would cost
 * more than all else, since abstract-level copies options into each operation, which V8 is slow at.
 */
export function writeUnsynced(level: Level, operations: readonly Operation[]): Promise<void> {
  return level.batch([...operations]);
}
