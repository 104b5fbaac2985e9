/** When this node has to be woken, and for what (codec/timer.ts). In memory. */
import { NO_TIMERS, TIMER_NAMES, type TimerName, type Timers } from './codec/timer.ts';
import type { Draft } from './draft.ts';
import { SPACES } from './spaces.ts';

function timers(draft: Draft): Timers {
  return draft.read(SPACES.timers) ?? NO_TIMERS;
}

/** Sets one of the times, as `nowMs`; undefined stops it. */
export function setTimer(draft: Draft, name: TimerName, atMs: number | undefined): void {
  const at = atMs === undefined ? undefined : BigInt(atMs);
  draft.write(SPACES.timers, { ...timers(draft), [name]: at });
}

/** The same, unless it is due earlier anyway. */
export function setTimerBy(draft: Draft, name: TimerName, atMs: number): void {
  const at = timers(draft)[name];
  if (at === undefined || at > BigInt(atMs)) setTimer(draft, name, atMs);
}

/** The timers whose time has come. They are over: whoever wants to be woken again sets them. */
export function takeDue(draft: Draft): readonly TimerName[] {
  const set = timers(draft);
  const now = BigInt(Math.floor(draft.stamp.nowMs));
  const due = TIMER_NAMES.filter((name) => {
    const at = set[name];
    return at !== undefined && at <= now;
  });
  for (const name of due) setTimer(draft, name, undefined);
  return due;
}

/** The earliest time of all, as `nowMs`. */
export function wakeAtMs(draft: Draft): number | undefined {
  let earliest: bigint | undefined;
  const set = timers(draft);
  for (const name of TIMER_NAMES) {
    const at = set[name];
    if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
  }
  return earliest === undefined ? undefined : Number(earliest);
}
