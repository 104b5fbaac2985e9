/**
 * What a wallet holds: its own account as far as certificates prove it. Nothing here comes from an
 * authority's word; a certificate counts because a quorum signed it. That makes the balance a lower
 * bound of the real one as long as this state is whole: a wallet that came back from its key, or is
 * an old copy, may miss payments that it made. What it misses only the members can tell (plan.ts).
 */

import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { MAX_PAYMENTS_NAMED } from '../base/limits.ts';
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
import { type Certificate, type Order, orderHash, payeeOf } from '../codec/order.ts';
import type { LiveOrder, PaymentRecord, WalletRecord } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import type { Network } from '../network/genesis.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { withoutReserve } from './reserves.ts';
import { noteStep } from './withdrawals.ts';

/** The wallet's record, or the one it starts with: what the genesis document issues to it. */
export function readWallet(read: Read, network: Network, account: Uint8Array): WalletRecord {
  const wallet = recordAt(read, SPACES.wallet);
  if (wallet !== undefined) return wallet;
  const empty = {
    account,
    next: FIRST_SEQUENCE,
    payments: 0n,
    closed: 0n,
    balances: [],
    reserves: [],
  };
  return network.genesis.issuance
    .filter((issue) => equalBytes(issue.account, account))
    .reduce<WalletRecord>((wallet, { token, amount }) => plus(wallet, token, amount), empty);
}

/** How many certificates that pay it a wallet has. */
export function creditsIn({ payments, next, closed }: WalletRecord): bigint {
  return payments - (next - closed);
}

/** The unfinished order, if there is one. */
export function readLiveOrder(read: Read): LiveOrder | undefined {
  return recordAt(read, SPACES.liveOrder);
}

/** The nth certificate that this wallet made or received, from 0. */
export function readPayment(read: Read, n: bigint): PaymentRecord | undefined {
  return recordAt(read, SPACES.payment.at(n));
}

/**
 * The certificates whose orders have hashes that begin with these four bytes, from the newest on;
 * undefined: there may be more than are kept track of.
 */
export function readPaymentsNamed(read: Read, begin: number): readonly bigint[] | undefined {
  const known = recordAt(read, SPACES.paymentNamed.at(begin)) ?? [];
  return known.length < MAX_PAYMENTS_NAMED ? known : undefined;
}

/** The first four bytes of a hash. */
function beginOf(hash: Uint8Array): number {
  return new DataView(hash.buffer, hash.byteOffset, 4).getUint32(0);
}

/** The certificate of the wallet's own order with this sequence. */
export function readPaid(read: Read, sequence: Sequence): Certificate | undefined {
  const n = recordAt(read, SPACES.paidAt.at(sequence));
  return n === undefined ? undefined : readPayment(read, n)?.certificate;
}

/** Takes in a valid certificate of the wallet's next order, or of one that was closed before it. */
export function recordPaid(draft: Draft, network: Network, certificate: Certificate): void {
  const { account, sequence, action } = certificate.order.order;
  const before = readWallet(draft, network, account);
  const isLate = sequence < before.next;
  const wallet = isLate ? withoutReserve(before, sequence) : before;
  noteStep(draft, network, certificate.order.order, 'certified');
  draft.write(SPACES.paidAt.at(sequence), wallet.payments);
  addPayment(draft, network, wallet, certificate, {
    ...minus(wallet, action.data.token, action.data.amount),
    next: isLate ? wallet.next : nextSequence(wallet.next),
    closed: isLate ? wallet.closed - 1n : wallet.closed,
  });
}

/** Whether the certificate of an order that pays this wallet is here. */
export function isReceived(read: Read, { account, sequence }: Order): boolean {
  return read.get(SPACES.incomingAt.at(account, sequence).key) !== undefined;
}

/** Takes in a valid certificate that pays this wallet and is not here yet. */
export function recordReceived(draft: Draft, network: Network, certificate: Certificate): void {
  const { account, sequence, action } = certificate.order.order;
  const index = SPACES.incomingAt.at(account, sequence);
  const payee = payeeOf(certificate.order.order);
  invariant(payee !== undefined, 'a certificate that pays this wallet is of a transfer');
  const wallet = readWallet(draft, network, payee);
  draft.write(index, wallet.payments);
  const after = plus(wallet, action.data.token, action.data.amount);
  addPayment(draft, network, wallet, certificate, after);
  draft.note({ kind: 'received', certificate });
}

/** A certified fact credits this wallet: a deposit, or money that a withdrawal gives back. */
export function addToBalance(
  draft: Draft,
  network: Network,
  account: Uint8Array,
  token: TokenIndex,
  amount: Amount,
): void {
  draft.write(SPACES.wallet, plus(readWallet(draft, network, account), token, amount));
}

function addPayment(
  draft: Draft,
  network: Network,
  { payments }: WalletRecord,
  certificate: Certificate,
  after: WalletRecord,
): void {
  const wallMs = BigInt(Math.max(0, draft.stamp.wallMs));
  draft.write(SPACES.payment.at(payments), { wallMs, certificate });
  const named = SPACES.paymentNamed.at(beginOf(orderHash(network.id, certificate.order.order)));
  const alike = draft.read(named) ?? [];
  draft.write(named, [payments, ...alike].slice(0, MAX_PAYMENTS_NAMED));
  draft.write(SPACES.wallet, { ...after, payments: payments + 1n });
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
