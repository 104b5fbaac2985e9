/**
 * Who holds a data folder: a pid file, so that a second instance can say who the first one is. What
 * really keeps it out is LevelDB's lock, which no crash leaves behind; a pid file that a crash left
 * behind is recognised by its pid, and by when that process started where the system says so
 * (field 22 of proc_pid_stat(5)), because pids are used again.
 */
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './layout.ts';
import { StoreError } from './store-error.ts';

/** A held folder. */
export interface Hold {
  /** Takes the pid file away again. */
  release(): Promise<void>;
}

/** Writes this process into the folder. Throws StoreError `data_in_use` if another one lives. */
export async function holdFolder(folder: string): Promise<Hold> {
  const path = join(folder, 'pid');
  const pid = await holderOf(folder);
  if (pid !== undefined) throw inUse(folder, pid);
  const own = `${process.pid} ${startOf(process.pid) ?? '-'}\n`;
  await writeFile(`${path}.${process.pid}`, own, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
  return {
    async release() {
      if ((await readPidFile(path)) === own) await rm(path, { force: true });
    },
  };
}

/** The pid of the living process that holds the folder, if there is one. */
export async function holderOf(folder: string): Promise<number | undefined> {
  const match = /^([1-9][0-9]{0,9}) (-|[0-9]+)\n$/.exec(await readPidFile(join(folder, 'pid')));
  const pid = Number(match?.[1] ?? 0);
  return pid !== 0 && isAlive(pid, match?.[2] ?? '-') ? pid : undefined;
}

/** The error that a second instance ends with. */
export function inUse(folder: string, pid: number | undefined): StoreError {
  const holder = pid === undefined ? 'a process without a pid file' : `process ${pid}`;
  return new StoreError('data_in_use', `${folder} is held by ${holder}`);
}

function isAlive(pid: number, start: string): boolean {
  const startNow = startOf(pid);
  if (startNow !== undefined && start !== '-') return startNow === start;
  // Without start times a file with our own pid is one that a crash left behind.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** When a living process started, in clock ticks since boot; undefined where nobody says. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name, is in brackets and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

async function readPidFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}
