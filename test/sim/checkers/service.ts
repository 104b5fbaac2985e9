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
/**
 * The same behind a relay, for each of those that share with it: authorities serve a relay that
 * their operators did not ask for as one of the nodes that call them, which those that flood are
 * too. What comes over it waits for its turn among them, behind what other wallets want there.
 */
const MOST_TIMES_A_SHARE = 4;

/** How long payments took, in milliseconds: of wallets with relays on their way, and of others. */
export interface Latencies {
  readonly direct: readonly number[];
  readonly relayed: readonly number[];
}

export class Service implements Watcher {
  /** Of each payment that was certified. */
  readonly latencies = { direct: [] as number[], relayed: [] as number[] };
  readonly #nowMs: () => number;
  readonly #relayed: ReadonlySet<string>;
  readonly #sinceMs = new Map<Process, number>();

  /** `relayed`: the names of the wallets that reach authorities over relays. */
  constructor(nowMs: () => number, relayed: ReadonlySet<string>) {
    this.#nowMs = nowMs;
    this.#relayed = relayed;
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'wallet') return;
    if (event.kind === 'command' && !isBusy(process)) this.#takeCommand(process, event.command);
    for (const { kind } of step.notices) {
      if (kind === 'command_refused' && !isBusy(process)) this.#sinceMs.delete(process);
      const sinceMs = this.#sinceMs.get(process);
      if (kind !== 'order_certified' || sinceMs === undefined) continue;
      this.#sinceMs.delete(process);
      this.#count(process, sinceMs);
    }
  }

  /** Of a wish that its owner gave up for another one, or for a question, nothing is waited for. */
  #takeCommand(process: Process, { kind }: Command): void {
    if (kind === 'pay') this.#sinceMs.set(process, this.#nowMs());
    if (kind === 'refresh') this.#sinceMs.delete(process);
  }

  /** What is under way now has taken so long already. */
  end(): void {
    for (const [process, sinceMs] of this.#sinceMs) this.#count(process, sinceMs);
    this.#sinceMs.clear();
  }

  #count({ name }: Process, sinceMs: number): void {
    const { direct, relayed } = this.latencies;
    (this.#relayed.has(name) ? relayed : direct).push(this.#nowMs() - sinceMs);
  }
}

/** Whether a wallet pursues an order. */
function isBusy({ disk }: Process): boolean {
  return disk.live.has('L' as ByteKey);
}

/**
 * Throws if payments took too much longer than they did in the same run without a flood, which so
 * many nodes made.
 */
export function compareService(flooded: Latencies, quiet: Latencies, flooders: number): void {
  const behindRelay = Math.max(MOST_TIMES, MOST_TIMES_A_SHARE * (flooders + 1));
  compare(flooded.direct, quiet.direct, MOST_TIMES, '');
  compare(flooded.relayed, quiet.relayed, behindRelay, ' over relays');
}

function compare(
  floodedMs: readonly number[],
  quietMs: readonly number[],
  mostTimes: number,
  how: string,
): void {
  const [flooded, quiet] = [mostOf(floodedMs), mostOf(quietMs)];
  if (flooded <= Math.max(SHORT_MS, mostTimes * quiet)) return;
  const what = `under a flood payments${how} take ${flooded} ms, else ${quiet} ms`;
  throw new Violation('service', what);
}

/** What nine of ten do not exceed. */
function mostOf(latenciesMs: readonly number[]): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return sorted[Math.floor(0.9 * Math.max(0, sorted.length - 1))] ?? 0;
}
