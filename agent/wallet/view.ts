/** What a wallet holds, read from its records, with names and texts instead of bytes. Pure. */

import { equalBytes } from '../core/base/bytes.ts';
import { nameOf } from '../core/base/names.ts';
import { type TokenIndex, ZERO_BALANCE } from '../core/base/units.ts';
import type { Certificate } from '../core/codec/order.ts';
import type { Read } from '../core/io.ts';
import { quorumOf } from '../core/network/committee.ts';
import {
  type JudgedNetwork,
  liveOrderOf,
  locksOf,
  memberName,
  paymentOf,
  walletOf,
} from '../core/views.ts';
import {
  certificateView,
  type OpenMemo,
  type OrderView,
  orderView,
  type QuantityView,
  quantityView,
} from '../shell/control/money-view.ts';

export interface PaymentView {
  /** From 0, in the order in which the wallet learned of it. */
  readonly number: string;
  readonly direction: 'paid' | 'received';
  /** When this wallet learned of it, by its own clock. */
  readonly wallMs: number;
  readonly order: OrderView;
  readonly votes: readonly string[];
}

/** An order that has no certificate yet. */
export interface LiveOrderView {
  readonly order: OrderView;
  readonly createdWallMs: number;
  readonly votes: readonly string[];
  readonly quorum: number;
}

export interface WalletView {
  readonly address: string;
  readonly network: { readonly name: string; readonly id: string };
  /**
   * Of the payments that are known here, each proven by its certificate. Every token of the
   * network.
   */
  readonly balances: readonly QuantityView[];
  /** The same less what a live order takes. */
  readonly available: readonly QuantityView[];
  /** What withdrawals hold that are certified and not finished. */
  readonly locked: readonly QuantityView[];
  readonly next: string;
  readonly payments: string;
  readonly live: LiveOrderView | null;
}

/** The wallet as its certificates prove it. */
export function walletView(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
  open: OpenMemo,
): WalletView {
  const { balances, next, payments } = walletOf(read, network, account);
  return {
    address: nameOf('account', account),
    network: { name: network.genesis.name, id: nameOf('network', network.id) },
    balances: network.genesis.tokens.map((_, at) => {
      const held = balances.find(({ token }) => token === at)?.balance ?? ZERO_BALANCE;
      return quantityView(network, at as TokenIndex, held);
    }),
    available: network.genesis.tokens.map((_, at) => {
      const token = at as TokenIndex;
      return quantityView(network, token, spendable(read, network, account, token));
    }),
    locked: [...locksOf(read, network, account)].map(([token, minor]) => {
      return quantityView(network, token, minor);
    }),
    next: next.toString(),
    payments: payments.toString(),
    live: liveOrderView(read, network, open),
  };
}

/** What the wallet can spend of a token, in the smallest unit; less what a live order takes. */
export function spendable(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
  token: TokenIndex,
): bigint {
  const { balances } = walletOf(read, network, account);
  const held: bigint = balances.find((entry) => entry.token === token)?.balance ?? ZERO_BALANCE;
  const going = liveOrderOf(read)?.order.order.action.data;
  const leaving: bigint = going?.token === token ? going.amount : ZERO_BALANCE;
  return held - leaving;
}

export function liveOrderView(
  read: Read,
  network: JudgedNetwork,
  open: OpenMemo,
): LiveOrderView | null {
  const live = liveOrderOf(read);
  if (live === undefined) return null;
  return {
    order: orderView(network, live.order, open),
    createdWallMs: Number(live.createdWallMs),
    votes: live.votes.map(({ member }) => memberName(network, member)),
    quorum: quorumOf(network.committee.members.length),
  };
}

export interface ShownPayment {
  readonly view: PaymentView;
  readonly certificate: Certificate;
}

/** Payments from the newest on, at most `most`; without `open` their memos stay sealed. */
export function newestPayments(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
  most: number,
  open?: OpenMemo,
): readonly ShownPayment[] {
  const { payments: count } = walletOf(read, network, account);
  const length = Math.min(Number(count), most);
  return Array.from({ length }, (_, back) => count - 1n - BigInt(back)).flatMap((n) => {
    const record = paymentOf(read, n);
    if (record === undefined) return [];
    const { certificate, wallMs } = record;
    const { order, votes } = certificateView(network, certificate, open);
    const paid = equalBytes(certificate.order.order.account, account);
    const direction = paid ? 'paid' : 'received';
    const view: PaymentView = { number: `${n}`, direction, wallMs: Number(wallMs), order, votes };
    return [{ view, certificate }];
  });
}
