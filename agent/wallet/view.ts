/** What a wallet holds, read from its records, with names and texts instead of bytes. Pure. */

import { equalBytes } from '../core/base/bytes.ts';
import { nameOf } from '../core/base/names.ts';
import { type TokenIndex, ZERO_BALANCE } from '../core/base/units.ts';
import { type Certificate, orderHash, orderIdOf, payeeOf } from '../core/codec/order.ts';
import type { Read } from '../core/io.ts';
import { quorumOf } from '../core/network/committee.ts';
import {
  type JudgedNetwork,
  liveOrderOf,
  locksOf,
  memberName,
  paymentOf,
  paymentsNamed,
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

/** Which payments are asked for; all that is left out fits any. */
export interface PaymentFilter {
  /** Learned of at this time or later, before that one; by the wallet's own clock. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Received from this account, paid to that one (32 bytes). */
  readonly from?: Uint8Array | undefined;
  readonly to?: Uint8Array | undefined;
}

/**
 * Payments from the newest on, at most `most` of those that are asked for; without `open` their
 * memos stay sealed. Only what is given back costs more than a look at its record.
 */
export function newestPayments(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
  most: number,
  open?: OpenMemo,
  filter: PaymentFilter = {},
): readonly PaymentView[] {
  const { payments: count } = walletOf(read, network, account);
  const views: PaymentView[] = [];
  for (let n = count - 1n; n >= 0n && views.length < most; n--) {
    const record = paymentOf(read, n);
    if (record === undefined || !isAskedFor(record, account, filter)) continue;
    const { certificate, wallMs } = record;
    const { order, votes } = certificateView(network, certificate, open);
    const direction = isPaidBy(certificate, account) ? 'paid' : 'received';
    views.push({ number: `${n}`, direction, wallMs: Number(wallMs), order, votes });
  }
  return views;
}

function isAskedFor(
  { certificate, wallMs }: NonNullable<ReturnType<typeof paymentOf>>,
  account: Uint8Array,
  { sinceMs = 0, untilMs = Infinity, from, to }: PaymentFilter,
): boolean {
  if (Number(wallMs) < sinceMs || Number(wallMs) >= untilMs) return false;
  if (from === undefined && to === undefined) return true;
  const order = certificate.order.order;
  const isPaid = isPaidBy(certificate, account);
  const payee = payeeOf(order);
  return (
    (from !== undefined && !isPaid && equalBytes(order.account, from)) ||
    (to !== undefined && isPaid && payee !== undefined && equalBytes(payee, to))
  );
}

function isPaidBy(certificate: Certificate, account: Uint8Array): boolean {
  return equalBytes(certificate.order.order.account, account);
}

/** The certificate of the newest payment; none if there is none. */
export function newestCertificate(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
): readonly Certificate[] {
  const { payments: count } = walletOf(read, network, account);
  const newest = count === 0n ? undefined : paymentOf(read, count - 1n);
  return newest === undefined ? [] : [newest.certificate];
}

/**
 * The certificates of payments whose order ids begin with `begin`, at most two: whoever asks wants
 * to know whether there is one. Eight digits are found at once, fewer by a look at all.
 */
export function paymentsById(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
  begin: string,
): readonly Certificate[] {
  const { payments: count } = walletOf(read, network, account);
  const digits = /^[0-9a-f]{8}/.exec(begin);
  const named =
    digits === null ? undefined : paymentsNamed(read, Number.parseInt(begin.slice(0, 8), 16));
  const found: Certificate[] = [];
  const look = (n: bigint): void => {
    const certificate = paymentOf(read, n)?.certificate;
    if (certificate === undefined) return;
    const id = orderIdOf(orderHash(network.id, certificate.order.order));
    if (id.startsWith(begin)) found.push(certificate);
  };
  if (named !== undefined) for (const n of named) look(n);
  else for (let n = count - 1n; n >= 0n && found.length < 2; n--) look(n);
  return found.slice(0, 2);
}
