/**
 * What is decided to close a sequence (PROTOCOL: Closing a sequence): a set of statements of at
 * least a quorum, from which the result follows (result.ts). The rules of this kind of subject for
 * agreement (agreement/rules.ts).
 *
 * Safety: a value counts only with the signature of each statement, and with exactly the orders
 * that may be certified by it. An honest member finds it valid only if each of these orders is one
 * that it could itself vote for, by its own ledger, whatever it voted for; so nothing is decided
 * that would take more than the account has.
 * Liveness: a ledger that lags catches up, and then finds valid what another voted for. An order
 * that no honest member voted for is not possible any more once all honest members have answered.
 * A value with fewer statements than are at hand, which leaves more orders possible, is put off
 * (`doubted`), but not for ever.
 *
 * A sequence that is closed with a reserve may come up again: each later turn needs statements that
 * leave fewer orders possible, and none that was not before (result.ts); so there are at most as
 * many turns as members.
 */
import { beginAgreement } from '../agreement/open.ts';
import type { Opinion, SubjectRules } from '../agreement/rules.ts';
import { readAccount } from '../authority/account.ts';
import { caseOf } from '../authority/order.ts';
import { isLastinglyValid } from '../authority/rules.ts';
import { MAX_CLOSING_ORDERS } from '../base/limits.ts';
import { isRefusal } from '../base/refusal.ts';
import { decode, encode } from '../codec/canonical.ts';
import {
  type ClosingPlace,
  type ClosingRecord,
  type ClosingValue,
  closingValueCoder,
} from '../codec/closing.ts';
import type { SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { quorumOf } from '../network/committee.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { takeDecision } from './decided.ts';
import { areNamed, leavesFewer, possibleOrders } from './result.ts';
import { closingAt } from './settle.ts';
import { isOrderOf, isStated, orderNamed } from './statements.ts';

type Turn = ClosingPlace & { readonly turn: number };

export const closingRules: SubjectRules<'closing'> = {
  mayBegin: (draft, _setup, turn) => closingOf(draft, turn) !== undefined,
  propose,
  judge,
  decided: (draft, setup, { turn, ...place }, decision) => {
    takeDecision(draft, setup, place, turn, decision);
  },
};

/** Begins to decide about a place, if there are statements enough to, and something to gain. */
export function beginClosing(draft: Draft, setup: AuthoritySetup, place: ClosingPlace): void {
  const closing = closingAt(draft, place);
  if (closing === undefined) return;
  const turn = { ...place, turn: (closing.decided?.turn ?? 0) + 1 };
  if (valueAtHand(draft, setup, turn) === undefined) return;
  beginAgreement(draft, setup, { TAG: 'closing', data: turn });
}

/** The record of a place of which this turn is the next one to be decided. */
function closingOf(draft: Draft, { turn, ...place }: Turn): ClosingRecord | undefined {
  const closing = closingAt(draft, place);
  if (closing === undefined || turn !== (closing.decided?.turn ?? 0) + 1) return undefined;
  const { next, frozen } = readAccount(draft, place.account);
  if (frozen || closing.epoch !== currentCommittee(draft).epoch) return undefined;
  const isDue = turn === 1 ? next === place.sequence : closing.decided?.result.TAG === 'reserve';
  return isDue ? closing : undefined;
}

/** The statements at hand as a value, if they are enough. */
function valueAtHand(draft: Draft, setup: AuthoritySetup, turn: Turn): ClosingValue | undefined {
  const closing = closingOf(draft, turn);
  const members = membersOf(draft).length;
  if (closing === undefined || closing.statements.length < quorumOf(members)) return undefined;
  const possible = possibleOrders(closing.statements, members);
  if (!isNews(closing, possible) || possible.length > MAX_CLOSING_ORDERS) return undefined;
  const orders: SignedOrder[] = [];
  for (const hash of possible) {
    const order = orderNamed(setup.network.id, closing, hash);
    if (order === undefined) return undefined;
    orders.push(order);
  }
  return { epoch: closing.epoch, statements: closing.statements, orders };
}

/** Whether fewer orders are possible than those that a reserve is kept for, if one is. */
function isNews({ decided, reserve }: ClosingRecord, possible: readonly Uint8Array[]): boolean {
  return decided === undefined || (reserve !== undefined && leavesFewer(reserve.orders, possible));
}

function propose(draft: Draft, setup: AuthoritySetup, turn: Turn): Uint8Array | undefined {
  const value = valueAtHand(draft, setup, turn);
  if (value === undefined || !areTheirs(draft, setup, turn, value.orders)) return undefined;
  return encode(closingValueCoder, value);
}

function judge(draft: Draft, setup: AuthoritySetup, turn: Turn, bytes: Uint8Array): Opinion {
  const value = decode(closingValueCoder, bytes);
  // What was stated in a former epoch counts only where it was carried over (agreement/rules.ts).
  if (isRefusal(value) || value.epoch !== currentCommittee(draft).epoch) return 'invalid';
  const members = membersOf(draft).length;
  if (value.statements.length < quorumOf(members)) return 'invalid';
  const possible = possibleOrders(value.statements, members);
  if (!areNamed(setup.network.id, possible, value.orders)) return 'invalid';
  const closing = closingOf(draft, turn);
  if (closing === undefined) return 'unknown';
  if (!value.statements.every((each) => isStated(draft, setup, turn, each))) return 'invalid';
  if (!value.orders.every((order) => isOrderOf(setup, turn, order))) return 'invalid';
  if (!isNews(closing, possible)) return 'invalid';
  if (!areTheirs(draft, setup, turn, value.orders)) return 'unknown';
  const own = valueAtHand(draft, setup, turn);
  return own !== undefined && own.orders.length < value.orders.length ? 'doubted' : 'valid';
}

/** Whether each of these is an order that the account may give, by this ledger. */
function areTheirs(
  draft: Draft,
  setup: AuthoritySetup,
  { turn }: Turn,
  orders: readonly SignedOrder[],
): boolean {
  // Later turns leave some of the orders of which this was found before.
  return turn > 1 || orders.every((order) => isLastinglyValid(caseOf(draft, setup, order)));
}
