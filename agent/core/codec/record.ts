/** What is stored: the layout of every value of spaces.ts. */

import { equalBytes } from '../base/bytes.ts';
import {
  DIGEST_FANOUT,
  MAX_BUCKET_ACCOUNTS,
  MAX_HEARTBEATS_KEPT,
  MAX_LINKS,
  MAX_MEMBERS,
  MAX_MEMO_BYTES,
  MAX_OWN_RESERVES,
  MAX_TOKENS,
} from '../base/limits.ts';
import type { Amount, TokenIndex } from '../base/units.ts';
import type { Committee } from '../network/committee.ts';
import { decisionCoder } from './agreement.ts';
import {
  amountCoder,
  balanceCoder,
  epochCoder,
  hashCoder,
  keyCoder,
  linkCoder,
  memberCoder,
  sequenceCoder,
  tokenCoder,
} from './canonical.ts';
import { amountsCoder } from './closing.ts';
import type { Coder, ValueOf } from './coder.ts';
import { membersCoder } from './epochs.ts';
import { certifiedFactCoder } from './fact.ts';
import { lifeCoder, nonceCoder, tokenBalanceCoder } from './message.ts';
import { u8, u16, u32, u64 } from './numbers.ts';
import {
  certificateCoder,
  memberSignatureCoder,
  orderPairCoder,
  signedOrderCoder,
  type Withdrawal,
  withdrawalCoder,
} from './order.ts';
import {
  bool,
  bytesOf,
  checked,
  listOf,
  listWith,
  optional,
  struct,
  textOf,
  variant,
  wordOf,
} from './parts.ts';

/**
 * An account as an authority keeps it (PROTOCOL: Transfers). Balances in ascending order of tokens.
 */
export const accountCoder = struct({
  next: sequenceCoder,
  /** Digest of the hashes of all certified orders of this account (base/set-digest.ts). */
  history: hashCoder,
  /** Credits so far, genesis not counted. */
  received: u64,
  /** Two certificates exist for one sequence: no vote any more. */
  frozen: bool,
  balances: listOf(MAX_TOKENS, tokenBalanceCoder),
  /** What withdrawals hold that are not finished, in ascending order of tokens; none is zero. */
  locked: listOf(MAX_TOKENS, tokenBalanceCoder),
  /** Money that is kept aside for orders of closed sequences, all of them together. */
  reserved: listOf(MAX_TOKENS, tokenBalanceCoder),
  /**
   * It said what it voted for at `next`, and votes there no more in that epoch, which stands in the
   * closing's record (closing/statements.ts).
   */
  stated: bool,
  /** How many first votes it had here in an hour, and which hour that was (authority/rate.ts). */
  votes: struct({ hour: u32, count: u32 }),
  /** The one order that this authority has voted for at `next`. */
  pending: optional(signedOrderCoder),
});
export type Account = ValueOf<typeof accountCoder>;

/**
 * How far an account is: its next sequence and its history, the first fields of its record,
 * encoded.
 */
export function progressIn(record: Uint8Array): Uint8Array {
  return record.subarray(0, 8 + 32);
}

/** Bytes of an account's record before its balances. */
const ACCOUNT_HEAD_BYTES = 8 + 32 + 8 + 1 + 1 + 1;

/**
 * Whether the record of an account ends with this signed order as the pending one, which is its
 * last field; without decoding either.
 */
export function endsWithPending(record: Uint8Array, order: Uint8Array): boolean {
  const at = record.length - order.length - 1;
  return at >= ACCOUNT_HEAD_BYTES && record[at] === 1 && equalBytes(record.subarray(at + 1), order);
}

/** A node of the tree of accounts that ordered (authority/bucket.ts). */
export const treeNodeCoder = variant({
  /** The digests of its 16 children, one after the other, as of `digestMark`. */
  split: [0, bytesOf(DIGEST_FANOUT * 32)],
  /** All accounts below it, in ascending order. */
  bucket: [1, listOf(MAX_BUCKET_ACCOUNTS, keyCoder)],
});
export type TreeNode = ValueOf<typeof treeNodeCoder>;

/** The authorities of one epoch. */
export const committeeCoder: Coder<Committee> = struct<Committee>({
  epoch: epochCoder,
  members: membersCoder,
});

/** A certified withdrawal, and what became of the money that it locked (authority/locks.ts). */
export interface WithdrawalRecord {
  /**
   * `locked`: nothing is decided. `settled`: it is to be paid out. Both hold the money. `paid`: it
   * is gone. `refunded`, `returned`: it is in the balance again, without having been paid out, or
   * after the outer ledger gave it back.
   */
  readonly state: 'locked' | 'settled' | 'paid' | 'refunded' | 'returned';
  /** Of the order. */
  readonly hash: Uint8Array;
  readonly withdrawal: Withdrawal;
}

/** What a certified fact does to a withdrawal. */
export type Move = 'settle' | 'refund' | 'pay' | 'return';

export const withdrawalRecordCoder: Coder<WithdrawalRecord> = struct<WithdrawalRecord>({
  state: wordOf({ locked: 1, settled: 2, paid: 3, refunded: 4, returned: 5 }),
  hash: hashCoder,
  withdrawal: withdrawalCoder,
});

const certificatePairCoder = struct({ first: certificateCoder, second: certificateCoder });

/** What the journal keeps for ever, in the order in which this node learned it. */
export const factCoder = variant({
  certificate: [1, certificateCoder],
  doubleSpend: [2, orderPairCoder],
  conflict: [3, certificatePairCoder],
  /** What is certified, and no certificate of an order (codec/fact.ts). */
  certified: [4, certifiedFactCoder],
  /** What closed a sequence. */
  closing: [7, decisionCoder],
});
export type Fact = ValueOf<typeof factCoder>;

/** An entry of the journal; `link` is SHA-256 of the entry before, zeros for the first. */
export const journalEntryCoder = struct({ link: hashCoder, fact: factCoder });

export const journalHeadCoder = struct({ count: u64, link: hashCoder });
export type JournalHead = ValueOf<typeof journalHeadCoder>;

/** A number on its own: a journal number, a count, a cursor. */
export const numberCoder = u64;

/** Whether this authority may vote (PROTOCOL: Evidence is used). Absent: it may. */
export const standingCoder = struct({ reason: textOf(120) });

/** The first start of an authority, until others have vouched for it (authority/first-start.ts). */
export const ownLifeCoder = struct({ life: lifeCoder });

/** What other members said of this first start. In memory. */
export const vouchersCoder = struct({
  vouched: listOf(MAX_MEMBERS, memberCoder),
  /** These know of another life of this key. */
  seen: listOf(MAX_MEMBERS, memberCoder),
});
export type Vouchers = ValueOf<typeof vouchersCoder>;

/** A wallet's own account, as far as its certificates prove it. */
export const walletCoder = struct({
  account: keyCoder,
  next: sequenceCoder,
  payments: u64,
  balances: listOf(MAX_TOKENS, tokenBalanceCoder),
  /** Sequences of its own that were closed, and have no certificate here. */
  closed: u64,
  /** What is kept aside for orders of such sequences that may still turn up. */
  reserves: listOf(
    MAX_OWN_RESERVES,
    struct({ sequence: sequenceCoder, turn: u8, amounts: amountsCoder }),
  ),
});
export type WalletRecord = ValueOf<typeof walletCoder>;

export const liveOrderCoder = struct({
  order: signedOrderCoder,
  createdWallMs: u64,
  /**
   * The epoch that these votes were given in; those of a former one make no certificate any more.
   */
  epoch: epochCoder,
  votes: listOf(MAX_MEMBERS, memberSignatureCoder),
  /** Another order of this account for the same sequence, which an authority showed. */
  rival: optional(signedOrderCoder),
});
export type LiveOrder = ValueOf<typeof liveOrderCoder>;

export const paymentCoder = struct({ wallMs: u64, certificate: certificateCoder });
export type PaymentRecord = ValueOf<typeof paymentCoder>;

/** A state that a withdrawal of a wallet came to, and when the wallet learned of it. */
export interface WithdrawalStep {
  readonly state: keyof typeof WITHDRAWAL_STATES;
  readonly wallMs: bigint;
}

/** All states that people see (wallet/withdrawals.ts), and their numbers in the record. */
const WITHDRAWAL_STATES = {
  pending: 1,
  locked: 2,
  signing: 3,
  certified: 4,
  submitted: 5,
  finalized: 6,
  rejected: 7,
  expired: 8,
  returned: 9,
} as const;

/** How far a withdrawal of a wallet is, by the order's hash. */
export interface OwnWithdrawal {
  readonly hash: Uint8Array;
  readonly steps: readonly WithdrawalStep[];
}

export const ownWithdrawalCoder: Coder<OwnWithdrawal> = struct<OwnWithdrawal>({
  hash: hashCoder,
  steps: listOf(
    Object.keys(WITHDRAWAL_STATES).length,
    struct<WithdrawalStep>({ state: wordOf(WITHDRAWAL_STATES), wallMs: u64 }),
  ),
});

/** A transfer that an owner wants, its memo as it was written. */
export interface WantedTransfer {
  readonly recipient: Uint8Array;
  readonly token: TokenIndex;
  readonly amount: Amount;
  readonly memo: string;
}

/** What an owner wants of an order. */
export type WantedPayment =
  | { readonly TAG: 'transfer'; readonly data: WantedTransfer }
  | { readonly TAG: 'withdrawal'; readonly data: Withdrawal };

export const wantedCoder: Coder<WantedPayment> = variant({
  transfer: [
    1,
    struct<WantedTransfer>({
      recipient: keyCoder,
      token: tokenCoder,
      amount: amountCoder,
      memo: textOf(MAX_MEMO_BYTES),
    }),
  ],
  withdrawal: [2, withdrawalCoder],
});

/**
 * The question for the latest that was asked last, and the payment that waits for the answers. In
 * memory.
 */
export const openQuestionCoder = struct({
  nonce: nonceCoder,
  plan: optional(wantedCoder),
  /** Times that it was asked while the payment waits; none: nothing waits. */
  attempts: optional(u32),
});
export type OpenQuestion = ValueOf<typeof openQuestionCoder>;

/** What a member said in answer to that question. In memory. */
export const wordCoder = struct({
  next: sequenceCoder,
  received: u64,
  pending: optional(hashCoder),
  /** It remembers each of its votes. */
  knows: bool,
  /** What it would say to the payment that was asked about: the code of a refusal, or its vote. */
  answer: optional(struct({ code: optional(u8), balance: balanceCoder })),
});
export type Word = ValueOf<typeof wordCoder>;

/** Links to nodes that proved a key, in the order in which they came up. In memory. */
export const nodeLinksCoder = listWith(
  checked(u16, (count) => count <= MAX_LINKS || `${count} links, at most ${MAX_LINKS}`),
  struct({
    link: linkCoder,
    /** The key that the other end proved, and which member that is in the current committee. */
    key: keyCoder,
    member: optional(memberCoder),
    /** The operator asked for this node: strangers cannot make up such a link. */
    wanted: bool,
    /**
     * When it was last asked for a way to an authority, and whether a signed answer came (ways.ts).
     */
    asked: optional(struct({ atMs: u64, leads: optional(bool) })),
  }),
);
export type NodeLink = ValueOf<typeof nodeLinksCoder>[number];

/** How catch-up goes. In memory. */
export const paceCoder = struct({
  /** Rounds in a row that came early and brought no certificate, up to MAX_IDLE_HURRIES. */
  rounds: u8,
  /** A difference was seen since the last round. */
  isHurried: bool,
  /** When the last round began. */
  beganMs: u64,
});

/** Members whose ledgers were seen to differ, and when last, as `nowMs`. In memory. */
export const differingCoder = listOf(MAX_MEMBERS, struct({ member: memberCoder, atMs: u64 }));

/** What is known of another member by its heartbeats, times as `nowMs`. In memory. */
export const presenceCoder = struct({
  /** The number of the heartbeat that this was taken from. */
  counter: u32,
  /** When the heartbeat of ours was sent that it names: the member was there after that. */
  provenMs: optional(u64),
  votes: bool,
  /** What its wall clock showed, when that came, and what ours showed then. */
  wallMs: u64,
  takenMs: u64,
  takenWallMs: u64,
  /** Whether its ledger was equal to ours then. */
  isEqual: bool,
  /** Whether it is heard, whether it ever was by this process, and since when it is as it is. */
  isHeard: bool,
  wasHeard: bool,
  sinceMs: u64,
  /** Since when it is there again, if it is not taken for heard yet. */
  backMs: optional(u64),
  /** When it was last answered. */
  answeredMs: optional(u64),
});
export type Presence = ValueOf<typeof presenceCoder>;

/** The heartbeats that this authority sent. In memory. */
export const ownBeatsCoder = struct({
  /** The number of the last one. */
  counter: u32,
  /** How often all were told. */
  rounds: u32,
  /** When they were sent, from which number on; those that can still prove something. */
  sent: listOf(MAX_HEARTBEATS_KEPT, struct({ from: u32, atMs: u64 })),
});
export type OwnBeats = ValueOf<typeof ownBeatsCoder>;

/** How an authority is connected to the others (presence/status.ts). In memory. */
export const connectivityCoder = struct({
  status: wordOf({ FULLY_CONNECTED: 1, PARTIAL_CONNECTIVITY: 2, PARTITIONED: 3 }),
  /** Members that are heard, this one counted. */
  heard: u8,
  /** Since when the status is what it is. */
  sinceMs: u64,
});
export type ConnectivityStatus = ValueOf<typeof connectivityCoder>['status'];

/**
 * Who brings something, of which these are the first bytes of a hash, since when, and when it last
 * brought something new. In memory.
 */
export const claimCoder = struct({
  what: bytesOf(8),
  member: memberCoder,
  sinceMs: u64,
  atMs: u64,
});

/** How the telling again of orders without a certificate stands (retell.ts). In memory. */
export const retellingCoder = struct({
  /** The place of the list that the next vote takes, and the one whose turn it is. */
  next: u8,
  place: u8,
  /** Accounts in a row that the walk found without such an order. */
  quiet: u64,
  /** The number of the account that the walk looks at next, once it has begun. */
  at: optional(u64),
  dueMs: u64,
});
export type Retelling = ValueOf<typeof retellingCoder>;

/**
 * How the pursuit of the live order, and the spreading of the last certificate, stand. In memory.
 */
export const attemptsCoder = struct({
  count: u32,
  /** The page of income that each member is shown next, so that it is another each time. */
  shown: listOf(MAX_MEMBERS, struct({ member: memberCoder, pages: u32 })),
  /** Members that were shown a page since the last attempt, so that showing ends. */
  shownNow: listOf(MAX_MEMBERS, memberCoder),
  /** Members that were asked for news which their word hinted at, since the last attempt. */
  askedNow: listOf(MAX_MEMBERS, memberCoder),
  /** How far each late member has been fed since the last attempt, so that feeding ends. */
  fed: listOf(MAX_MEMBERS, struct({ member: memberCoder, upTo: sequenceCoder })),
  /** Members that have not said yet that they applied this wallet's last certificate. */
  unspread: listOf(MAX_MEMBERS, memberCoder),
});
export type Attempts = ValueOf<typeof attemptsCoder>;
