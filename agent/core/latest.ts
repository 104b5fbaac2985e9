/**
 * The latest of an account: an authority's signed answer to a question asked just now. The nonce in it
 * shows that it is no older than the question, so nobody on the way can bring an old word again.
 */
import { equalBytes } from './bytes.ts';
import { encode } from './codec/canonical.ts';
import { type Latest, latestBodyCoder, type Message } from './codec/message.ts';
import { orderHash } from './codec/order.ts';
import type { Account } from './codec/record.ts';
import type { Network } from './genesis.ts';
import type { AuthoritySetup, NodeSetup } from './setup.ts';
import { signingBytes } from './signing.ts';

export type LatestQuestion = Pick<Latest['body'], 'account' | 'nonce'>;

/** The word of this authority. */
export function latestOf(
  { network, authority }: AuthoritySetup,
  question: LatestQuestion,
  { next, received, pending: order }: Account,
): Message {
  const { epoch } = network.committee;
  const pending = order === undefined ? undefined : orderHash(network.id, order.order);
  const body = { ...question, next, received, pending };
  const signature = authority.sign(bytesOf(network, body));
  return { TAG: 'latest', data: { epoch, member: authority.member, body, signature } };
}

/** Whether the member that it names has said this, in answer to this question. */
export function isLatestValid(
  { network, verify }: Pick<NodeSetup, 'network' | 'verify'>,
  { account, nonce }: LatestQuestion,
  { epoch, member, body, signature }: Latest,
): boolean {
  const key = network.committee.members[member]?.key;
  if (key === undefined || epoch !== network.committee.epoch) return false;
  if (!equalBytes(body.account, account) || !equalBytes(body.nonce, nonce)) return false;
  return verify(key, bytesOf(network, body), signature);
}

function bytesOf({ id, committee }: Network, body: Latest['body']): Uint8Array {
  return signingBytes('latest', id, committee.epoch, encode(latestBodyCoder, body));
}
