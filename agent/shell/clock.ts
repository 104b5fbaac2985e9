/** The two clocks of the machine, behind a port so that tests and demonstrations drive them. */
import type { Stamp } from '../core/io.ts';

export interface Clock {
  /** What time it is now. `nowMs` may be below that of an earlier call: the loop sees to it. */
  stamp(): Stamp;
  /** Calls back once, after at least `delayMs`. Returns what takes it back. */
  after(delayMs: number, call: () => void): () => void;
}

/** The longest delay of a timer of Node. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's own clocks. */
export function systemClock(): Clock {
  return {
    stamp: () => ({ nowMs: Math.floor(performance.now()), wallMs: Date.now() }),
    after(delayMs, call) {
      const timer = setTimeout(call, Math.min(delayMs, MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
  };
}
