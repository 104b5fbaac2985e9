/**
 * Closing a sequence (PROTOCOL: Closing a sequence): who asks for it, what members state, what is
 * decided, and what each keeps of it.
 */
import { MAX_CLOSING_ORDERS, MAX_MEMBERS, MAX_TOKENS, MAX_TOLD_PLACES } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import { decisionCoder } from './agreement.ts';
import {
  amountCoder,
  epochCoder,
  hashCoder,
  keyCoder,
  memberCoder,
  sequenceCoder,
  signatureCoder,
  tokenCoder,
} from './canonical.ts';
import type { Coder, ValueOf } from './coder.ts';
import { u8, u16 } from './numbers.ts';
import { orderPairCoder, signaturesCoder, signedOrderCoder } from './order.ts';
import { checked, listOf, optional, struct, variant } from './parts.ts';
import { AMONG_MEMBERS, OF_A_LEDGER, TO_BOTH } from './voice.ts';

/** A place among the orders of an account. Its owner signs it to have it closed. */
export const placeCoder = struct({ account: keyCoder, sequence: sequenceCoder });
export type ClosingPlace = ValueOf<typeof placeCoder>;

/** Why the place may be closed: its owner's signed wish, or two orders signed for it. */
const causeCoder = variant({ wish: [1, signatureCoder], proof: [2, orderPairCoder] });
export type ClosingCause = ValueOf<typeof causeCoder>;

export const closingRequestCoder = struct({ place: placeCoder, cause: causeCoder });
export type ClosingRequest = ValueOf<typeof closingRequestCoder>;

/** What a member voted for at a place, where it votes no more; the part that it signs. */
export const statementBodyCoder = struct({ place: placeCoder, voted: optional(hashCoder) });

/** The statement of a member as authorities tell it, with what lets others state as well. */
export const closingStatementCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  place: placeCoder,
  /** The order that it voted for, if any. */
  voted: optional(signedOrderCoder),
  signature: signatureCoder,
  /** None where it only learned what was decided, and states late. */
  cause: optional(causeCoder),
});
export type ClosingStatement = ValueOf<typeof closingStatementCoder>;

/** A statement among others of one place and epoch. */
export interface PlaceStatement {
  readonly member: MemberIndex;
  /** Hash of the order that it voted for, if any. */
  readonly voted: Uint8Array | undefined;
  readonly signature: Uint8Array;
}
const statementCoder: Coder<PlaceStatement> = struct<PlaceStatement>({
  member: memberCoder,
  voted: optional(hashCoder),
  signature: signatureCoder,
});

/** In ascending order of members, each once. */
const statementsCoder = checked(listOf(MAX_MEMBERS, statementCoder), (statements) => {
  for (let i = 1; i < statements.length; i++) {
    if ((statements[i]?.member ?? 0) <= (statements[i - 1]?.member ?? 0)) {
      return 'statements must be in ascending order of members, each once';
    }
  }
  return true;
});

/** What is decided: the statements, and every order that may be certified by them. */
export const closingValueCoder = struct({
  /** Of the statements: a value may be decided in a later epoch than it was proposed in. */
  epoch: epochCoder,
  statements: statementsCoder,
  /** In ascending order of their hashes. */
  orders: listOf(MAX_CLOSING_ORDERS, signedOrderCoder),
});
export type ClosingValue = ValueOf<typeof closingValueCoder>;

export const amountsCoder = listOf(MAX_TOKENS, struct({ token: tokenCoder, amount: amountCoder }));
export type Amounts = ValueOf<typeof amountsCoder>;

const reserveCoder = struct({
  /** Hashes of the orders that it is kept for, ascending. */
  orders: listOf(MAX_CLOSING_ORDERS, hashCoder),
  /** The largest amount of each token among them. */
  amounts: amountsCoder,
});
export type Reserve = ValueOf<typeof reserveCoder>;

/** What follows from the statements. */
export const closingResultCoder = variant({
  /** The sequence is spent, and nothing moves. */
  none: [0, struct({})],
  /** Every member may vote for this order, whatever it stated. */
  win: [1, struct({ order: signedOrderCoder })],
  /** The sequence is spent; money is kept aside for the order that turns out to be certified. */
  reserve: [2, reserveCoder],
});
export type ClosingResult = ValueOf<typeof closingResultCoder>;

/** What an authority keeps of a place that is to be closed, or was. */
export const closingCoder = struct({
  /** Undefined: this authority was never asked, and only learned what was decided. */
  cause: optional(causeCoder),
  /** Statements of this epoch that are at hand, its own among them if it may vote. */
  epoch: epochCoder,
  statements: statementsCoder,
  /** The orders that they name. */
  orders: listOf(MAX_MEMBERS, signedOrderCoder),
  /** What was decided last, and how many decisions there were. */
  decided: optional(struct({ turn: u8, result: closingResultCoder })),
  /** The reserve that the account has for this place now. */
  reserve: optional(reserveCoder),
});
export type ClosingRecord = ValueOf<typeof closingCoder>;

/** Places whose statements are told again, the latest last. */
export const toldPlacesCoder = listOf(MAX_TOLD_PLACES, placeCoder);

/** Votes for the order that won, as they come in. In memory. */
export const winVotesCoder = signaturesCoder;

/** What an authority tells of a place. */
export const closingToldCoder = struct({
  member: memberCoder,
  place: placeCoder,
  /** Statements that it has. */
  statements: u16,
  /** The decision, if there is one. */
  decision: optional(decisionCoder),
});
export type ClosingTold = ValueOf<typeof closingToldCoder>;

/** The vote of a member for an order that won. */
export const closingVoteCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  order: signedOrderCoder,
  signature: signatureCoder,
});
export type ClosingVote = ValueOf<typeof closingVoteCoder>;

/** The messages of closings: rows of `MESSAGES` (message.ts). */
export const CLOSING_MESSAGES = {
  /** Anyone to authority: close this sequence, its owner wants it. Answered by `closingTold`. */
  closingRequest: {
    wire: 48,
    coder: closingRequestCoder,
    ...OF_A_LEDGER('owner'),
    signed: 'closing',
  },
  /** What a member voted for at a sequence, and that it votes there no more. */
  closingStatement: {
    wire: 49,
    coder: closingStatementCoder,
    ...AMONG_MEMBERS('signed'),
    signed: 'closing_statement',
  },
  closingTold: { wire: 50, coder: closingToldCoder, ...TO_BOTH },
  /** The vote of a member for an order that won. */
  closingVote: { wire: 51, coder: closingVoteCoder, ...AMONG_MEMBERS('signed'), signed: 'vote' },
} as const;
