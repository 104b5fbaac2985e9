/**
 * What the shell and the command line may know of the state: no other file outside the core looks
 * into its records, apart from the store, which keeps them. How an authority stands is in
 * standing.ts. Nothing here changes the state, and no later step depends on what was asked.
 */

import { asShown } from './authority/account.ts';
import { ledgerDigest } from './authority/digest.ts';
import { equalBytes, toHex } from './base/bytes.ts';
import type { Refusal } from './base/refusal.ts';
import {
  type Epoch,
  FIRST_SEQUENCE,
  type MemberIndex,
  nextSequence,
  type Sequence,
  type TokenIndex,
} from './base/units.ts';
import { type Order, orderHash, type SignedOrder } from './codec/order.ts';
import type {
  Account,
  LiveOrder,
  PaymentRecord,
  WalletRecord,
  WithdrawalStep,
} from './codec/record.ts';
import { Draft } from './draft.ts';
import { proposalHash, proposalsOf, type WantedCommittee } from './epochs/approvals.ts';
import { checkNext, everyMember, numbered, type Seat } from './epochs/change.ts';
import { isStopped } from './epochs/stop.ts';
import type { Read } from './io.ts';
import { type Committee, type Member, memberAt } from './network/committee.ts';
import { committeeOf, currentCommittee, foundingState, isFounded } from './network/committees.ts';
import type { Network } from './network/genesis.ts';
import { recordAt } from './space.ts';
import { SPACES } from './spaces.ts';
import { isBehind } from './standing.ts';
import {
  isReceived,
  readLiveOrder,
  readPaid,
  readPayment,
  readPaymentsNamed,
  readWallet,
} from './wallet/holdings.ts';
import { ownWithdrawal } from './wallet/withdrawals.ts';

/** The id of the network that this state belongs to; undefined: none was ever joined. */
export function networkOf(read: Read): Uint8Array | undefined {
  return read.get(SPACES.genesis.key);
}

/**
 * A network, and by whose state its committees are known: what everybody goes by who shows
 * something of it, reckons a quorum or dials members. Each look sees the committee that judges
 * then.
 */
export interface JudgedNetwork extends Network {
  readonly state: Read;
  /** The committee of the current epoch. */
  readonly committee: Committee;
}

/** The network as this state has it; the state may come later, and until then it is as founded. */
export function judgedBy(network: Network, read: () => Read | undefined): JudgedNetwork {
  const founding = foundingState(network);
  const stateNow = (): Read => {
    const state = read();
    return state !== undefined && isFounded(state) ? state : founding;
  };
  return {
    id: network.id,
    genesis: network.genesis,
    state: { get: (key) => stateNow().get(key) },
    get committee() {
      return currentCommittee(stateNow());
    },
  };
}

/** The network as its genesis document founds it, for whoever has no state of it. */
export function asFounded(network: Network): JudgedNetwork {
  return judgedBy(network, () => undefined);
}

/** The number of the key that sits, or ever sat, in a committee; undefined: it never did. */
export function numberOf({ state }: JudgedNetwork, key: Uint8Array): MemberIndex | undefined {
  return everyMember(state).find((member) => equalBytes(member.key, key))?.number;
}

/** What people call a member, also one that no longer sits in the committee. */
export function memberName(
  { state, committee }: JudgedNetwork,
  member: MemberIndex,
  epoch: Epoch = committee.epoch,
): string {
  const former = (): string | undefined =>
    everyMember(state).findLast(({ number }) => number === member)?.name;
  const judges = committeeOf(state, epoch);
  const name = (judges && memberAt(judges, member)?.name) ?? former();
  return name ?? `member ${member}`;
}

/** What is on its way to change the committee (PROTOCOL: Change of epoch). */
export interface ChangeFigures {
  /** Committees that operators want, and what people call each. */
  readonly wanted: readonly (WantedCommittee & { readonly name: string })[];
  /** This authority gives no more votes in this epoch. */
  readonly isStopped: boolean;
  /** It has not caught up with the change before, and does not vote. */
  readonly isBehind: boolean;
}

export function changeOf(read: Read): ChangeFigures {
  const wanted = proposalsOf(read).map((each) => {
    return { ...each, name: proposalName(proposalHash(each.members)) };
  });
  return { wanted, isStopped: isStopped(read), isBehind: isBehind(read) };
}

/** The committee of these seats that may follow the current one, or why it may not. */
export function nextCommittee(read: Read, seats: readonly Seat[]): readonly Member[] | Refusal {
  const members = numbered(read, seats);
  return checkNext(read, members) ?? members;
}

/** What people call a committee that is wanted, of the hash of it. */
export function proposalName(hash: Uint8Array): string {
  return toHex(hash).slice(0, 16);
}

/** An account in an authority's ledger; one that nobody ever paid has nothing. */
export interface LedgerAccount {
  readonly next: Sequence;
  /** The order that was voted for and is not certified here. */
  readonly pending: SignedOrder | undefined;
  readonly balances: Account['balances'];
  /** What its withdrawals hold, from the vote on. */
  readonly locked: Account['locked'];
}

export function accountOf(read: Read, account: Uint8Array): LedgerAccount {
  const record = recordAt(read, SPACES.account.at(account));
  if (record === undefined) {
    return { next: FIRST_SEQUENCE, pending: undefined, balances: [], locked: [] };
  }
  const { next, pending } = record;
  return { next, pending, ...asShown(record) };
}

/** An authority's ledger as a whole. */
export interface LedgerFigures {
  /** Authorities with the same have applied the same orders (authority/digest.ts). */
  readonly digest: Uint8Array;
  readonly accounts: bigint;
  readonly journalEntries: bigint;
}

/**
 * Looks at the ledger, and remembers the digest until the journal has another entry: nothing else
 * changes a digest, and whoever asks every second costs two reads.
 */
export class LedgerView {
  #head: Uint8Array | undefined;
  #digest: Uint8Array | undefined;

  of(read: Read): LedgerFigures {
    const head = recordAt(read, SPACES.journalHead);
    return {
      digest: this.#digestAt(read, head?.link),
      accounts: recordAt(read, SPACES.accountCount) ?? 0n,
      journalEntries: head?.count ?? 0n,
    };
  }

  #digestAt(read: Read, head: Uint8Array | undefined): Uint8Array {
    if (this.#digest !== undefined && isSame(this.#head, head)) return this.#digest;
    // The draft is thrown away: what it computes anew, the core keeps when it needs it.
    this.#digest = ledgerDigest(new Draft(read, { nowMs: 0, wallMs: 0 }));
    this.#head = head;
    return this.#digest;
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return equalBytes(one, other);
}

/**
 * What a wallet holds, as far as its certificates prove it; what the genesis issues to a new one.
 */
export function walletOf(read: Read, network: Network, account: Uint8Array): WalletRecord {
  return readWallet(read, network, account);
}

/** The order of a wallet that is on its way. */
export function liveOrderOf(read: Read): LiveOrder | undefined {
  return readLiveOrder(read);
}

/** The nth certificate that a wallet made or received, from 0. */
export function paymentOf(read: Read, n: bigint): PaymentRecord | undefined {
  return readPayment(read, n);
}

/** The ns of a wallet's payments whose orders have names that begin so, if that is known. */
export function paymentsNamed(read: Read, begin: number): readonly bigint[] | undefined {
  return readPaymentsNamed(read, begin);
}

/**
 * The certified withdrawals of a wallet, from the newest on. Only the sequences that had one are
 * looked into, so a long history of payments costs little.
 */
export function withdrawalOrdersOf(
  read: Read,
  network: Network,
  account: Uint8Array,
): readonly Order[] {
  const orders: Order[] = [];
  const { next } = readWallet(read, network, account);
  for (let sequence = FIRST_SEQUENCE; sequence < next; sequence = nextSequence(sequence)) {
    if (read.get(SPACES.ownWithdrawal.at(sequence).key) === undefined) continue;
    const order = readPaid(read, sequence)?.order.order;
    if (order?.action.TAG === 'withdrawal') orders.push(order);
  }
  return orders.reverse();
}

export type WithdrawalState = WithdrawalStep['state'];

/** How far a withdrawal of this wallet is, and when it learned of each step. */
export function withdrawalStepsOf(
  read: Read,
  network: Network,
  order: Order,
): readonly WithdrawalStep[] {
  const known = ownWithdrawal(read, order.sequence);
  const isOf = known !== undefined && equalBytes(known.hash, orderHash(network.id, order));
  return isOf ? known.steps : [];
}

/** What withdrawals of this wallet hold of each token that are certified and not finished. */
export function locksOf(
  read: Read,
  network: Network,
  account: Uint8Array,
): ReadonlyMap<TokenIndex, bigint> {
  const sums = new Map<TokenIndex, bigint>();
  for (const order of withdrawalOrdersOf(read, network, account)) {
    const { token, amount } = order.action.data;
    const last = withdrawalStepsOf(read, network, order).at(-1)?.state;
    const holds = last === 'certified' || last === 'submitted';
    if (holds) sums.set(token, (sums.get(token) ?? 0n) + amount);
  }
  return sums;
}

/** Whether a wallet has the certificate of this order, which pays it. */
export function wasReceived(read: Read, order: Order): boolean {
  return isReceived(read, order);
}
