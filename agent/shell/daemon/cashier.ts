/**
 * What a cashier asks of the cashbook that this node serves, over the control socket: LevelDB is
 * held by one process, and so the daemon does it.
 */
import { toHex } from '../../core/base/bytes.ts';
import { nameOf, parseName } from '../../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../../core/base/refusal.ts';
import { parseAmount, type TokenIndex } from '../../core/base/units.ts';
import {
  type ClosedState,
  entryAt,
  headOf,
  keyOfPayout,
  linkOf,
  openAt,
  payoutUnder,
} from '../../core/cashbook/book.ts';
import type { BookEntry } from '../../core/codec/book.ts';
import type { Read } from '../../core/io.ts';
import { tokenBySymbol } from '../../core/network/genesis.ts';
import type { ParamsOf } from '../control/api.ts';
import {
  type BookEntryView,
  type BookView,
  type DepositView,
  MAX_LISTED,
  type PayoutView,
  type PendingView,
} from '../control/cashier-view.ts';
import { controlError, refusalError } from '../control/errors.ts';
import { quantityView } from '../control/money-view.ts';
import type { Cashbook } from '../ledgers/cashbook.ts';
import type { LedgerAnswer } from '../ledgers/port.ts';
import type { DaemonContext } from './context.ts';

/** A book, and what it is called. */
interface Till {
  readonly name: string;
  readonly folder: string;
  /** What it pays out and takes in. */
  readonly tokens: readonly TokenIndex[];
  readonly book: Cashbook;
}

export function pendingView(
  context: DaemonContext,
  { ledger }: ParamsOf<'cashier.pending'>,
): PendingView {
  const till = tillOf(context, ledger);
  const { read } = till.book;
  const { open } = headOf(read);
  const numbers: bigint[] = [];
  for (let place = 0n; place < open; place++) numbers.push(must(openAt(read, place)));
  numbers.sort((one, other) => (one < other ? -1 : 1));
  const payouts = numbers.slice(0, MAX_LISTED).map((number) => viewOf(context, till, number));
  return { ledger: till.name, payouts, open: `${open}` };
}

export function payoutView(
  context: DaemonContext,
  { ledger, payout }: ParamsOf<'cashier.payout'>,
): PayoutView {
  const till = tillOf(context, ledger);
  const number = numberOf(till, payout);
  return viewOf(context, till, number);
}

export async function dealWith(
  context: DaemonContext,
  { ledger, payout, state, note = '' }: ParamsOf<'cashier.deal'>,
): Promise<PayoutView> {
  const till = tillOf(context, ledger);
  const number = numberOf(till, payout);
  const outcome = given(await till.book.dealWith(number, state satisfies ClosedState, note));
  if (isRefusal(outcome)) throw refusalError(outcome);
  context.logs.info('a payout was dealt with', { ledger: till.name, payout, state });
  return viewOf(context, till, number);
}

export async function depositOf(
  context: DaemonContext,
  params: ParamsOf<'cashier.deposit'>,
): Promise<DepositView> {
  const till = tillOf(context, params.ledger);
  const { network } = context.identity;
  const token = allowed(tokenBySymbol(network.genesis, params.token));
  const handled = till.tokens.map((each) => network.genesis.tokens[each]?.symbol ?? '');
  if (!till.tokens.includes(token)) {
    const expected = handled.join(' or ');
    throw refusalError(
      refusal('token_not_paid_out', { field: 'token', expected, found: params.token }),
    );
  }
  const { decimals = 0 } = network.genesis.tokens[token] ?? {};
  const account = allowed(parseName('account', params.account, 'account'));
  const amount = allowed(parseAmount(params.amount, decimals));
  const { receipt, note = '' } = params;
  if (receipt === '') {
    const detail = { field: 'receipt', expected: 'a receipt number', found: 'nothing' };
    throw controlError('bad_params', detail);
  }
  const slip = { receipt, account, token, amount, note };
  const entry = allowed(given(await till.book.depositOf(slip)));
  const { wallMs } = must(entryAt(till.book.read, entry));
  context.logs.info('a deposit was booked', { ledger: till.name, receipt });
  return {
    ledger: till.name,
    receipt,
    account: nameOf('account', account),
    entry: `${entry}`,
    wallMs: Number(wallMs),
    ...quantityView(network, token, amount),
  };
}

export async function bookView(
  context: DaemonContext,
  { ledger, from = '0' }: ParamsOf<'cashier.book'>,
): Promise<BookView> {
  const { network } = context.identity;
  const { name, folder, book } = tillOf(context, ledger);
  const { wrong } = given(await book.audit());
  const head = headOf(book.read);
  const entries: BookEntryView[] = [];
  let next = BigInt(from);
  for (; next < head.entries && entries.length < MAX_LISTED; next++) {
    entries.push(entryView(context, book.read, next));
  }
  const totals = head.totals.map(({ token, cash, network: owed, payable }) => ({
    token: quantityView(network, token, cash).token,
    cash: quantityView(network, token, cash).amount,
    network: quantityView(network, token, owed).amount,
    payable: quantityView(network, token, payable).amount,
  }));
  return {
    ledger: name,
    folder,
    id: toHex(head.id),
    entries,
    count: `${head.entries}`,
    next: next < head.entries ? `${next}` : null,
    totals,
    wrong: wrong ?? null,
  };
}

/** The book of this name, or the only one. Throws a ControlError. */
function tillOf({ ledgers, identity }: DaemonContext, name: string | undefined): Till {
  const served = ledgers.filter((each) => name === undefined || each.name === name);
  const [only, another] = served;
  const names = ledgers.map((each) => each.name).join(' or ');
  if (only === undefined) {
    const expected = names === '' ? 'a [[ledger]] in the configuration of this node' : names;
    throw refusalError(refusal('no_ledger', { field: 'ledger', expected, found: name ?? 'none' }));
  }
  if (another !== undefined) {
    const detail = { field: 'ledger', expected: `one of ${names}`, found: 'several' };
    throw refusalError(refusal('no_ledger', detail));
  }
  if (typeof only.ledger === 'string') {
    const detail = { field: only.name, found: only.ledger };
    throw refusalError(refusal('no_ledger', detail));
  }
  const { tokens = [] } = identity.network.genesis.ledgers[only.index ?? -1] ?? {};
  return { name: only.name, folder: only.folder, tokens, book: only.ledger };
}

/** The number of a payout that the book has. */
function numberOf({ book }: Till, text: string): bigint {
  const { payouts } = headOf(book.read);
  const number = /^[1-9][0-9]{0,18}$/.test(text) ? BigInt(text) : 0n;
  if (number > 0n && number <= payouts) return number;
  const expected = payouts === 0n ? 'none: there is no payout yet' : `1 to ${payouts}`;
  throw refusalError(refusal('unknown_payout', { field: 'payout', expected, found: text }));
}

function viewOf({ identity }: DaemonContext, { name, book }: Till, number: bigint): PayoutView {
  const record = must(payoutUnder(book.read, must(keyOfPayout(book.read, number))));
  const { payout, state, takenOn, latest } = record;
  const since = must(entryAt(book.read, latest));
  const { booked } = since;
  return {
    number: `${number}`,
    ledger: name,
    state,
    ...quantityView(identity.network, payout.token, payout.amount),
    recipient: new TextDecoder().decode(payout.recipient),
    account: nameOf('account', payout.account),
    sequence: `${payout.sequence}`,
    takenOnMs: Number(must(entryAt(book.read, takenOn)).wallMs),
    sinceMs: Number(since.wallMs),
    note: booked.TAG === 'payable' ? '' : booked.data.note,
    entry: `${latest}`,
    entryHash: toHex(linkOf(since)),
  };
}

function entryView({ identity }: DaemonContext, read: Read, number: bigint): BookEntryView {
  const entry = must(entryAt(read, number));
  const { wallMs, debit, credit, token, amount, booked } = entry;
  const { TAG: what } = booked;
  const about = { payout: payoutOf(read, number, entry), receipt: null, account: null };
  return {
    entry: `${number}`,
    wallMs: Number(wallMs),
    debit,
    credit,
    what,
    ...quantityView(identity.network, token, amount),
    ...about,
    ...(booked.TAG === 'deposit'
      ? { receipt: booked.data.receipt, account: nameOf('account', booked.data.account) }
      : {}),
    note: booked.TAG === 'payable' ? '' : booked.data.note,
  };
}

/** The number of the payout that an entry is about. */
function payoutOf(read: Read, _entry: bigint, { booked }: BookEntry): string | null {
  if (booked.TAG === 'deposit') return null;
  if (booked.TAG !== 'payable') return `${booked.data.payout}`;
  return `${must(payoutUnder(read, booked.data.key)).number}`;
}

function given<T>(answer: LedgerAnswer<T>): T {
  if (answer.ok) return answer.value;
  throw refusalError(refusal('no_ledger', { field: 'book', found: answer.error.reason }));
}

function allowed<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw refusalError(value);
  return value;
}

/** What the book has to have. */
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a record of the cashbook is missing');
  return value;
}
