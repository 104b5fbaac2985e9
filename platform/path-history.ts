/**
 * How often the paths of a mesh change their next hop: pure, over successive dumps. The kernel
 * counts changes for as long as it knows a path (`pathChanges`), and forgets a path that is not
 * used; where it does not count, another next hop is a change. Counted by slices of the last hour.
 *
 * A path that flaps costs more than a longer one that stays: frames overtake each other, and the
 * neighbours answer questions all the time. Two ways that are about as good do that; a threshold
 * for signals (mesh_rssi_threshold) or a little distance mends it.
 */
import { FLAPPING_PER_HOUR, MAX_KNOWN_PATHS, PATH_SLICE_MS, PATH_SLICES } from './limits.ts';
import type { MeshPath } from './radio.ts';

interface Known {
  readonly changes: number | undefined;
  readonly nextHop: string;
  readonly seenMs: number;
  /** Changes by the number of their slice of time. */
  readonly slices: ReadonlyMap<number, number>;
}

/** By destination. */
export type PathHistory = ReadonlyMap<string, Known>;

export const NO_PATHS: PathHistory = new Map();

/** `nowMs` is any monotonic clock. */
export function recordPaths(
  history: PathHistory,
  nowMs: number,
  paths: readonly MeshPath[],
): PathHistory {
  const next = new Map(history);
  const slice = Math.floor(nowMs / PATH_SLICE_MS);
  for (const { destination, nextHop, pathChanges, active } of paths) {
    // One that is looked for has no next hop yet.
    if (!active) continue;
    const known = next.get(destination);
    const more = known === undefined ? 0 : changesSince(known, nextHop, pathChanges);
    const slices = new Map(known?.slices);
    if (more > 0) slices.set(slice, (slices.get(slice) ?? 0) + more);
    for (const old of slices.keys()) if (old <= slice - PATH_SLICES) slices.delete(old);
    next.delete(destination);
    next.set(destination, { changes: pathChanges, nextHop, seenMs: nowMs, slices });
  }
  for (const [destination, { seenMs }] of next) {
    const isOld = nowMs - seenMs >= PATH_SLICES * PATH_SLICE_MS;
    if (isOld || next.size > MAX_KNOWN_PATHS) next.delete(destination);
  }
  return next;
}

/** Changes within the last hour, as far as it was watched. */
export function changesPerHour(history: PathHistory, nowMs: number, destination: string): number {
  const slice = Math.floor(nowMs / PATH_SLICE_MS);
  let sum = 0;
  for (const [at, count] of history.get(destination)?.slices ?? []) {
    if (at > slice - PATH_SLICES) sum += count;
  }
  return sum;
}

export function isFlapping(changes: number): boolean {
  return changes >= FLAPPING_PER_HOUR;
}

/** A counter that is lower than before is that of a path that was forgotten and found again. */
function changesSince(known: Known, nextHop: string, changes: number | undefined): number {
  const hasMoved = known.nextHop !== nextHop ? 1 : 0;
  if (changes === undefined || known.changes === undefined) return hasMoved;
  return changes >= known.changes ? changes - known.changes : hasMoved;
}
