/**
 * A plan: a payment before it is signed. An order that is signed holds its sequence until it is
 * certified, and nobody can take it back (pursue.ts), so the authorities are asked before. Each
 * says, signed and bound to this question, what it knows of the account and whether it would vote.
 *
 * Safety: nothing is signed before n - f members, asked just now, know of no order that this wallet
 * does not know, and would vote for this one. A wallet that has only its key, or an old copy of its
 * folder, may have forgotten orders, and would sign two for one sequence: of the members that voted
 * for one which could be certified, at least one honest one is among any n - f. How long answers
 * stay away changes nothing. The owner may insist on signing without them, but not against the word
 * of more than f members, of whom one is honest, that this wallet has forgotten an order.
 * Liveness: a quorum is n - f, so whatever could be certified now is signed: as many honest members
 * answer. A member that refuses because it is behind is brought what it lacks (feed.ts, income.ts),
 * and asked again. More than f others that refuse leave too few for a quorum, and the plan is given
 * up.
 */

import { equalBytes } from '../base/bytes.ts';
import { PLAN_ATTEMPTS_FASTER } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import type { MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import { type OpenQuestion, type WantedPayment, wantedCoder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { membersOf } from '../network/committees.ts';
import { openedQuestion, questionOf } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimer } from '../timers.ts';
import { answersOf, verdictOn } from './answers.ts';
import { pauseMs, sendAtAttempt, writeAttempts } from './attempts.ts';
import { readLiveOrder } from './holdings.ts';
import { sign } from './pay.ts';
import { askedPayment } from './payment.ts';
import { openQuestion } from './refresh.ts';

/** Asks the authorities about a payment, or the same question once more. */
export function ask(
  draft: Draft,
  setup: WalletSetup,
  payment: WantedPayment,
  nonce: Uint8Array,
): Refusal | undefined {
  const asked = openedQuestion(draft);
  const isSame = asked !== undefined && equalBytes(asked.nonce, nonce);
  if (isSame && !isSamePayment(asked.plan, payment)) {
    const [expected, found] = ['another for another payment', 'the same'];
    return refusal('malformed', { field: 'nonce', expected, found });
  }
  openQuestion(draft, { nonce, plan: payment, attempts: (isSame && asked.attempts) || 0 });
  askAgain(draft, setup);
  return undefined;
}

function isSamePayment(a: WantedPayment | undefined, b: WantedPayment): boolean {
  return a !== undefined && equalBytes(encode(wantedCoder, a), encode(wantedCoder, b));
}

/** Asks once more, and sets the time of the next try. */
export function askAgain(draft: Draft, setup: WalletSetup): void {
  const asked = askedPayment(draft);
  if (asked === undefined) return;
  const { attempts, nonce } = asked;
  const pause = pauseMs(Math.min(attempts, PLAN_ATTEMPTS_FASTER), nonce[attempts % 16] ?? 0);
  setTimer(draft, 'asking', draft.stamp.nowMs + pause);
  writeAttempts(draft, { shownNow: [], askedNow: [] });
  askAbout(draft, setup, membersOf(draft));
  writeQuestion(draft, { ...asked, attempts: (attempts + 1) >>> 0 });
}

/**
 * Puts the question to those of the members that have not said yet that they would vote, and
 * nothing else: whoever is asked answers in the order in which it was asked, and the signed order
 * would wait for every answer before it. What the words hint at is asked for when they are here
 * (`askForNews`).
 */
export function askAbout(draft: Draft, setup: WalletSetup, members: readonly MemberIndex[]): void {
  const asked = askedPayment(draft);
  if (asked === undefined) return;
  const { willing } = answersOf(draft, setup.network, setup.wallet.publicKey);
  const wish = { TAG: 'plan', data: asked.plan } as const;
  for (const member of members.filter((each) => !willing.includes(each))) {
    sendAtAttempt(draft, asked.attempts, member, questionOf(draft, setup, member, wish));
  }
}

/** Gives the plan up. Nothing was signed. */
export function dropPlan(draft: Draft): void {
  const asked = askedPayment(draft);
  if (asked === undefined) return;
  setTimer(draft, 'asking', undefined);
  writeQuestion(draft, { ...asked, attempts: undefined });
}

/** Looks whether the plan may be signed now, or never will be. */
export function judgePlan(draft: Draft, setup: WalletSetup): void {
  const asked = askedPayment(draft);
  if (asked === undefined) return;
  if (readLiveOrder(draft) !== undefined) {
    dropPlan(draft);
    // One that this wallet had forgotten, and that an authority brought back.
    draft.note({ kind: 'command_refused', refusal: refusal('order_in_flight') });
    return;
  }
  const answers = answersOf(draft, setup.network, setup.wallet.publicKey);
  const verdict = verdictOn(answers);
  if (verdict.kind === 'wait') return;
  dropPlan(draft);
  if (verdict.kind === 'sign') return sign(draft, setup, asked.plan);
  const expected = `${answers.needed} authorities that would vote`;
  const found = `${verdict.refusers} that refuse`;
  const reason = refusal(verdict.code, { field: 'payment', expected, found });
  draft.note({ kind: 'command_refused', refusal: reason });
}

function writeQuestion(draft: Draft, asked: OpenQuestion): void {
  draft.write(SPACES.question, asked);
}
