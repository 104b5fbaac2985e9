/**
 * A wallet learns what became of its withdrawals, and which deposits came in: certified facts about
 * its account (core/facts), which it asks every member for and checks for itself.
 *
 * Safety: a fact counts because it proves itself, and once: a decision with a quorum of precommits,
 * a report with as many observers of the ledger as the genesis document asks for. What is told is
 * compared with what the wallet knows as an authority would do it (authority/locks.ts), so money
 * that was paid out never comes back by a lie of a single observer after a refund.
 * Liveness: each member is asked from where its list was left off; a page leads to the next while
 * there is one. What follows from a certificate that is not here yet is asked for again.
 */
import { checkDecision } from '../agreement/decision.ts';
import { equalBytes } from '../base/bytes.ts';
import type { MemberIndex, Sequence } from '../base/units.ts';
import type { Decision } from '../codec/agreement.ts';
import type { AccountFacts, CertifiedFact, Report } from '../codec/fact.ts';
import type { Order, Withdrawal } from '../codec/order.ts';
import type { WithdrawalStep } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { accountIn, factName } from '../facts/fact-list.ts';
import { isRefund, isSettle } from '../gateway/outcome-value.ts';
import { checkReport } from '../gateway/testimony.ts';
import { linkTo } from '../mesh/links.ts';
import { sendToMember } from '../mesh/route.ts';
import { questionOf } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { addToBalance, readPaid } from './holdings.ts';
import { noteStep, ownWithdrawal } from './withdrawals.ts';

/** Asks a member what is certified about this account. */
export function askFacts(draft: Draft, setup: WalletSetup, member: MemberIndex): void {
  askFactsFrom(draft, setup, member, cursorOf(draft, member));
}

function askFactsFrom(draft: Draft, setup: WalletSetup, member: MemberIndex, from: bigint): void {
  const wish = { TAG: 'facts', data: { from } } as const;
  sendToMember(draft, member, questionOf(draft, setup, member, wish));
}

/**
 * How many of a member's list were taken in. Over relays, who may answer in its name, as many as
 * this wallet has: whoever misleads it costs a page.
 */
function cursorOf(draft: Draft, member: MemberIndex): bigint {
  if (linkTo(draft, member) !== undefined) return draft.read(SPACES.takenCursor.at(member)) ?? 0n;
  return draft.read(SPACES.takenFacts) ?? 0n;
}

/** A page of facts about this account, in that member's order. */
export function takeAccountFacts(
  draft: Draft,
  setup: WalletSetup,
  { speaker }: Origin,
  { member, account, from, count, list }: AccountFacts,
): void {
  if (!equalBytes(account, setup.wallet.publicKey)) return;
  let taken = 0n;
  for (const fact of list) {
    if (!takeFact(draft, setup, fact)) break;
    taken++;
  }
  const upTo = from + taken;
  if (speaker === member && from === (draft.read(SPACES.takenCursor.at(member)) ?? 0n)) {
    // Fewer than were read once: the member came back from an old copy.
    if (from > count) draft.remove(SPACES.takenCursor.at(member));
    else if (taken > 0n) draft.write(SPACES.takenCursor.at(member), upTo);
  }
  if (taken > 0n && upTo < count) askFactsFrom(draft, setup, member, upTo);
}

/** False: it cannot be judged yet, or proves nothing. */
function takeFact(draft: Draft, setup: WalletSetup, fact: CertifiedFact): boolean {
  const account = accountIn(fact);
  if (account === undefined || !equalBytes(account, setup.wallet.publicKey)) return false;
  const cell = SPACES.takenFact.at(factName(fact));
  if (draft.has(cell)) return true;
  const isTaken =
    fact.TAG === 'outcome'
      ? takeOutcome(draft, setup, fact.data)
      : takeReport(draft, setup, fact.data);
  if (!isTaken) return false;
  draft.write(cell, BigInt(Math.max(0, draft.stamp.wallMs)));
  draft.write(SPACES.takenFacts, (draft.read(SPACES.takenFacts) ?? 0n) + 1n);
  return true;
}

function takeOutcome(draft: Draft, setup: WalletSetup, decision: Decision): boolean {
  const { subject, value } = decision;
  if (subject.TAG !== 'outcome') return false;
  const own = ownOrder(draft, subject.data.sequence);
  if (own === undefined || checkDecision(draft, setup, decision) !== undefined) return false;
  if (isSettle(value)) return move(draft, setup, own.order, 'submitted', []);
  if (!isRefund(value) || has(draft, own.order, 'submitted')) return false;
  const isOver = BigInt(draft.stamp.wallMs) >= own.withdrawal.validUntilMs;
  giveBack(draft, setup, own.withdrawal);
  return move(draft, setup, own.order, isOver ? 'expired' : 'rejected', []);
}

function takeReport(draft: Draft, setup: WalletSetup, report: Report): boolean {
  const { event, ledger } = report.body;
  if (event.TAG === 'deposit') {
    if (checkReport(draft, setup, report) !== undefined) return false;
    const { token, amount } = event.data;
    addToBalance(draft, setup.network, setup.wallet.publicKey, token, amount);
    draft.note({ kind: 'deposited', ledger, deposit: event.data });
    return true;
  }
  const own = ownOrder(draft, event.data.sequence);
  if (own === undefined || own.withdrawal.ledger !== ledger) return false;
  if (checkReport(draft, setup, report) !== undefined) return false;
  if (event.TAG === 'paid') {
    // Told after the money came back: that stays the last word.
    if (has(draft, own.order, 'rejected')) return true;
    return move(draft, setup, own.order, 'finalized', ['submitted']);
  }
  if (!has(draft, own.order, 'submitted')) return false;
  giveBack(draft, setup, own.withdrawal);
  const wasPaid = has(draft, own.order, 'finalized');
  return move(draft, setup, own.order, wasPaid ? 'returned' : 'rejected', ['submitted']);
}

interface OwnOrder {
  readonly order: Order;
  readonly withdrawal: Withdrawal;
}

/** The withdrawal of this wallet that was certified with this sequence. */
function ownOrder(draft: Draft, sequence: Sequence): OwnOrder | undefined {
  const order = readPaid(draft, sequence)?.order.order;
  return order?.action.TAG === 'withdrawal' ? { order, withdrawal: order.action.data } : undefined;
}

function has(draft: Draft, { sequence }: Order, state: WithdrawalStep['state']): boolean {
  return ownWithdrawal(draft, sequence)?.steps.some((step) => step.state === state) === true;
}

/** Notes a state that comes after some others; false: those are not here yet. */
function move(
  draft: Draft,
  { network }: WalletSetup,
  order: Order,
  to: WithdrawalStep['state'],
  after: readonly WithdrawalStep['state'][],
): boolean {
  if (!after.every((state) => has(draft, order, state))) return false;
  noteStep(draft, network, order, to);
  return true;
}

function giveBack(
  draft: Draft,
  { network, wallet }: WalletSetup,
  { token, amount }: Withdrawal,
): void {
  addToBalance(draft, network, wallet.publicKey, token, amount);
}
