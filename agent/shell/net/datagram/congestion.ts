/**
 * How many segments may be on their way: a window that goes by delay.
 *
 * On a radio mesh, loss means distance, interference or a sleeping neighbour far more often than a
 * full queue, and it is what this stream is there to survive: it never makes the window smaller. A
 * full queue, here or at a relay, shows as delay before it shows as anything else, because 802.11
 * repeats frames and lets others wait. So, once a round trip, the shortest sample of that round is
 * held against the shortest of the last seconds (as TCP Vegas and LEDBAT, RFC 6817, do): below the
 * target the window grows, doubling at first, by one later; above it, it shrinks by a fifth. The
 * shortest sample counts, so that one late packet is not taken for a queue.
 *
 * Two more brakes: repeats come out of shared token buckets (commons.ts), and
 * the interval of repeats follows the round trip (round-trip.ts), so whoever fills a queue slows
 * down also where no sample comes through.
 */
import type { DatagramLimits } from './limits.ts';

export interface Congestion {
  /** Segments that may be unacknowledged. */
  window(): number;
  acknowledged(segments: number): void;
  sample(ms: number, shortestMs: number, nowMs: number): void;
}

export function createCongestion(limits: DatagramLimits): Congestion {
  let window = limits.firstWindow;
  let doubling = true;
  let roundFromMs = -Infinity;
  let shortestOfRoundMs = Infinity;

  return {
    window: () => Math.floor(window),
    acknowledged(segments) {
      const grown = doubling ? window + segments : window + segments / window;
      window = Math.min(limits.windowSegments, grown);
    },
    sample(ms, shortestMs, nowMs) {
      shortestOfRoundMs = Math.min(shortestOfRoundMs, ms);
      if (nowMs - roundFromMs < Math.max(ms, 10)) return;
      const queueMs = shortestOfRoundMs - shortestMs;
      roundFromMs = nowMs;
      shortestOfRoundMs = Infinity;
      if (queueMs <= limits.queueTargetMs) return;
      doubling = false;
      window = Math.max(limits.leastWindow, 0.8 * window);
    },
  };
}
