/** Tokens, quantities, orders and certificates as JSON for people (units as in api.ts). */

import { toHex } from '../../core/base/bytes.ts';
import { harmless, quoted } from '../../core/base/characters.ts';
import { nameOf } from '../../core/base/names.ts';
import { formatAmount, type TokenIndex } from '../../core/base/units.ts';
import {
  type Action,
  type Certificate,
  type Order,
  orderHash,
  orderIdOf,
  type SignedOrder,
} from '../../core/codec/order.ts';
import { recipientText } from '../../core/ledgers/kinds.ts';
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
  readonly kind: Action['TAG'];
  /** The order's name, a UUID. */
  readonly id: string;
  readonly account: string;
  readonly sequence: string;
  /** The account that it pays; of a withdrawal, whom the outer ledger pays. */
  readonly recipient: string;
  /** Empty: there is none. Null: there is one, sealed to others. */
  readonly memo: string | null;
  /** Of a withdrawal: the outer ledger, and until when it is tried. Null: it is none. */
  readonly ledger: string | null;
  readonly validUntilMs: number | null;
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
  const { token, amount } = order.action.data;
  return {
    kind: order.action.TAG,
    id: orderIdOf(orderHash(network.id, order)),
    account: nameOf('account', order.account),
    sequence: order.sequence.toString(),
    ...quantityView(network, token, amount),
    ...actionView(network, order, open),
  };
}

type ActionView = Pick<OrderView, 'recipient' | 'memo' | 'ledger' | 'validUntilMs'>;

function actionView(network: Network, order: Order, open: OpenMemo | undefined): ActionView {
  const { action } = order;
  if (action.TAG === 'withdrawal') {
    const { ledger, recipient, validUntilMs } = action.data;
    return {
      recipient: harmless(recipientText(recipient) ?? toHex(recipient)),
      memo: '',
      ledger: network.genesis.ledgers[ledger]?.name ?? `ledger ${ledger}`,
      validUntilMs: Number(validUntilMs),
    };
  }
  const { recipient, memo } = action.data;
  return {
    recipient: nameOf('account', recipient),
    memo: memo.length === 0 ? '' : (open?.(order) ?? null),
    ledger: null,
    validUntilMs: null,
  };
}

/** Whom an order pays, in a few words: "mp1abc...wxyz", or "Anna" at cashbook. */
export function payeeText({ recipient, ledger }: OrderView): string {
  return ledger === null ? shortName(recipient) : `${quoted(recipient)} at ${ledger}`;
}

/** A bech32m name short enough for a line: its first eleven characters and its last four. */
export function shortName(name: string): string {
  return name.length <= 18 ? name : `${name.slice(0, 11)}...${name.slice(-4)}`;
}

export function certificateView(
  network: JudgedNetwork,
  certificate: Certificate,
  open?: OpenMemo,
): CertificateView {
  return {
    epoch: certificate.epoch,
    order: orderView(network, certificate.order, open),
    // As they were called when they voted: a receipt reads the same for ever.
    votes: certificate.votes.map(({ member }) => memberName(network, member, certificate.epoch)),
  };
}
