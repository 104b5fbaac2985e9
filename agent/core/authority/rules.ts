/**
 * When an authority votes for an order (PROTOCOL: Transfers, Withdrawals). The table is the rule:
 * an order is judged by its rows from top to bottom, those for its kind of action, and the first
 * that does not hold names the refusal. No rule looks at a clock (PROTOCOL: Withdrawals).
 * `formal` is the guard of the same name in the formal model (test/formal), which a test compares.
 *
 * Safety: of two different orders for one (account, sequence), an honest authority votes for at
 * most one, because it keeps the first as pending until a certificate takes the sequence.
 * Liveness: an order that is refused `later` may be sent again, the same bytes, until it is not.
 */
import { equalBytes } from '../base/bytes.ts';
import { MAX_ACCOUNTS } from '../base/limits.ts';
import type { RefusalCode } from '../base/refusal.ts';
import type { LedgerIndex } from '../base/units.ts';
import {
  type Action,
  type Order,
  orderSigningBytes,
  type SignedOrder,
  type Transfer,
  type Withdrawal,
} from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import { checkRecipient } from '../ledgers/kinds.ts';
import { type OuterLedger, opensAt } from '../network/genesis.ts';
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
  /** Whether the recipient of a transfer has a record. */
  readonly isRecipientKnown: boolean;
  readonly accountCount: bigint;
  /** First votes that the payer had here in this hour. */
  readonly votesThisHour: number;
  /** Whether this authority may vote at all (PROTOCOL: Evidence is used). */
  readonly mayVote: boolean;
  /** Whether it hears too few other authorities (PROTOCOL: Partitions and merging). */
  readonly isPartitioned: boolean;
  /** Whether it gives no more votes in this epoch (PROTOCOL: Change of epoch). */
  readonly isStopped: boolean;
  /** Whether it stated in this epoch what it voted for at the payer's next sequence. */
  readonly isStated: boolean;
  /** Whether orders of former epochs leave room for this one (epochs/kept.ts). */
  readonly hasRoom: boolean;
}

export interface OrderRule {
  readonly name: string;
  readonly code: RefusalCode;
  /** The guard in the formal model; empty where the model abstracts from it. */
  readonly formal: string;
  readonly meaning: string;
  /** The only kind of action that it judges; undefined: every order. */
  readonly of?: Action['TAG'];
  /** It holds at one authority, or now, and not at another or later. */
  readonly isOfTheMoment?: true;
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
    isOfTheMoment: true,
    holds: ({ mayVote }) => mayVote,
  },
  {
    name: 'EpochGoesOn',
    code: 'epoch_ending',
    formal: '',
    meaning: 'this authority has not stopped voting because the committee is being changed',
    isOfTheMoment: true,
    holds: ({ isStopped }) => !isStopped,
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
    ...ofTransfers(({ recipient }, { order }) => !equalBytes(order.account, recipient)),
  },
  {
    name: 'KnownLedger',
    code: 'unknown_ledger',
    formal: '',
    meaning: 'the outer ledger is one of the genesis document',
    ...ofWithdrawals(({ ledger }, { setup }) => ledgerAt(setup, ledger) !== undefined),
  },
  {
    name: 'PaidOut',
    code: 'token_not_paid_out',
    formal: '',
    meaning: 'that ledger pays out the token',
    ...ofWithdrawals(({ ledger, token }, { setup }) => {
      return ledgerAt(setup, ledger)?.tokens.includes(token) === true;
    }),
  },
  {
    name: 'PayableRecipient',
    code: 'bad_recipient',
    formal: '',
    meaning: 'the recipient is one that this kind of ledger can pay to',
    ...ofWithdrawals(({ ledger, recipient }, { setup }) => {
      return checkRecipient(ledgerAt(setup, ledger)?.kind ?? '', recipient) === undefined;
    }),
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
    name: 'NothingKept',
    code: 'order_kept',
    formal: '',
    meaning: 'no former epoch may have certified another order for this sequence',
    holds: ({ hasRoom }) => hasRoom,
  },
  {
    name: 'NothingPending',
    code: 'order_pending',
    formal: 'self.pending[order.account] = None',
    meaning: 'no other order holds this sequence here',
    isOfTheMoment: true,
    holds: ({ account }) => account.pending === undefined,
  },
  {
    name: 'NotClosing',
    code: 'sequence_closing',
    formal: '',
    meaning: 'the authority has not stated what it voted for at this sequence, to have it closed',
    isOfTheMoment: true,
    holds: ({ isStated }) => !isStated,
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
    ...ofTransfers(({ token, amount }, { setup, isRecipientKnown }) => {
      return isRecipientKnown || amount >= opensAt(setup.network.genesis, token);
    }),
  },
  {
    name: 'RoomForRecipient',
    code: 'too_many_accounts',
    formal: '',
    meaning: 'the recipient has a record, or there is room for one more',
    isOfTheMoment: true,
    ...ofTransfers((_, { setup, isRecipientKnown, accountCount }) => {
      return isRecipientKnown || accountCount < BigInt(setup.mostAccounts ?? MAX_ACCOUNTS);
    }),
  },
  {
    name: 'WithinRate',
    code: 'too_many_votes',
    formal: '',
    meaning: 'the account has not had all votes yet that the genesis document gives it an hour',
    isOfTheMoment: true,
    holds: ({ setup, votesThisHour }) => mayHaveAnother(setup.network.genesis, votesThisHour),
  },
  {
    name: 'NotPartitioned',
    code: 'partitioned',
    formal: '',
    meaning: 'for a withdrawal the authority hears a quorum of the committee, itself included',
    isOfTheMoment: true,
    ...ofWithdrawals((_, { isPartitioned }) => !isPartitioned),
  },
];

/** The rules for each kind of action. */
const RULES_OF: { readonly [T in Action['TAG']]: readonly OrderRule[] } = {
  transfer: ORDER_RULES.filter((rule) => rule.of !== 'withdrawal'),
  withdrawal: ORDER_RULES.filter((rule) => rule.of !== 'transfer'),
};

/** The first rule that the order breaks, or undefined: vote. */
export function brokenRule(order: OrderCase): OrderRule | undefined {
  return RULES_OF[order.order.action.TAG].find((rule) => !rule.holds(order));
}

/** Whether the owner's signature was found valid before this rule was looked at. */
export function isOwnerKnownAt(rule: OrderRule): boolean {
  const at = ORDER_RULES.findIndex(({ code }) => code === 'bad_signature');
  return ORDER_RULES.indexOf(rule) > at;
}

/** The first rule that an order breaks which is not signed yet. */
export function brokenRuleUnsigned(order: OrderCase): OrderRule | undefined {
  const rules = RULES_OF[order.order.action.TAG];
  return rules.find((rule) => rule.isOfSignature !== true && !rule.holds(order));
}

type OfAction = Required<Pick<OrderRule, 'of' | 'holds'>>;

/** A rule that says something of transfers only. */
function ofTransfers(holds: (transfer: Transfer, order: OrderCase) => boolean): OfAction {
  return {
    of: 'transfer',
    holds: (judged) => {
      const { action } = judged.order;
      return action.TAG !== 'transfer' || holds(action.data, judged);
    },
  };
}

/** A rule that says something of withdrawals only. */
function ofWithdrawals(holds: (withdrawal: Withdrawal, order: OrderCase) => boolean): OfAction {
  return {
    of: 'withdrawal',
    holds: (judged) => {
      const { action } = judged.order;
      return action.TAG !== 'withdrawal' || holds(action.data, judged);
    },
  };
}

function ledgerAt({ network }: NodeSetup, ledger: LedgerIndex): OuterLedger | undefined {
  return network.genesis.ledgers[ledger];
}

/**
 * Whether the order keeps all rules that hold at every authority which knows the same facts, and
 * go on to hold until its sequence is taken.
 */
export function isLastinglyValid(order: OrderCase): boolean {
  return ORDER_RULES.every((rule) => rule.isOfTheMoment === true || rule.holds(order));
}
