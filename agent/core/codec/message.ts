/**
 * What nodes say to each other. A frame is an envelope and one message. `to` names the authority
 * that it is for, or nobody: then it is for whoever gets it, or, if `route` is not empty, it is an
 * answer on its way back. A relay that passes a frame on writes the link from which it came at the
 * end of `route`; the authority returns the route as it got it, and each relay takes its entry off
 * again. So a relay remembers nothing (relay.ts). Whatever it passes on or back it marks: a frame
 * without the mark is the word of the node at the other end of the link.
 */

import {
  DIGEST_FANOUT,
  HISTORY_MARK_BYTES,
  MAX_BUCKET_ACCOUNTS,
  MAX_CERTIFICATES_PER_FRAME,
  MAX_DIGEST_DEPTH,
  MAX_MEMBERS,
  MAX_PAGES_ASKED,
  MAX_PROOFS_PER_FRAME,
  MAX_ROUTE_HOPS,
  MAX_TOKENS,
  NONCE_BYTES,
} from '../base/limits.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import { ballotCoder, decisionCoder, polkaCoder, proposalCoder } from './agreement.ts';
import {
  amountCoder,
  balanceCoder,
  epochCoder,
  hashCoder,
  keyCoder,
  linkCoder,
  memberCoder,
  sequenceCoder,
  signatureCoder,
  tokenCoder,
} from './canonical.ts';
import * as closing from './closing.ts';
import type { Coder, ValueOf } from './coder.ts';
import { approvalCoder, statementCoder } from './epochs.ts';
import {
  accountFactsCoder,
  certifiedFactCoder,
  factCountCoder,
  factPageCoder,
  testimonyCoder,
} from './fact.ts';
import { u8, u16, u32, u64 } from './numbers.ts';
import { certificateCoder, orderPairCoder, signedOrderCoder, withdrawalCoder } from './order.ts';
import {
  bool,
  bytesOf,
  checked,
  listOf,
  optional,
  sizedBytes,
  struct,
  tupleOf,
  variant,
  variantOf,
  wordOf,
} from './parts.ts';
import {
  AMONG_ALL,
  AMONG_AUTHORITIES,
  AMONG_MEMBERS,
  type MessageRow,
  OF_A_LEDGER,
  type Role,
  TO_A_WALLET,
  TO_BOTH,
  type Voice,
} from './voice.ts';

export const tokenBalanceCoder = struct({ token: tokenCoder, balance: balanceCoder });
export type TokenBalance = ValueOf<typeof tokenBalanceCoder>;

/** An authority's vote on its way to the client. */
const voteCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  orderHash: hashCoder,
  signature: signatureCoder,
});
export type Vote = ValueOf<typeof voteCoder>;

/** An authority's answer to an order that it does not vote for; the part that it signs. */
export const verdictCoder = struct({
  orderHash: hashCoder,
  /** Wire number of the code (refusal.ts). */
  code: u8,
  /** The account's next sequence at this authority, at most behind the order; 0: not told. */
  next: sequenceCoder,
  /** The account's balance there, in the order's token, when the code is `insufficient_balance`. */
  balance: balanceCoder,
});
const orderRefusalCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  verdict: verdictCoder,
  /** The order that holds the sequence, when the code is `order_pending`. */
  pending: optional(signedOrderCoder),
  signature: signatureCoder,
});
export type OrderRefusal = ValueOf<typeof orderRefusalCoder>;

/** What a member says of its own (statement.ts). */
function signed<T>(body: Coder<T>) {
  return struct({ epoch: epochCoder, member: memberCoder, body, signature: signatureCoder });
}

/** How far an authority is with an account; the part that it signs. */
export const progressBodyCoder = struct({
  account: keyCoder,
  /**
   * The account's next sequence there, at most behind the certificate that was told. It never goes
   * back, so to whoever tells of a certificate an old word is no false one.
   */
  next: sequenceCoder,
});
const progressCoder = signed(progressBodyCoder);
export type Progress = ValueOf<typeof progressCoder>;

export const nonceCoder = bytesOf(NONCE_BYTES);

/** What an order is to do before it is signed, as authorities are asked about it. */
const planCoder = variant({
  transfer: [1, struct({ recipient: keyCoder, token: tokenCoder, amount: amountCoder })],
  withdrawal: [2, withdrawalCoder],
});
export type Plan = ValueOf<typeof planCoder>;

/** What an authority knows of an account, in answer to a question; the part that it signs. */
export const latestBodyCoder = struct({
  account: keyCoder,
  /** As in the question. */
  nonce: nonceCoder,
  /** The account's next sequence there. */
  next: sequenceCoder,
  /** How many credits the account has had there. */
  received: u64,
  /** Hash of the order that it voted for and that is not certified there yet. */
  pending: optional(hashCoder),
  /**
   * It remembers each of its votes. If not, nothing pending means nothing (PROTOCOL: Evidence is
   * used).
   */
  knows: bool,
  /** What it would say to the payment in the question, as its ledger is now. */
  answer: optional(
    struct({
      /** Wire number of the code (refusal.ts) with which it would refuse; none: it would vote. */
      code: optional(u8),
      /** The account's balance there, in the token of the payment. */
      balance: balanceCoder,
    }),
  ),
});
const latestCoder = signed(latestBodyCoder);
export type Latest = ValueOf<typeof latestCoder>;

/** Random bytes that an authority's first start gives itself: one ledger begun with its key. */
export const lifeCoder = bytesOf(NONCE_BYTES);

/**
 * A member that starts for the first time asks who knows of another life; the part that it signs.
 */
export const firstStartBodyCoder = struct({ life: lifeCoder });
const firstStartCoder = signed(firstStartBodyCoder);
export type FirstStart = ValueOf<typeof firstStartCoder>;

/** A vote of a member, with its order and the epoch that it was given in. */
export const knownVoteCoder = struct({
  epoch: epochCoder,
  order: signedOrderCoder,
  signature: signatureCoder,
});
export type KnownVote = ValueOf<typeof knownVoteCoder>;

/** The answer; the part that is signed. */
export const vouchBodyCoder = struct({
  /** Who asked, and for which life. */
  about: memberCoder,
  life: lifeCoder,
  /**
   * `first`: this is the first life that I know of, and I will say so of no other. `seen`: I know
   * of another one. `unsure`: my own memory has gaps.
   */
  word: wordOf({ first: 1, seen: 2, unsure: 3 }),
  /** What proves another life, where a vote is at hand. */
  vote: optional(knownVoteCoder),
});
const vouchCoder = signed(vouchBodyCoder);
export type Vouch = ValueOf<typeof vouchCoder>;

/** What an owner wants to know of an account. */
const wishCoder = variant({
  /** Answered by `account`. */
  state: [1, struct({})],
  /** Answered by `latest`. */
  latest: [2, struct({})],
  /** Certificates of the account's own orders from a sequence on. Answered by `certificates`. */
  orders: [3, struct({ from: sequenceCoder })],
  /** Certificates that credit it, from the nth on in the authority's order: `credits`. */
  credits: [4, struct({ from: u64 })],
  /**
   * The same as `latest`, and whether the authority would vote for this payment, which is not
   * signed yet.
   */
  plan: [5, planCoder],
  /** Certified facts about the account, from the nth on. Answered by `accountFacts`. */
  facts: [6, struct({ from: u64 })],
});
export type Wish = ValueOf<typeof wishCoder>;

/** A question about an account; the part that its owner signs (question.ts). */
export const questionBodyCoder = struct({
  /** Who is asked: at another member the question is nobody's. */
  member: memberCoder,
  account: keyCoder,
  nonce: nonceCoder,
  wish: wishCoder,
});
export type QuestionBody = ValueOf<typeof questionBodyCoder>;
const questionCoder = struct({ body: questionBodyCoder, signature: signatureCoder });
export type Question = ValueOf<typeof questionCoder>;

/** That an authority is there; the part that it signs. */
export const wayBodyCoder = struct({
  nonce: nonceCoder,
  /** Whether it votes. */
  votes: bool,
});
const wayCoder = signed(wayBodyCoder);
export type Way = ValueOf<typeof wayCoder>;

/** The last heartbeat that was heard of a member. */
const beatHeardCoder = struct({ member: memberCoder, counter: u32 });
export type BeatHeard = ValueOf<typeof beatHeardCoder>;

/** That a member is there, and how it stands; the part that it signs (presence/heartbeat.ts). */
export const heartbeatBodyCoder = struct({
  /** Counts up from a random number on while the process lives. */
  counter: u32,
  /** Its wall clock, which may be wrong; only ever shown. */
  wallMs: u64,
  /** What its ledger hashes to. */
  digest: hashCoder,
  /** Whether it votes. */
  votes: bool,
  /** The last heartbeat that it heard of other members, of those that it heard lately. */
  heard: listOf(MAX_MEMBERS, beatHeardCoder),
});
const heartbeatCoder = signed(heartbeatBodyCoder);
export type Heartbeat = ValueOf<typeof heartbeatCoder>;

/** Nibbles from the root of the digest tree to one of its nodes. */
const nibbleCoder = checked(u8, (n) => n < DIGEST_FANOUT || `${n} is no nibble of a path`);
const pathCoder = listOf(MAX_DIGEST_DEPTH, nibbleCoder);

const bucketEntryCoder = struct({
  account: keyCoder,
  next: sequenceCoder,
  /** What tells its history from another (authority/history.ts). */
  history: bytesOf(HISTORY_MARK_BYTES),
});
export type BucketEntry = ValueOf<typeof bucketEntryCoder>;

/** The double-spend proofs that an authority holds. */
export const proofCountCoder = struct({
  count: u64,
  /** Sum modulo 2^256 of SHA-256(account, sequence) over all of them (proof-list.ts). */
  set: hashCoder,
});
export type ProofCount = ValueOf<typeof proofCountCoder>;

const rejectedCoder = struct({
  member: optional(memberCoder),
  code: u8,
  account: optional(keyCoder),
  next: sequenceCoder,
});
export type Rejected = ValueOf<typeof rejectedCoder>;

const accountViewCoder = struct({
  member: memberCoder,
  account: keyCoder,
  next: sequenceCoder,
  /** How many credits the account has had at this authority. */
  received: u64,
  pending: optional(signedOrderCoder),
  balances: listOf(MAX_TOKENS, tokenBalanceCoder),
  locked: listOf(MAX_TOKENS, tokenBalanceCoder),
});
export type AccountView = ValueOf<typeof accountViewCoder>;

const certificatesCoder = listOf(MAX_CERTIFICATES_PER_FRAME, certificateCoder);

const certificatePageCoder = struct({
  member: memberCoder,
  account: keyCoder,
  /** The account's next sequence at the sender: whether there is more to ask for. */
  next: sequenceCoder,
  certificates: certificatesCoder,
});
export type CertificatePage = ValueOf<typeof certificatePageCoder>;

const creditsCoder = struct({
  member: memberCoder,
  account: keyCoder,
  from: u64,
  received: u64,
  certificates: certificatesCoder,
});
export type Credits = ValueOf<typeof creditsCoder>;

const bucketCoder = struct({
  path: pathCoder,
  entries: listOf(MAX_BUCKET_ACCOUNTS, bucketEntryCoder),
});

const proofPageCoder = struct({
  from: u64,
  count: u64,
  list: listOf(MAX_PROOFS_PER_FRAME, orderPairCoder),
});
export type ProofPage = ValueOf<typeof proofPageCoder>;

/**
 * Every message, one row each: its number on the wire, what it carries, whose word it is to each
 * kind of node, whether it is carried, and what is signed in it (codec/voice.ts). Which part of a
 * node takes it is checked where the parts are listed (core/parts.ts). A number is never used
 * again: 11 was a question for credits and 23 one for the latest that anybody could ask, 18 asked
 * for more of a bucket.
 */
export const MESSAGES = {
  /** Client to authority: please vote. Answered by `vote` or `orderRefusal`. */
  order: { wire: 1, coder: signedOrderCoder, ...OF_A_LEDGER('owner'), signed: 'order' },
  vote: { wire: 2, coder: voteCoder, ...TO_A_WALLET('signed'), signed: 'vote' },
  orderRefusal: {
    wire: 3,
    coder: orderRefusalCoder,
    ...TO_A_WALLET('signed'),
    signed: 'refusal',
  },
  /** Anyone to authority: this is certified. Answered by `applied` or `rejected`. */
  certificate: { wire: 4, coder: certificateCoder, ...OF_A_LEDGER('proof') },
  /** The account's next sequence there, at most behind the certificate that was told. */
  applied: {
    wire: 5,
    coder: struct({ member: memberCoder, account: keyCoder, next: sequenceCoder }),
    heard: { wallet: 'own' },
    travels: 'no',
  },
  /**
   * The answer to anything that is refused and is no order. `account` and `next`, as in `applied`,
   * only where a certificate came too early.
   */
  rejected: { wire: 6, coder: rejectedCoder, ...TO_A_WALLET('hearsay') },
  /** Authority to authority: your view of an account. Answered by `account`. */
  accountQuery: { wire: 7, coder: struct({ account: keyCoder }), ...AMONG_AUTHORITIES },
  account: { wire: 8, coder: accountViewCoder, ...TO_BOTH },
  /** Catch-up: certificates of one account's own orders from a sequence on. */
  certificatesQuery: {
    wire: 9,
    coder: struct({ account: keyCoder, from: sequenceCoder }),
    ...AMONG_AUTHORITIES,
  },
  certificates: { wire: 10, coder: certificatePageCoder, ...TO_BOTH },
  credits: { wire: 12, coder: creditsCoder, ...TO_A_WALLET('hearsay') },
  /** Authority to authority: an order that I voted for. Not answered. */
  gossip: { wire: 13, coder: signedOrderCoder, ...AMONG_AUTHORITIES },
  /** Authority to authority: two orders that one account signed for one sequence. Not answered. */
  doubleSpend: { wire: 14, coder: orderPairCoder, ...AMONG_AUTHORITIES },
  /**
   * Catch-up: the root of my digest tree, in an epoch whose cut I have. Answered by what I have
   * there where it differs.
   */
  root: { wire: 15, coder: struct({ epoch: epochCoder, digest: hashCoder }), ...AMONG_AUTHORITIES },
  /** Catch-up: the children of a node that is split at the sender. */
  digest: {
    wire: 16,
    coder: struct({ path: pathCoder, children: tupleOf(DIGEST_FANOUT, hashCoder) }),
    ...AMONG_AUTHORITIES,
  },
  /** Catch-up: all my accounts below a path, where they are few, in ascending order. */
  bucket: { wire: 17, coder: bucketCoder, ...AMONG_AUTHORITIES },
  /**
   * What counts of an answer that goes back through other nodes, who might forge it: instead of
   * `applied` and of `rejected` for a certificate that came too early.
   */
  progress: { wire: 19, coder: progressCoder, ...TO_A_WALLET('signed'), signed: 'progress' },
  /**
   * Authority to authority: the proofs that I hold. Answered by `proofsQuery` if some may be new.
   */
  proofCount: { wire: 20, coder: proofCountCoder, ...AMONG_AUTHORITIES },
  /** Your proofs from the nth on, in the order in which you came to hold them. */
  proofsQuery: { wire: 21, coder: struct({ from: u64 }), ...AMONG_AUTHORITIES },
  /** The answer: a page of them, and how many there are. */
  proofs: { wire: 22, coder: proofPageCoder, ...AMONG_AUTHORITIES },
  latest: { wire: 24, coder: latestCoder, ...TO_A_WALLET('signed'), signed: 'latest' },
  /** Member to members, also through others: this is my first start. Answered by `vouch`. */
  firstStart: { wire: 25, coder: firstStartCoder, ...OF_A_LEDGER('signed'), signed: 'first_start' },
  vouch: {
    wire: 26,
    coder: vouchCoder,
    heard: { authority: 'signed' },
    travels: 'back',
    signed: 'vouch',
  },
  /** What is certified about an account besides its orders. Each fact proves itself. */
  accountFacts: { wire: 30, coder: accountFactsCoder, ...TO_A_WALLET('hearsay') },
  /** Owner to authority: what do you know of my account? The wish says how it is answered. */
  question: { wire: 27, coder: questionCoder, ...OF_A_LEDGER('owner'), signed: 'question' },
  /** Anyone to authority: are you there? Answered by `way`. */
  wayQuery: {
    wire: 28,
    coder: struct({ nonce: nonceCoder }),
    heard: { authority: 'open' },
    travels: 'out',
  },
  way: {
    wire: 29,
    coder: wayCoder,
    heard: { authority: 'signed', relay: 'signed', wallet: 'signed' },
    travels: 'back',
    signed: 'way',
  },
  /** Agreement, of which the first three are answered by `decision` if they come again. */
  proposal: { wire: 35, coder: proposalCoder, ...AMONG_MEMBERS('signed'), signed: 'proposal' },
  prevote: { wire: 36, coder: ballotCoder, ...AMONG_MEMBERS('signed'), signed: 'prevote' },
  precommit: { wire: 37, coder: ballotCoder, ...AMONG_MEMBERS('signed'), signed: 'precommit' },
  polka: { wire: 38, coder: polkaCoder, ...AMONG_MEMBERS('proof') },
  decision: { wire: 39, coder: decisionCoder, ...AMONG_MEMBERS('proof') },
  /** Member to members, also through others: I am there. Answered by another if I am news. */
  heartbeat: { wire: 40, coder: heartbeatCoder, ...AMONG_MEMBERS('signed'), signed: 'heartbeat' },
  /** Member to members: my operator wants this committee to come next. Not answered. */
  approval: { wire: 52, coder: approvalCoder, ...AMONG_MEMBERS('signed'), signed: 'approval' },
  /** Member to members: I give no more votes in this epoch. Not answered. */
  statement: { wire: 53, coder: statementCoder, ...AMONG_MEMBERS('signed'), signed: 'statement' },
  /** Pages of lists of orders, by their names. Answered by a `page` for each that is there. */
  pageQuery: {
    wire: 54,
    coder: struct({ names: listOf(MAX_PAGES_ASKED, hashCoder) }),
    ...AMONG_AUTHORITIES,
  },
  page: { wire: 55, coder: struct({ bytes: sizedBytes(u16) }), ...AMONG_AUTHORITIES },
  /** Anyone to anyone: this is my epoch. Answered by the decision that ended it. */
  epochsQuery: { wire: 56, coder: struct({ from: epochCoder }), ...AMONG_ALL('open') },
  epochDecision: { wire: 57, coder: decisionCoder, ...AMONG_ALL('proof') },
  /** To a member: this certified withdrawal is to be settled. Only the certificate counts. */
  settleRequest: { wire: 42, coder: certificateCoder, ...AMONG_MEMBERS('proof') },
  /** An observer of an outer ledger says what happened there. Not answered. */
  testimony: { wire: 43, coder: testimonyCoder, ...AMONG_MEMBERS('signed'), signed: 'testimony' },
  /** A fact that is new to the sender. Not answered. */
  fact: { wire: 44, coder: certifiedFactCoder, ...AMONG_MEMBERS('proof') },
  /** Authority to authority: the facts that I hold. Answered by `factsQuery` if some may be new. */
  factCount: { wire: 45, coder: factCountCoder, ...AMONG_AUTHORITIES },
  /** Your facts from the nth on, in the order in which you came to hold them. */
  factsQuery: { wire: 46, coder: struct({ from: u64 }), ...AMONG_AUTHORITIES },
  /** The answer: a page of them, and how many there are. */
  facts: { wire: 47, coder: factPageCoder, ...AMONG_AUTHORITIES },
  ...closing.CLOSING_MESSAGES,
} as const satisfies Readonly<Record<string, MessageRow>>;

export type Tag = keyof typeof MESSAGES;
/** What a message of this kind carries. */
export type DataOf<T extends Tag> = ValueOf<(typeof MESSAGES)[T]['coder']>;
export type Message = { [T in Tag]: { readonly TAG: T; readonly data: DataOf<T> } }[Tag];

/** How this kind of node takes messages of that kind; undefined: it does not. */
export function heardBy(role: Role, tag: Tag): Voice | undefined {
  const { heard }: { readonly heard: { readonly [R in Role]?: Voice } } = MESSAGES[tag];
  return heard[role];
}

const messageCoder: Coder<Message> = variantOf<{ [T in Tag]: DataOf<T> }>(MESSAGES);

export interface Frame {
  /** The authority that the frame is for. */
  readonly to: MemberIndex | undefined;
  /** Links to go back over, the next one last. */
  readonly route: readonly LinkId[];
  /** Whoever sends the frame had it from somebody else. */
  readonly isPassedOn: boolean;
  readonly message: Message;
}

export const frameCoder: Coder<Frame> = checked(
  struct<Frame>({
    to: optional(memberCoder),
    route: listOf(MAX_ROUTE_HOPS, linkCoder),
    isPassedOn: bool,
    message: messageCoder,
  }),
  ({ to, route, isPassedOn }) =>
    to === undefined ||
    isPassedOn === route.length > 0 ||
    'a frame on its way to a member is passed on if there is a way back, and only then',
);
