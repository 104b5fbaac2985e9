/** An authority's signed word on how far it is with an account, for whoever asked through others. */
import { type Message, type Progress, progressBodyCoder } from './codec/message.ts';
import { orderHash } from './codec/order.ts';
import type { Account } from './codec/record.ts';
import type { AuthoritySetup, NodeSetup } from './setup.ts';
import { isStatementValid, signStatement } from './statement.ts';

/** The word of this authority. */
export function progressOf(setup: AuthoritySetup, key: Uint8Array, account: Account): Message {
  const { next } = account;
  const body = { account: key, next, pending: pendingHash(setup.network.id, account) };
  const data = { ...signStatement(setup, 'progress', progressBodyCoder, body), body };
  return { TAG: 'progress', data };
}

/** Hash of the order that the authority voted for and that is not certified there yet. */
export function pendingHash(
  networkId: Uint8Array,
  { pending }: Pick<Account, 'pending'>,
): Uint8Array | undefined {
  return pending === undefined ? undefined : orderHash(networkId, pending.order);
}

/** Whether the member that it names has said this. */
export function isProgressValid(
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  progress: Progress,
): boolean {
  return isStatementValid(setup, 'progress', progressBodyCoder, progress, progress.body);
}
