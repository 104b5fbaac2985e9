/**
 * When an authority votes for an order (PROTOCOL: Transfers). The table is the rule: an order is
 * judged by its rows from top to bottom, and the first that does not hold names the refusal.
 * `formal` is the guard of the same name in the formal model (test/formal), which a test compares.
 *
 * Safety: of two different orders for one (account, sequence), an honest authority votes for at
 * most one, because it keeps the first as pending until a certificate takes the sequence.
 * Liveness: an order that is refused `later` may be sent again, the same bytes, until it is not.
 */
import { equalBytes } from '../base/bytes.ts';
import { MAX_ACCOUNTS } from '../base/limits.ts';
import type { RefusalCode } from '../base/refusal.ts';
import { type Order, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import { opensAt } from '../network/genesis.ts';
import type { NodeSetup } from '../setup.ts';
import { balanceOf } from './account.ts';
import { mayHaveAnother } from './rate.ts';

/** All that a rule may look at. */
export interface OrderCase {
  readonly setup: NodeSetup;
  readonly signed: SignedOrder;
  readonly order: Order;
  /** The payer's record. */
  readonly account: Account;
  /** Whether the recipient has a record. */
  readonly isRecipientKnown: boolean;
  readonly accountCount: bigint;
  /** First votes that the payer had here in this hour. */
  readonly votesThisHour: number;
  /** Whether this authority may vote at all (PROTOCOL: Evidence is used). */
  readonly mayVote: boolean;
}

export interface OrderRule {
  readonly name: string;
  readonly code: RefusalCode;
  /** The guard in the formal model; empty where the model abstracts from it. */
  readonly formal: string;
  readonly meaning: string;
  /** It judges the signature, which a payment that is only asked about does not have yet. */
  readonly isOfSignature?: true;
  readonly holds: (order: OrderCase) => boolean;
}

export const ORDER_RULES: readonly OrderRule[] = [
  {
    name: 'MayVote',
    code: 'not_voting',
    formal: '',
    meaning:
      'the authority knows all of its votes: it was not restored, and others vouched for its first start',
    holds: ({ mayVote }) => mayVote,
  },
  {
    name: 'KnownToken',
    code: 'unknown_token',
    formal: '',
    meaning: 'the token is one of the genesis document',
    holds: ({ setup, order }) =>
      setup.network.genesis.tokens[order.action.data.token] !== undefined,
  },
  {
    name: 'PositiveAmount',
    code: 'amount_zero',
    formal: 'order.amount > 0',
    meaning: 'at least one smallest unit is moved',
    holds: ({ order }) => order.action.data.amount > 0n,
  },
  {
    name: 'NotToItself',
    code: 'pays_itself',
    formal: 'order.recipient # order.account',
    meaning: 'the recipient is another account',
    holds: ({ order }) => !equalBytes(order.account, order.action.data.recipient),
  },
  {
    name: 'ValidSignature',
    code: 'bad_signature',
    formal: '',
    meaning: 'the account signed these very bytes for this network',
    isOfSignature: true,
    holds: ({ setup, order, signed }) =>
      setup.verify(order.account, orderSigningBytes(setup.network.id, order), signed.signature),
  },
  {
    name: 'NotFrozen',
    code: 'account_frozen',
    formal: '',
    meaning: 'no two certificates exist for one sequence of this account',
    holds: ({ account }) => !account.frozen,
  },
  {
    name: 'NotUsed',
    code: 'sequence_used',
    formal: 'order.sequence >= self.next[order.account]',
    meaning: 'no certificate has taken this sequence',
    holds: ({ order, account }) => order.sequence >= account.next,
  },
  {
    name: 'NoGap',
    code: 'missing_earlier',
    formal: 'order.sequence <= self.next[order.account]',
    meaning: 'every earlier certificate was applied here',
    holds: ({ order, account }) => order.sequence <= account.next,
  },
  {
    name: 'NothingPending',
    code: 'order_pending',
    formal: 'self.pending[order.account] = None',
    meaning: 'no other order holds this sequence here',
    holds: ({ account }) => account.pending === undefined,
  },
  {
    name: 'EnoughBalance',
    code: 'insufficient_balance',
    formal: 'self.balance[order.account] >= order.amount',
    meaning: 'the balance covers the amount',
    holds: ({ order, account }) =>
      balanceOf(account, order.action.data.token) >= order.action.data.amount,
  },
  {
    name: 'OpensAccount',
    code: 'below_opening',
    formal: '',
    meaning: 'the recipient has a record, or the amount is enough to open one',
    holds: ({ setup, order, isRecipientKnown }) =>
      isRecipientKnown ||
      order.action.data.amount >= opensAt(setup.network.genesis, order.action.data.token),
  },
  {
    name: 'RoomForRecipient',
    code: 'too_many_accounts',
    formal: '',
    meaning: 'the recipient has a record, or there is room for one more',
    holds: ({ setup, isRecipientKnown, accountCount }) =>
      isRecipientKnown || accountCount < BigInt(setup.mostAccounts ?? MAX_ACCOUNTS),
  },
  {
    name: 'WithinRate',
    code: 'too_many_votes',
    formal: '',
    meaning: 'the account has not had all votes yet that the genesis document gives it an hour',
    holds: ({ setup, votesThisHour }) => mayHaveAnother(setup.network.genesis, votesThisHour),
  },
];

/** The first rule that the order breaks, or undefined: vote. */
export function brokenRule(order: OrderCase): OrderRule | undefined {
  return ORDER_RULES.find((rule) => !rule.holds(order));
}

/** Whether the owner's signature was found valid before this rule was looked at. */
export function isOwnerKnownAt(rule: OrderRule): boolean {
  const at = ORDER_RULES.findIndex(({ code }) => code === 'bad_signature');
  return ORDER_RULES.indexOf(rule) > at;
}

/** The first rule that a payment breaks which is not signed yet. */
export function brokenRuleUnsigned(order: OrderCase): OrderRule | undefined {
  return ORDER_RULES.find((rule) => rule.isOfSignature !== true && !rule.holds(order));
}
