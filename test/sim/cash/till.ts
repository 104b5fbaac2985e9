/**
 * The outer ledger of a run: the core's own cashbook, kept in memory, with a cashier who pays,
 * refuses and takes in money. Beyond what a cashbook does it may undo what is not final, as a chain
 * does that is reorganised, and give money back after it was paid, as a bank does; the book behind
 * it stays, since whoever hands a payout in again hands in the same one.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { sha256 } from '../../../agent/core/base/crypto.ts';
import { MAX_DEPOSITS_PER_PAGE } from '../../../agent/core/base/limits.ts';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import {
  beginBook,
  close,
  type DepositSlip,
  depositEntryAt,
  depositIdOf,
  entryAt,
  headOf,
  keyOfPayout,
  openAt,
  payoutUnder,
  takeIn,
  takeOn,
} from '../../../agent/core/cashbook/book.ts';
import type {
  LedgerDeposit,
  LedgerError,
  LedgerStatus,
  Payout,
} from '../../../agent/core/codec/payout.ts';
import { Draft } from '../../../agent/core/draft.ts';
import type { LedgerQuestion } from '../../../agent/core/gateway/doorway.ts';
import { checkSettlement } from '../../../agent/core/gateway/settlement.ts';
import type { Read } from '../../../agent/core/io.ts';
import { foundingState } from '../../../agent/core/network/committees.ts';
import type { NodeSetup } from '../../../agent/core/setup.ts';
import { latin1 } from '../checkers/decode.ts';

/** Hears what really happens at the ledger. */
export interface TillWatcher {
  /** It took a payout on that it had not. `asker`: the honest gateway that asked, if it was one. */
  readonly takenOn: (key: string, payout: Payout, asker: string | undefined) => void;
  readonly paidOut: (payout: Payout) => void;
  /** It will never be paid, or came back after it was. */
  readonly cameBack: (payout: Payout) => void;
  readonly paidIn: (deposit: LedgerDeposit) => void;
}

/** What a ledger is handed. */
export type Submission = Extract<LedgerQuestion, { kind: 'submit' }>;
/** What the ledger says of deposits. */
export interface Page {
  readonly deposits: readonly LedgerDeposit[];
  readonly next: bigint;
}

const STATES = { open: 'seen', paid: 'final', refused: 'refused' } as const;
const BOOK_ID = new Uint8Array(16);

export class Till {
  readonly #setup: Pick<NodeSetup, 'network' | 'verify'>;
  readonly #nowMs: () => number;
  readonly #isTrusting: boolean;
  readonly #founded: Read;
  readonly #records = new Map<ByteKey, Uint8Array>();
  readonly #watchers: TillWatcher[] = [];
  readonly #listeners: (() => void)[] = [];
  /** Keys of payouts that were undone and not handed in again, and of those that came back. */
  readonly #undone = new Set<string>();
  readonly #returned = new Set<string>();
  readonly #read: Read = { get: (key) => this.#records.get(key) };

  /** `isTrusting`: it pays whatever it is asked to, without a look at what proves it. */
  constructor(
    setup: Pick<NodeSetup, 'network' | 'verify'>,
    nowMs: () => number,
    isTrusting: boolean,
  ) {
    this.#setup = setup;
    this.#nowMs = nowMs;
    this.#isTrusting = isTrusting;
    this.#founded = foundingState(setup.network);
    this.#change((draft) => beginBook(draft, BOOK_ID));
  }

  watch(watcher: TillWatcher): void {
    this.#watchers.push(watcher);
  }

  /** Calls whenever there is news. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  submit(question: Submission, asker: string | undefined): LedgerStatus | LedgerError {
    const { key, payout, proof } = question;
    const wrong = this.#isTrusting
      ? undefined
      : checkSettlement(this.#founded, this.#setup, question, proof);
    if (wrong !== undefined) return { class: 'permanent', reason: wrong.refused };
    const isNew = payoutUnder(this.#read, key) === undefined;
    const taken = this.#change((draft) => takeOn(draft, { key, payout, proof: sha256(proof) }));
    if (isRefusal(taken)) return { class: 'permanent', reason: taken.refused };
    this.#undone.delete(latin1(key));
    if (isNew) for (const each of this.#watchers) each.takenOn(latin1(key), payout, asker);
    return this.status(key);
  }

  status(key: Uint8Array): LedgerStatus {
    const known = payoutUnder(this.#read, key);
    const name = latin1(key);
    if (known === undefined || this.#undone.has(name)) return { state: 'absent', reference: '' };
    const state = this.#returned.has(name) ? 'returned' : STATES[known.state];
    return { state, reference: `payout ${known.number}` };
  }

  deposits(from: bigint): Page {
    const deposits: LedgerDeposit[] = [];
    const end = headOf(this.#read).deposits;
    let next = from;
    for (; next < end && deposits.length < MAX_DEPOSITS_PER_PAGE; next++) {
      const entry = entryAt(this.#read, depositEntryAt(this.#read, next) ?? 0n);
      if (entry?.booked.TAG !== 'deposit') throw new Error(`deposit ${next} is not in the book`);
      const { token, amount, booked } = entry;
      const { receipt, account } = booked.data;
      deposits.push({ id: depositIdOf(receipt), account, token, amount });
    }
    return { deposits, next };
  }

  /** The numbers of payouts that the cashier has to deal with. */
  open(): bigint[] {
    const { open } = headOf(this.#read);
    const all = Array.from({ length: Number(open) }, (_, i) => openAt(this.#read, BigInt(i)) ?? 0n);
    return all.filter((number) => !this.#undone.has(this.#nameOf(number)));
  }

  /** The numbers of payouts that were paid and did not come back. */
  paid(): bigint[] {
    const { payouts } = headOf(this.#read);
    const all = Array.from({ length: Number(payouts) }, (_, i) => BigInt(i) + 1n);
    return all.filter((number) => {
      const isPaid = this.#payout(number)?.state === 'paid';
      return isPaid && !this.#returned.has(this.#nameOf(number));
    });
  }

  dealWith(number: bigint, state: 'paid' | 'refused'): void {
    const closed = this.#change((draft) => close(draft, { number, state, note: '' }));
    if (isRefusal(closed)) throw new Error(`the cashier cannot deal with ${number}`);
    for (const each of this.#watchers) {
      if (state === 'paid') each.paidOut(closed.payout);
      else each.cameBack(closed.payout);
    }
    this.#tell();
  }

  /** What was paid comes back for good. */
  giveBack(number: bigint): void {
    const known = this.#payout(number);
    if (known === undefined) return;
    this.#returned.add(this.#nameOf(number));
    for (const each of this.#watchers) each.cameBack(known.payout);
    this.#tell();
  }

  /** Undoes payouts that are not final: the ledger knows them no more, until they are repeated. */
  undo(numbers: readonly bigint[]): void {
    for (const number of numbers) this.#undone.add(this.#nameOf(number));
    if (numbers.length > 0) this.#tell();
  }

  /** Somebody pays in. The same receipt again changes nothing. */
  takeIn(slip: DepositSlip): void {
    const before = headOf(this.#read).deposits;
    const entry = this.#change((draft) => takeIn(draft, slip));
    if (isRefusal(entry) || headOf(this.#read).deposits === before) return;
    const { receipt, account, token, amount } = slip;
    const deposit = { id: depositIdOf(receipt), account, token, amount };
    for (const each of this.#watchers) each.paidIn(deposit);
    this.#tell();
  }

  #payout(number: bigint): ReturnType<typeof payoutUnder> {
    const key = keyOfPayout(this.#read, number);
    return key && payoutUnder(this.#read, key);
  }

  #nameOf(number: bigint): string {
    return latin1(keyOfPayout(this.#read, number) ?? new Uint8Array());
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #change<T>(act: (draft: Draft) => T): T {
    const nowMs = this.#nowMs();
    const draft = new Draft(this.#read, { nowMs, wallMs: nowMs });
    const made = act(draft);
    for (const { key, value } of draft.finish(undefined).writes) {
      if (value === undefined) this.#records.delete(key);
      else this.#records.set(key, value);
    }
    return made;
  }
}
