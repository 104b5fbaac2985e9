/**
 * Checker `service`: others may flood the authorities; honest payments are served all the same. It keeps
 * how long each took, from the owner's wish to the certificate, while nothing else is wrong; the run
 * compares that with the same run without a flood.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';

/** How many times longer nine of ten payments may take at most, and what is never too long. */
const MOST_TIMES = 5;
const SHORT_MS = 300;

export class Service implements Watcher {
  /** Of each payment that was certified, in milliseconds. */
  readonly latenciesMs: number[] = [];
  readonly #nowMs: () => number;
  readonly #sinceMs = new Map<Process, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'wallet') return;
    for (const { kind } of step.notices) {
      if (kind === 'order_created') this.#sinceMs.set(process, this.#nowMs());
      const sinceMs = this.#sinceMs.get(process);
      if (kind !== 'order_certified' || sinceMs === undefined) continue;
      this.#sinceMs.delete(process);
      this.latenciesMs.push(this.#nowMs() - sinceMs);
    }
  }

  /** What is under way now has taken so long already. */
  end(): void {
    for (const sinceMs of this.#sinceMs.values()) this.latenciesMs.push(this.#nowMs() - sinceMs);
    this.#sinceMs.clear();
  }
}

/** Throws if payments took too much longer than they did in the same run without a flood. */
export function compareService(floodedMs: readonly number[], quietMs: readonly number[]): void {
  const [flooded, quiet] = [mostOf(floodedMs), mostOf(quietMs)];
  if (flooded <= Math.max(SHORT_MS, MOST_TIMES * quiet)) return;
  throw new Violation('service', `under a flood payments take ${flooded} ms, else ${quiet} ms`);
}

/** What nine of ten do not exceed. */
function mostOf(latenciesMs: readonly number[]): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return sorted[Math.floor(0.9 * Math.max(0, sorted.length - 1))] ?? 0;
}
