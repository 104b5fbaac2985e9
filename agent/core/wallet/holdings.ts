/**
 * What a wallet holds: its own account as far as certificates prove it. Nothing here comes from an
 * authority's word; a certificate counts because a quorum signed it. That makes the balance a lower
 * bound of the real one as long as this state is whole: a wallet that came back from its key, or is an
 * old copy, may miss payments that it made. What it misses only the members can tell (plan.ts).
 */
import { equalBytes } from '../base/bytes.ts';
import {
  type Amount,
  credit,
  debit,
  FIRST_SEQUENCE,
  nextSequence,
  type Sequence,
  type TokenIndex,
  ZERO_BALANCE,
} from '../base/units.ts';
import { decodeOwn } from '../codec/canonical.ts';
import type { Certificate, Order } from '../codec/order.ts';
import {
  type LiveOrder,
  liveOrderCoder,
  numberCoder,
  type PaymentRecord,
  paymentCoder,
  type WalletRecord,
  walletCoder,
} from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { keyOfEntry, keyOfNumber, singleton } from '../keyspace.ts';
import type { Network } from '../network/genesis.ts';

/** The wallet's record, or the one it starts with: what the genesis document issues to it. */
export function readWallet(read: Read, network: Network, account: Uint8Array): WalletRecord {
  const bytes = read.get(singleton('wallet'));
  if (bytes !== undefined) return decodeOwn(walletCoder, bytes);
  const empty = { account, next: FIRST_SEQUENCE, payments: 0n, balances: [] };
  return network.genesis.issuance
    .filter((issue) => equalBytes(issue.account, account))
    .reduce<WalletRecord>((wallet, { token, amount }) => plus(wallet, token, amount), empty);
}

/** The unfinished order, if there is one. */
export function readLiveOrder(read: Read): LiveOrder | undefined {
  const bytes = read.get(singleton('liveOrder'));
  return bytes === undefined ? undefined : decodeOwn(liveOrderCoder, bytes);
}

/** The nth certificate that this wallet made or received, from 0. */
export function readPayment(read: Read, n: bigint): PaymentRecord | undefined {
  const bytes = read.get(keyOfNumber('payment', n));
  return bytes === undefined ? undefined : decodeOwn(paymentCoder, bytes);
}

/** The certificate of the wallet's own order with this sequence. */
export function readPaid(read: Read, sequence: Sequence): Certificate | undefined {
  const bytes = read.get(keyOfNumber('paidAt', sequence));
  return bytes === undefined
    ? undefined
    : readPayment(read, decodeOwn(numberCoder, bytes))?.certificate;
}

/** Takes in a valid certificate of the wallet's next order. */
export function recordPaid(draft: Draft, network: Network, certificate: Certificate): void {
  const { account, sequence, action } = certificate.order.order;
  const wallet = readWallet(draft, network, account);
  draft.write(keyOfNumber('paidAt', sequence), numberCoder, wallet.payments);
  addPayment(draft, wallet, certificate, {
    ...minus(wallet, action.data.token, action.data.amount),
    next: nextSequence(wallet.next),
  });
}

/** Whether the certificate of an order that pays this wallet is here. */
export function isReceived(read: Read, { account, sequence }: Order): boolean {
  return read.get(keyOfEntry('incomingAt', account, sequence)) !== undefined;
}

/** Takes in a valid certificate that pays this wallet and is not here yet. */
export function recordReceived(draft: Draft, network: Network, certificate: Certificate): void {
  const { account, sequence, action } = certificate.order.order;
  const index = keyOfEntry('incomingAt', account, sequence);
  const wallet = readWallet(draft, network, action.data.recipient);
  draft.write(index, numberCoder, wallet.payments);
  addPayment(draft, wallet, certificate, plus(wallet, action.data.token, action.data.amount));
  draft.note({ kind: 'received', certificate });
}

function addPayment(
  draft: Draft,
  { payments }: WalletRecord,
  certificate: Certificate,
  after: WalletRecord,
): void {
  const wallMs = BigInt(Math.max(0, draft.stamp.wallMs));
  draft.write(keyOfNumber('payment', payments), paymentCoder, { wallMs, certificate });
  draft.write(singleton('wallet'), walletCoder, { ...after, payments: payments + 1n });
}

function plus(wallet: WalletRecord, token: TokenIndex, amount: Amount): WalletRecord {
  return withToken(wallet, token, (balance) => credit(balance, amount));
}

function minus(wallet: WalletRecord, token: TokenIndex, amount: Amount): WalletRecord {
  return withToken(wallet, token, (balance) => debit(balance, amount));
}

function withToken(
  wallet: WalletRecord,
  token: TokenIndex,
  change: (balance: typeof ZERO_BALANCE) => typeof ZERO_BALANCE,
): WalletRecord {
  const held = wallet.balances.find((entry) => entry.token === token)?.balance ?? ZERO_BALANCE;
  const others = wallet.balances.filter((entry) => entry.token !== token);
  const balances = [...others, { token, balance: change(held) }];
  return { ...wallet, balances: balances.sort((a, b) => a.token - b.token) };
}
