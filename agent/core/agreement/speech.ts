/**
 * What a member says of a subject: signed, to all others of the committee, over its own links or
 * through other nodes. Ed25519 as RFC 8032 has it is deterministic, so what is said again has the
 * same bytes.
 */
import type { MemberIndex } from '../base/units.ts';
import {
  type AgreementRecord,
  type Ballot,
  type BallotBody,
  type BallotKind,
  ballotBodyCoder,
  type Decision,
  type Polka,
  type Proposal,
  proposalBodyCoder,
} from '../codec/agreement.ts';
import type { Message } from '../codec/message.ts';
import type { Draft } from '../draft.ts';
import { sendToMember } from '../mesh/route.ts';
import { membersOf } from '../network/committees.ts';
import { signStatement } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { mayVote } from '../standing.ts';

type Said<T> = T & { readonly epoch: Proposal['epoch'] };
export type SaidProposal = Said<Proposal['body']> & Pick<Proposal, 'prevotes'>;
export type SaidBallot = Said<BallotBody>;

/**
 * What the record says that this member proposed in its round; undefined: nothing, or the polka
 * that it rests on is known no more, since there is a later one.
 */
export function saidProposal(record: AgreementRecord): SaidProposal | undefined {
  const { epoch, subject, round, proposed, valid } = record;
  if (proposed === undefined) return undefined;
  const { validRound } = proposed;
  if (validRound === undefined) return { epoch, subject, round, ...proposed, prevotes: [] };
  if (valid?.round !== validRound) return undefined;
  return { epoch, subject, round, ...proposed, prevotes: valid.prevotes };
}

/** The ballot that the record says that this member gave in its round, if it gave one. */
export function saidBallot(record: AgreementRecord, kind: BallotKind): SaidBallot | undefined {
  const { epoch, subject, round } = record;
  const said = kind === 'prevote' ? record.prevoted : record.precommitted;
  return said === undefined ? undefined : { epoch, subject, round, value: said.value };
}

export function sayProposal(
  draft: Draft,
  setup: AuthoritySetup,
  said: SaidProposal,
  again: boolean,
  to?: MemberIndex,
): Proposal {
  const { subject, round, validRound, value, prevotes } = said;
  const body = { subject, round, validRound, value };
  const signed = signStatement(draft, setup, 'proposal', proposalBodyCoder, body);
  const data = { ...signed, body, prevotes, again };
  say(draft, setup, { TAG: 'proposal', data }, to);
  return data;
}

export function sayBallot(
  draft: Draft,
  setup: AuthoritySetup,
  kind: BallotKind,
  { subject, round, value }: SaidBallot,
  again: boolean,
  to?: MemberIndex,
): Ballot {
  const body = { subject, round, value };
  const data = { ...signStatement(draft, setup, kind, ballotBodyCoder, body), body, again };
  say(draft, setup, { TAG: kind, data }, to);
  return data;
}

/**
 * Says again what this member said in its round, and shows the polka that it knows, to all others
 * or to one. Who may not vote shows what others said, and repeats nothing of its own: a copy of its
 * state may be older than its last word.
 */
export function tellAgain(
  draft: Draft,
  setup: AuthoritySetup,
  record: AgreementRecord,
  to?: MemberIndex,
): void {
  const { epoch, subject, valid } = record;
  if (valid !== undefined) {
    const { round, value, prevotes } = valid;
    const data: Polka = { epoch, subject, round, value, prevotes };
    say(draft, setup, { TAG: 'polka', data }, to);
  }
  if (!mayVote(draft)) return;
  const proposal = saidProposal(record);
  if (proposal !== undefined) sayProposal(draft, setup, proposal, true, to);
  for (const kind of ['prevote', 'precommit'] as const) {
    const ballot = saidBallot(record, kind);
    if (ballot !== undefined) sayBallot(draft, setup, kind, ballot, true, to);
  }
}

export function tellDecision(draft: Draft, decision: Decision, to: MemberIndex): void {
  sendToMember(draft, to, { TAG: 'decision', data: decision });
}

function say(draft: Draft, setup: AuthoritySetup, message: Message, to?: MemberIndex): void {
  const members = to === undefined ? membersOf(draft) : [to];
  for (const member of members) {
    if (member !== setup.authority.member) sendToMember(draft, member, message);
  }
}
