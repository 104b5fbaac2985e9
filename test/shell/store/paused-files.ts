/**
 * Calls of node:fs/promises that a test watches, orders or stops at: named imports see what is put
 * in their place here, until the test ends.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

const CALLS = [
  'lstat',
  'mkdir',
  'open',
  'readdir',
  'readFile',
  'rename',
  'rm',
  'stat',
  'writeFile',
] as const;

export interface FileCalls {
  /** Calls that were begun since the last `start`. */
  readonly count: number;
  /** Counts from now on, and runs `act` before call number `at`, whose own calls do not count. */
  start(at?: number, act?: () => Promise<void>): void;
  stop(): void;
}

/** Watches the calls until the test ends. */
export function watchFileCalls(t: Pick<TestContext, 'after'>): FileCalls {
  const real = { ...fs.promises };
  let count = 0;
  let isWatching = false;
  let stopAt = -1;
  let act: () => Promise<void> = async () => undefined;
  for (const name of CALLS) {
    const call = real[name] as (...parts: unknown[]) => Promise<unknown>;
    const watched = async (...parts: unknown[]): Promise<unknown> => {
      if (isWatching) {
        const at = count++;
        if (at === stopAt) {
          isWatching = false;
          await act();
        }
      }
      return call.apply(fs.promises, parts);
    };
    Object.assign(fs.promises, { [name]: watched });
  }
  syncBuiltinESMExports();
  t.after(() => {
    Object.assign(fs.promises, real);
    syncBuiltinESMExports();
  });
  return {
    get count() {
      return count;
    },
    start(at = -1, doing = act) {
      [count, stopAt, act, isWatching] = [0, at, doing, true];
    },
    stop() {
      isWatching = false;
    },
  };
}
