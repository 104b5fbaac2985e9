/**
 * Refusals: what a node answers instead of doing something (PROTOCOL: Failing well). A refusal is a
 * value, never an exception. `REFUSALS` is the one table of codes; the manual and the command line
 * print it.
 *
 * `wire` numbers are frozen: a code that goes is left as a comment, its number is not used again.
 */

import { type Detail, describeDetail } from './detail.ts';

/** Whether sending the very same thing again can help, and what must happen first. */
export type Retry = 'never' | 'later' | 'after_fix';

interface RefusalRow {
  readonly wire: number;
  readonly retry: Retry;
  readonly meaning: string;
}

export const REFUSALS = {
  malformed: { wire: 1, retry: 'never', meaning: 'the bytes are not a canonical message' },
  oversized: { wire: 2, retry: 'never', meaning: 'a message, list or text is above its bound' },
  wrong_network: { wire: 3, retry: 'never', meaning: 'made for another network or version' },
  bad_signature: { wire: 4, retry: 'never', meaning: 'the signature does not fit the key' },
  unknown_token: { wire: 5, retry: 'never', meaning: 'the genesis document has no such token' },
  amount_zero: { wire: 6, retry: 'never', meaning: 'an order moves at least one smallest unit' },
  pays_itself: { wire: 7, retry: 'never', meaning: 'payer and recipient are one account' },
  sequence_used: { wire: 8, retry: 'never', meaning: 'another certificate has this sequence' },
  missing_earlier: {
    wire: 9,
    retry: 'after_fix',
    meaning: 'earlier certificates are missing here',
  },
  order_pending: { wire: 10, retry: 'later', meaning: 'another order holds this sequence' },
  insufficient_balance: { wire: 11, retry: 'later', meaning: 'the balance is below the amount' },
  account_frozen: { wire: 12, retry: 'never', meaning: 'two certificates exist for one sequence' },
  too_many_accounts: {
    wire: 13,
    retry: 'later',
    meaning: 'this authority has no room for accounts',
  },
  not_voting: { wire: 14, retry: 'later', meaning: 'this authority serves but must not vote' },
  not_an_authority: { wire: 15, retry: 'after_fix', meaning: 'this node keeps no ledger' },
  unknown_epoch: { wire: 16, retry: 'later', meaning: 'no committee of this epoch is known here' },
  unknown_member: { wire: 17, retry: 'never', meaning: 'the committee has no such member' },
  no_quorum: { wire: 18, retry: 'never', meaning: 'the certificate has too few valid votes' },
  unreachable: { wire: 19, retry: 'later', meaning: 'this relay has no link to that authority' },
  too_many_hops: { wire: 20, retry: 'never', meaning: 'the frame has passed too many relays' },
  overloaded: { wire: 21, retry: 'later', meaning: 'the node has more work than it may queue' },
  bad_name: { wire: 22, retry: 'never', meaning: 'not a name of this kind, or mistyped' },
  bad_amount: { wire: 23, retry: 'never', meaning: 'not a decimal number in range' },
  too_many_decimals: { wire: 24, retry: 'never', meaning: 'more places than the token has' },
  bad_genesis: { wire: 25, retry: 'never', meaning: 'the genesis document breaks a rule' },
  memo_too_long: { wire: 26, retry: 'never', meaning: 'the memo is above its bound' },
  order_in_flight: { wire: 27, retry: 'later', meaning: 'this wallet has an unfinished order' },
  not_a_wallet: { wire: 29, retry: 'never', meaning: 'this node holds no account of its own' },
  not_the_owner: {
    wire: 30,
    retry: 'never',
    meaning: 'only its owner and authorities are told of an account',
  },
  below_opening: {
    wire: 31,
    retry: 'later',
    meaning: 'the recipient has no account yet, and the amount is too small to open one',
  },
  too_many_votes: {
    wire: 32,
    retry: 'later',
    meaning: 'this account has had its votes for this hour; it goes on by itself',
  },
  recipient_no_key: {
    wire: 33,
    retry: 'never',
    meaning: 'the recipient is no key: nobody could spend what it gets',
  },
  payout_differs: {
    wire: 47,
    retry: 'never',
    meaning: 'the ledger has another payout for this withdrawal',
  },
  unknown_payout: { wire: 48, retry: 'never', meaning: 'the book has no payout of this number' },
  payout_closed: { wire: 49, retry: 'never', meaning: 'the payout has been dealt with already' },
  receipt_used: { wire: 50, retry: 'never', meaning: 'another deposit has this receipt number' },
  no_ledger: { wire: 51, retry: 'after_fix', meaning: 'this node serves no such ledger' },
  unknown_ledger: {
    wire: 34,
    retry: 'never',
    meaning: 'the genesis document has no such outer ledger',
  },
  token_not_paid_out: {
    wire: 35,
    retry: 'never',
    meaning: 'that outer ledger does not pay out this token',
  },
  bad_recipient: {
    wire: 36,
    retry: 'never',
    meaning: 'that outer ledger knows no such kind of recipient',
  },
  partitioned: {
    wire: 37,
    retry: 'later',
    meaning: 'too few authorities hear each other; withdrawals wait until they do',
  },
  bad_valid_until: {
    wire: 38,
    retry: 'never',
    meaning: 'the time until which a withdrawal is tried is over, or too far ahead',
  },
  contradicted: {
    wire: 39,
    retry: 'never',
    meaning: 'something that contradicts it is certified already',
  },
  bad_committee: {
    wire: 58,
    retry: 'never',
    meaning: 'this committee cannot follow the present one',
  },
  epoch_ending: {
    wire: 59,
    retry: 'later',
    meaning: 'the committee is being changed; votes go on in a moment',
  },
  epoch_over: {
    wire: 60,
    retry: 'never',
    meaning: 'certified in a former epoch, and not carried over when that ended',
  },
  order_kept: {
    wire: 61,
    retry: 'later',
    meaning: 'another order may have been certified here in a former epoch',
  },
  sequence_closing: {
    wire: 53,
    retry: 'later',
    meaning: 'this sequence is being closed: no new order is voted for there',
  },
  nothing_to_close: {
    wire: 54,
    retry: 'never',
    meaning: 'there is no such account, or no order of it to close',
  },
  sequence_closed: {
    wire: 55,
    retry: 'never',
    meaning: 'this sequence was closed without an order',
  },
  bad_receipt: { wire: 28, retry: 'never', meaning: 'the receipt proves nothing' },
} as const satisfies Record<string, RefusalRow>;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal extends Detail {
  readonly refused: RefusalCode;
}

/** Makes a refusal. */
export function refusal(code: RefusalCode, detail: Detail = {}): Refusal {
  return { refused: code, ...detail };
}

/** Whether a result is a refusal. */
export function isRefusal(result: unknown): result is Refusal {
  return typeof result === 'object' && result !== null && 'refused' in result;
}

/** One line for a person: "insufficient_balance: amount: expected at most 5.00, found 7.00". */
export function describeRefusal(refused: Refusal): string {
  const code = refused.refused;
  return `${code}: ${describeDetail(refused, REFUSALS[code].meaning)}`;
}

const CODE_BY_WIRE = new Map<number, RefusalCode>(
  Object.entries(REFUSALS).map(([code, row]) => [row.wire, code as RefusalCode]),
);

/** The code of a wire number, if there is one. */
export function refusalCodeOf(wire: number): RefusalCode | undefined {
  return CODE_BY_WIRE.get(wire);
}
