/**
 * Checker `durability`: nothing leaves a process before the durable writes of its step, and of all
 * steps before that, are on disk; what was acknowledged survives every crash, byte for byte; and
 * memory after a restart holds what the disk holds.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import { isDurable } from '../../../agent/core/spaces.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';

interface Ledger {
  /** Steps with durable writes that are not on disk, in their order. */
  readonly open: Step[];
  /** All records whose writing was acknowledged. */
  acknowledged: Map<string, Uint8Array>;
  /** Records of a batch that was being written when the process died: there or not. */
  doubtful: Map<string, Uint8Array | undefined>;
}

export class Durability implements Watcher {
  readonly #ledgers = new Map<number, Ledger>();
  /** Steps that are not on disk yet, or had something to write. */
  readonly #unwritten = new Set<Step>();
  /** For a step that writes nothing: the last one before it that has to be on disk first. */
  readonly #behind = new WeakMap<Step, Step>();

  stepped(process: Process, _event: Event, step: Step): void {
    const ledger = this.#ledgers.get(process.index);
    if (ledger === undefined) return;
    if (step.writes.some(({ key }) => isDurable(key))) {
      ledger.open.push(step);
      this.#unwritten.add(step);
      return;
    }
    const last = ledger.open.at(-1);
    if (last !== undefined) this.#behind.set(step, last);
  }

  committed(process: Process, steps: readonly Step[]): void {
    const ledger = this.#ledgers.get(process.index);
    if (ledger === undefined) return;
    for (const step of steps) {
      if (!this.#unwritten.delete(step)) continue;
      ledger.open.shift();
      for (const { key, value } of step.writes) {
        if (!isDurable(key)) continue;
        if (value === undefined) ledger.acknowledged.delete(key);
        else ledger.acknowledged.set(key, value);
      }
    }
  }

  released(process: Process, step: Step): void {
    const last = this.#behind.get(step) ?? step;
    if (step.sends.length > 0 && this.#unwritten.has(last)) {
      throw new Violation('durability', `${process.name} sends before its writes are on disk`);
    }
  }

  ended(process: Process): void {
    const ledger = this.#ledgers.get(process.index);
    if (ledger === undefined) return;
    for (const step of ledger.open) {
      this.#unwritten.delete(step);
      for (const { key, value } of step.writes) if (isDurable(key)) ledger.doubtful.set(key, value);
    }
    ledger.open.length = 0;
  }

  started(process: Process): void {
    const before = this.#ledgers.get(process.index);
    if (before !== undefined && !process.isReplaced) this.#compare(process, before);
    const acknowledged = new Map<string, Uint8Array>(process.disk.durable);
    this.#ledgers.set(process.index, { open: [], acknowledged, doubtful: new Map() });
    for (const [key, value] of process.disk.durable) {
      if (process.disk.live.get(key) === value) continue;
      throw new Violation('durability', `${process.name} starts without a record of its disk`);
    }
  }

  #compare(process: Process, { acknowledged, doubtful }: Ledger): void {
    const { durable } = process.disk;
    for (const [key, value] of acknowledged) {
      if (durable.get(key as never) === value || doubtful.has(key)) continue;
      throw new Violation('durability', `${process.name} lost a record of ${key[0]}`);
    }
    for (const key of durable.keys()) {
      if (acknowledged.has(key) || doubtful.has(key)) continue;
      throw new Violation('durability', `${process.name} found a record of ${key[0]}`);
    }
  }
}
