/**
 * Orders that a former epoch may have left a certificate of, which somebody may hold (PROTOCOL:
 * Change of epoch). As long as the sequence of one is free, no other order gets a vote there; where
 * there are several, none does until one of their certificates turns up. The same goes for a
 * sequence whose closing may have been decided in a former epoch, until it is decided in this one.
 *
 * Safety: an authority that has the cut accepts a certificate of a former epoch only if its order
 * is one of these, or was applied already. A closing that an order won at such a place says that no
 * other one has a certificate, so the winner takes the place of those that were kept: else the next
 * change would keep these, and not the order that everybody votes for.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Sequence } from '../base/units.ts';
import type { Subject } from '../codec/agreement.ts';
import { type Order, orderHash, type SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { carriedValue } from './carried.ts';

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

/** This order won at its place: where others were kept, no certificate of them can turn up. */
export function keepOnly(draft: Draft, winner: SignedOrder): void {
  const { account, sequence } = winner.order;
  if (keptAt(draft, account, sequence).length === 0) return;
  draft.write(SPACES.keptOrders.at(account, sequence), [winner]);
}

/**
 * Whether what was kept leaves room for a vote for this order: it is the only one, or none is; and
 * nothing that was carried over may close its sequence in another way.
 */
export function leavesRoomFor(read: Read, network: Uint8Array, order: Order): boolean {
  const { length } = keptAt(read, order.account, order.sequence);
  const isFree = length === 0 || (length === 1 && isKept(read, network, order));
  return isFree && isOpenTo(read, network, order);
}

/**
 * A closing of a former epoch may have been decided there, for another order, by precommits that
 * somebody hides. Until it is carried out here nothing gets a vote at its place, and then only the
 * order that won.
 */
function isOpenTo(
  read: Read,
  network: Uint8Array,
  { account, sequence, ...order }: Order,
): boolean {
  if (recordAt(read, SPACES.lastCut) === undefined) return true;
  const subject: Subject = { TAG: 'closing', data: { account, sequence, turn: 1 } };
  if (carriedValue(read, subject) === undefined) return true;
  const result = recordAt(read, SPACES.closing.at(account, sequence))?.decided?.result;
  if (result?.TAG !== 'win') return false;
  const hash = orderHash(network, { account, sequence, ...order });
  return equalBytes(orderHash(network, result.data.order.order), hash);
}
