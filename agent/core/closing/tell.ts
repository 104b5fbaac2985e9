/**
 * What this authority knows of a place that somebody asks about: its certificate, what was decided,
 * or how many members have stated. What was decided proves itself; everything else is checked, or
 * counts for nothing.
 */
import { readAccount } from '../authority/account.ts';
import { MAX_CERTIFICATES_PER_FRAME } from '../base/limits.ts';
import type { Decision } from '../codec/agreement.ts';
import type { ClosingPlace } from '../codec/closing.ts';
import type { Draft, WayBack } from '../draft.ts';
import { certificateAt, recorded } from '../journal.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { closingAt } from './settle.ts';

/** The decision that was carried out last at a place, if one was. */
export function decisionAt(
  draft: Draft,
  { account, sequence }: ClosingPlace,
): Decision | undefined {
  const fact = recorded(draft, SPACES.closedAt.at(account, sequence));
  return fact?.TAG === 'closing' ? fact.data : undefined;
}

/** Answers with what this authority knows of a place. */
export function tellPlace(
  draft: Draft,
  setup: AuthoritySetup,
  to: WayBack,
  place: ClosingPlace,
): void {
  const { member } = setup.authority;
  const certificate = certificateAt(draft, place.account, place.sequence);
  if (certificate !== undefined) {
    const { account } = place;
    const { next } = readAccount(draft, account);
    const certificates = [certificate].slice(0, MAX_CERTIFICATES_PER_FRAME);
    return draft.answer(to, { TAG: 'certificates', data: { member, account, next, certificates } });
  }
  const statements = closingAt(draft, place)?.statements.length ?? 0;
  const data = { member, place, statements, decision: decisionAt(draft, place) };
  draft.answer(to, { TAG: 'closingTold', data });
}
