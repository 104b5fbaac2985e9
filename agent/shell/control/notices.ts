/**
 * The core's notices (core/notice.ts) for people, a row each: what the kind means, how it is
 * logged, what it is counted as, and its fields with names instead of bytes. What `meshpay events`
 * writes of one is its row in cli/render/events.ts. A kind without a row does not compile.
 *
 * A payment is routine, and a router's log must not grow with them, nor with what a hostile client
 * sends; an account that cheats is worth a warning; proof that more than f authorities are traitors
 * is the loudest alarm there is (PROTOCOL: Transfers).
 */

import { toHex } from '../../core/base/bytes.ts';
import { nameOf } from '../../core/base/names.ts';
import type { Refusal } from '../../core/base/refusal.ts';
import type { LedgerIndex, Sequence } from '../../core/base/units.ts';
import type { Subject } from '../../core/codec/agreement.ts';
import type { Notice } from '../../core/notice.ts';
import { type JudgedNetwork, memberName, proposalName } from '../../core/views.ts';
import type { Loudness } from '../log/levels.ts';
import { certificateView, orderView, quantityView } from './money-view.ts';

export type NoticeKind = Notice['kind'];
export type NoticeOf<K extends NoticeKind> = Extract<Notice, { readonly kind: K }>;

/** What is counted since the process started; refusals are counted by their codes. */
export type CounterName =
  | 'votes'
  | 'votesAgain'
  | 'certificates'
  | 'relayed'
  | 'doubleSpends'
  | 'conflicts';

interface NoticeRow<K extends NoticeKind> {
  /** What `meshpay events` and the manual say of the kind. */
  readonly meaning: string;
  readonly log: readonly [Loudness, string];
  /** Nothing for what nobody counts. */
  readonly counts: CounterName | 'nothing' | ((notice: NoticeOf<K>) => CounterName | Refusal);
  readonly view: (network: JudgedNetwork, notice: NoticeOf<K>) => object;
}

export const NOTICES = {
  voted: {
    meaning: 'this authority voted for an order',
    log: ['debug', 'voted for an order'],
    counts: ({ again }) => (again ? 'votesAgain' : 'votes'),
    view: (network, { order, again }) => ({ order: orderView(network, order), again }),
  },
  refused: {
    meaning: 'this node refused something that came over a link',
    log: ['debug', 'refused what came over a link'],
    counts: ({ refusal }) => refusal,
    view: (_, { link, refusal }) => ({
      link: link.toString(16).padStart(16, '0'),
      refusal: refusalView(refusal),
    }),
  },
  applied: {
    meaning: 'a certificate was applied to the ledger',
    log: ['debug', 'applied a certificate'],
    counts: 'certificates',
    view: certified,
  },
  double_spend: {
    meaning: 'an account signed two orders for one sequence; both are kept as proof',
    log: ['warn', 'an account signed two orders for one sequence'],
    counts: 'doubleSpends',
    view: (network, { first, second }) => ({
      first: orderView(network, first),
      second: orderView(network, second),
    }),
  },
  conflict: {
    meaning: 'two certificates for one sequence: more authorities are hostile than may be',
    log: ['fatal', 'two certificates for one sequence: more than f authorities are hostile'],
    counts: 'conflicts',
    view: (network, { first, second }) => ({
      first: certificateView(network, first),
      second: certificateView(network, second),
    }),
  },
  voted_elsewhere: {
    meaning:
      'a vote of this key turned up that its ledger does not know: the key was used elsewhere, and this authority stops voting',
    log: ['fatal', 'this key voted in another life: this authority never votes again'],
    counts: 'nothing',
    view: (_, { account, sequence }) => ({
      account: nameOf('account', account),
      sequence: sequence.toString(),
    }),
  },
  vouched_for: {
    meaning: 'enough members vouched for the first start of this authority: it votes from now on',
    log: ['info', 'others vouched for the first start: this authority votes'],
    counts: 'nothing',
    view: (_, { vouchers }) => ({ vouchers }),
  },
  epoch_began: {
    meaning: 'another committee judges from now on',
    log: ['info', 'another committee judges from now on'],
    counts: 'nothing',
    view: (_, { epoch, members }) => ({ epoch, members }),
  },
  approved: {
    meaning: "a member's operator wants another committee to come next",
    log: ['info', 'a member approves of another committee'],
    counts: 'nothing',
    view: (network, { member, proposal }) => ({
      member: memberName(network, member),
      proposal: proposalName(proposal),
    }),
  },
  epoch_ends: {
    meaning: 'a quorum wants another committee: this authority gives no more votes in this epoch',
    log: ['info', 'the committee is being changed: no votes until the next epoch begins'],
    counts: 'nothing',
    view: (_, { epoch }) => ({ epoch }),
  },
  epoch_settled: {
    meaning: 'this authority has the ledger with which the epoch begins: it votes, if it sits',
    log: ['info', 'this ledger contains that with which the epoch begins'],
    counts: 'nothing',
    view: (_, { epoch, kept }) => ({ epoch, kept }),
  },
  moved: {
    meaning: 'a certified fact moved the money of a withdrawal',
    log: ['debug', 'the money of a withdrawal moved'],
    counts: 'nothing',
    view: (_, { account, sequence, move }) => ({
      account: nameOf('account', account),
      sequence: `${sequence}`,
      move,
    }),
  },
  deposited: {
    meaning: 'a deposit on an outer ledger was certified, and credited',
    log: ['debug', 'credited a deposit'],
    counts: 'nothing',
    view: (network, { ledger, deposit }) => ({
      ledger: ledgerName(network, ledger),
      account: nameOf('account', deposit.account),
      ...quantityView(network, deposit.token, deposit.amount),
    }),
  },
  payout: {
    meaning: 'how far a payout is that this node has its ledger make',
    log: ['info', 'how far a payout is'],
    counts: 'nothing',
    view: (_, { account, sequence, state, reference }) => ({
      account: nameOf('account', account),
      sequence: `${sequence}`,
      state,
      reference,
    }),
  },
  agreed: {
    meaning: 'the committee decided about a subject',
    log: ['debug', 'the committee decided about a subject'],
    counts: 'nothing',
    view: (_, { subject, round }) => ({ subject: subjectView(subject), round }),
  },
  equivocated: {
    meaning:
      'a member signed two different things of one kind in one round; both are kept as proof',
    log: ['error', 'a member contradicted itself: it is hostile, or its key was copied'],
    counts: 'nothing',
    view: (network, { member, subject, round }) => ({
      member: memberName(network, member),
      subject: subjectView(subject),
      round,
    }),
  },
  closing_asked: {
    meaning:
      'the owner of an account has a sequence closed; this authority says what it voted for there',
    log: ['info', 'a sequence is being closed'],
    counts: 'nothing',
    view: (_, { account, sequence, by }) => ({ ...placeView(account, sequence), by }),
  },
  closed: {
    meaning:
      'what became of a sequence that was to be closed was decided: none of its orders, one that won, or money kept aside for whichever turns up',
    log: ['info', 'a sequence was closed'],
    counts: 'nothing',
    view: (_, { account, sequence, result }) => ({ ...placeView(account, sequence), result }),
  },
  closing_heard: {
    meaning: 'an authority tells how many have said what they voted for, where this wallet closes',
    log: ['debug', 'a sequence of this wallet is being closed'],
    counts: 'nothing',
    view: (network, { member, statements, of }) => ({
      member: memberName(network, member),
      statements,
      of,
    }),
  },
  compared: {
    meaning: "this authority's ledger was compared with a member's",
    log: ['trace', 'compared ledgers with a member'],
    counts: 'nothing',
    view: (network, { member, equal }) => ({ member: memberName(network, member), equal }),
  },
  heard: {
    meaning: 'a member proved that it is there, and said whether it votes',
    log: ['info', 'a member is heard'],
    counts: 'nothing',
    view: (network, { member, votes }) => ({ member: memberName(network, member), votes }),
  },
  silent: {
    meaning: 'a member has not proven for a while that it is there',
    log: ['info', 'a member is silent'],
    counts: 'nothing',
    view: ofMember,
  },
  connectivity: {
    meaning: 'all members are heard, or at least a quorum, or fewer, than before',
    log: ['info', 'so many members are heard now'],
    counts: 'nothing',
    view: (_, { from, to, heard, of }) => ({ from, to, heard, of }),
  },
  relayed: {
    meaning: 'a frame was passed on to a member',
    log: ['trace', 'passed a frame on'],
    counts: 'relayed',
    view: ofMember,
  },
  order_created: {
    meaning: 'an order of this wallet is stored and on its way',
    log: ['debug', "stored this wallet's order"],
    counts: 'nothing',
    view: (network, { order }) => ({ order: orderView(network, order) }),
  },
  vote_received: {
    meaning: "a member voted for this wallet's order",
    log: ['debug', "a member voted for this wallet's order"],
    counts: 'nothing',
    view: (network, { member, votes, quorum }) => ({
      member: memberName(network, member),
      votes,
      quorum,
    }),
  },
  order_refused: {
    meaning: "a member, or a relay on the way, refused this wallet's order",
    log: ['debug', "a member refused this wallet's order"],
    counts: 'nothing',
    view: (network, { member, refusal }) => ({
      member: memberName(network, member),
      refusal: refusalView(refusal),
    }),
  },
  order_certified: {
    meaning: "this wallet's order has a quorum of votes",
    log: ['debug', "this wallet's order has a quorum of votes"],
    counts: 'nothing',
    view: certified,
  },
  order_failed: {
    meaning: "this wallet's order can never be certified",
    log: ['warn', "this wallet's order can never be certified"],
    counts: 'nothing',
    view: (network, { order, refusal }) => ({
      order: orderView(network, order),
      refusal: refusalView(refusal),
    }),
  },
  spread: {
    meaning: "a member has applied all of this wallet's orders",
    log: ['trace', "a member has applied all of this wallet's orders"],
    counts: 'nothing',
    view: (network, { member, next }) => ({
      member: memberName(network, member),
      next: next.toString(),
    }),
  },
  received: {
    meaning: 'this wallet was paid',
    log: ['debug', 'this wallet was paid'],
    counts: 'nothing',
    view: certified,
  },
  refreshed: {
    meaning: 'a member has told all that it knows of this wallet',
    log: ['trace', 'a member has told all that it knows of this wallet'],
    counts: 'nothing',
    view: ofMember,
  },
  reached: {
    meaning: 'a member answered that it is there, and whether it votes',
    log: ['trace', 'a member answered that it is there'],
    counts: 'nothing',
    view: (network, { member, votes }) => ({ member: memberName(network, member), votes }),
  },
  account_seen: {
    meaning: "a member told an account's state",
    log: ['trace', 'a member told the state of an account'],
    counts: 'nothing',
    view: (network, { member, account, next, pending, balances, locked }) => ({
      member: memberName(network, member),
      account: nameOf('account', account),
      next: next.toString(),
      pending,
      balances: balances.map(({ token, balance }) => quantityView(network, token, balance)),
      locked: locked.map(({ token, balance }) => quantityView(network, token, balance)),
    }),
  },
  latest_seen: {
    meaning: "a member vouched for what it knows of this wallet's account",
    log: ['trace', 'a member vouched for what it knows of an account'],
    counts: 'nothing',
    view: (network, { member, next, received, pending, knows, answer }) => ({
      member: memberName(network, member),
      next: next.toString(),
      /** How many credits the member has counted. */
      received: received.toString(),
      /** Hash of the order that the member voted for, hexadecimal. */
      pending: pending === undefined ? null : toHex(pending),
      /** Whether the member remembers each of its votes. */
      knows,
      /** The code with which it would refuse the payment that it was asked about. */
      refuses: answer?.refused ?? null,
    }),
  },
  command_refused: {
    meaning: 'a command could not be carried out',
    log: ['warn', 'a command could not be carried out'],
    counts: 'nothing',
    view: (_, { refusal }) => ({ refusal: refusalView(refusal) }),
  },
} as const satisfies { readonly [K in NoticeKind]: NoticeRow<K> };

/** The row of a notice. Each row takes the notices of its own kind. */
export function rowOf(notice: Notice): NoticeRow<NoticeKind> {
  return NOTICES[notice.kind] as NoticeRow<NoticeKind>;
}

function placeView(account: Uint8Array, sequence: Sequence) {
  return { account: nameOf('account', account), sequence: sequence.toString() };
}

export type SubjectView =
  | { readonly kind: 'epoch'; readonly epoch: number }
  | {
      readonly kind: Exclude<Subject['TAG'], 'epoch'>;
      readonly account: string;
      readonly sequence: string;
    };

function subjectView({ TAG, data }: Subject): SubjectView {
  if (TAG === 'epoch') return { kind: TAG, epoch: data.epoch };
  const { account, sequence } = data;
  return { kind: TAG, account: nameOf('account', account), sequence: sequence.toString() };
}

export interface RefusalView {
  readonly code: string;
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
}

function refusalView({ refused, ...detail }: Refusal): RefusalView {
  return { code: refused, ...detail };
}

function certified(
  network: JudgedNetwork,
  { certificate }: NoticeOf<'applied' | 'order_certified' | 'received'>,
) {
  return { certificate: certificateView(network, certificate) };
}

function ofMember(
  network: JudgedNetwork,
  { member }: NoticeOf<'relayed' | 'refreshed' | 'silent'>,
) {
  return { member: memberName(network, member) };
}

function ledgerName({ genesis }: JudgedNetwork, ledger: LedgerIndex): string {
  return genesis.ledgers[ledger]?.name ?? `ledger ${ledger}`;
}
