/** Orders, votes and certificates made by hand, right or wrong, and frames that carry them. */

import { utf8 } from '@scure/base';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import {
  frameCoder,
  type Message,
  type Question,
  type QuestionBody,
  questionBodyCoder,
  type Wish,
} from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  type Order,
  orderHash,
  orderSigningBytes,
  type SignedOrder,
  voteSigningBytes,
  type Withdrawal,
} from '../../agent/core/codec/order.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { memoLike } from './memos.ts';
import { HRS, type Place, type World } from './world.ts';

export interface OrderParts {
  readonly sequence?: bigint;
  readonly amount?: bigint;
  readonly token?: number;
  readonly memo?: string;
  readonly networkId?: Uint8Array;
}

/** A transfer signed by one place's account to another's. */
export function orderOf(
  world: World,
  from: string,
  to: string,
  parts: OrderParts = {},
): SignedOrder {
  const payer = world.place(from).signer;
  const order: Order = {
    account: payer.publicKey,
    sequence: (parts.sequence ?? 0n) as Sequence,
    action: {
      TAG: 'transfer',
      data: {
        recipient: world.place(to).signer.publicKey,
        token: (parts.token ?? HRS) as TokenIndex,
        amount: (parts.amount ?? 1n) as Amount,
        memo: memoLike(parts.memo ?? ''),
      },
    },
  };
  const bytes = orderSigningBytes(parts.networkId ?? world.network.id, order);
  return { order, signature: payer.sign(bytes) };
}

export interface WithdrawalParts extends Pick<OrderParts, 'sequence' | 'amount' | 'token'> {
  readonly ledger?: number;
  readonly recipient?: string | Uint8Array;
  readonly validUntilMs?: bigint;
}

/** A withdrawal signed by one place's account, through the cashbook if nothing else is said. */
export function withdrawalOf(world: World, from: string, parts: WithdrawalParts = {}): SignedOrder {
  const { publicKey: account, sign } = world.place(from).signer;
  const { recipient = 'Anna' } = parts;
  const data: Withdrawal = {
    token: (parts.token ?? HRS) as TokenIndex,
    amount: (parts.amount ?? 1n) as Amount,
    ledger: (parts.ledger ?? 0) as LedgerIndex,
    recipient: typeof recipient === 'string' ? utf8.decode(recipient) : recipient,
    validUntilMs: parts.validUntilMs ?? 3_600_000n,
  };
  const sequence = (parts.sequence ?? 0n) as Sequence;
  const order: Order = { account, sequence, action: { TAG: 'withdrawal', data } };
  return { order, signature: sign(orderSigningBytes(world.network.id, order)) };
}

/** A member's vote for an order, signed by whoever is given. */
export function voteOf(
  world: World,
  order: SignedOrder,
  member: number,
  signer?: Signer,
  epoch = 0,
): { member: MemberIndex; signature: Uint8Array } {
  const key = signer ?? world.place(`auth-${member}`).signer;
  const hash = orderHash(world.network.id, order.order);
  const bytes = voteSigningBytes(world.network.id, epoch as Epoch, hash);
  return { member: member as MemberIndex, signature: key.sign(bytes) };
}

/** The certificate of an order with the votes of these members. */
export function certificateOf(
  world: World,
  order: SignedOrder,
  members: readonly number[] = [0, 1, 2],
): Certificate {
  const votes = members.map((member) => voteOf(world, order, member));
  return { epoch: 0 as Epoch, order, votes };
}

/** How a question departs from one that its owner asks of auth-0. */
export interface Asking {
  readonly body?: Partial<QuestionBody>;
  readonly signer?: string;
  readonly networkId?: Uint8Array;
}

/** A question about a place's account for auth-0, signed by it, or not quite. */
export function questionOf(world: World, name: string, wish: Wish, asking: Asking = {}): Question {
  const { publicKey: account } = world.place(name).signer;
  const nonce = new Uint8Array(16).fill(5);
  const body = { member: 0 as MemberIndex, account, nonce, wish, ...asking.body };
  const bytes = encode(questionBodyCoder, body);
  const { sign } = world.place(asking.signer ?? name).signer;
  const signature = sign(signingBytes('question', asking.networkId ?? world.network.id, bytes));
  return { body, signature };
}

/**
 * The bytes of a frame that is its sender's own word, to the node at the other end or to a member.
 */
export function frameOf(message: Message, to?: MemberIndex): Uint8Array {
  return encode(frameCoder, { to, route: [], isPassedOn: false, message });
}

/** What a node answers to a message from a stranger (no key proven), in the order of sending. */
export function ask(world: World, place: Place, message: Message): Message[] {
  return askBytes(world, place, frameOf(message));
}

/** The same for the bytes of a frame. */
export function askBytes(world: World, place: Place, bytes: Uint8Array): Message[] {
  const link = 0xfeedn as LinkId;
  const step = world.event(place, { kind: 'frame', link, bytes });
  return step.sends
    .filter((send) => send.link === link)
    .map((send) => decodeOwn(frameCoder, send.bytes).message);
}

/** The code of a refusal among the answers, by its wire number, or the kind of the answer. */
export function verdictOf(answers: readonly Message[]): string | number {
  const [answer] = answers;
  if (answer?.TAG === 'orderRefusal') return answer.data.verdict.code;
  if (answer?.TAG === 'rejected') return answer.data.code;
  return answer?.TAG ?? 'silence';
}

/** All notices of one kind that any place has made. */
export function allNotices<K extends Notice['kind']>(world: World, kind: K): Notice[] {
  return [...world.places.values()].flatMap((place) =>
    place.notices.filter((notice) => notice.kind === kind),
  );
}
