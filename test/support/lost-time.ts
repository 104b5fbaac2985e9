/**
 * How much of the machine's time this process and all that it started did without: what their
 * threads waited for a processor, as Linux counts it (/proc/PID/task/TID/schedstat, proc(5)), and
 * the looks at which one of them waited for a disk. Where nobody counts, nothing was lost.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that each thread has waited for a processor since it began, and who waits for a disk.
 */
export interface Waits {
  readonly ns: ReadonlyMap<string, number>;
  readonly onDisk: boolean;
}

/** All threads of a process and of what comes from it. */
export function waitsOf(pid: number, proc = '/proc'): Waits {
  const ns = new Map<string, number>();
  let onDisk = false;
  for (const each of familyOf(pid, proc)) {
    for (const thread of listed(`${proc}/${each}/task`)) {
      const place = `${proc}/${each}/task/${thread}`;
      const [, waited] = text(`${place}/schedstat`).split(' ');
      if (waited !== undefined) ns.set(`${each}/${thread}`, Number(waited));
      onDisk ||= afterName(text(`${place}/stat`))[0] === 'D';
    }
  }
  return { ns, onDisk };
}

/**
 * Of `passedMs` between two looks, what was lost. The sum over all threads: they may have waited
 * one for another. A thread that is new has lost since then all that it ever did.
 */
export function lostMs(before: Waits, now: Waits, passedMs: number): number {
  if (now.onDisk) return passedMs;
  let ns = 0;
  for (const [thread, waited] of now.ns) ns += waited - (before.ns.get(thread) ?? 0);
  return Math.min(passedMs, Math.max(0, ns / 1e6));
}

/** The processes that a process has started, those that still run. */
export function childrenOf(pid: number): readonly number[] {
  return childrenOfAll('/proc').get(pid) ?? [];
}

/** A process and its children, their children, and so on. */
function familyOf(pid: number, proc: string): Set<number> {
  const children = childrenOfAll(proc);
  const family = new Set([pid]);
  // A set goes on through what is added to it meanwhile.
  for (const each of family) for (const child of children.get(each) ?? []) family.add(child);
  return family;
}

function childrenOfAll(proc: string): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of listed(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(afterName(text(`${proc}/${name}/stat`))[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/**
 * The fields of a stat file from the state on; the name before them may hold spaces and brackets.
 */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Threads and processes end between two looks: then there is nothing to read. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
