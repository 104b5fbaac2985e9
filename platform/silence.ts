/**
 * A radio that has heard neighbours and hears nobody any more: pure, no clock and no timer. Drivers
 * and firmware hang, and nothing but the silence shows it. After `SILENT_MS` the supplicant is
 * started anew, after as long again the interface is made anew, and after as long again it is said
 * that the radio hangs, or that everybody else is gone, which from here is the same.
 *
 * A node that has never heard anybody is the first of its mesh, or was set up wrongly: nothing is
 * tried for it. One neighbour that is heard ends it all, and only then does it begin anew, so
 * nobody beside is disturbed more than twice.
 */
import { SILENT_MS } from './limits.ts';
import { isHeard } from './liveness.ts';
import type { Revival } from './platform.ts';
import type { Station } from './radio.ts';

export interface Silence {
  /**
   * When a neighbour was heard last, or something was tried since; undefined before the first one.
   */
  readonly sinceMs: number | undefined;
  /** How many of the steps were taken. */
  readonly steps: number;
}

export const NEVER_HEARD: Silence = { sinceMs: undefined, steps: 0 };

const STEPS: readonly Revival[] = ['supplicant', 'interface'];

/** `nowMs` is any monotonic clock. `revival`: what is to be tried now. */
export function listen(
  previous: Silence,
  nowMs: number,
  stations: readonly Station[],
): { readonly silence: Silence; readonly revival: Revival | undefined } {
  if (stations.some((station) => isHeard(station))) {
    return { silence: { sinceMs: nowMs, steps: 0 }, revival: undefined };
  }
  const { sinceMs, steps } = previous;
  if (sinceMs === undefined || isDeaf(previous) || nowMs - sinceMs < SILENT_MS) {
    return { silence: previous, revival: undefined };
  }
  return { silence: { sinceMs: nowMs, steps: steps + 1 }, revival: STEPS[steps] };
}

/** Whether all that can be tried was tried in vain. */
export function isDeaf({ steps }: Silence): boolean {
  return steps > STEPS.length;
}
