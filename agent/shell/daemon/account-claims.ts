/**
 * What `meshpay account` shows. An authority answers from its own ledger, or, if it is told to,
 * asks the others as well and shows each answer with its author: they are claims, and may differ
 * while payments are on their way. Any other node is told nothing of accounts (PROTOCOL: Privacy).
 */

import { equalBytes } from '../../core/base/bytes.ts';
import { nameOf, parseName } from '../../core/base/names.ts';
import { isRefusal, refusal } from '../../core/base/refusal.ts';
import type { MemberIndex } from '../../core/base/units.ts';
import type { Network } from '../../core/network/genesis.ts';
import { accountOf, type LedgerAccount, memberName } from '../../core/views.ts';
import type { AccountClaim, AccountClaims, ParamsOf } from '../control/api.ts';
import { refusalError } from '../control/errors.ts';
import { orderView, type QuantityView, quantityView } from '../control/money-view.ts';
import { type DaemonContext, notRunning, type Running } from './context.ts';
import { hearAll, otherMembers } from './hear-all.ts';

export async function accountView(
  context: DaemonContext,
  { account: name, from }: ParamsOf<'account'>,
): Promise<AccountClaims> {
  const { identity, running } = context;
  const account = parseName('account', name, 'account');
  if (isRefusal(account)) throw refusalError(account);
  if (running === undefined) throw notRunning(context);
  // An owner asks with its wallet, which signs; a relay has no right to know.
  if (identity.member === undefined) throw refusalError(refusal('not_the_owner'));
  const own = ownClaim(context, running, account, identity.member);
  if (from === 'committee') return askCommittee(context, running, account, own);
  return { account: nameOf('account', account), source: 'ledger', claims: [own], silent: [] };
}

function ownClaim(
  { identity }: DaemonContext,
  { engine }: Running,
  account: Uint8Array,
  self: MemberIndex,
): AccountClaim {
  const { network } = identity;
  const { next, pending, ...held } = accountOf(engine.read, account);
  return {
    member: memberName(network, self),
    next: `${next}`,
    pending: pending !== undefined,
    pendingOrder: pending === undefined ? null : orderView(network, pending),
    ...heldViews(network, held),
  };
}

type Held = Pick<LedgerAccount, 'balances' | 'locked'>;

function heldViews(
  network: Network,
  { balances, locked }: Held,
): Pick<AccountClaim, 'balances' | 'locked'> {
  const view = ({ token, balance }: Held['balances'][number]): QuantityView =>
    quantityView(network, token, balance);
  return { balances: balances.map(view), locked: locked.map(view) };
}

/**
 * Asks the other authorities as well; answers when all have, or after a while with those that have.
 */
async function askCommittee(
  context: DaemonContext,
  running: Running,
  account: Uint8Array,
  own: AccountClaim,
): Promise<AccountClaims> {
  const { network } = context.identity;
  const others = otherMembers(context);
  const seen = await hearAll(context, running, { kind: 'query', account }, others, (notice) =>
    notice.kind === 'account_seen' && equalBytes(notice.account, account) ? notice : undefined,
  );
  const claims = [...seen.values()].map(
    ({ member, next, pending, balances, locked }): AccountClaim => ({
      member: memberName(network, member),
      next: `${next}`,
      pending,
      pendingOrder: null,
      ...heldViews(network, { balances, locked }),
    }),
  );
  const silent = others.filter((index) => !seen.has(index));
  return {
    account: nameOf('account', account),
    source: 'query',
    claims: [own, ...claims],
    silent: silent.map((index) => memberName(network, index)),
  };
}
