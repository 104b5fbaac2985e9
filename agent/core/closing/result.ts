/**
 * What follows from a set of statements (PROTOCOL: Closing a sequence): the same at everybody who
 * has the same set. Pure.
 *
 * Safety: an order that may have a certificate, now or ever, is among the possible ones
 * (possible.ts). So none of them loses: with none there is nothing to lose, a single one wins, and
 * with several the money for whichever is certified is kept aside.
 */
import { compareBytes, equalBytes } from '../base/bytes.ts';
import type { Amount, TokenIndex } from '../base/units.ts';
import type { Amounts, ClosingResult, PlaceStatement } from '../codec/closing.ts';
import { orderHash, type SignedOrder } from '../codec/order.ts';
import { isPossible } from './possible.ts';

/** Hashes of the orders that may be certified, ascending, in a committee of `members`. */
export function possibleOrders(
  statements: readonly Pick<PlaceStatement, 'voted'>[],
  members: number,
): readonly Uint8Array[] {
  const named: { readonly hash: Uint8Array; said: number }[] = [];
  for (const { voted } of statements) {
    if (voted === undefined) continue;
    const known = named.find(({ hash }) => equalBytes(hash, voted));
    if (known === undefined) named.push({ hash: voted, said: 1 });
    else known.said++;
  }
  return named
    .filter(({ said }) => isPossible(said, statements.length, members))
    .map(({ hash }) => hash)
    .sort(compareBytes);
}

/** Whether these are exactly the orders with these hashes, in their order. */
export function areNamed(
  networkId: Uint8Array,
  possible: readonly Uint8Array[],
  orders: readonly SignedOrder[],
): boolean {
  if (possible.length !== orders.length) return false;
  return orders.every(({ order }, i) => {
    const hash = possible[i];
    return hash !== undefined && equalBytes(orderHash(networkId, order), hash);
  });
}

/**
 * Whether a later turn may leave these orders possible, where the one before left those. Traitors
 * may sign other statements for it; what only they name then would win, or have money kept aside,
 * though nobody found that the account may give it: a later turn asks for no balance.
 */
export function leavesFewer(
  before: readonly Uint8Array[],
  possible: readonly Uint8Array[],
): boolean {
  const wasPossible = (hash: Uint8Array) => before.some((other) => equalBytes(other, hash));
  return possible.length < before.length && possible.every(wasPossible);
}

/** What becomes of a sequence with these possible orders, in ascending order of their hashes. */
export function resultOf(networkId: Uint8Array, possible: readonly SignedOrder[]): ClosingResult {
  const [first, ...others] = possible;
  if (first === undefined) return { TAG: 'none', data: {} };
  if (others.length === 0) return { TAG: 'win', data: { order: first } };
  const orders = possible.map(({ order }) => orderHash(networkId, order));
  return { TAG: 'reserve', data: { orders, amounts: largestOf(possible) } };
}

/** The largest amount of each token, in ascending order of tokens. */
function largestOf(possible: readonly SignedOrder[]): Amounts {
  const largest = new Map<TokenIndex, Amount>();
  for (const { order } of possible) {
    const { token, amount } = order.action.data;
    const before = largest.get(token);
    if (before === undefined || amount > before) largest.set(token, amount);
  }
  const amounts = Array.from(largest, ([token, amount]) => ({ token, amount }));
  return amounts.sort((a, b) => a.token - b.token);
}
