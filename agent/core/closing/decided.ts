/**
 * A decision that closes a sequence, wherever it comes from: agreement, or another authority that
 * tells it (tell.ts). It is checked by then.
 *
 * Safety: the result follows from the statements by the rule of the committee that they were made
 * in, whichever committee decided on them. It is carried out once, in the account's turn, and never
 * against a certificate: where one has the sequence already the decision changes nothing. A
 * decision that comes before what it follows is left alone: whoever knows it tells it again when
 * this ledger is compared with theirs.
 */
import { concludeAgreement } from '../agreement/open.ts';
import { readAccount } from '../authority/account.ts';
import { keepDigests } from '../authority/digest.ts';
import { isRefusal } from '../base/refusal.ts';
import type { Decision } from '../codec/agreement.ts';
import { decode } from '../codec/canonical.ts';
import {
  type ClosingPlace,
  type ClosingRecord,
  type ClosingValue,
  closingValueCoder,
  type PlaceStatement,
} from '../codec/closing.ts';
import type { Draft } from '../draft.ts';
import { certificateAt, record } from '../journal.ts';
import { committeeOf, currentCommittee } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { areNamed, possibleOrders, resultOf } from './result.ts';
import { carryOut, closingAt } from './settle.ts';
import { tellAgainLater, tellStatement, withOwnStatement } from './statements.ts';
import { voteForWinner } from './win.ts';

/** Takes a decision that another authority told, and that was checked. */
export function learnDecision(draft: Draft, setup: AuthoritySetup, decision: Decision): void {
  const { subject } = decision;
  if (subject.TAG !== 'closing') return;
  concludeAgreement(draft, decision);
  const { turn, ...place } = subject.data;
  takeDecision(draft, setup, place, turn, decision);
}

/** Carries a decision out, if it is this ledger's turn, and nothing later was decided. */
export function takeDecision(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  turn: number,
  decision: Decision,
): void {
  const value = decode(closingValueCoder, decision.value);
  if (isRefusal(value)) return;
  const committee = committeeOf(draft, value.epoch);
  if (committee === undefined) return;
  const { account, sequence } = place;
  const known = closingAt(draft, place);
  if (turn <= (known?.decided?.turn ?? 0)) return;
  const { next } = readAccount(draft, account);
  const isInTurn = known?.reserve === undefined ? sequence === next : sequence < next;
  if (!isInTurn || certificateAt(draft, account, sequence) !== undefined) return;

  const possible = possibleOrders(value.statements, committee.members.length);
  const result = resultOf(setup.network.id, value.orders);
  if (!areNamed(setup.network.id, possible, value.orders)) return;
  const closing = stated(draft, setup, place, closingWith(known, value));
  carryOut(draft, setup, place, closing, turn, result);
  record(draft, { TAG: 'closing', data: decision }, SPACES.closedAt.at(account, sequence));
  keepDigests(draft);
  draft.note({ kind: 'closed', account, sequence, result: result.TAG });
  if (result.TAG === 'win') voteForWinner(draft, setup, place, result.data.order);
  if (result.TAG !== 'none') tellAgainLater(draft, place);
  if (result.TAG === 'reserve') tellStatement(draft, setup, place, closing);
}

/** Who was not heard in time states all the same: it may settle a reserve. */
function stated(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  closing: ClosingRecord,
): ClosingRecord {
  const isOfNow = closing.epoch === currentCommittee(draft).epoch;
  return isOfNow && mayVote(draft) ? withOwnStatement(draft, setup, place, closing) : closing;
}

/**
 * What is known of a place with what was decided: the statements of one epoch, that of the decided
 * value. What this authority has of another epoch says nothing beside them.
 */
function closingWith(known: ClosingRecord | undefined, value: ClosingValue): ClosingRecord {
  const { epoch, statements, orders } = value;
  if (known?.epoch === epoch) return known;
  const nothing = { cause: undefined, decided: undefined, reserve: undefined };
  return { ...(known ?? nothing), epoch, statements: statements as PlaceStatement[], orders };
}
