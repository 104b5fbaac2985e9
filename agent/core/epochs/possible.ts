/**
 * Of which orders a former epoch may have left a certificate that nobody here has seen, as what
 * members stated tells (PROTOCOL: Change of epoch). It is closing/possible.ts for all accounts at
 * once. An order counts only with its owner's signature, so members that lie can bind an account to
 * nothing but what its owner signed.
 *
 * Safety: of each certificate that may exist the order is in the ledger that all of them stated, or
 * among these. What an earlier change kept for a place that is free still, all honest members list;
 * so it stays if more than f of them do. At such a place no honest member voted for anything else,
 * so nothing else is possible there. Deterministic: the same lists give the same orders.
 * Bounds: at one place there are at most as many as members state, or were kept before.
 */
import { checkPolka } from '../agreement/decision.ts';
import { compareBytes, toByteKey } from '../base/bytes.ts';
import { isPossible } from '../closing/possible.ts';
import type { EpochValue, ListedOrder } from '../codec/epochs.ts';
import { orderHash, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { faultsTolerated } from '../network/committee.ts';
import { currentCommittee } from '../network/committees.ts';
import type { NodeSetup } from '../setup.ts';
import { latestPolkas } from './carried.ts';
import { compareListed, type Listed, type MostListed, readList } from './lists.ts';

/** What is carried over by these statements; undefined: a list is missing, or is none. */
export function possibleBy(
  draft: Draft,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  statements: EpochValue['statements'],
  most: MostListed,
): Listed | undefined {
  const lists = statements.flatMap(({ orders }) => {
    const reading = readList(draft, setup.network.id, orders, most);
    return reading.kind === 'whole' ? [reading] : [];
  });
  if (lists.length < statements.length) return undefined;
  const { length: members } = currentCommittee(draft).members;
  const orders = possibleOrders(
    setup,
    lists.map((list) => list.orders),
    members,
  );
  const proven = lists
    .flatMap((list) => list.polkas)
    .filter((polka) => {
      return polka.subject.TAG !== 'epoch' && checkPolka(draft, setup, polka) === undefined;
    });
  return { orders, polkas: latestPolkas(proven) };
}

interface Counted {
  order: SignedOrder;
  voted: number;
  kept: number;
}

/** The possible orders, in the order of a list. `members`: how many the committee has. */
function possibleOrders(
  { network, verify }: Pick<NodeSetup, 'network' | 'verify'>,
  lists: readonly (readonly ListedOrder[])[],
  members: number,
): readonly ListedOrder[] {
  const counted = new Map<string, Counted>();
  for (const list of lists) {
    for (const { why, order } of list) {
      const key = toByteKey(orderHash(network.id, order.order));
      const bytes = orderSigningBytes(network.id, order.order);
      const known = counted.get(key);
      if (known === undefined) {
        if (!verify(order.order.account, bytes, order.signature)) continue;
        counted.set(key, { order, voted: 0, kept: 0 });
      } else if (
        isLower(order, known.order) &&
        verify(order.order.account, bytes, order.signature)
      ) {
        known.order = order;
      }
      const entry = counted.get(key);
      if (entry !== undefined) entry[why] += 1;
    }
  }
  const faults = faultsTolerated(members);
  const kept = [...counted.values()].filter((each) => each.kept > faults);
  const bound = new Set(kept.map(({ order }) => placeOf(order)));
  const voted = [...counted.values()].filter((each) => {
    const isFree = !bound.has(placeOf(each.order));
    return isFree && each.voted > 0 && isPossible(each.voted, lists.length, members);
  });
  const orders = [...kept, ...voted].map(({ order }) => ({ why: 'kept' as const, order }));
  return orders.sort((a, b) => compareListed(network.id, a, b));
}

/** An order's account and sequence, as a text. */
function placeOf({ order }: SignedOrder): string {
  return `${toByteKey(order.account)}${order.sequence}`;
}

/** Of two signatures of one order the lower one is kept, whoever lists which. */
function isLower(a: SignedOrder, b: SignedOrder): boolean {
  return compareBytes(a.signature, b.signature) < 0;
}
