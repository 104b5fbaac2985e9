/**
 * The latest of an account: an authority's signed answer to a question asked just now. The nonce in
 * it shows that it is no older than the question, so nobody on the way can bring an old word again.
 */
import { equalBytes } from './base/bytes.ts';
import { type Latest, latestBodyCoder, type Message } from './codec/message.ts';
import { orderHash } from './codec/order.ts';
import type { Account } from './codec/record.ts';
import type { Read } from './io.ts';
import { isStatementValid, signStatement } from './network/statement.ts';
import type { AuthoritySetup, NodeSetup } from './setup.ts';

type LatestQuestion = Pick<Latest['body'], 'account' | 'nonce'>;

/**
 * The word of this authority. `said`: whether it knows what it voted for, and its answer to the
 * payment.
 */
export function latestOf(
  read: Read,
  setup: AuthoritySetup,
  { account: key, nonce }: LatestQuestion,
  account: Account,
  said: Pick<Latest['body'], 'knows' | 'answer'>,
): Message {
  const { next, received } = account;
  const pending = pendingHash(setup, account);
  const body = { account: key, nonce, next, received, pending, ...said };
  const data = { ...signStatement(read, setup, 'latest', latestBodyCoder, body), body };
  return { TAG: 'latest', data };
}

/** Whether the member that it names has said this, in answer to this question. */
export function isLatestValid(
  read: Read,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  { account, nonce }: LatestQuestion,
  latest: Latest,
): boolean {
  const { body } = latest;
  if (!equalBytes(body.account, account) || !equalBytes(body.nonce, nonce)) return false;
  return isStatementValid(read, setup, 'latest', latestBodyCoder, latest, body);
}

/** Hash of the order that the authority voted for and that is not certified there yet. */
export function pendingHash({ network }: NodeSetup, { pending }: Account): Uint8Array | undefined {
  return pending === undefined ? undefined : orderHash(network.id, pending.order);
}
