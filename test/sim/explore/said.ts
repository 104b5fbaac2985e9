/** What an authority says in a step, named by the orders of the case. */

import { refusalCodeOf } from '../../../agent/core/base/refusal.ts';
import { decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import { type SignedOrder, signedOrderCoder } from '../../../agent/core/codec/order.ts';
import type { Send } from '../../../agent/core/io.ts';
import { STRANGER } from './authority.ts';
import type { Names } from './record.ts';
import { promise } from './violation.ts';

/** Sets of bits, and the answer to whoever asked. */
export interface Said {
  readonly votes: number;
  readonly gossip: number;
  /** Places in `Names.pairs`. */
  readonly proofs: number;
  readonly answer: string;
}

export const SILENCE: Said = { votes: 0, gossip: 0, proofs: 0, answer: '' };

/** What this member said. A vote or an order that nobody could have made is a violation. */
export function saidBy(names: Names, member: number, sends: readonly Send[]): Said {
  let [votes, gossip, proofs] = [0, 0, 0];
  const answers: string[] = [];
  for (const { link, bytes } of sends) {
    const { message } = decodeOwn(frameCoder, bytes);
    if (message.TAG === 'vote') votes |= 1 << orderVotedFor(names, member, message.data);
    if (message.TAG === 'gossip') gossip |= 1 << orderNamed(names, message.data);
    if (message.TAG === 'doubleSpend') proofs |= 1 << pairNamed(names, message.data);
    if (link === STRANGER) answers.push(answerOf(message));
  }
  return { votes, gossip, proofs, answer: answers.join(', ') };
}

/** The order that a vote is for: its bytes are those of this member's one true vote. */
function orderVotedFor(
  { votes }: Names,
  member: number,
  vote: { readonly member: number; readonly signature: Uint8Array },
): number {
  const text = Buffer.from(vote.signature).toString('latin1');
  const order = votes.findIndex((byMember) => byMember[member] === text);
  promise(order >= 0 && vote.member === member, 'VotesAreOwn', 'a vote is for a known order');
  return order;
}

function orderNamed({ orders }: Names, signed: SignedOrder): number {
  const text = Buffer.from(encode(signedOrderCoder, signed)).toString('latin1');
  const order = orders.findIndex((known) => known.signed === text);
  promise(order >= 0, 'OrdersAreOwned', 'only orders that an owner signed are passed on');
  return order;
}

function pairNamed(
  names: Names,
  proof: { readonly first: SignedOrder; readonly second: SignedOrder },
): number {
  const orders = [orderNamed(names, proof.first), orderNamed(names, proof.second)];
  const pair = names.pairs.findIndex((known) => known.every((order) => orders.includes(order)));
  promise(pair >= 0, 'ProofsAreTrue', 'a proof is of two orders for one number');
  return pair;
}

function answerOf(message: Message): string {
  switch (message.TAG) {
    case 'vote':
      return 'votes for it';
    case 'orderRefusal':
      return `refuses: ${refusalCodeOf(message.data.verdict.code)}`;
    case 'rejected':
      return `refuses: ${refusalCodeOf(message.data.code)}`;
    case 'applied':
      return `has applied it, ${message.data.next} in all of this account`;
    case 'certificates':
      return 'shows its certificate';
    default:
      return message.TAG;
  }
}
