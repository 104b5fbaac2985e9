/**
 * What a decision that closes a sequence does to an account (PROTOCOL: Closing a sequence).
 *
 *   none      the sequence is spent, and nothing moves
 *   win       this authority votes for that order, whatever it voted for or stated before; the
 *             certificate that comes of the votes is applied like any other
 *   reserve   the sequence is spent, and money for whichever order turns up moves aside
 *
 * Safety: nothing here depends on what came first. A certificate that is known already stands above
 * every decision: no decision contradicts it (result.ts). A later decision, on more statements,
 * takes the place of an earlier one that kept a reserve. In the account's history a closed sequence
 * counts with its last result until a certificate has it, and with that certificate from then on.
 * A second vote at one sequence is given only for an order that won: no other can have a
 * certificate any more, with whatever votes.
 */

import {
  balanceOf,
  readAccount,
  reservedOf,
  withBalance,
  withReserved,
  writeAccount,
  writePending,
} from '../authority/account.ts';
import { noteOutvoted } from '../authority/lives.ts';
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { withHash, withoutHash } from '../base/set-digest.ts';
import { credit, debit, nextSequence } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import {
  type Amounts,
  type ClosingPlace,
  type ClosingRecord,
  type ClosingResult,
  closingResultCoder,
  placeCoder,
  type Reserve,
} from '../codec/closing.ts';
import { orderHash, type SignedOrder } from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { keepOnly } from '../epochs/kept.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';

/** Results that spend the sequence. */
type Spending = Exclude<ClosingResult, { readonly TAG: 'win' }>;

/** What is kept of a place that is to be closed, or was. */
export function closingAt(
  draft: Draft,
  { account, sequence }: ClosingPlace,
): ClosingRecord | undefined {
  return draft.read(SPACES.closing.at(account, sequence));
}

export function writeClosing(
  draft: Draft,
  { account, sequence }: ClosingPlace,
  closing: ClosingRecord,
): void {
  draft.write(SPACES.closing.at(account, sequence), closing);
}

/** The order that this authority votes for at a place since it won there. */
export function winnerAt(draft: Draft, place: ClosingPlace): SignedOrder | undefined {
  const result = closingAt(draft, place)?.decided?.result;
  return result?.TAG === 'win' ? result.data.order : undefined;
}

/** Carries out what was decided, at the account's next sequence or at one with a reserve. */
export function carryOut(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  closing: ClosingRecord,
  turn: number,
  result: ClosingResult,
): void {
  const { reserve } = closing;
  if (result.TAG === 'win') {
    // With a reserve the winner's certificate is paid from it, so it stays until then.
    writeClosing(draft, place, { ...closing, decided: { turn, result } });
    if (reserve !== undefined) return;
    keepOnly(draft, result.data.order);
    return prefer(draft, setup, place, result.data.order);
  }
  if (reserve === undefined) spend(draft, setup, place, result);
  else revise(draft, place, reserve, result);
  const kept = result.TAG === 'reserve' ? result.data : undefined;
  writeClosing(draft, place, { ...closing, decided: { turn, result }, reserve: kept });
}

/** The sequence is the account's next one, and is spent without a certificate. */
function spend(
  draft: Draft,
  { network }: AuthoritySetup,
  place: ClosingPlace,
  result: Spending,
): void {
  const account = readAccount(draft, place.account);
  const { pending } = account;
  if (pending !== undefined) {
    noteOutvoted(draft, pending.order, orderHash(network.id, pending.order));
  }
  const left = result.TAG === 'reserve' ? setAside(account, result.data.amounts) : account;
  writeAccount(draft, place.account, {
    ...left,
    next: nextSequence(account.next),
    history: withHash(account.history, closedHash(place, result)),
    stated: false,
    pending: undefined,
  });
}

/** Keeps the order that won as the one that this authority votes for. */
function prefer(
  draft: Draft,
  { network }: AuthoritySetup,
  place: ClosingPlace,
  winner: SignedOrder,
): void {
  const account = readAccount(draft, place.account);
  const { pending } = account;
  if (pending !== undefined) {
    const hash = orderHash(network.id, pending.order);
    if (equalBytes(hash, orderHash(network.id, winner.order))) return;
    noteOutvoted(draft, pending.order, hash);
  }
  writePending(draft, place.account, { ...account, pending: winner });
}

/** Another result, on more statements, takes the place of one that kept a reserve. */
function revise(draft: Draft, place: ClosingPlace, reserve: Reserve, result: Spending): void {
  const account = readAccount(draft, place.account);
  const freed = giveBack(account, reserve.amounts);
  const left = result.TAG === 'reserve' ? setAside(freed, result.data.amounts) : freed;
  const before = { TAG: 'reserve', data: reserve } as const;
  const without = withoutHash(account.history, closedHash(place, before));
  writeAccount(draft, place.account, {
    ...left,
    history: withHash(without, closedHash(place, result)),
  });
}

/**
 * A certificate turned up for a place with a reserve: the money for it is in the balance again, and
 * the place counts as open in the history.
 */
export function openReserve(draft: Draft, place: ClosingPlace, reserve: Reserve): void {
  const account = readAccount(draft, place.account);
  const closed = closedHash(place, { TAG: 'reserve', data: reserve });
  const history = withoutHash(account.history, closed);
  writeAccount(draft, place.account, { ...giveBack(account, reserve.amounts), history });
}

/** What a sequence that was closed without a certificate counts with in the account's history. */
function closedHash(place: ClosingPlace, result: Spending): Uint8Array {
  return sha256(encode(placeCoder, place), encode(closingResultCoder, result));
}

function setAside(account: Account, amounts: Amounts): Account {
  return amounts.reduce((each, { token, amount }) => {
    const debited = withBalance(each, token, debit(balanceOf(each, token), amount));
    return withReserved(debited, token, credit(reservedOf(each, token), amount));
  }, account);
}

function giveBack(account: Account, amounts: Amounts): Account {
  return amounts.reduce((each, { token, amount }) => {
    const credited = withBalance(each, token, credit(balanceOf(each, token), amount));
    return withReserved(credited, token, debit(reservedOf(each, token), amount));
  }, account);
}
