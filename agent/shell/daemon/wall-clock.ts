/**
 * Whether the wall clock can be believed. Routers have no battery clock and boot with a wrong date
 * until somebody sets it (LESSONS). What is known for certain: time is not before the moment at
 * which the files of this node were last written. Nothing in the protocol depends on the answer.
 */
import { statSync } from 'node:fs';

/** A clock that is off by less than this against the files is no news: they may come from afar. */
const TOLERANCE_MS = 60_000;

/** The latest time at which one of these files was changed; 0 if none is there. */
export function latestChangeMs(files: readonly string[]): number {
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(0, ...times);
}

/** Whether a wall clock that shows `wallMs` can be right, given such a time. */
export function isClockTrusted(wallMs: number, knownPastMs: number): boolean {
  return wallMs + TOLERANCE_MS >= knownPastMs;
}
