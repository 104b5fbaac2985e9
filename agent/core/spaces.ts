/**
 * Every space of the state, and what its keys and values are (space.ts says what a row is). A byte
 * is never used for anything else later. Bytes mean nothing by themselves; there is room for 140
 * more.
 */
import type { ByteKey } from './base/bytes.ts';
import {
  DIGEST_FANOUT,
  MAX_MEMBERS,
  MAX_PAYMENTS_NAMED,
  MAX_READY_COMMITTEES,
  SEED_BYTES,
} from './base/limits.ts';
import type { Epoch, LedgerIndex, LinkId, MemberIndex, Sequence } from './base/units.ts';

import {
  agreementCoder,
  decisionCoder,
  equivocationCoder,
  heardCoder,
  openSubjectsCoder,
  polkaCoder,
  wokenCoder,
} from './codec/agreement.ts';

import { bookEntryCoder, bookHeadCoder, bookPayoutCoder } from './codec/book.ts';

import { epochCoder, hashCoder, keyCoder, memberCoder } from './codec/canonical.ts';
import {
  closingCoder,
  closingRequestCoder,
  toldPlacesCoder,
  winVotesCoder,
} from './codec/closing.ts';
import type { Coder } from './codec/coder.ts';
import {
  alikeCoder,
  approvalCoder,
  behindCoder,
  keptOrdersCoder,
  membersCoder,
  statementCoder,
  stoppedCoder,
} from './codec/epochs.ts';
import { factCountCoder, testimonyCoder } from './codec/fact.ts';
import { looksCoder, openWithdrawalCoder, payoutRecordCoder } from './codec/gateway.ts';
import { knownVoteCoder, lifeCoder, nonceCoder, proofCountCoder } from './codec/message.ts';
import { u16, u32 } from './codec/numbers.ts';
import { signedOrderCoder } from './codec/order.ts';
import { bool, bytesOf, listOf, sizedBytes } from './codec/parts.ts';
import {
  accountCoder,
  attemptsCoder,
  claimCoder,
  committeeCoder,
  connectivityCoder,
  differingCoder,
  journalEntryCoder,
  journalHeadCoder,
  liveOrderCoder,
  nodeLinksCoder,
  numberCoder,
  openQuestionCoder,
  ownBeatsCoder,
  ownLifeCoder,
  ownWithdrawalCoder,
  paceCoder,
  paymentCoder,
  presenceCoder,
  retellingCoder,
  standingCoder,
  treeNodeCoder,
  vouchersCoder,
  walletCoder,
  withdrawalRecordCoder,
  wordCoder,
} from './codec/record.ts';
import { timersCoder } from './codec/timer.ts';
import {
  bytesKey,
  DISK,
  entryKey,
  joinedKey,
  MEMORY,
  many,
  numberKey,
  one,
  pathKey,
  placeKey,
  rowsByByte,
} from './space.ts';

const ACCOUNT = bytesKey('account', 32);
const ACCOUNT_AND_SEQUENCE = entryKey<Sequence>('account', 'sequence');
const SUBJECT = bytesKey('subject', 32);
const HASH = bytesKey('hash', 32);
const LEDGER = placeKey<LedgerIndex>('ledger', 1);
const LEDGER_AND_ID = joinedKey(LEDGER, bytesKey('id', 32));
const MEMBER = placeKey<MemberIndex>('member', 2);
const MEMBER_AND_PLACE = joinedKey(MEMBER, placeKey('place', 2));

/** The store's own records, which the core neither reads nor writes. */
const storesOwn: Coder<never> = {
  put: () => undefined,
  take: () => {
    throw new Error('a record of the store');
  },
};

export const SPACES = {
  // An authority's ledger.
  account: many(DISK, 0x41, ACCOUNT, accountCoder),
  accountCount: one(DISK, 0x4e, numberCoder),
  /** The nth account that got a record. */
  accountAt: many(DISK, 0x45, numberKey('n'), keyCoder),
  journal: many(DISK, 0x4a, numberKey('journal number'), journalEntryCoder),
  journalHead: one(DISK, 0x48, journalHeadCoder),
  /** The journal number of a certificate. */
  certificateAt: many(DISK, 0x43, ACCOUNT_AND_SEQUENCE, numberCoder),
  /** The journal number of the certificate that brought an account its nth credit. */
  received: many(DISK, 0x52, entryKey('account', 'n'), numberCoder),
  /** The journal numbers of a proof, and of two certificates for one place. */
  doubleSpend: many(DISK, 0x44, ACCOUNT_AND_SEQUENCE, numberCoder),
  conflict: many(DISK, 0x58, ACCOUNT_AND_SEQUENCE, numberCoder),
  /** How many proofs there are, and which; the journal number of the nth. */
  proofCount: one(DISK, 0x4b, proofCountCoder),
  proof: many(DISK, 0x34, numberKey('n'), numberCoder),
  /** The order voted for at a place where another was certified: its hash. */
  outvoted: many(DISK, 0x33, ACCOUNT_AND_SEQUENCE, hashCoder),
  /** A certified withdrawal, and what became of it (authority/locks.ts). */
  withdrawal: many(DISK, 0xa0, ACCOUNT_AND_SEQUENCE, withdrawalRecordCoder),
  /** Accounts that ordered, or the digests of 16 children (authority/bucket.ts). */
  tree: many(DISK, 0x54, pathKey('path'), treeNodeCoder),
  /** How many entries of the journal those digests know of. */
  digestMark: one(DISK, 0x59, numberCoder),

  // Facts that are no certificates of orders (facts/facts.ts).
  /** The digest of which of them are outcomes; it is set with the first. */
  outcomeSet: one(DISK, 0xdc, hashCoder),
  /** How many there are, and which; the journal number of a fact's name, and of the nth. */
  factCount: one(DISK, 0xb4, factCountCoder),
  factNumber: many(DISK, 0xb5, bytesKey('name', 32), numberCoder),
  factList: many(DISK, 0xb6, numberKey('n'), numberCoder),
  /** How many are about an account, and the journal number of its nth. */
  accountFacts: many(DISK, 0xa1, ACCOUNT, numberCoder),
  accountFact: many(DISK, 0xa2, entryKey('account', 'n'), numberCoder),
  /** Whom the deposit of a ledger with this id was credited to. */
  depositAt: many(DISK, 0xb7, LEDGER_AND_ID, keyCoder),
  /** Withdrawals whose money is locked (authority/open-withdrawals.ts), and where each is there. */
  openWithdrawal: many(DISK, 0xb8, numberKey('place'), openWithdrawalCoder),
  openPlace: many(DISK, 0xb9, ACCOUNT_AND_SEQUENCE, numberCoder),
  openCount: one(DISK, 0xba, numberCoder),
  /** How far a payout is that this node had made (gateway/gateway.ts). */
  payout: many(DISK, 0xbb, ACCOUNT_AND_SEQUENCE, payoutRecordCoder),
  /** Where the deposits of a ledger begin that may not be facts yet. */
  depositCursor: many(DISK, 0xd7, LEDGER, numberCoder),

  // Who judges (network/committees.ts).
  /** The committee of the current epoch. */
  committee: one(DISK, 0x38, committeeCoder),
  formerCommittee: many(DISK, 0x39, placeKey<Epoch>('epoch', 4), committeeCoder),
  /** The decision that ended an epoch (epochs/chain.ts). */
  epochDecision: many(DISK, 0xc2, placeKey<Epoch>('epoch', 4), decisionCoder),
  epochsAskedAt: one(MEMORY, 0xc3, numberCoder),

  // The end of an epoch, at an authority (epochs/epochs.ts).
  /** What a member's operator wants to come next, and what a quorum wanted. */
  approval: many(DISK, 0xc4, MEMBER, approvalCoder),
  readyCommittees: one(DISK, 0xc5, listOf(MAX_READY_COMMITTEES, membersCoder)),
  /** It votes no more in this epoch. */
  stopped: one(DISK, 0xc6, stoppedCoder),
  statement: many(MEMORY, 0xc7, MEMBER, statementCoder),
  statedPage: many(MEMORY, 0xc8, HASH, sizedBytes(u16)),
  judgedLists: one(MEMORY, 0xc9, listOf(MAX_MEMBERS, hashCoder)),
  /** The list of the last cut, and its pages. */
  lastCut: one(DISK, 0xca, hashCoder),
  cutPage: many(DISK, 0xcb, HASH, sizedBytes(u16)),
  /** Orders that may have a certificate of a former epoch (epochs/kept.ts). */
  keptOrders: many(DISK, 0xcc, ACCOUNT_AND_SEQUENCE, keptOrdersCoder),
  /** What alone may be decided of a debate that a former epoch left open (epochs/carried.ts). */
  carried: many(DISK, 0xcf, SUBJECT, polkaCoder),
  /** The ledger does not contain the last cut, as far as is known; and who has the same one. */
  behind: one(DISK, 0xcd, behindCoder),
  alike: one(MEMORY, 0xce, alikeCoder),

  // Whose state this is, and what its key may do.
  /** The id of the network that this state belongs to. */
  genesis: one(DISK, 0x47, hashCoder),
  /** The key of the node whose state this is. */
  owner: one(DISK, 0x42, keyCoder),
  /** Why this authority may not vote. Without a record it may. */
  standing: one(DISK, 0x53, standingCoder),
  /** The life that waits for others to vouch for it. With a record: no vote yet. */
  firstStart: one(DISK, 0x31, ownLifeCoder),
  /** The first life, gossip and vote of another member that was seen (authority/lives.ts). */
  memberLife: many(DISK, 0x35, MEMBER, lifeCoder),
  memberGossip: many(DISK, 0x36, MEMBER, signedOrderCoder),
  memberVote: many(DISK, 0x37, MEMBER, knownVoteCoder),

  // Agreement (agreement/agreement.ts), by the hashes of subjects.
  /** What was said and is held of a subject that is not decided. */
  agreement: many(DISK, 0xa8, SUBJECT, agreementCoder),
  decision: many(DISK, 0xa9, SUBJECT, decisionCoder),
  /** The subjects that are debated, and a heap of those that wait for their turn. */
  openSubjects: one(DISK, 0xaa, openSubjectsCoder),
  waitingSubject: many(DISK, 0xab, numberKey('n'), hashCoder),
  waitingCount: one(DISK, 0xac, numberCoder),
  /** The first time that a member contradicted itself. */
  equivocation: many(DISK, 0xad, MEMBER, equivocationCoder),

  // Closing a sequence.
  /** What is kept of a sequence that is to be closed, or was; the journal number of what did. */
  closing: many(DISK, 0xbc, ACCOUNT_AND_SEQUENCE, closingCoder),
  closedAt: many(DISK, 0xbd, ACCOUNT_AND_SEQUENCE, numberCoder),
  toldPlaces: one(DISK, 0xbf, toldPlacesCoder),

  // A wallet.
  wallet: one(DISK, 0x57, walletCoder),
  liveOrder: one(DISK, 0x4c, liveOrderCoder),
  /** The sequence that it has closed, as it is asked for. */
  ownClosing: one(DISK, 0xc0, closingRequestCoder),
  /** The nth certificate that this wallet made or got. */
  payment: many(DISK, 0x50, numberKey('n'), paymentCoder),
  /** The n of the payment made with a sequence, and of one received. */
  paidAt: many(DISK, 0x4f, numberKey<Sequence>('sequence'), numberCoder),
  incomingAt: many(DISK, 0x49, entryKey<Sequence>('payer', 'sequence'), numberCoder),
  /** The n of those whose order's hash begins with these bytes. */
  paymentNamed: many(DISK, 0xe0, placeKey('hash', 4), listOf(MAX_PAYMENTS_NAMED, numberCoder)),
  /** How far its withdrawal with a sequence is (wallet/withdrawals.ts). */
  ownWithdrawal: many(DISK, 0xa3, numberKey<Sequence>('sequence'), ownWithdrawalCoder),
  /** When it took a certified fact of this name in, and how many there are. */
  takenFact: many(DISK, 0xa4, bytesKey('name', 32), numberCoder),
  takenFacts: one(DISK, 0xa5, numberCoder),
  /** How many facts of a member's list were taken in. */
  takenCursor: many(DISK, 0xa6, MEMBER, numberCoder),
  /** How many credits of a member's list were taken in. */
  incomingCursor: many(DISK, 0x55, MEMBER, numberCoder),

  // A cashbook (cashbook/book.ts), in a store of its own.
  bookHead: one(DISK, 0xd0, bookHeadCoder),
  bookEntry: many(DISK, 0xd1, numberKey('entry'), bookEntryCoder),
  bookPayout: many(DISK, 0xd2, bytesKey('payout key', 32), bookPayoutCoder),
  /** The key of the nth payout, and the number of an open one at each place. */
  bookKeyAt: many(DISK, 0xd3, numberKey('payout'), hashCoder),
  bookOpen: many(DISK, 0xd4, numberKey('place'), numberCoder),
  /** The entry of the deposit with this receipt number's hash, and of the nth deposit. */
  bookReceipt: many(DISK, 0xd5, bytesKey('receipt', 32), numberCoder),
  bookDeposit: many(DISK, 0xd6, numberKey('n'), numberCoder),

  // The store's own (shell/store): the last commit, and the version of the schema.
  commit: one(DISK, 0x5a, storesOwn),
  schema: one(DISK, 0x56, storesOwn),

  // In memory, of all nodes.
  /** Random bytes that this process was given at its start. */
  seed: one(MEMORY, 0x78, bytesOf(SEED_BYTES)),
  timers: one(MEMORY, 0x74, timersCoder),
  /** The epoch by whose committee what follows was judged (turnover.ts). */
  judgedEpoch: one(MEMORY, 0x80, epochCoder),
  nodeLinks: one(MEMORY, 0x6b, nodeLinksCoder),
  /** The member at the other end of a link, of those that have one. */
  linkMember: many(MEMORY, 0x69, numberKey<LinkId>('link'), memberCoder),
  /** The nonce of the question who can be reached that was asked last. */
  reach: one(MEMORY, 0x6f, nonceCoder),
  /** Counts up, so that it is another way to a member each time. */
  turn: one(MEMORY, 0x90, u32),

  // In memory, of an authority.
  /** How many facts of a member's list were read. */
  factCursor: many(MEMORY, 0xd8, MEMBER, numberCoder),
  /** Looks at open withdrawals so far, and where the next one begins. */
  looks: one(MEMORY, 0xd9, looksCoder),
  /** Whether deposits of a ledger are to be asked for. */
  depositLook: many(MEMORY, 0xda, LEDGER, bool),
  /** What another observer said, in the place that follows from what it said. */
  testimony: many(MEMORY, 0xdb, MEMBER_AND_PLACE, testimonyCoder),
  /** How many proofs of a member's list were read. */
  proofCursor: many(MEMORY, 0x65, MEMBER, numberCoder),
  /** Accounts whose orders were voted for lately, and how they are told again. */
  retold: many(MEMORY, 0x6c, placeKey('place', 1), keyCoder),
  retelling: one(MEMORY, 0x7a, retellingCoder),
  /** Bits of the children that have another digest now; the digests, newer than in `tree`. */
  stale: many(MEMORY, 0x73, pathKey('path'), u16),
  freshDigests: many(MEMORY, 0x66, pathKey('path'), bytesOf(DIGEST_FANOUT * 32)),
  /** Votes for an order that won a closing. */
  winVotes: many(MEMORY, 0xbe, ACCOUNT_AND_SEQUENCE, winVotesCoder),
  claim: many(MEMORY, 0x6a, placeKey('place', 2), claimCoder),
  differing: one(MEMORY, 0x75, differingCoder),
  pace: one(MEMORY, 0x61, paceCoder),
  vouchers: one(MEMORY, 0x67, vouchersCoder),
  heard: many(MEMORY, 0xae, SUBJECT, heardCoder),
  woken: one(MEMORY, 0xaf, wokenCoder),
  /** What another member's heartbeats say; this authority's own; what both come to. */
  presence: many(MEMORY, 0xb0, MEMBER, presenceCoder),
  ownBeats: one(MEMORY, 0xb1, ownBeatsCoder),
  connectivity: one(MEMORY, 0xb2, connectivityCoder),

  // In memory, of a wallet.
  attempts: one(MEMORY, 0x63, attemptsCoder),
  question: one(MEMORY, 0x71, openQuestionCoder),
  /** What a member answered to that question, and how many credits it counted. */
  word: many(MEMORY, 0x6d, MEMBER, wordCoder),
  told: many(MEMORY, 0x72, MEMBER, numberCoder),
  /** The page of a member's credits to ask for next through relays. */
  incomingPage: many(MEMORY, 0x68, MEMBER, numberCoder),
};

export type SpaceName = keyof typeof SPACES;

/** Bytes that were given to a space once. */
const RETIRED = [0x32, 0x62, 0x64, 0x6e, 0x70, 0x76, 0x77, 0x79];

const NAMES = Object.keys(SPACES) as SpaceName[];
const ROWS = rowsByByte(
  NAMES.map((name) => ({ name, ...SPACES[name] })),
  RETIRED,
);
const DURABLE = ROWS.map((row) => row?.kept === DISK);

/** Whether a key is kept on disk. */
export function isDurable(key: ByteKey): boolean {
  return DURABLE[key.charCodeAt(0)] === true;
}

/** The name of the space that a key lies in, for messages to people. */
export function spaceOf(key: ByteKey): SpaceName | undefined {
  return ROWS[key.charCodeAt(0)]?.name;
}
