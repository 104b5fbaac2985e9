/**
 * The end of every wait in tests. A machine that is slow because others use it makes no test fail:
 * the time in which our processes would have run and could not (lost-time.ts) hardly counts. So
 * what hangs still ends, and what is only slow goes on.
 *
 * Safety: a wait that could still come true is not given up for load. Liveness: every wait ends,
 * after at most SLOWEST times its patience.
 */
import process from 'node:process';
import { lostMs, type Waits, waitsOf } from './lost-time.ts';

/** Far above what anything here takes on a machine of its own. */
export const PATIENCE_MS = 120_000;
/** Of lost time, one part in so many counts all the same. */
export const SLOWEST = 20;
/** Between two looks at what was lost: a look costs about a millisecond. */
const LOOK_MS = 500;

/** What a patience measures by; tests have their own. */
export interface Gauge {
  nowMs(): number;
  waits(): Waits;
}

const OURS: Gauge = {
  nowMs: () => performance.now(),
  waits: () => waitsOf(process.pid),
};

/** Wears out while somebody waits and asks it now and then. */
export class Patience {
  readonly #gauge: Gauge;
  #leftMs: number;
  #seenMs: number;
  #waits: Waits | undefined;

  constructor(patienceMs = PATIENCE_MS, gauge: Gauge = OURS) {
    this.#gauge = gauge;
    this.#leftMs = patienceMs;
    this.#seenMs = gauge.nowMs();
  }

  /**
   * Whether it is worn out. Most waits are over before the first look, which costs them nothing.
   */
  isGone(): boolean {
    const nowMs = this.#gauge.nowMs();
    const passedMs = nowMs - this.#seenMs;
    if (passedMs < Math.min(LOOK_MS, this.#leftMs)) return false;
    const waits = this.#gauge.waits();
    const lost = this.#waits === undefined ? 0 : lostMs(this.#waits, waits, passedMs);
    this.#leftMs -= Math.max(passedMs - lost, passedMs / SLOWEST);
    this.#seenMs = nowMs;
    this.#waits = waits;
    return this.#leftMs <= 0;
  }
}

/** Does something when patience is gone, unless it is called off with the function returned. */
export function afterPatience(act: () => void, patienceMs = PATIENCE_MS): () => void {
  const patience = new Patience(patienceMs);
  const timer = setInterval(
    () => {
      if (!patience.isGone()) return;
      clearInterval(timer);
      act();
    },
    Math.min(LOOK_MS, patienceMs),
  );
  return () => clearInterval(timer);
}
