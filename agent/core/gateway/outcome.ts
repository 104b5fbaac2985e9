/**
 * What members make of the question what becomes of locked money (PROTOCOL: Withdrawals): the rules
 * of the subject `outcome` (agreement/rules.ts).
 *
 * Safety: that there is one outcome is the agreement's matter. Both values are possible for money
 * that is locked, whatever a clock says, so no wrong clock makes anything invalid. Nothing is
 * unlocked here but by a decision.
 * Liveness: whoever finds the withdrawal over by its own clock proposes to refund it, and who heard
 * that a gateway asks proposes to settle it; the other value is only doubted.
 */
import type { SubjectRules } from '../agreement/rules.ts';
import { withdrawalAt } from '../authority/locks.ts';
import { openOf } from '../authority/open-withdrawals.ts';
import type { WithdrawalPlace } from '../codec/fact.ts';
import type { Draft } from '../draft.ts';
import { outcomeDecided, tellFact } from '../facts/facts.ts';
import { isRefund, isSettle, REFUND, SETTLE } from './outcome-value.ts';

export const OUTCOME_RULES: SubjectRules<'outcome'> = {
  mayBegin: (draft, _setup, { account, sequence }) =>
    withdrawalAt(draft, account, sequence)?.state === 'locked',
  propose: (draft, _setup, place) => {
    if (isOver(draft, place)) return REFUND;
    return isPresented(draft, place) ? SETTLE : undefined;
  },
  judge: (draft, _setup, place, value) => {
    if (!isSettle(value) && !isRefund(value)) return 'invalid';
    if (withdrawalAt(draft, place.account, place.sequence)?.state !== 'locked') return 'unknown';
    const wanted = isSettle(value)
      ? isPresented(draft, place) && !isOver(draft, place)
      : isOver(draft, place);
    return wanted ? 'valid' : 'doubted';
  },
  decided: (draft, setup, _place, decision) => {
    if (outcomeDecided(draft, decision) !== undefined) return;
    tellFact(draft, setup, { TAG: 'outcome', data: decision });
  },
};

/** Whether the time that the payer gave is over, by this node's own clock: a hint, never proof. */
export function isOver(draft: Draft, { account, sequence }: WithdrawalPlace): boolean {
  const known = withdrawalAt(draft, account, sequence);
  if (known === undefined) return false;
  return BigInt(Math.floor(draft.stamp.wallMs)) >= known.withdrawal.validUntilMs;
}

function isPresented(draft: Draft, { account, sequence }: WithdrawalPlace): boolean {
  return openOf(draft, account, sequence)?.isPresented === true;
}
