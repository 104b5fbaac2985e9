/**
 * A process's two clocks. The monotonic one begins anew with every process, runs too fast or too
 * slow, jumps forward after a pause, and never goes back. The wall clock is wrong by some skew and
 * jumps either way.
 */
import type { Stamp } from '../../agent/core/io.ts';
import type { Prng } from './prng.ts';

/** Virtual time 0 as a wall clock that is right would show it: 2026-01-01. */
export const EPOCH_WALL_MS = 1_767_225_600_000;
/**
 * The most that the monotonic clock is wrong by, in parts per million. A crystal is within 200;
 * this is as bad as the clock of a busy virtual machine, so that timers of two nodes change places.
 */
const MAX_DRIFT_PPM = 20_000;

export class Clock {
  readonly #bootMs: number;
  #baseMs: number;
  readonly #driftPpm: number;
  skewMs: number;

  /** The clocks of a process that comes up at `bootMs` of virtual time. */
  constructor(prng: Prng, bootMs: number, skewMs: number) {
    this.#bootMs = bootMs;
    this.#baseMs = prng.below(1_000_000);
    this.#driftPpm = prng.between(-MAX_DRIFT_PPM, MAX_DRIFT_PPM);
    this.skewMs = skewMs;
  }

  /** The monotonic clock jumps forward. */
  jump(byMs: number): void {
    this.#baseMs += byMs;
  }

  /** What the process reads at `atMs` of virtual time. */
  stamp(atMs: number): Stamp {
    return { nowMs: this.#monotonic(atMs), wallMs: EPOCH_WALL_MS + atMs + this.skewMs };
  }

  /**
   * How long from `atMs` of virtual time until the monotonic clock shows `wantedMs`, at least 0.
   */
  untilMs(atMs: number, wantedMs: number): number {
    const leftMs = wantedMs - this.#monotonic(atMs);
    if (leftMs <= 0) return 0;
    return Math.ceil((leftMs * 1_000_000) / (1_000_000 + this.#driftPpm));
  }

  #monotonic(atMs: number): number {
    const upMs = atMs - this.#bootMs;
    return this.#baseMs + upMs + Math.floor((upMs * this.#driftPpm) / 1_000_000);
  }
}
