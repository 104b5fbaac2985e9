/** A cashbook as JSON for people and programs (units as in api.ts). */

import type { BookSide, BookState } from '../../core/codec/book.ts';
import type { QuantityView } from './money-view.ts';

/** A payout in the book, with what is needed to pay it and to prove that it was paid. */
export interface PayoutView extends QuantityView {
  /** The how-manieth it is, from 1. */
  readonly number: string;
  readonly ledger: string;
  readonly state: BookState;
  /** Whom to pay, as the payer wrote it. */
  readonly recipient: string;
  /** The account that pays, and the sequence of its withdrawal. */
  readonly account: string;
  readonly sequence: string;
  readonly takenOnMs: number;
  /** When it became what it is, and what the cashier noted then. */
  readonly sinceMs: number;
  readonly note: string;
  /** The entry that says so, and SHA-256 of it: what the next entry names. */
  readonly entry: string;
  readonly entryHash: string;
}

export interface PendingView {
  readonly ledger: string;
  /** The longest waiting first; at most MAX_LISTED of them. */
  readonly payouts: readonly PayoutView[];
  /** How many are open, listed or not. */
  readonly open: string;
}

export interface DepositView extends QuantityView {
  readonly ledger: string;
  readonly receipt: string;
  readonly account: string;
  readonly entry: string;
  readonly wallMs: number;
}

export interface BookEntryView extends QuantityView {
  readonly entry: string;
  readonly wallMs: number;
  readonly debit: BookSide;
  readonly credit: BookSide;
  readonly what: 'payable' | 'paid' | 'refused' | 'deposit';
  /** The payout that it is about. */
  readonly payout: string | null;
  /** Of a deposit: its receipt number, and the account. */
  readonly receipt: string | null;
  readonly account: string | null;
  readonly note: string;
}

/** Debits less credits of the book's three accounts in one token; together they are nothing. */
export interface BookTotalsView {
  readonly token: string;
  readonly cash: string;
  readonly network: string;
  readonly payable: string;
}

export interface BookView {
  readonly ledger: string;
  readonly folder: string;
  readonly id: string;
  readonly entries: readonly BookEntryView[];
  /** How many entries there are, and where to read on; null at the end. */
  readonly count: string;
  readonly next: string | null;
  readonly totals: readonly BookTotalsView[];
  /** What a check of all entries found wrong; null: nothing. */
  readonly wrong: string | null;
}

/** Payouts or entries of one answer. */
export const MAX_LISTED = 100;
