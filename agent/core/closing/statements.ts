/**
 * Statements (PROTOCOL: Closing a sequence): what this authority voted for at a place, signed, and
 * what others say. Safety: with its own statement an authority writes into the account's record
 * that it stated (`stated`), in the step in which the statement leaves; from then on it votes for
 * nothing at that sequence (authority/rules.ts), but for an order that won there (settle.ts). Who
 * may not vote does not know all of its votes, and states nothing.
 */
import { readAccount } from '../authority/account.ts';
import { equalBytes } from '../base/bytes.ts';
import { MAX_TOLD_PLACES, SYNC_IDLE_MS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import {
  type ClosingPlace,
  type ClosingRecord,
  type ClosingStatement,
  type PlaceStatement,
  statementBodyCoder,
} from '../codec/closing.ts';
import { orderHash, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { sendToMember } from '../mesh/route.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimerBy } from '../timers.ts';

/**
 * The record with this authority's own statement, of an order that it voted for or of none, as long
 * as the sequence is free.
 */
export function withOwnStatement(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  closing: ClosingRecord,
): ClosingRecord {
  const { member } = setup.authority;
  if (closing.statements.some((statement) => statement.member === member)) return closing;
  const { next, pending: order } = readAccount(draft, place.account);
  // Of a sequence that is spent it does not know any more what it voted for there.
  if (place.sequence !== next) return closing;
  const voted = order && orderHash(setup.network.id, order.order);
  const body = { place, voted };
  const { signature } = signStatement(draft, setup, 'closing_statement', statementBodyCoder, body);
  return withStatement(setup, closing, { member, voted, signature }, order);
}

/** The record with one statement more, and the order that it names. */
export function withStatement(
  { network }: AuthoritySetup,
  closing: ClosingRecord,
  statement: PlaceStatement,
  order: SignedOrder | undefined,
): ClosingRecord {
  const others = closing.statements.filter(({ member }) => member !== statement.member);
  const statements = [...others, statement].sort((a, b) => a.member - b.member);
  const isNew =
    order !== undefined && orderNamed(network.id, closing, statement.voted) === undefined;
  return { ...closing, statements, orders: isNew ? [...closing.orders, order] : closing.orders };
}

/** The order with this hash, of those that the statements name. */
export function orderNamed(
  networkId: Uint8Array,
  { orders }: Pick<ClosingRecord, 'orders'>,
  hash: Uint8Array | undefined,
): SignedOrder | undefined {
  if (hash === undefined) return undefined;
  return orders.find(({ order }) => equalBytes(orderHash(networkId, order), hash));
}

/** Whether this member has stated that, in the current epoch. */
export function isStated(
  read: Read,
  setup: AuthoritySetup,
  place: ClosingPlace,
  { member, voted, signature }: PlaceStatement,
): boolean {
  const { epoch } = currentCommittee(read);
  const body = { place, voted };
  const signed = { epoch, member, signature };
  return isStatementValid(read, setup, 'closing_statement', statementBodyCoder, signed, body);
}

/** Whether this is an order of the place that its owner signed. */
export function isOrderOf(
  setup: AuthoritySetup,
  place: ClosingPlace,
  signed: SignedOrder,
): boolean {
  const { order, signature } = signed;
  if (order.sequence !== place.sequence || !equalBytes(order.account, place.account)) return false;
  return setup.verify(order.account, orderSigningBytes(setup.network.id, order), signature);
}

/** Tells all others, or one of them, what this authority has stated. */
export function tellStatement(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  closing: ClosingRecord,
  to?: MemberIndex,
): void {
  const { member: self } = setup.authority;
  const { cause, epoch } = closing;
  const own = closing.statements.find(({ member }) => member === self);
  if (own === undefined) return;
  const voted = orderNamed(setup.network.id, closing, own.voted);
  const { signature } = own;
  const data: ClosingStatement = { epoch, member: self, place, voted, signature, cause };
  for (const member of to === undefined ? membersOf(draft) : [to]) {
    if (member !== self) sendToMember(draft, member, { TAG: 'closingStatement', data });
  }
}

/** Places whose statements are told again, the latest last. */
export function toldPlaces(draft: Draft): readonly ClosingPlace[] {
  return draft.read(SPACES.toldPlaces) ?? [];
}

/** Has this place told again until it is settled, or until many others came after it. */
export function tellAgainLater(draft: Draft, place: ClosingPlace): void {
  const others = toldPlaces(draft).filter((other) => !isSamePlace(other, place));
  draft.write(SPACES.toldPlaces, [...others, place].slice(-MAX_TOLD_PLACES));
  setTimerBy(draft, 'closing', draft.stamp.nowMs + SYNC_IDLE_MS);
}

/** Leaves only those places to be told again that these are. */
export function keepToldPlaces(draft: Draft, places: readonly ClosingPlace[]): void {
  if (places.length === 0) draft.remove(SPACES.toldPlaces);
  else if (places.length < toldPlaces(draft).length) draft.write(SPACES.toldPlaces, places);
}

function isSamePlace(a: ClosingPlace, b: ClosingPlace): boolean {
  return a.sequence === b.sequence && equalBytes(a.account, b.account);
}
