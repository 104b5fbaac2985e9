/** When this node has to be woken: one time for catch-up, one for the live order. In memory. */
import type { Timers } from './codec/record.ts';
import type { Draft } from './draft.ts';
import { SPACES } from './spaces.ts';

export function timers(draft: Draft): Timers {
  const none = { syncAtMs: undefined, retryAtMs: undefined };
  return draft.read(SPACES.timers) ?? none;
}

/** Sets one of the times, as `nowMs`; undefined stops it. */
export function setTimer(draft: Draft, name: keyof Timers, atMs: number | undefined): void {
  const at = atMs === undefined ? undefined : BigInt(atMs);
  draft.write(SPACES.timers, { ...timers(draft), [name]: at });
}

/** Whether a timer is set and its time has come. */
export function isDue(draft: Draft, name: keyof Timers): boolean {
  const at = timers(draft)[name];
  return at !== undefined && at <= BigInt(draft.stamp.nowMs);
}

/** The earliest time of all, as `nowMs`. */
export function wakeAtMs(draft: Draft): number | undefined {
  const { syncAtMs, retryAtMs } = timers(draft);
  const times = [syncAtMs, retryAtMs].filter((time) => time !== undefined).map(Number);
  return times.length === 0 ? undefined : Math.min(...times);
}
