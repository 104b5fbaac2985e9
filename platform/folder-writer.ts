/**
 * Folders that are there whole or not at all. Everything is written into a folder beside the
 * target, made durable, and then renamed: rename(2) never replaces a file or a folder with
 * something in it, so nothing is overwritten, whoever else is at work. What a killed run left
 * behind carries its process id; the next run takes it away when that process is gone.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder, sweep, syncFolder } from './file-writer.ts';

export type FolderMade<Fault> =
  | { readonly made: true; readonly path: string }
  /** Something has the name already. */
  | { readonly made: false; readonly path: string; readonly taken: string }
  /** What kept `fill` from filling it. */
  | { readonly made: false; readonly path: string; readonly fault: Fault };

/**
 * Makes `path` from what `fill` writes into the folder that it is given, unless `fill` gives back
 * why it cannot. Throws what the system says.
 */
export function createFolder<Fault extends object>(
  path: string,
  fill: (folder: string) => Fault | undefined,
): FolderMade<Fault> {
  const target = resolve(path);
  const parent = dirname(target);
  const taken = takenBy(target);
  if (taken !== undefined) return { made: false, path: target, taken };
  mkdirSync(parent, { recursive: true });
  const prefix = `.${basename(target)}.partial-`;
  sweep(parent, prefix);
  const partial = join(parent, prefix + process.pid);
  let isMade = false;
  try {
    makeFolder(partial, 0o700);
    const fault = fill(partial);
    if (fault !== undefined) return { made: false, path: target, fault };
    syncTree(partial);
    renameSync(partial, target);
    isMade = true;
    syncFolder(parent);
  } finally {
    if (!isMade) rmSync(partial, { recursive: true, force: true });
  }
  return { made: true, path: target };
}

/** What is there already; undefined: nothing, or an empty folder. */
function takenBy(target: string): string | undefined {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return 'a file';
  return readdirSync(target).length === 0 ? undefined : 'a folder with something in it';
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) syncTree(join(folder, entry.name));
  }
  syncFolder(folder);
}
