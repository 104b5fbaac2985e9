/**
 * Who holds a data folder. Node has no lock that the kernel takes back when a process dies, except
 * the one inside LevelDB, and that needs a database. So:
 *
 *   pid.<pid>.<start>.<boot>.<n>   a process that wants the folder, or has it
 *   pid                            of the one that has it: its number and its name, for others
 *
 * Safety: whoever wants the folder first puts its name down and only then looks for names. Of two,
 * the one that looks last sees the other, and it holds nothing before it has seen that it is alone.
 * Nobody takes away the name of a process that lives, and that of a dead one never means anybody
 * else: pids are used again, so it says when the process started (field 22 of proc_pid_stat(5)),
 * and in which run of the system.
 *
 * Liveness: of two that only want it, the one whose name sorts first waits for the other to
 * withdraw. A process that dies holds nothing any more, whatever it leaves behind.
 *
 * Where processes do not see each other (pid namespaces, hidden /proc), LevelDB's lock keeps the
 * second one out, and a store appears by one rename (publish.ts): never half, never over another.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf, namesIn } from './layout.ts';
import { HOLD_PATIENCE_LOOKS, HOLD_PAUSE_MS } from './limits.ts';
import { StoreError } from './store-error.ts';

/** A held folder. */
export interface Hold {
  /** Gives the folder up again. */
  release(): Promise<void>;
}

/** What a name says, or the file `pid`. */
interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
}

const NAME = /^pid\.([1-9][0-9]{0,9})\.(-|[0-9]+)\.(-|[0-9a-f]+)\.[0-9a-f]+$/;
const UNKNOWN = '-';
const DEAD = 'dead';

/** Takes the folder for this process. Throws StoreError `data_in_use` if another one has it. */
export async function holdFolder(folder: string): Promise<Hold> {
  const self = { pid: process.pid, start: startOf(process.pid) ?? UNKNOWN, boot: bootId() };
  const name = `pid.${self.pid}.${self.start}.${self.boot}.${randomBytes(4).toString('hex')}`;
  await (await open(join(folder, name), 'wx', 0o600)).close();
  try {
    await becomeAlone(folder, name);
    await writeFile(join(folder, `${name}.new`), `${self.pid} ${name}\n`, { mode: 0o600 });
    await rename(join(folder, `${name}.new`), join(folder, 'pid'));
  } catch (error) {
    await rm(join(folder, `${name}.new`), { force: true });
    await rm(join(folder, name), { force: true });
    throw error;
  }
  return {
    async release() {
      if ((await publishedName(folder)) === name) await rm(join(folder, 'pid'), { force: true });
      await rm(join(folder, name), { force: true });
    },
  };
}

/** Resolves when no other living process has its name down. Throws `data_in_use`. */
async function becomeAlone(folder: string, own: string): Promise<void> {
  for (let look = 0; ; look++) {
    const [other] = await livingNames(folder, own);
    if (other === undefined) return;
    const holds = (await publishedName(folder)) === other;
    if (holds || other < own || look >= HOLD_PATIENCE_LOOKS) {
      throw inUse(folder, parseName(other)?.pid);
    }
    await pause(HOLD_PAUSE_MS);
  }
}

/** The names of other living processes, in order. Removes those of dead ones. */
async function livingNames(folder: string, own: string): Promise<readonly string[]> {
  const living: string[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    const holder = parseName(name.replace(/\.new$/, ''));
    if (holder === undefined || name === own) continue;
    if (!isAlive(holder)) await rm(join(folder, name), { force: true });
    else if (parseName(name) !== undefined) living.push(name);
  }
  return living;
}

/** The pid of the living process that holds the folder, if there is one. */
export async function holderOf(folder: string): Promise<number | undefined> {
  const name = await publishedName(folder);
  const holder = name === undefined ? undefined : parseName(name);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/** Throws StoreError `data_in_use` if a living process holds the folder. */
export async function refuseHeld(folder: string): Promise<void> {
  const pid = await holderOf(folder);
  if (pid !== undefined) throw inUse(folder, pid);
}

/** The error that a second instance ends with. */
export function inUse(folder: string, pid: number | undefined): StoreError {
  const holder = pid === undefined ? 'a process that cannot be seen from here' : `process ${pid}`;
  return new StoreError('data_in_use', `${folder} is held by ${holder}`);
}

function parseName(name: string): Holder | undefined {
  const [, pid, start, boot] = NAME.exec(name) ?? [];
  if (pid === undefined || start === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), start, boot };
}

/**
 * Whether the very process lives. One that this process cannot see counts as gone, or a pid that is
 * somebody else's by now would keep a node from starting for ever; LevelDB's lock knows better.
 */
function isAlive({ pid, start, boot }: Holder): boolean {
  if (boot !== bootId()) return false;
  const startNow = startOf(pid);
  if (startNow === DEAD) return false;
  if (startNow !== undefined && start !== UNKNOWN) return startNow === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** When a living process started, in clock ticks since boot; undefined where nobody says. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name, is in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Dead, and its parent has not asked yet how it ended.
    return fields[0] === 'Z' || fields[0] === 'X' ? DEAD : fields[19];
  } catch {
    return undefined;
  }
}

/** Which run of the system this is (random(4)); UNKNOWN where nobody says. */
function bootId(): string {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return id.replaceAll(/[^0-9a-f]/g, '').slice(0, 16) || UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

async function publishedName(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'pid'), 'latin1');
    return text.replace(/\n$/, '').replace(/^[0-9]+ /, '');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
