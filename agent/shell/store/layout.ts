/**
 * What lies where in a node's data folder. Everything of one store is in one sub-folder, so that a
 * restored or moved store is published by a single rename: there is none, or there is all of it.
 *
 *   pid, pid.*       who holds the folder, and who wants it (holder.ts)
 *   store/           the store: `db` (LevelDB) and `commits` (commit-log.ts)
 *   store.partial.* a store that is being made or restored; thrown away by the next attempt
 *   store.moving/    a store that is being moved in, with the secret of the move (move.ts)
 */
import { lstat, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one store. */
export interface StorePaths {
  readonly root: string;
  readonly database: string;
  readonly log: string;
}

/** The data folder's own names; no other file may be put in under them. */
const OWN_NAMES = /^(pid|store)(\..*)?$/;

/** The store of a data folder, or the one that is being moved in. */
export function storePaths(folder: string, name: 'store' | 'store.moving' = 'store'): StorePaths {
  return storePathsAt(join(folder, name));
}

/** The files of the store in a folder of its own. */
export function storePathsAt(root: string): StorePaths {
  return { root, database: join(root, 'db'), log: join(root, 'commits') };
}

/** Whether a name is a plain file name that the store does not use itself. */
export function isForeignName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) && !OWN_NAMES.test(name);
}

/** Makes a folder for this user alone. One that is there already is left as it is. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Makes a folder's entries durable: what was created, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether there is anything under a path. Throws the system's error where that cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The names in a folder; none if there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The system's code of an error ("ENOENT"), or the code that a library gave it. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** An error and what caused it, in one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}
