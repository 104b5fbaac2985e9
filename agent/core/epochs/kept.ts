/**
 * Orders that a former epoch may have left a certificate of, which somebody may hold (PROTOCOL:
 * Change of epoch). As long as the sequence of one is free, no other order gets a vote there; where
 * there are several, none does until one of their certificates turns up.
 *
 * Safety: an authority that has the cut accepts a certificate of a former epoch only if its order
 * is one of these, or was applied already.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Sequence } from '../base/units.ts';
import { type Order, orderHash, type SignedOrder } from '../codec/order.ts';
import type { Read } from '../io.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';

/** The orders that were kept for a sequence of an account. */
export function keptAt(
  read: Read,
  account: Uint8Array,
  sequence: Sequence,
): readonly SignedOrder[] {
  return recordAt(read, SPACES.keptOrders.at(account, sequence)) ?? [];
}

/** Whether this order was kept. */
export function isKept(read: Read, network: Uint8Array, order: Order): boolean {
  const hash = orderHash(network, order);
  return keptAt(read, order.account, order.sequence).some((kept) =>
    equalBytes(orderHash(network, kept.order), hash),
  );
}

/** Whether what was kept leaves room for a vote for this order: it is the only one, or none is. */
export function leavesRoomFor(read: Read, network: Uint8Array, order: Order): boolean {
  const { length } = keptAt(read, order.account, order.sequence);
  return length === 0 || (length === 1 && isKept(read, network, order));
}
