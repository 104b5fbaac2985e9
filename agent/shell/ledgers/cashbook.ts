/**
 * The cashbook as a ledger: the book of core/cashbook in a store of its own, in a folder that this
 * process holds. A cashier says what became of each payout, and what was paid in; the gateway asks
 * as it asks any ledger.
 *
 * Safety: one operation at a time, each of them one synced commit, and nothing is answered before
 * it is on disk, and marked outside the folder (mark.ts). After a commit that failed nobody knows
 * what is there: from then on every answer is an error, until the book was opened again. A copy of
 * the folder is another fence: one that is older than the mark is not opened.
 */
import { createHash, randomBytes } from 'node:crypto';
import { BOOK_ID_BYTES, MAX_DEPOSITS_PER_PAGE } from '../../core/base/limits.ts';
import { describeRefusal, isRefusal, type Refusal } from '../../core/base/refusal.ts';
import { type Audit, auditMore, isAudited, NOTHING_AUDITED } from '../../core/cashbook/audit.ts';
import {
  beginBook,
  type ClosedState,
  close,
  type DepositSlip,
  depositEntryAt,
  depositIdOf,
  entryAt,
  headOf,
  payoutUnder,
  takeIn,
  takeOn,
} from '../../core/cashbook/book.ts';
import type { BookPayout, BookState } from '../../core/codec/book.ts';
import type { LedgerDeposit, LedgerState, LedgerStatus, Payout } from '../../core/codec/payout.ts';
import { Draft } from '../../core/draft.ts';
import type { Read } from '../../core/io.ts';
import type { Clock } from '../clock.ts';
import { describeDamage } from '../store/damage.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { lostSince, markBook } from './mark.ts';
import {
  answered,
  type DepositPage,
  failed,
  type LedgerAnswer,
  type LedgerHealth,
  type LedgerPort,
} from './port.ts';

/** Entries that an audit looks at before others get their turn. */
const AUDITED_AT_ONCE = 200;

/** Whether a proof shows that the committee decided this payout; a refusal says why not. */
export type JudgeProof = (
  key: Uint8Array,
  payout: Payout,
  proof: Uint8Array,
) => Refusal | undefined;

export interface CashbookOptions {
  /** Made if it is not there. */
  readonly folder: string;
  /** Takes a folder that lives in memory, too: for tests and demonstrations. */
  readonly allowVolatile?: boolean;
  /** The file outside the folder in which it is marked how far the book is. */
  readonly mark: string;
  readonly clock: Clock;
  readonly judge: JudgeProof;
}

/** Opens the book of a folder, or begins one. The reason, if it cannot be used. */
export async function openCashbook(options: CashbookOptions): Promise<Cashbook | string> {
  const { folder, allowVolatile } = options;
  const opened = await openStore({ folder, allowVolatile });
  if (opened.state === 'refused') return opened.error.message;
  if (opened.state === 'damaged') {
    await opened.reader?.close();
    return `store_damaged: ${folder}: ${opened.damage.map(describeDamage).join('; ')}`;
  }
  return Cashbook.begin(opened.store, options);
}

const LEDGER_STATES: Readonly<Record<BookState, LedgerState>> = {
  open: 'seen',
  paid: 'final',
  refused: 'refused',
};

export class Cashbook implements LedgerPort {
  readonly #store: Store;
  readonly #options: CashbookOptions;
  readonly #listeners = new Set<() => void>();
  /** The operation that is being done, or was done last. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: string | undefined;
  #isClosed = false;

  private constructor(store: Store, options: CashbookOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Takes over an open store. The reason, if its book has lost something. */
  static async begin(store: Store, options: CashbookOptions): Promise<Cashbook | string> {
    const draft = new Draft(store, options.clock.stamp());
    beginBook(draft, randomBytes(BOOK_ID_BYTES));
    try {
      await store.commit(draft.finish(undefined).writes);
      const lost = lostSince(options.mark, store);
      if (lost === undefined) {
        markBook(options.mark, store);
        return new Cashbook(store, options);
      }
      await store.close();
      return lost;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The book as of the last operation. */
  get read(): Read {
    return this.#store;
  }

  async submit(
    key: Uint8Array,
    payout: Payout,
    proof: Uint8Array,
  ): Promise<LedgerAnswer<LedgerStatus>> {
    const wrong = this.#options.judge(key, payout, proof);
    if (wrong !== undefined) return failed('permanent', describeRefusal(wrong));
    const hash = createHash('sha256').update(proof).digest();
    const taken = await this.#change((draft) => takeOn(draft, { key, payout, proof: hash }));
    return taken.ok ? refusedOr(taken.value, (value) => statusOf(value)) : taken;
  }

  async find(key: Uint8Array): Promise<LedgerAnswer<Payout | undefined>> {
    return this.#look(() => payoutUnder(this.#store, key)?.payout);
  }

  async status(key: Uint8Array): Promise<LedgerAnswer<LedgerStatus>> {
    return this.#look(() => statusOf(payoutUnder(this.#store, key)));
  }

  async deposits(from: bigint): Promise<LedgerAnswer<DepositPage>> {
    return this.#look(() => {
      const deposits: LedgerDeposit[] = [];
      const end = headOf(this.#store).deposits;
      let next = from;
      for (; next < end && deposits.length < MAX_DEPOSITS_PER_PAGE; next++) {
        deposits.push(depositAt(this.#store, next));
      }
      return { deposits, next };
    });
  }

  async health(): Promise<LedgerAnswer<LedgerHealth>> {
    return this.#look(() => {
      const { id, payouts, open, deposits } = headOf(this.#store);
      const whole = new Uint8Array(32);
      whole.set(id);
      const summary = `${payouts} payouts, ${open} of them open; ${deposits} deposits`;
      return { id: whole, summary };
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last;
    await this.#store.close();
  }

  /** The cashier: the nth payout was paid, or is refused for good. */
  dealWith(number: bigint, state: ClosedState, note: string): Promise<LedgerAnswer<Outcome>> {
    return this.#change((draft) => close(draft, { number, state, note }));
  }

  /** The cashier: somebody paid money in. */
  depositOf(slip: DepositSlip): Promise<LedgerAnswer<Refusal | bigint>> {
    return this.#change((draft) => takeIn(draft, slip));
  }

  /** Reads all entries again, others having their turn in between. */
  async audit(): Promise<LedgerAnswer<Audit>> {
    let audit = NOTHING_AUDITED;
    for (;;) {
      const more = this.#look(() => auditMore(this.#store, audit, AUDITED_AT_ONCE));
      if (!more.ok) return more;
      audit = more.value;
      if (isAudited(this.#store, audit)) return answered(audit);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #look<T>(look: () => T): LedgerAnswer<T> {
    if (this.#failure !== undefined) return failed('transient', this.#failure);
    if (this.#isClosed) return failed('transient', 'the book is closed');
    try {
      return answered(look());
    } catch (error) {
      this.#failure = String(error);
      return failed('transient', this.#failure);
    }
  }

  /** What is in the book stays there, whatever a listener makes of it. */
  #wake(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch {
        // It follows the book by asking, too.
      }
    }
  }

  /** Does one operation after those before it: on disk when this resolves. */
  #change<T>(act: (draft: Draft) => T): Promise<LedgerAnswer<T>> {
    const done = this.#last.then(() => this.#changeNow(act));
    this.#last = done;
    return done;
  }

  async #changeNow<T>(act: (draft: Draft) => T): Promise<LedgerAnswer<T>> {
    const made = this.#look(() => {
      const draft = new Draft(this.#store, this.#options.clock.stamp());
      return { value: act(draft), writes: draft.finish(undefined).writes };
    });
    if (!made.ok) return made;
    const { value, writes } = made.value;
    try {
      await this.#store.commit(writes);
      markBook(this.#options.mark, this.#store);
    } catch (error) {
      this.#failure = String(error);
      return failed('unknown', this.#failure);
    }
    if (writes.length > 0) this.#wake();
    return answered(value);
  }
}

/** A payout that the cashier dealt with, or why not. */
export type Outcome = BookPayout | Refusal;

function refusedOr<T, U>(value: T | Refusal, then: (value: T) => U): LedgerAnswer<U> {
  return isRefusal(value) ? failed('permanent', describeRefusal(value)) : answered(then(value));
}

function statusOf(known: BookPayout | undefined): LedgerStatus {
  if (known === undefined) return { state: 'absent', reference: '' };
  return { state: LEDGER_STATES[known.state], reference: `payout ${known.number}` };
}

function depositAt(read: Read, n: bigint): LedgerDeposit {
  const at = depositEntryAt(read, n);
  const entry = at === undefined ? undefined : entryAt(read, at);
  if (entry?.booked.TAG !== 'deposit') throw new Error(`deposit ${n} is not in the book`);
  const { token, amount, booked } = entry;
  return { id: depositIdOf(booked.data.receipt), account: booked.data.account, token, amount };
}
