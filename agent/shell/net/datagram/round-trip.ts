/**
 * How long the way there and back takes, and when to repeat (RFC 6298). Every packet carries the
 * sender's clock and gives back the other side's (packet.ts), so a sample is never ambiguous, and
 * Karn's rule is not needed.
 *
 * Departure from RFC 6298: no exponential back-off. Where most packets are lost, silence says
 * nothing about load, and a doubled timer is what makes TCP stand still. The interval grows by an
 * eighth of the time-out for each vain repeat, up to `repeatLastMs`, which a dead peer reaches too.
 */
import type { DatagramLimits } from './limits.ts';

const GRANULARITY_MS = 5;
const WINDOW_MS = 10_000;

export interface RoundTrip {
  sample(ms: number, nowMs: number): void;
  /** Undefined before the first sample. */
  smoothedMs(): number | undefined;
  /** The shortest of the last ten to twenty seconds. */
  shortestMs(): number;
  /** When to repeat what was not answered, after so many repeats that were in vain. */
  intervalMs(vain: number): number;
}

export function createRoundTrip(limits: DatagramLimits): RoundTrip {
  let smoothed: number | undefined;
  let variation = 0;
  let shortest = Infinity;
  let shortestBefore = Infinity;
  let windowFromMs = -Infinity;

  return {
    sample(ms, nowMs) {
      if (smoothed === undefined) {
        smoothed = ms;
        variation = ms / 2;
      } else {
        variation = 0.75 * variation + 0.25 * Math.abs(smoothed - ms);
        smoothed = 0.875 * smoothed + 0.125 * ms;
      }
      if (nowMs - windowFromMs > WINDOW_MS) {
        shortestBefore = shortest;
        shortest = ms;
        windowFromMs = nowMs;
      }
      shortest = Math.min(shortest, ms);
    },
    smoothedMs: () => smoothed,
    shortestMs: () => Math.min(shortest, shortestBefore),
    intervalMs(vain) {
      const estimateMs =
        smoothed === undefined
          ? limits.repeatFirstMs
          : smoothed + Math.max(GRANULARITY_MS, 4 * variation);
      const timeoutMs = Math.max(limits.repeatLeastMs, estimateMs);
      return Math.min(limits.repeatLastMs, timeoutMs * (1 + vain / 8));
    },
  };
}
