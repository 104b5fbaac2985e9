/**
 * A ledger behind a bad connection, or one that lies: what it is told to do wrong, it does, on top
 * of a ledger that does everything right. For tests of whoever uses a ledger.
 */
import type { LedgerStatus, Payout } from '../../agent/core/codec/payout.ts';
import {
  answered,
  type DepositPage,
  failed,
  type LedgerAnswer,
  type LedgerHealth,
  type LedgerPort,
} from '../../agent/shell/ledgers/port.ts';

/**
 *   lose_question   it never arrives: transient
 *   lose_answer     it is done, and nobody hears of it: unknown
 *   late            the answer comes when `release` is called
 *   refuse          nothing is done, and never will be: permanent
 *   vanish          what is there is said to be absent, as after a reorganisation
 */
export type LedgerFault = 'lose_question' | 'lose_answer' | 'late' | 'refuse' | 'vanish';

export class FaultyLedger implements LedgerPort {
  /** What goes wrong with the next calls, one after the other; nothing once it is empty. */
  readonly faults: (LedgerFault | undefined)[] = [];
  /** Calls so far, by name. */
  readonly calls: string[] = [];
  readonly #ledger: LedgerPort;
  #held: (() => void)[] = [];

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  /** Answers that were late come now. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  submit(key: Uint8Array, payout: Payout, proof: Uint8Array): Promise<LedgerAnswer<LedgerStatus>> {
    return this.#ask('submit', () => this.#ledger.submit(key, payout, proof));
  }

  find(key: Uint8Array): Promise<LedgerAnswer<Payout | undefined>> {
    return this.#ask('find', () => this.#ledger.find(key), undefined);
  }

  status(key: Uint8Array): Promise<LedgerAnswer<LedgerStatus>> {
    const absent: LedgerStatus = { state: 'absent', reference: '' };
    return this.#ask('status', () => this.#ledger.status(key), absent);
  }

  deposits(from: bigint): Promise<LedgerAnswer<DepositPage>> {
    return this.#ask('deposits', () => this.#ledger.deposits(from), { deposits: [], next: from });
  }

  health(): Promise<LedgerAnswer<LedgerHealth>> {
    return this.#ask('health', () => this.#ledger.health());
  }

  onChange(listener: () => void): () => void {
    return this.#ledger.onChange(listener);
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }

  async #ask<T>(
    name: string,
    act: () => Promise<LedgerAnswer<T>>,
    vanished?: T,
  ): Promise<LedgerAnswer<T>> {
    this.calls.push(name);
    const fault = this.faults.shift();
    switch (fault) {
      case 'lose_question':
        return failed('transient', 'no connection');
      case 'refuse':
        return failed('permanent', 'no');
      case 'lose_answer':
        await act();
        return failed('unknown', 'the connection broke');
      case 'late': {
        const answer = await act();
        await new Promise<void>((resolve) => this.#held.push(resolve));
        return answer;
      }
      case 'vanish':
        return vanished === undefined ? failed('transient', 'no connection') : answered(vanished);
      case undefined:
        return act();
    }
  }
}
