/**
 * Folders that are there whole or not at all. Everything is written into a folder beside the target,
 * made durable, and then renamed: rename(2) never replaces a file or a folder with something in it,
 * so nothing is overwritten, whoever else is at work. What a killed run left behind carries its
 * process id; the next run takes it away when that process is gone.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { failure } from './failure.ts';

/** Makes `path` from what `fill` writes into the folder that it is given. Returns the full path. */
export function createFolder(path: string, fill: (folder: string) => void): string {
  const target = resolve(path);
  const parent = dirname(target);
  refuseExisting(target);
  mkdirSync(parent, { recursive: true });
  sweep(parent, basename(target));
  const partial = join(parent, `.${basename(target)}.partial-${process.pid}`);
  try {
    mkdirSync(partial, { mode: 0o700 });
    fill(partial);
    syncTree(partial);
    renameSync(partial, target);
    syncPath(parent);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  return target;
}

/** Writes a new file of this text; durable, and whole or not at all. Throws EEXIST if there is one. */
export function writeNewFile(path: string, text: string, mode = 0o644): void {
  const file = openSync(path, 'wx', mode);
  try {
    // The system may take less at once than it is given.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    // Of what went wrong with an open file the system tells no name.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  } finally {
    closeSync(file);
  }
}

/** Puts a text in the place of a file's old content; there is always the one or the other. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  const partial = `${path}.partial-${process.pid}`;
  try {
    writeNewFile(partial, text, mode);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  syncPath(dirname(path));
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

function sweep(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    const pid = entry.startsWith(`.${name}.partial-`) ? entry.replace(/^.*-/, '') : '';
    if (/^[0-9]+$/.test(pid) && !isAlive(Number(pid))) {
      rmSync(join(parent, entry), { recursive: true, force: true });
    }
  }
}

/** Whether a process of this id exists; one of another user counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) syncTree(join(folder, entry.name));
  }
  syncPath(folder);
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
