/**
 * Everything that can happen to an authority in a small world, and what must have been said before
 * it can. The network is a set: whatever was ever sent can arrive at any honest authority, any
 * number of times, in any order.
 *
 * Signed orders are there from the start. Signing one later would only take possibilities away, so
 * nothing is missed. With a traitor in the committee the same holds for gossip and proofs of double
 * spending, which it can make of orders alone.
 */

import type { Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import type { Certificate, SignedOrder } from '../../../agent/core/codec/order.ts';
import type { SmallWorld } from './small-world.ts';

export type InputKind =
  | 'order'
  | 'gossip'
  | 'certificate'
  | 'page'
  | 'proof'
  | 'restart'
  | 'restore';

/** A frame on its way: over the link of another authority, or of anybody. */
export interface Arrival {
  readonly from: 'peer' | 'anybody';
  readonly bytes: Uint8Array;
}

/** What happens to one authority, and the sets of bits that must have been said before. */
export interface Input {
  readonly kind: InputKind;
  /** The orders that it is about. */
  readonly orders: readonly number[];
  /** Orders that must be certified, or gossiped; proofs (places in `pairs`) that must be out. */
  readonly certified: number;
  readonly gossiped: number;
  readonly proven: number;
  /** Forms in which it can come: the core must answer all alike. None: it is no frame. */
  readonly arrivals: readonly Arrival[];
}

/** All inputs of a case. */
export function inputsOf(world: SmallWorld): Input[] {
  const inputs: Input[] = [restartOf('restart')];
  if (world.setting.restores) inputs.push(restartOf('restore'));
  const deliveries = world.orders.flatMap((order, i) => deliveriesOf(world, order, i));
  return [...inputs, ...deliveries, ...pagesOf(world), ...proofsOf(world)];
}

const NOTHING = { certified: 0, gossiped: 0, proven: 0 };

function restartOf(kind: 'restart' | 'restore'): Input {
  return { ...NOTHING, kind, orders: [], arrivals: [] };
}

function deliveriesOf(world: SmallWorld, order: SignedOrder, i: number): Input[] {
  const bit = 1 << i;
  const certificates = world.voteSets().map((set) => world.certificate(order, set));
  return [
    {
      ...NOTHING,
      kind: 'order',
      orders: [i],
      arrivals: [fromAnybody(world, { TAG: 'order', data: order })],
    },
    {
      ...NOTHING,
      kind: 'gossip',
      orders: [i],
      gossiped: world.setting.traitors > 0 ? 0 : bit,
      arrivals: [fromPeer(world, { TAG: 'gossip', data: order })],
    },
    {
      ...NOTHING,
      kind: 'certificate',
      orders: [i],
      certified: bit,
      arrivals: certificates.map((data) => fromAnybody(world, { TAG: 'certificate', data })),
    },
  ];
}

/** What a peer may answer in catch-up: true certificates, any two of them in any order. */
function pagesOf(world: SmallWorld): Input[] {
  const [set = []] = world.voteSets();
  const certificates = world.orders.map((order) => world.certificate(order, set));
  return certificates.flatMap((one, i) =>
    certificates.flatMap((two, j): Input[] => {
      if (i === j) return [];
      const certified = (1 << i) | (1 << j);
      const arrivals = [fromPeer(world, page([one, two]))];
      return [{ ...NOTHING, kind: 'page', orders: [i, j], certified, arrivals }];
    }),
  );
}

function proofsOf(world: SmallWorld): Input[] {
  return world.pairs.map(([i, j], n): Input => {
    const [first, second] = [world.order(i), world.order(j)];
    const proven = world.setting.traitors > 0 ? 0 : 1 << n;
    const arrivals = [proof(first, second), proof(second, first)].map((message) =>
      fromPeer(world, message),
    );
    return { ...NOTHING, kind: 'proof', orders: [i, j], proven, arrivals };
  });
}

/** Frames that must change nothing and bring out no vote, whatever the state. */
export function forgeriesOf(world: SmallWorld): Record<string, Arrival> {
  const [order, other] = [world.order(0), world.order(1)];
  const [set = []] = world.voteSets();
  const sound = world.certificate(order, set);
  const forged = { ...order, signature: other.signature };
  const short = world.certificate(order, set.slice(1));
  const votesBy = (signer: number, voted: SignedOrder): Certificate => ({
    ...sound,
    votes: set.map((member) => world.voteOf(member, voted, signer < 0 ? member : signer)),
  });
  const byOne = votesBy(world.setting.members - 1, order);
  const certificate = (data: Certificate): Arrival =>
    fromAnybody(world, { TAG: 'certificate', data });
  return {
    'an order that its owner did not sign': fromAnybody(world, { TAG: 'order', data: forged }),
    'gossip of such an order': fromPeer(world, { TAG: 'gossip', data: forged }),
    'a certificate with one vote too few': certificate(short),
    'a certificate with all votes by one member': certificate(byOne),
    'a certificate with votes for another order': certificate(votesBy(-1, other)),
    'a certificate of another epoch': certificate(world.certificate(order, set, 1 as Epoch)),
    'a page of false certificates': fromPeer(world, page([short, byOne])),
    'a proof of one order twice': fromPeer(world, proof(order, order)),
    'a proof with a forged order': fromPeer(world, proof(other, forged)),
  };
}

function proof(first: SignedOrder, second: SignedOrder): Message {
  return { TAG: 'doubleSpend', data: { first, second } };
}

function page(certificates: Certificate[]): Message {
  const [first] = certificates;
  const account = first?.order.order.account ?? new Uint8Array(32);
  // No member has this index, so no link speaks for it: the page counts whoever brings it.
  const data = { member: 255 as MemberIndex, account, next: 0n as Sequence, certificates };
  return { TAG: 'certificates', data };
}

function fromAnybody(world: SmallWorld, message: Message): Arrival {
  return { from: 'anybody', bytes: world.frame(message) };
}

function fromPeer(world: SmallWorld, message: Message): Arrival {
  return { from: 'peer', bytes: world.frame(message) };
}
