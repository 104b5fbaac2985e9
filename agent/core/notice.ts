/**
 * Notices: what happened, for people, logs and the `events` command. Nothing in the protocol reads
 * them. Bytes are bytes here; the shell writes them as names.
 */

import type { Refusal, RefusalCode } from './base/refusal.ts';
import type {
  Balance,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from './base/units.ts';
import type { Subject } from './codec/agreement.ts';
import type { PayoutRecord } from './codec/gateway.ts';
import type { Certificate, SignedOrder } from './codec/order.ts';
import type { LedgerDeposit } from './codec/payout.ts';
import type { ConnectivityStatus, Move } from './codec/record.ts';

export type Notice =
  /** This authority voted for an order. */
  | { readonly kind: 'voted'; readonly order: SignedOrder; readonly again: boolean }
  /** This authority, or this relay for a malformed frame, refused something. */
  | { readonly kind: 'refused'; readonly link: LinkId; readonly refusal: Refusal }
  /** A certificate was applied to this ledger. */
  | { readonly kind: 'applied'; readonly certificate: Certificate }
  /** An account signed two orders for one sequence; both are kept. */
  | { readonly kind: 'double_spend'; readonly first: SignedOrder; readonly second: SignedOrder }
  /** More than f authorities are traitors: two certificates for one sequence. The loudest alarm. */
  | { readonly kind: 'conflict'; readonly first: Certificate; readonly second: Certificate }
  /** This key voted there in another life: this authority never votes again. A loud alarm. */
  | { readonly kind: 'voted_elsewhere'; readonly account: Uint8Array; readonly sequence: Sequence }
  /** Enough others vouched for the first start of this authority: it votes from now on. */
  | { readonly kind: 'vouched_for'; readonly vouchers: number }
  /** Another committee judges from now on; its members may be others, and another number. */
  | { readonly kind: 'epoch_began'; readonly epoch: Epoch; readonly members: number }
  /** The committee decided about a subject, in this round. */
  | { readonly kind: 'agreed'; readonly subject: Subject; readonly round: number }
  /** A certified fact moved the money of a withdrawal. */
  | {
      readonly kind: 'moved';
      readonly account: Uint8Array;
      readonly sequence: Sequence;
      readonly move: Move;
    }
  /** Observers of an outer ledger certified a deposit, and it was credited. */
  | { readonly kind: 'deposited'; readonly ledger: LedgerIndex; readonly deposit: LedgerDeposit }
  /** How far a payout is that this node had made, or what its ledger said last. */
  | {
      readonly kind: 'payout';
      readonly account: Uint8Array;
      readonly sequence: Sequence;
      readonly state: PayoutRecord['state'];
      readonly reference: string;
    }
  /** A member signed two different things of one kind in one round. They are kept as proof. */
  | {
      readonly kind: 'equivocated';
      readonly member: MemberIndex;
      readonly subject: Subject;
      readonly round: number;
    }
  /** A member's operator wants this committee to come next: a hash of it. */
  | { readonly kind: 'approved'; readonly member: MemberIndex; readonly proposal: Uint8Array }
  /** A quorum wants another committee: this authority gives no more votes in this epoch. */
  | { readonly kind: 'epoch_ends'; readonly epoch: Epoch }
  /** This authority votes in this epoch; so many orders of former ones may have certificates. */
  | { readonly kind: 'epoch_settled'; readonly epoch: Epoch; readonly kept: number }
  /** The owner of an account has a sequence closed: this authority states what it voted for. */
  | {
      readonly kind: 'closing_asked';
      readonly account: Uint8Array;
      readonly sequence: Sequence;
      readonly by: 'wish' | 'proof';
    }
  /** What became of a sequence that was to be closed was decided, and carried out here. */
  | {
      readonly kind: 'closed';
      readonly account: Uint8Array;
      readonly sequence: Sequence;
      readonly result: 'none' | 'win' | 'reserve';
    }
  /** The ledgers of this authority and that member are the same, or are being brought together. */
  | { readonly kind: 'compared'; readonly member: MemberIndex; readonly equal: boolean }
  /** Another member is heard from now on, and says that it votes or does not. */
  | { readonly kind: 'heard'; readonly member: MemberIndex; readonly votes: boolean }
  /** It has proven for a while no more that it is there. */
  | { readonly kind: 'silent'; readonly member: MemberIndex }
  /** So many members, this one counted, are heard now: the hint is another one. */
  | {
      readonly kind: 'connectivity';
      readonly from: ConnectivityStatus;
      readonly to: ConnectivityStatus;
      readonly heard: number;
      readonly of: number;
    }
  /** A relay passed a frame on. */
  | { readonly kind: 'relayed'; readonly member: MemberIndex }
  /** A wallet's order is on disk and on its way. */
  | { readonly kind: 'order_created'; readonly order: SignedOrder }
  | {
      readonly kind: 'vote_received';
      readonly member: MemberIndex;
      readonly votes: number;
      readonly quorum: number;
    }
  /** An authority, or a relay on the way to it, said no; the order goes on. */
  | { readonly kind: 'order_refused'; readonly member: MemberIndex; readonly refusal: Refusal }
  | { readonly kind: 'order_certified'; readonly certificate: Certificate }
  /** Another certificate has the order's sequence: it will never be certified. */
  | { readonly kind: 'order_failed'; readonly order: SignedOrder; readonly refusal: Refusal }
  /** A member tells how many have stated what they voted for, where this wallet closes. */
  | {
      readonly kind: 'closing_heard';
      readonly member: MemberIndex;
      readonly statements: number;
      readonly of: number;
    }
  /** An authority has applied everything of this wallet's account up to before `next`. */
  | { readonly kind: 'spread'; readonly member: MemberIndex; readonly next: Sequence }
  /** A wallet holds a new certificate that pays it. */
  | { readonly kind: 'received'; readonly certificate: Certificate }
  /** A member has told all that it knows about this wallet. */
  | { readonly kind: 'refreshed'; readonly member: MemberIndex }
  /** An authority has just answered that it is there. */
  | { readonly kind: 'reached'; readonly member: MemberIndex; readonly votes: boolean }
  /** A member's view of an account, as asked by `query`. It is a claim, not a proof. */
  | {
      readonly kind: 'account_seen';
      readonly member: MemberIndex;
      readonly account: Uint8Array;
      readonly next: Sequence;
      readonly pending: boolean;
      readonly balances: readonly { readonly token: TokenIndex; readonly balance: Balance }[];
      /** What its withdrawals hold, from the vote on. */
      readonly locked: readonly { readonly token: TokenIndex; readonly balance: Balance }[];
    }
  /** What a member vouched for in answer to this wallet's question (latest.ts). */
  | {
      readonly kind: 'latest_seen';
      readonly member: MemberIndex;
      readonly next: Sequence;
      readonly received: bigint;
      /** Hash of the order that it voted for and that is not certified there yet. */
      readonly pending: Uint8Array | undefined;
      /** Whether it remembers each of its votes; if not, nothing pending means nothing. */
      readonly knows: boolean;
      /**
       * What it would say to the payment that was asked about: with which code it would refuse it.
       */
      readonly answer:
        | { readonly refused: RefusalCode | undefined; readonly balance: Balance }
        | undefined;
    }
  /** The command could not be carried out. */
  | { readonly kind: 'command_refused'; readonly refusal: Refusal };
