/**
 * What ends a test file that hangs. Not by the wall clock, which a busy machine lets run out: only
 * when nothing was heard of any test in a long time that the machine had for us (patience.ts).
 */
import process from 'node:process';
import { childrenOf } from './lost-time.ts';
import { afterPatience } from './patience.ts';

/** The longest test takes a quarter of it on a machine of its own. */
export const SILENCE_MS = 900_000;

export interface Watchdog {
  /** Something was heard of a test. */
  heard(): void;
  stop(): void;
}

/** Kills the processes that this one started, which are the test files, after each long silence. */
export function watchFiles(silenceMs = SILENCE_MS): Watchdog {
  let callOff = (): void => {};
  const heard = (): void => {
    callOff();
    callOff = afterPatience(() => {
      for (const pid of childrenOf(process.pid)) end(pid);
      heard();
    }, silenceMs);
  };
  heard();
  return { heard, stop: () => callOff() };
}

/** It may have ended just now. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Then there is nothing to end.
  }
}
