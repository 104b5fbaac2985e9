/**
 * What `meshpay account` shows. An authority answers from its own ledger. Any other node, or one
 * that is told to, asks all authorities and shows each answer with its author: they are claims, and
 * may differ while payments are on their way.
 */

import { equalBytes } from '../../core/bytes.ts';
import { decodeOwn } from '../../core/codec/canonical.ts';
import { accountCoder } from '../../core/codec/record.ts';
import { keyOf } from '../../core/keyspace.ts';
import { nameOf, parseName } from '../../core/names.ts';
import type { Notice } from '../../core/notice.ts';
import { isRefusal, refusal } from '../../core/refusal.ts';
import type { MemberIndex } from '../../core/units.ts';
import type { AccountClaim, AccountView, ParamsOf } from '../control/api.ts';
import { controlError, refusalError } from '../control/errors.ts';
import { memberName, orderView, quantityView } from '../control/money-view.ts';
import { ACCOUNT_QUERY_MS } from '../limits.ts';
import type { DaemonContext, Running } from './context.ts';

export async function accountView(
  context: DaemonContext,
  { account: name, from }: ParamsOf<'account'>,
): Promise<AccountView> {
  const { identity, running } = context;
  const account = parseName('account', name, 'account');
  if (isRefusal(account)) throw refusalError(account);
  if (running === undefined) throw controlError('store_damaged');
  if (from === 'committee' || (from === undefined && identity.member === undefined)) {
    return askCommittee(context, running, account);
  }
  if (identity.member === undefined) {
    throw refusalError(refusal('not_an_authority', { field: 'from', found: '"ledger"' }));
  }
  const claims = [ownClaim(context, running, account, identity.member)];
  return { account: nameOf('account', account), source: 'ledger', claims, silent: [] };
}

function ownClaim(
  { identity }: DaemonContext,
  { read }: Running,
  account: Uint8Array,
  self: MemberIndex,
): AccountClaim {
  const { network } = identity;
  const bytes = read.get(keyOf('account', account));
  const record = bytes === undefined ? undefined : decodeOwn(accountCoder, bytes);
  const pending = record?.pending;
  return {
    member: memberName(network, self),
    next: `${record?.next ?? 0n}`,
    pending: pending !== undefined,
    pendingOrder: pending === undefined ? null : orderView(network, pending),
    balances: (record?.balances ?? []).map(({ token, balance }) =>
      quantityView(network, token, balance),
    ),
  };
}

type Seen = Extract<Notice, { readonly kind: 'account_seen' }>;

/** Asks all authorities; answers when all have, or after ACCOUNT_QUERY_MS with those that have. */
async function askCommittee(
  context: DaemonContext,
  { loop }: Running,
  account: Uint8Array,
): Promise<AccountView> {
  const { network, member: self } = context.identity;
  const others = network.committee.members
    .map((_, index) => index as MemberIndex)
    .filter((index) => index !== self);
  const seen = new Map<MemberIndex, Seen>();
  await new Promise<void>((resolve) => {
    const unhear = context.listeners.hear((notice) => {
      if (notice.kind !== 'account_seen' || !equalBytes(notice.account, account)) return;
      seen.set(notice.member, notice);
      if (others.every((index) => seen.has(index))) done();
    });
    const disarm = context.clock.after(ACCOUNT_QUERY_MS, () => done());
    const done = (): void => {
      unhear();
      disarm();
      resolve();
    };
    if (others.length === 0) done();
    const intake = loop.offer({ kind: 'command', command: { kind: 'query', account } });
    if (intake === 'refused') done();
  });
  const own =
    self === undefined || context.running === undefined
      ? []
      : [ownClaim(context, context.running, account, self)];
  const claims = [...seen.values()].map(
    ({ member, next, pending, balances }): AccountClaim => ({
      member: memberName(network, member),
      next: `${next}`,
      pending,
      pendingOrder: null,
      balances: balances.map(({ token, balance }) => quantityView(network, token, balance)),
    }),
  );
  const silent = others.filter((index) => !seen.has(index));
  return {
    account: nameOf('account', account),
    source: 'query',
    claims: [...own, ...claims],
    silent: silent.map((index) => memberName(network, index)),
  };
}
