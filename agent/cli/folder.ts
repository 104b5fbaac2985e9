/**
 * Folders that are there whole or not at all. Everything is written into a folder beside the target,
 * made durable, and then renamed: rename(2) never replaces a file or a folder with something in it,
 * so nothing is overwritten, whoever else is at work. What a killed run left behind carries its
 * process id; the next run takes it away when that process is gone.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder, sweep, syncFolder } from '../../platform/file-writer.ts';
import { failure } from './failure.ts';

/** Makes `path` from what `fill` writes into the folder that it is given. Returns the full path. */
export function createFolder(path: string, fill: (folder: string) => void): string {
  const target = resolve(path);
  const parent = dirname(target);
  refuseExisting(target);
  mkdirSync(parent, { recursive: true });
  const prefix = `.${basename(target)}.partial-`;
  sweep(parent, prefix);
  const partial = join(parent, prefix + process.pid);
  try {
    makeFolder(partial, 0o700);
    fill(partial);
    syncTree(partial);
    renameSync(partial, target);
    syncFolder(parent);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  return target;
}

function refuseExisting(target: string): void {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory() && readdirSync(target).length === 0) return;
  const what = found.isDirectory() ? 'a folder with something in it' : 'a file';
  throw failure(
    'file_exists',
    { field: target, expected: 'nothing there yet', found: what },
    'Nothing is ever overwritten: name another folder, or move this one away first.',
  );
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) syncTree(join(folder, entry.name));
  }
  syncFolder(folder);
}
