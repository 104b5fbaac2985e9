/** What is stored: the layout of every value of keyspace.ts. */
import * as P from 'micro-packed';
import { MAX_LINKS, MAX_MEMBERS, MAX_TOKENS } from '../limits.ts';
import {
  hashCoder,
  keyCoder,
  linkCoder,
  listOf,
  memberCoder,
  sequenceCoder,
  textOf,
} from './canonical.ts';
import { tokenBalanceCoder } from './message.ts';
import { certificateCoder, memberSignatureCoder, signedOrderCoder } from './order.ts';

/** An account as an authority keeps it (DESIGN 5). Balances in ascending order of tokens. */
export const accountCoder = P.struct({
  next: sequenceCoder,
  /** Chain over the hashes of all certified orders of this account; zeros at first. */
  history: hashCoder,
  /** Credits so far, genesis not counted. */
  received: P.U64BE,
  /** Two certificates exist for one sequence: no vote any more. */
  frozen: P.bool,
  balances: listOf(MAX_TOKENS, tokenBalanceCoder),
  /** The one order that this authority has voted for at `next`. */
  pending: P.optional(P.bool, signedOrderCoder),
});
export type Account = P.UnwrapCoder<typeof accountCoder>;

const certificatePairCoder = P.struct({ first: certificateCoder, second: certificateCoder });
const orderPairCoder = P.struct({ first: signedOrderCoder, second: signedOrderCoder });

/** What the journal keeps for ever, in the order in which this node learned it. */
export const factCoder = P.mappedTag(P.U8, {
  certificate: [1, certificateCoder],
  doubleSpend: [2, orderPairCoder],
  conflict: [3, certificatePairCoder],
});
export type Fact = P.UnwrapCoder<typeof factCoder>;

/** An entry of the journal; `link` is SHA-256 of the entry before, zeros for the first. */
export const journalEntryCoder = P.struct({ link: hashCoder, fact: factCoder });

export const journalHeadCoder = P.struct({ count: P.U64BE, link: hashCoder });
export type JournalHead = P.UnwrapCoder<typeof journalHeadCoder>;

/** A number on its own: a journal number, a count, a cursor. */
export const numberCoder = P.U64BE;

/** Whether this authority may vote (DESIGN 11). Absent: it may. */
export const standingCoder = P.struct({ reason: textOf(120) });

/** A wallet's own account, as far as its certificates prove it. */
export const walletCoder = P.struct({
  account: keyCoder,
  next: sequenceCoder,
  payments: P.U64BE,
  balances: listOf(MAX_TOKENS, tokenBalanceCoder),
});
export type WalletRecord = P.UnwrapCoder<typeof walletCoder>;

export const liveOrderCoder = P.struct({
  order: signedOrderCoder,
  createdWallMs: P.U64BE,
  votes: listOf(MAX_MEMBERS, memberSignatureCoder),
});
export type LiveOrder = P.UnwrapCoder<typeof liveOrderCoder>;

export const paymentCoder = P.struct({ wallMs: P.U64BE, certificate: certificateCoder });
export type PaymentRecord = P.UnwrapCoder<typeof paymentCoder>;

/** Links to nodes that proved a key, in the order in which they came up. In memory. */
export const nodeLinksCoder = P.validate(
  P.array(P.U16BE, P.struct({ link: linkCoder, member: P.optional(P.bool, memberCoder) })),
  (links) => {
    if (links.length > MAX_LINKS) throw new Error(`more than ${MAX_LINKS} links`);
    return links;
  },
);
export type NodeLink = P.UnwrapCoder<typeof nodeLinksCoder>[number];

/** When things are due, as `nowMs`. In memory. */
export const timersCoder = P.struct({
  syncAtMs: P.optional(P.bool, P.U64BE),
  retryAtMs: P.optional(P.bool, P.U64BE),
});
export type Timers = P.UnwrapCoder<typeof timersCoder>;

/** How the pursuit of the live order, and the spreading of the last certificate, stand. In memory. */
export const chaseCoder = P.struct({
  attempts: P.U32BE,
  /** Counts up, to pick another way to a member, or another page of income, each time. */
  ways: P.U32BE,
  /** Members that called the order impossible, with the wire number of their code. */
  impossible: listOf(MAX_MEMBERS, P.struct({ member: memberCoder, code: P.U8 })),
  /** How far each late member has been fed since the last attempt, so that feeding ends. */
  fed: listOf(MAX_MEMBERS, P.struct({ member: memberCoder, upTo: sequenceCoder })),
  /** Members that have not said yet that they applied this wallet's last certificate. */
  unspread: listOf(MAX_MEMBERS, memberCoder),
});
export type Chase = P.UnwrapCoder<typeof chaseCoder>;
