/** What a cashbook keeps (cashbook/book.ts): the layout of every value of its spaces. */

import {
  BOOK_ID_BYTES,
  MAX_BOOK_NOTE_BYTES,
  MAX_RECEIPT_NUMBER_BYTES,
  MAX_TOKENS,
} from '../base/limits.ts';
import type { Amount, Balance, TokenIndex } from '../base/units.ts';
import { amountCoder, balanceCoder, hashCoder, keyCoder, tokenCoder } from './canonical.ts';
import type { Coder } from './coder.ts';
import { u64 } from './numbers.ts';
import { bytesOf, listOf, struct, textOf, variant, wordOf } from './parts.ts';
import { type Payout, payoutCoder } from './payout.ts';

/** How a payout stands in a cashbook. */
export type BookState = 'open' | 'paid' | 'refused';
const bookStateCoder = wordOf<BookState>({ open: 1, paid: 2, refused: 3 });

/**
 * The accounts of the book, one of each for every token: what lies in the till, what is owed to the
 * accounts of the network, and what is owed to recipients of payouts.
 */
export type BookSide = 'cash' | 'network' | 'payable';
const bookSideCoder = wordOf<BookSide>({ cash: 1, network: 2, payable: 3 });

const noteCoder = textOf(MAX_BOOK_NOTE_BYTES);
export const receiptCoder = textOf(MAX_RECEIPT_NUMBER_BYTES);

/** What was booked. */
const bookedCoder = variant({
  /** A payout was taken on; `proof`: SHA-256 of what showed that it was decided. */
  payable: [1, struct({ key: hashCoder, payout: payoutCoder, proof: hashCoder })],
  /** The nth payout was paid, or refused for good. */
  paid: [2, struct({ payout: u64, note: noteCoder })],
  refused: [3, struct({ payout: u64, note: noteCoder })],
  deposit: [4, struct({ receipt: receiptCoder, account: keyCoder, note: noteCoder })],
});

type BookedOf<T> = T extends Coder<infer V> ? V : never;
export type Booked = BookedOf<typeof bookedCoder>;

/** An entry; `link` is SHA-256 of the entry before, zeros for the first. */
export interface BookEntry {
  readonly link: Uint8Array;
  readonly wallMs: bigint;
  readonly debit: BookSide;
  readonly credit: BookSide;
  readonly token: TokenIndex;
  readonly amount: Amount;
  readonly booked: Booked;
}

export const bookEntryCoder: Coder<BookEntry> = struct<BookEntry>({
  link: hashCoder,
  wallMs: u64,
  debit: bookSideCoder,
  credit: bookSideCoder,
  token: tokenCoder,
  amount: amountCoder,
  booked: bookedCoder,
});

/** Debits less credits of one token's three accounts: they come to nothing together. */
export interface BookTotals {
  readonly token: TokenIndex;
  readonly cash: Balance;
  readonly network: Balance;
  readonly payable: Balance;
}

/** The newest entry, and how many there are of everything. */
export interface BookHead {
  /** Random: tells this book from another one. */
  readonly id: Uint8Array;
  readonly entries: bigint;
  readonly link: Uint8Array;
  readonly payouts: bigint;
  readonly open: bigint;
  readonly deposits: bigint;
  /** In ascending order of tokens. */
  readonly totals: readonly BookTotals[];
}

export const bookHeadCoder: Coder<BookHead> = struct<BookHead>({
  id: bytesOf(BOOK_ID_BYTES),
  entries: u64,
  link: hashCoder,
  payouts: u64,
  open: u64,
  deposits: u64,
  totals: listOf(
    MAX_TOKENS,
    struct<BookTotals>({
      token: tokenCoder,
      cash: balanceCoder,
      network: balanceCoder,
      payable: balanceCoder,
    }),
  ),
});

/** A payout as the book has it, under its key and for ever. */
export interface BookPayout {
  /** The how-manieth it is, from 1: what the cashier calls it. */
  readonly number: bigint;
  readonly payout: Payout;
  readonly state: BookState;
  /** Its place among the open ones; of others it means nothing. */
  readonly place: bigint;
  /** The entry that took it on, and the one that made it what it is now. */
  readonly takenOn: bigint;
  readonly latest: bigint;
}

export const bookPayoutCoder: Coder<BookPayout> = struct<BookPayout>({
  number: u64,
  payout: payoutCoder,
  state: bookStateCoder,
  place: u64,
  takenOn: u64,
  latest: u64,
});
