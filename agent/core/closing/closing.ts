/**
 * Closing a sequence (PROTOCOL: Closing a sequence). An account whose votes are split, or whose
 * order nobody may vote for, gets its sequence back:
 *
 *   who asks  -> all       closingRequest     the owner's signed wish, or two orders signed for it
 *   member    -> all       closingStatement   what I voted for there; I vote there no more
 *   members decide about the statements       agreement, with the rules of subject.ts
 *   member    -> all       closingVote        my vote for the order that won, if one did (win.ts)
 *   member    -> who asks  closingTold        how many have stated; what was decided
 *
 * Assumptions: those of agreement (agreement/agreement.ts).
 * Safety: only its owner can have a sequence closed, by the wish or by having signed two orders for
 * it; each closing is of one sequence, so no request is of use again. A certificate that anybody
 * holds, or ever will, is never dropped (possible.ts, result.ts), and wins over every decision
 * (settle.ts). No member votes at a sequence after it stated (statements.ts).
 * Liveness: whoever learns of a statement states as well, since the cause comes with it. Statements
 * are told again until the place is settled. Agreement begins once all members have stated, or some
 * time after a quorum has: fewer statements leave more orders possible.
 * Bounds: one open sequence an account, its next one; it takes one of the votes that the account
 * has an hour. A record of a place has at most a statement and an order of each member. The latest
 * MAX_TOLD_PLACES are told again by themselves, every other one when it is asked for again.
 */

import { checkDecision } from '../agreement/decision.ts';
import { hasAccount, readAccount, writePending } from '../authority/account.ts';
import { mayHaveAnother, votesThisHour, withVote } from '../authority/rate.ts';
import { equalBytes } from '../base/bytes.ts';
import { CLOSING_GRACE_MS, SYNC_IDLE_MS } from '../base/limits.ts';
import { REFUSALS, type RefusalCode, refusal } from '../base/refusal.ts';
import { nextSequence } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import {
  type ClosingCause,
  type ClosingPlace,
  type ClosingRecord,
  type ClosingRequest,
  type ClosingStatement,
  type ClosingTold,
  type ClosingVote,
  placeCoder,
} from '../codec/closing.ts';
import { orderHash } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import { refusedDecision } from '../epochs/carried.ts';
import { keptAt } from '../epochs/kept.ts';
import { isStopped } from '../epochs/stop.ts';
import { certificateAt } from '../journal.ts';
import { memberOf } from '../mesh/links.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import { signingBytes } from '../network/signing.ts';
import { type LinkUp, part } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { mayVote } from '../standing.ts';
import { setTimerBy } from '../timers.ts';
import { learnDecision } from './decided.ts';
import { closingAt, winnerAt, writeClosing } from './settle.ts';
import {
  isOrderOf,
  isStated,
  keepToldPlaces,
  tellAgainLater,
  tellStatement,
  toldPlaces,
  withOwnStatement,
  withStatement,
} from './statements.ts';
import { beginClosing } from './subject.ts';
import { decisionAt, tellPlace } from './tell.ts';
import { takeWinnersVote, voteForWinner } from './win.ts';

export const closingPart = part({
  name: 'closing',
  roles: ['authority'],
  spaces: ['closing', 'closedAt', 'winVotes', 'toldPlaces'],
  start: (draft) => {
    if (toldPlaces(draft).length > 0) setTimerBy(draft, 'closing', draft.stamp.nowMs);
  },
  linkUp: greet,
  takes: {
    closingRequest: takeRequest,
    closingStatement: takeStatement,
    closingTold: takeTold,
    closingVote: takeVote,
  },
  due: { closing: tellAgain },
});

/** Somebody asks to have a sequence closed. */
function takeRequest(
  draft: Draft,
  setup: AuthoritySetup,
  from: Origin,
  request: ClosingRequest,
): void {
  const refused = open(draft, setup, request);
  if (refused === undefined) return tellPlace(draft, setup, from, request.place);
  const { account } = request.place;
  const isEarly = refused === 'missing_earlier';
  const { next } = readAccount(draft, account);
  const { member } = setup.authority;
  const { wire: code } = REFUSALS[refused];
  const owner = isEarly ? account : undefined;
  draft.answer(from, { TAG: 'rejected', data: { member, code, account: owner, next } });
  draft.note({ kind: 'refused', link: from.link, refusal: refusal(refused) });
}

/** Opens a place, if this is the owner's matter and it is its turn; or tells it once more. */
function open(
  draft: Draft,
  setup: AuthoritySetup,
  { place, cause }: ClosingRequest,
): RefusalCode | undefined {
  const { account: key, sequence } = place;
  if (!hasAccount(draft, key)) return 'nothing_to_close';
  const account = readAccount(draft, key);
  const known = closingAt(draft, place);
  if (sequence > account.next) {
    return isCause(setup, place, cause) ? 'missing_earlier' : 'not_the_owner';
  }
  if (!isCause(setup, place, cause)) return 'not_the_owner';
  if (sequence < account.next) return undefined;
  if (account.frozen) return 'account_frozen';
  if (isStopped(draft)) return 'epoch_ending';
  // A certificate of a former epoch may turn up, which no statement of this one tells of.
  if (keptAt(draft, key, sequence).length > 0) return 'order_kept';
  const { epoch } = currentCommittee(draft);
  // What was stated in a former epoch, and not decided in it, says nothing in this one.
  if (known !== undefined && known.epoch === epoch) {
    tellAgainLater(draft, place);
    return advance(draft, setup, place, known);
  }
  // Who cannot tell what it voted for states nothing now; it is told again when it can.
  if (!mayVote(draft)) return 'not_voting';
  const isBusy = !mayHaveAnother(setup.network.genesis, votesThisHour(draft, account));
  if (isBusy) return 'too_many_votes';
  const nothing = { statements: [], orders: [], decided: undefined, reserve: undefined };
  const closing = withOwnStatement(draft, setup, place, { cause, epoch, ...nothing });
  writePending(draft, key, { ...withVote(draft, setup, account), stated: true });
  writeClosing(draft, place, closing);
  tellStatement(draft, setup, place, closing);
  tellAgainLater(draft, place);
  setTimerBy(draft, 'closing', draft.stamp.nowMs + CLOSING_GRACE_MS);
  draft.note({ kind: 'closing_asked', ...place, by: cause.TAG });
  return advance(draft, setup, place, closing);
}

/** Whether the owner of the account wants this, or signed two orders for the place. */
function isCause(setup: AuthoritySetup, place: ClosingPlace, cause: ClosingCause): boolean {
  const { network, verify } = setup;
  if (cause.TAG === 'wish') {
    const bytes = signingBytes('closing', network.id, encode(placeCoder, place));
    return verify(place.account, bytes, cause.data);
  }
  const { first, second } = cause.data;
  const isOne = equalBytes(orderHash(network.id, first.order), orderHash(network.id, second.order));
  return !isOne && isOrderOf(setup, place, first) && isOrderOf(setup, place, second);
}

/** Begins to decide where all have stated; where a quorum has, in a while (`tellAgain`). */
function advance(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  { statements, decided }: ClosingRecord,
): undefined {
  const isLater = decided !== undefined;
  if (isLater || statements.length >= membersOf(draft).length) beginClosing(draft, setup, place);
}

/** Another member has stated what it voted for. */
function takeStatement(
  draft: Draft,
  setup: AuthoritySetup,
  from: Origin,
  said: ClosingStatement,
): void {
  const { place, cause, epoch, member, voted, signature } = said;
  const { id } = setup.network;
  if (epoch !== currentCommittee(draft).epoch) return;
  const { next } = readAccount(draft, place.account);
  const isLate = place.sequence < next;
  if (!isLate && cause === undefined) return;
  if (!isLate && cause !== undefined && open(draft, setup, { place, cause }) !== undefined) return;
  const closing = closingAt(draft, place);
  const statement = { member, voted: voted && orderHash(id, voted.order), signature };
  const isKnown = closing?.statements.some((other) => other.member === member) === true;
  if (closing !== undefined && !isKnown) {
    const isSound = voted === undefined || isOrderOf(setup, place, voted);
    if (!isSound || !isStated(draft, setup, place, statement)) return;
    const after = withStatement(setup, closing, statement, voted);
    writeClosing(draft, place, after);
    advance(draft, setup, place, after);
  }
  if (isLate) tellMember(draft, setup, from, place);
}

/** Somebody who is behind with a place hears what became of it, over its own link. */
function tellMember(draft: Draft, setup: AuthoritySetup, from: Origin, place: ClosingPlace): void {
  if (from.speaker !== undefined) tellPlace(draft, setup, { link: from.link, route: [] }, place);
}

/** An authority tells what was decided, or that it has no certificate where one was looked for. */
function takeTold(
  draft: Draft,
  setup: AuthoritySetup,
  from: Origin,
  { place, decision }: ClosingTold,
): void {
  const { account, sequence } = place;
  if (decision?.subject.TAG !== 'closing' || !hasAccount(draft, account)) return;
  if (!equalBytes(decision.subject.data.account, account)) return;
  if (decision.subject.data.sequence !== sequence) return;
  if (certificateAt(draft, account, sequence) !== undefined) {
    return tellMember(draft, setup, from, place);
  }
  const before = readAccount(draft, account);
  const known = closingAt(draft, place)?.decided?.turn ?? 0;
  if (decision.subject.data.turn > known && sequence <= before.next) {
    const refused = refusedDecision(draft, decision) ?? checkDecision(draft, setup, decision);
    if (refused !== undefined) {
      return draft.note({ kind: 'refused', link: from.link, refusal: refused });
    }
    learnDecision(draft, setup, decision);
  }
  const { next } = readAccount(draft, account);
  // A page of certificates ends at a closed sequence: go on behind it.
  const goesOn = next > before.next || (sequence < next && nextSequence(sequence) < next);
  if (!goesOn) return;
  const data = { account, from: nextSequence(sequence) };
  draft.send(from.link, { TAG: 'certificatesQuery', data });
}

/** Another member votes for the order that won. */
function takeVote(draft: Draft, setup: AuthoritySetup, from: Origin, vote: ClosingVote): void {
  const { account, sequence } = vote.order.order;
  const place = { account, sequence };
  if (certificateAt(draft, account, sequence) !== undefined) {
    return tellMember(draft, setup, from, place);
  }
  takeWinnersVote(draft, setup, place, vote);
}

/** A member whose link came up may have missed anything. */
function greet(draft: Draft, setup: AuthoritySetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  if (member === undefined) return;
  for (const place of toldPlaces(draft)) {
    const closing = closingAt(draft, place);
    if (closing === undefined) continue;
    tellStatement(draft, setup, place, closing, member);
    const winner = winnerAt(draft, place);
    if (winner !== undefined) voteForWinner(draft, setup, place, winner, member);
  }
}

/** Tells again what is not settled, and begins to decide where a quorum has stated for a while. */
function tellAgain(draft: Draft, setup: AuthoritySetup): void {
  for (const place of toldPlaces(draft)) {
    if (winnerAt(draft, place) === undefined) beginClosing(draft, setup, place);
  }
  const places = toldPlaces(draft).filter((place) => isUnsettled(draft, place));
  keepToldPlaces(draft, places);
  for (const place of places) {
    const closing = closingAt(draft, place);
    if (closing === undefined) continue;
    tellStatement(draft, setup, place, closing);
    const winner = winnerAt(draft, place);
    if (winner !== undefined) voteForWinner(draft, setup, place, winner);
  }
  if (places.length > 0) setTimerBy(draft, 'closing', draft.stamp.nowMs + SYNC_IDLE_MS);
}

function isUnsettled(draft: Draft, place: ClosingPlace): boolean {
  const closing = closingAt(draft, place);
  if (closing === undefined || certificateAt(draft, place.account, place.sequence) !== undefined) {
    return false;
  }
  // With everybody's statement a reserve waits for a certificate, and for nothing else.
  const isReserve = closing.decided?.result.TAG === 'reserve';
  const isOpen = decisionAt(draft, place) === undefined || winnerAt(draft, place) !== undefined;
  return isOpen || (isReserve && closing.statements.length < membersOf(draft).length);
}
