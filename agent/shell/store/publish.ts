/**
 * How a store appears: it is made whole out of sight, synced, and published by one rename, which
 * fails where there is something already. So whoever opens a store finds none or a whole one, and
 * of two that make one at the same time the second learns of it, whatever both had seen before.
 */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, namesIn, type StorePaths, storePathsAt, syncFolder } from './layout.ts';
import { StoreError } from './store-error.ts';

const TAKEN = new Set<string | undefined>(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);
const PARTIAL = 'store.partial.';

/** A place of its own for a store that is to be made, in a data folder that is held. */
export async function partialPaths(folder: string): Promise<StorePaths> {
  await dropPartials(folder);
  return storePathsAt(join(folder, PARTIAL + randomBytes(4).toString('hex')));
}

/** Removes what attempts left behind that were cut short. */
async function dropPartials(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(PARTIAL)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Publishes a store that is complete and durable below its root; the rename is durable when this
 * resolves. Throws StoreError `store_exists`; then all is as it was.
 */
export async function publish(made: StorePaths, target: StorePaths): Promise<void> {
  await syncFolder(made.database);
  await syncFolder(made.root);
  try {
    await rename(made.root, target.root);
  } catch (error) {
    if (TAKEN.has(errnoOf(error))) throw new StoreError('store_exists', dirname(target.root));
    throw error;
  }
  await syncFolder(dirname(target.root));
}
