/**
 * A cashbook: what a cashier who pays out by hand has promised, paid and taken in. It is pure; the
 * shell keeps it in a store of its own (shell/ledgers/cashbook.ts) and says what time it is.
 *
 * It is a double-entry book: each entry debits one account of the book and credits another, so for
 * each token the three accounts (BookSide) always come to nothing together.
 *
 *                          debit     credit
 *   a payout is taken on   network   payable
 *   it is paid             payable   cash
 *   it is refused          payable   network
 *   a deposit              cash      network
 *
 * Safety: a key is taken on once, with one payout, and its record is never removed; so whoever
 * hands the same payout in again, whenever that is, gets the one that there is. An entry is never
 * changed or removed, and each names the hash of the one before. A payout that is not open is never
 * open again. A receipt number is one deposit for ever. Money that was paid and comes back is a
 * deposit like others. What an operation writes is one commit.
 */
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { type Amount, type Balance, credit, debit, type TokenIndex } from '../base/units.ts';
import {
  type BookEntry,
  type Booked,
  type BookHead,
  type BookPayout,
  type BookSide,
  type BookState,
  type BookTotals,
  bookEntryCoder,
  receiptCoder,
} from '../codec/book.ts';
import { encode } from '../codec/canonical.ts';
import { type Payout, payoutCoder } from '../codec/payout.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';

/** A deposit as somebody brings it to the cashier. */
export interface DepositSlip {
  /** The number of the paper receipt, or any other text that is this deposit's alone. */
  readonly receipt: string;
  readonly account: Uint8Array;
  readonly token: TokenIndex;
  readonly amount: Amount;
  readonly note: string;
}

/** A payout that is to be taken on. */
export interface NewPayout {
  readonly key: Uint8Array;
  readonly payout: Payout;
  /** SHA-256 of what shows that it was decided. */
  readonly proof: Uint8Array;
}

/** What a payout that a cashier has dealt with can become. */
export type ClosedState = Exclude<BookState, 'open'>;

const NO_LINK = new Uint8Array(32);

/** Begins a book, unless there is one. */
export function beginBook(draft: Draft, id: Uint8Array): void {
  if (draft.has(SPACES.bookHead)) return;
  const none = { entries: 0n, payouts: 0n, open: 0n, deposits: 0n };
  draft.write(SPACES.bookHead, { id, ...none, link: NO_LINK, totals: [] });
}

/** How the book stands. There has to be one. */
export function headOf(read: Read): BookHead {
  const head = recordAt(read, SPACES.bookHead);
  invariant(head !== undefined, 'a book was begun');
  return head;
}

/** The payout under a key; undefined if the book has none. */
export function payoutUnder(read: Read, key: Uint8Array): BookPayout | undefined {
  return recordAt(read, SPACES.bookPayout.at(key));
}

/** The key of the nth payout, from 1. */
export function keyOfPayout(read: Read, number: bigint): Uint8Array | undefined {
  return recordAt(read, SPACES.bookKeyAt.at(number));
}

/** The nth entry, from 0. */
export function entryAt(read: Read, number: bigint): BookEntry | undefined {
  return recordAt(read, SPACES.bookEntry.at(number));
}

/** The number of the open payout at a place, in no order that means anything. */
export function openAt(read: Read, place: bigint): bigint | undefined {
  return recordAt(read, SPACES.bookOpen.at(place));
}

/** The number of the entry of the nth deposit, from 0. */
export function depositEntryAt(read: Read, n: bigint): bigint | undefined {
  return recordAt(read, SPACES.bookDeposit.at(n));
}

/** The number of the entry of the deposit with this receipt number. */
function entryOfReceipt(read: Read, receipt: Uint8Array): bigint | undefined {
  return recordAt(read, SPACES.bookReceipt.at(receipt));
}

/** Takes a payout on. The same again changes nothing; another under the key is refused. */
export function takeOn(draft: Draft, { key, payout, proof }: NewPayout): BookPayout | Refusal {
  const known = payoutUnder(draft, key);
  if (known !== undefined) return isSame(known.payout, payout) ? known : differs(known.payout);
  const { token, amount } = payout;
  if (amount === 0n) return refusal('amount_zero', { field: 'amount' });
  const head = headOf(draft);
  const number = head.payouts + 1n;
  const place = head.open;
  const booked: Booked = { TAG: 'payable', data: { key, payout, proof } };
  draft.write(SPACES.bookHead, { ...head, payouts: number, open: place + 1n });
  const entry = append(draft, { debit: 'network', credit: 'payable', token, amount, booked });
  const taken = { number, payout, state: 'open', place, takenOn: entry, latest: entry } as const;
  draft.write(SPACES.bookPayout.at(key), taken);
  draft.write(SPACES.bookKeyAt.at(number), key);
  draft.write(SPACES.bookOpen.at(place), number);
  return taken;
}

/** From which state each follows, and which accounts of the book it moves the amount between. */
const CLOSINGS = {
  paid: { from: 'open', debit: 'payable', credit: 'cash' },
  refused: { from: 'open', debit: 'payable', credit: 'network' },
} as const satisfies Record<ClosedState, { from: BookState; debit: BookSide; credit: BookSide }>;

/** The nth payout was paid or refused. The same again changes nothing. */
export function close(
  draft: Draft,
  { number, state, note }: { number: bigint; state: ClosedState; note: string },
): BookPayout | Refusal {
  const key = keyOfPayout(draft, number);
  const known = key && payoutUnder(draft, key);
  if (key === undefined || known === undefined) {
    const expected = `1 to ${headOf(draft).payouts}`;
    return refusal('unknown_payout', { field: 'payout', expected, found: `${number}` });
  }
  if (known.state === state) return known;
  const { from, debit: debited, credit: credited } = CLOSINGS[state];
  if (known.state !== from) {
    return refusal('payout_closed', {
      field: `payout ${number}`,
      expected: from,
      found: known.state,
    });
  }
  const { token, amount } = known.payout;
  const booked: Booked = { TAG: state, data: { payout: number, note } };
  const latest = append(draft, { debit: debited, credit: credited, token, amount, booked });
  const closed = { ...known, state, latest };
  draft.write(SPACES.bookPayout.at(key), closed);
  if (from === 'open') leaveOpen(draft, known.place);
  return closed;
}

/** The last of the open ones takes the place of the one that is open no more. */
function leaveOpen(draft: Draft, place: bigint): void {
  const head = headOf(draft);
  const last = head.open - 1n;
  const moved = openAt(draft, last);
  const key = moved === undefined ? undefined : keyOfPayout(draft, moved);
  const other = key && payoutUnder(draft, key);
  invariant(moved !== undefined && key !== undefined && other !== undefined, 'open ones are there');
  if (last !== place) {
    draft.write(SPACES.bookOpen.at(place), moved);
    draft.write(SPACES.bookPayout.at(key), { ...other, place });
  }
  draft.remove(SPACES.bookOpen.at(last));
  draft.write(SPACES.bookHead, { ...head, open: last });
}

/** What names a deposit on its ledger: SHA-256 of its receipt number. */
export function depositIdOf(receipt: string): Uint8Array {
  return sha256(encode(receiptCoder, receipt));
}

/** Books a deposit, and returns the number of its entry. The same again changes nothing. */
export function takeIn(draft: Draft, slip: DepositSlip): bigint | Refusal {
  const { receipt, account, token, amount, note } = slip;
  const id = depositIdOf(receipt);
  const known = entryOfReceipt(draft, id);
  if (known !== undefined) return isBooked(draft, known, slip) ? known : receiptUsed(receipt);
  if (amount === 0n) return refusal('amount_zero', { field: 'amount' });
  const head = headOf(draft);
  draft.write(SPACES.bookHead, { ...head, deposits: head.deposits + 1n });
  const booked: Booked = { TAG: 'deposit', data: { receipt, account, note } };
  const entry = append(draft, { debit: 'cash', credit: 'network', token, amount, booked });
  draft.write(SPACES.bookReceipt.at(id), entry);
  draft.write(SPACES.bookDeposit.at(head.deposits), entry);
  return entry;
}

function isBooked(draft: Draft, entry: bigint, slip: DepositSlip): boolean {
  const { token, amount, booked } = entryAt(draft, entry) ?? {};
  if (booked?.TAG !== 'deposit' || token !== slip.token || amount !== slip.amount) return false;
  return equalBytes(booked.data.account, slip.account);
}

function receiptUsed(receipt: string): Refusal {
  return refusal('receipt_used', { field: 'receipt', expected: 'a new number', found: receipt });
}

function isSame(one: Payout, other: Payout): boolean {
  return equalBytes(encode(payoutCoder, one), encode(payoutCoder, other));
}

function differs({ amount }: Payout): Refusal {
  return refusal('payout_differs', { field: 'payout', found: `one of ${amount} smallest units` });
}

/** Adds an entry to the chain and to the totals, and returns its number. */
function append(draft: Draft, what: Omit<BookEntry, 'link' | 'wallMs'>): bigint {
  invariant(what.debit !== what.credit, 'an entry moves something');
  const head = headOf(draft);
  const wallMs = BigInt(Math.max(0, Math.floor(draft.stamp.wallMs)));
  const entry: BookEntry = { link: head.link, wallMs, ...what };
  draft.write(SPACES.bookEntry.at(head.entries), entry);
  draft.write(SPACES.bookHead, {
    ...head,
    entries: head.entries + 1n,
    link: linkOf(entry),
    totals: afterEntry(head.totals, entry),
  });
  return head.entries;
}

/** What the entry after this one says of it. */
export function linkOf(entry: BookEntry): Uint8Array {
  return sha256(encode(bookEntryCoder, entry));
}

const NOTHING = 0n as Balance;

/** The totals with one entry more. */
export function afterEntry(
  totals: readonly BookTotals[],
  { token, amount, debit: debited, credit: credited }: BookEntry,
): readonly BookTotals[] {
  const none: BookTotals = { token, cash: NOTHING, network: NOTHING, payable: NOTHING };
  const before = totals.find((each) => each.token === token) ?? none;
  const after: BookTotals = {
    ...before,
    [debited]: credit(before[debited], amount),
    [credited]: debit(before[credited], amount),
  };
  invariant(after.cash + after.network + after.payable === 0n, 'debits and credits are equal');
  const others = totals.filter((each) => each.token !== token);
  return [...others, after].sort((one, other) => one.token - other.token);
}
