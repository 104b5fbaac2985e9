/** An authority's signed word on how far it is with an account, for whoever asked through others. */
import { encode } from './codec/canonical.ts';
import { type Message, type Progress, progressBodyCoder } from './codec/message.ts';
import { orderHash } from './codec/order.ts';
import type { Account } from './codec/record.ts';
import type { Network } from './genesis.ts';
import type { AuthoritySetup, NodeSetup } from './setup.ts';
import { signingBytes } from './signing.ts';

/** The word of this authority. */
export function progressOf(setup: AuthoritySetup, key: Uint8Array, account: Account): Message {
  const { network, authority } = setup;
  const { epoch } = network.committee;
  const { next, pending: order } = account;
  const pending = order === undefined ? undefined : orderHash(network.id, order.order);
  const body = { account: key, next, pending };
  const signature = authority.sign(bytesOf(network, body));
  return { TAG: 'progress', data: { epoch, member: authority.member, body, signature } };
}

/** Whether the member that it names has said this. */
export function isProgressValid(
  { network, verify }: Pick<NodeSetup, 'network' | 'verify'>,
  { epoch, member, body, signature }: Progress,
): boolean {
  const { committee } = network;
  const key = committee.members[member]?.key;
  if (key === undefined || epoch !== committee.epoch) return false;
  return verify(key, bytesOf(network, body), signature);
}

function bytesOf({ id, committee }: Network, body: Progress['body']): Uint8Array {
  return signingBytes('progress', id, committee.epoch, encode(progressBodyCoder, body));
}
