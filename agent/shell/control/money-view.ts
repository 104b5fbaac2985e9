/** Tokens, quantities, orders and certificates as JSON for people (units as in api.ts). */

import { nameOf } from '../../core/base/names.ts';
import { formatAmount, type TokenIndex } from '../../core/base/units.ts';
import {
  type Certificate,
  type Order,
  orderHash,
  orderIdOf,
  type SignedOrder,
} from '../../core/codec/order.ts';
import type { Network } from '../../core/network/genesis.ts';
import { type JudgedNetwork, memberName } from '../../core/views.ts';

export interface TokenView {
  readonly symbol: string;
  readonly decimals: number;
  /** The least amount that opens an account where there is none: "1.00". */
  readonly opens: string;
}

export interface QuantityView {
  readonly token: string;
  /** In the token's own unit, with all its places: "12.50". May be negative for a balance. */
  readonly amount: string;
  /** In the smallest unit: "1250". */
  readonly amountMinor: string;
}

export interface OrderView extends QuantityView {
  /** The order's name, a UUID. */
  readonly id: string;
  readonly account: string;
  readonly sequence: string;
  readonly recipient: string;
  /** Empty: there is none. Null: there is one, sealed to others. */
  readonly memo: string | null;
}

export interface CertificateView {
  readonly epoch: number;
  readonly order: OrderView;
  /** Names of the members that voted. */
  readonly votes: readonly string[];
}

export function tokenViews({ genesis }: Network): readonly TokenView[] {
  return genesis.tokens.map(({ symbol, decimals, opens }) => {
    return { symbol, decimals, opens: formatAmount(opens, decimals) };
  });
}

export function quantityView(network: Network, token: TokenIndex, minor: bigint): QuantityView {
  const { symbol, decimals } = network.genesis.tokens[token] ?? {
    symbol: `token ${token}`,
    decimals: 0,
  };
  return {
    token: symbol,
    amount: formatAmount(minor, decimals),
    amountMinor: minor.toString(),
  };
}

/** Opens a memo that it can open (core/memo.ts). */
export type OpenMemo = (order: Order) => string | undefined;

export function orderView(
  network: Network,
  { order }: SignedOrder | { order: Order },
  open?: OpenMemo,
): OrderView {
  const { recipient, token, amount, memo } = order.action.data;
  return {
    id: orderIdOf(orderHash(network.id, order)),
    account: nameOf('account', order.account),
    sequence: order.sequence.toString(),
    recipient: nameOf('account', recipient),
    ...quantityView(network, token, amount),
    memo: memo.length === 0 ? '' : (open?.(order) ?? null),
  };
}

export function certificateView(
  network: JudgedNetwork,
  certificate: Certificate,
  open?: OpenMemo,
): CertificateView {
  return {
    epoch: certificate.epoch,
    order: orderView(network, certificate.order, open),
    votes: certificate.votes.map(({ member }) => memberName(network, member)),
  };
}
