/**
 * Writing a file of the product: the one way in which any of them comes to be.
 *
 * Safety: under its name a file is whole or not there (or the old one is). Everything is written
 * beside it, also when the system takes less at a time than it was given, made durable, and only
 * then named; then its folder is made durable too. What fails leaves nothing behind. The draft is
 * its owner's alone until its content is complete, and gets its mode by hand: what open(2) is asked
 * for loses the bits of the umask, and the units' is 0077.
 * Liveness: a draft that a killed process left is taken away by the next writer of the same name.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What this needs of the system; a test puts something between to make it fail. */
export const SYSTEM_FILES = {
  openSync,
  writeSync,
  fchmodSync,
  fsyncSync,
  closeSync,
  renameSync,
  linkSync,
  rmSync,
};

export type SystemFiles = typeof SYSTEM_FILES;

/** Puts content in the place of a file's old content. Throws what the system says. */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  system: SystemFiles = SYSTEM_FILES,
): void {
  withDraft(path, content, mode, system, (draft) => system.renameSync(draft, path));
}

/** Writes a file that is not there yet. Throws EEXIST if there is one, and leaves that as it is. */
export function writeNewFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  system: SystemFiles = SYSTEM_FILES,
): void {
  withDraft(path, content, mode, system, (draft) => {
    try {
      system.linkSync(draft, path);
    } catch (error) {
      // Sticks for the pocket (vfat) know no second name of a file.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error;
      return claim(draft, path, system);
    }
    system.rmSync(draft);
  });
}

/** Makes a folder of exactly this mode, whose parent is there. */
export function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { mode: 0o700 });
  chmodSync(path, mode);
}

/** Makes the names in a folder durable. */
export function syncFolder(path: string, system: SystemFiles = SYSTEM_FILES): void {
  const folder = system.openSync(path, 'r');
  try {
    system.fsyncSync(folder);
  } finally {
    system.closeSync(folder);
  }
}

/** Whether a process of this id exists; one of another user counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Removes from a folder what processes that are gone have left as `PREFIX` and their number. */
export function sweep(folder: string, prefix: string): void {
  for (const entry of readdirSync(folder)) {
    const pid = entry.startsWith(prefix) ? entry.slice(prefix.length) : '';
    if (/^[1-9][0-9]{0,9}$/.test(pid) && !isAlive(Number(pid))) {
      rmSync(join(folder, entry), { recursive: true, force: true });
    }
  }
}

function withDraft(
  path: string,
  content: string | Uint8Array,
  mode: number,
  system: SystemFiles,
  name: (draft: string) => void,
): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.new-`;
  sweep(folder, prefix);
  const draft = join(folder, `${prefix}${process.pid}`);
  // One of this very process can only be what an earlier one of the same number left.
  system.rmSync(draft, { force: true });
  try {
    writeDraft(draft, Buffer.from(content), mode, system);
    name(draft);
  } catch (error) {
    system.rmSync(draft, { force: true });
    // The system tells the draft's name or, of a file that is open, none.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
  syncFolder(folder, system);
}

function writeDraft(draft: string, bytes: Buffer, mode: number, system: SystemFiles): void {
  const file = system.openSync(draft, 'wx', 0o600);
  try {
    for (let written = 0; written < bytes.length; ) {
      const some = system.writeSync(file, bytes, written, bytes.length - written);
      if (some === 0) throw Object.assign(new Error(`EIO: ${draft}`), { code: 'EIO' });
      written += some;
    }
    system.fchmodSync(file, mode);
    system.fsyncSync(file);
  } finally {
    system.closeSync(file);
  }
}

/** Takes the name with an empty file, which nobody else can do then, and puts the draft there. */
function claim(draft: string, path: string, system: SystemFiles): void {
  system.closeSync(system.openSync(path, 'wx', 0o600));
  try {
    system.renameSync(draft, path);
  } catch (error) {
    system.rmSync(path, { force: true });
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
