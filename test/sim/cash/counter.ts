/**
 * The counter of a run: its outer ledger, whoever works there, and every gateway's connection to
 * it. Whatever else is done to the ledger (faults.ts) is done here.
 */

import type { Ask } from '../../../agent/core/io.ts';
import type { NodeSetup } from '../../../agent/core/setup.ts';
import type { Agenda } from '../agenda.ts';
import type { Plan } from '../plan.ts';
import { Prng } from '../prng.ts';
import type { Process } from '../process.ts';
import { LEDGERS_SERVED } from './cash-plan.ts';
import { openTill } from './cashier.ts';
import { Connection } from './connection.ts';
import { Till } from './till.ts';

export interface CounterSetup {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly checks: Pick<NodeSetup, 'network' | 'verify'>;
  readonly payable: readonly Uint8Array[];
  readonly isHealed: () => boolean;
}

export class Counter {
  readonly till: Till;
  readonly #setup: CounterSetup;
  readonly #connections = new Map<number, Connection>();
  #outages = 0;

  constructor(setup: CounterSetup) {
    const { plan, agenda, checks } = setup;
    this.#setup = setup;
    this.till = new Till(checks, () => agenda.nowMs, plan.cash?.isTrusting === true);
  }

  /** Everybody comes to work. */
  open(processes: readonly Process[]): void {
    const { plan, agenda, payable, isHealed } = this.#setup;
    const { gateways = [], deposits = 0 } = plan.cash ?? {};
    const { seed, tokens, chaosMs } = plan;
    const prng = Prng.named(seed, 'cashier');
    const { till } = this;
    openTill({ agenda, prng, till, tokens, payable, deposits, chaosMs, isHealed });
    till.listen(() => {
      for (const process of processes) {
        if (gateways.includes(process.index)) this.#connectionOf(process).news(process);
      }
    });
  }

  /** What a process asks of the ledger. */
  ask(process: Process, ask: Ask): void {
    this.#connectionOf(process).ask(process, ask);
  }

  /** Nobody reaches the ledger; what is returned ends that. */
  goAway(): () => void {
    this.#outages++;
    return () => {
      this.#outages--;
    };
  }

  /** Undoes what is not final, or a part of it. False: there is nothing. */
  reorganise(die: number): boolean {
    const open = this.till.open();
    const undone = die % 3 === 0 ? open : open.filter((_, i) => (die >> (i % 24)) % 2 === 1);
    this.till.undo(undone);
    return undone.length > 0;
  }

  #connectionOf({ index, name }: Process): Connection {
    const known = this.#connections.get(index);
    if (known !== undefined) return known;
    const { plan, agenda, isHealed } = this.#setup;
    const [ledger] = LEDGERS_SERVED;
    const fresh = new Connection({
      agenda,
      prng: Prng.named(plan.seed, `connection of ${name}`),
      till: this.till,
      ledger,
      isLied: plan.cash?.liar === index,
      isHealed,
      isAway: () => this.#outages > 0 && !isHealed(),
    });
    this.#connections.set(index, fresh);
    return fresh;
  }
}
