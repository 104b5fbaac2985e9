/**
 * Checker `service`: others may flood the authorities; honest payments are served all the same. It
 * keeps how long each took, from the owner's wish to the certificate, while nothing else is wrong;
 * the run compares that with the same run without a flood.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Command, Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';

/** How many times longer nine of ten payments may take at most, and what is never too long. */
const MOST_TIMES = 8;
const SHORT_MS = 1_000;

export class Service implements Watcher {
  /** Of each payment that was certified, in milliseconds. */
  readonly latenciesMs: number[] = [];
  readonly #nowMs: () => number;
  readonly #sinceMs = new Map<Process, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'wallet') return;
    if (event.kind === 'command' && !isBusy(process)) this.#takeCommand(process, event.command);
    for (const { kind } of step.notices) {
      if (kind === 'command_refused' && !isBusy(process)) this.#sinceMs.delete(process);
      const sinceMs = this.#sinceMs.get(process);
      if (kind !== 'order_certified' || sinceMs === undefined) continue;
      this.#sinceMs.delete(process);
      this.latenciesMs.push(this.#nowMs() - sinceMs);
    }
  }

  /** Of a wish that its owner gave up for another one, or for a question, nothing is waited for. */
  #takeCommand(process: Process, { kind }: Command): void {
    if (kind === 'pay') this.#sinceMs.set(process, this.#nowMs());
    if (kind === 'refresh') this.#sinceMs.delete(process);
  }

  /** What is under way now has taken so long already. */
  end(): void {
    for (const sinceMs of this.#sinceMs.values()) this.latenciesMs.push(this.#nowMs() - sinceMs);
    this.#sinceMs.clear();
  }
}

/** Whether a wallet pursues an order. */
function isBusy({ disk }: Process): boolean {
  return disk.live.has('L' as ByteKey);
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
