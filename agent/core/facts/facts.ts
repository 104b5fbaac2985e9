/**
 * What certified facts do to an authority's ledger (PROTOCOL: Withdrawals, Deposits).
 *
 *   outcome   the committee decided: a withdrawal is settled, or refunded
 *   paid      a quorum of the ledger's observers saw it paid out: the lock is burned
 *   returned  they saw that it was not, or came back: the lock, or the amount, is the payer's again
 *   deposit   they saw somebody pay in: an account is credited
 *
 * Safety: a fact proves itself, is carried out once, and is kept for ever. What it does follows
 * from what it says, whoever brings it and in whatever order facts of different withdrawals come;
 * one that comes before what it follows from changes nothing until that is here. No clock.
 * Liveness: facts are told to all members, and exchanged until all have the same (exchange.ts).
 */

import { checkDecision } from '../agreement/decision.ts';
import { concludeAgreement } from '../agreement/open.ts';
import { balanceOf, readAccount, withBalance, writeAccount } from '../authority/account.ts';
import { moveLock, withdrawalAt } from '../authority/locks.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { credit, type LedgerIndex } from '../base/units.ts';
import type { Decision } from '../codec/agreement.ts';
import type { CertifiedFact, Report } from '../codec/fact.ts';
import type { LedgerDeposit } from '../codec/payout.ts';
import type { Draft } from '../draft.ts';
import { refusedDecision } from '../epochs/carried.ts';
import { isRefund, isSettle } from '../gateway/outcome-value.ts';
import { checkReport } from '../gateway/testimony.ts';
import { sendToOthers } from '../mesh/route.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { isHeld, keepFact } from './fact-list.ts';

/** What became of a fact that was brought: carried out now, or before, or why it is not. */
export type FactOutcome = 'new' | 'held' | Refusal;

/**
 * Carries out a fact from anybody. `missing_earlier`: what it follows from is not here yet, and it
 * has to be brought again.
 */
export function takeFact(draft: Draft, setup: AuthoritySetup, fact: CertifiedFact): FactOutcome {
  if (isHeld(draft, fact)) return 'held';
  const refused =
    fact.TAG === 'outcome'
      ? takeOutcome(draft, setup, fact.data)
      : takeReport(draft, setup, fact.data);
  if (refused !== undefined) return refused;
  return 'new';
}

/** The committee decided, here or elsewhere, and the decision was checked. */
export function outcomeDecided(draft: Draft, decision: Decision): Refusal | undefined {
  const { subject, value } = decision;
  if (subject.TAG !== 'outcome') return refusal('malformed', { field: 'subject' });
  const { account, sequence } = subject.data;
  const move = isSettle(value) ? 'settle' : isRefund(value) ? 'refund' : undefined;
  if (move === undefined) return refusal('malformed', { field: 'value' });
  const fact: CertifiedFact = { TAG: 'outcome', data: decision };
  if (isHeld(draft, fact)) return undefined;
  const refused = moveLock(draft, account, sequence, move);
  if (refused !== undefined) return refused;
  keepFact(draft, fact);
  draft.note({ kind: 'moved', account, sequence, move });
  return undefined;
}

function takeOutcome(draft: Draft, setup: AuthoritySetup, decision: Decision): Refusal | undefined {
  const { subject } = decision;
  if (subject.TAG !== 'outcome') return refusal('malformed', { field: 'subject' });
  const { account, sequence } = subject.data;
  if (withdrawalAt(draft, account, sequence) === undefined) {
    return refusal('missing_earlier', { field: `withdrawal ${sequence}` });
  }
  const refused = refusedDecision(draft, decision) ?? checkDecision(draft, setup, decision);
  if (refused !== undefined) return refused;
  const moved = outcomeDecided(draft, decision);
  if (moved !== undefined) return moved;
  concludeAgreement(draft, decision);
  return undefined;
}

function takeReport(draft: Draft, setup: AuthoritySetup, report: Report): Refusal | undefined {
  const { event, ledger } = report.body;
  if (event.TAG !== 'deposit') {
    const { account, sequence } = event.data;
    const known = withdrawalAt(draft, account, sequence);
    if (known === undefined || known.state === 'locked') {
      return refusal('missing_earlier', { field: `withdrawal ${sequence}` });
    }
    if (known.withdrawal.ledger !== ledger) {
      return refusal('unknown_ledger', { field: 'ledger', found: `${ledger}` });
    }
  }
  const refused = checkReport(draft, setup, report);
  if (refused !== undefined) return refused;
  if (event.TAG === 'deposit') {
    const already = creditDeposit(draft, ledger, event.data);
    if (already !== undefined) return already;
  } else {
    const { account, sequence } = event.data;
    const move = event.TAG === 'paid' ? 'pay' : 'return';
    const moved = moveLock(draft, account, sequence, move);
    if (moved !== undefined) return moved;
    draft.note({ kind: 'moved', account, sequence, move });
  }
  keepFact(draft, { TAG: 'report', data: report });
  return undefined;
}

/** Credits a deposit, unless one of this name was credited: a name is one deposit for ever. */
function creditDeposit(
  draft: Draft,
  ledger: LedgerIndex,
  deposit: LedgerDeposit,
): Refusal | undefined {
  const cell = SPACES.depositAt.at(ledger, deposit.id);
  if (draft.has(cell)) return refusal('contradicted', { field: 'deposit' });
  const { account: key, token, amount } = deposit;
  const account = readAccount(draft, key);
  writeAccount(draft, key, withBalance(account, token, credit(balanceOf(account, token), amount)));
  draft.write(cell, key);
  draft.note({ kind: 'deposited', ledger, deposit });
  return undefined;
}

/** Tells all other members of a fact that is new here. */
export function tellFact(draft: Draft, setup: AuthoritySetup, fact: CertifiedFact): void {
  sendToOthers(draft, setup, { TAG: 'fact', data: fact });
}
