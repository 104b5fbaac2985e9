/**
 * What proves that a value was decided: precommits of a quorum of the committee of its epoch, in
 * one round. And what proves that it may be: a quorum of prevotes, a *polka*. Anybody can check
 * both; nothing inside them is believed.
 */
import { sha256 } from '../base/crypto.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import {
  type BallotBody,
  type BallotKind,
  ballotBodyCoder,
  type Decision,
  type Polka,
  type Subject,
  subjectCoder,
} from '../codec/agreement.ts';
import { encode } from '../codec/canonical.ts';
import type { MemberSignature } from '../codec/order.ts';
import type { Read } from '../io.ts';
import { quorumOf } from '../network/committee.ts';
import { committeeOf, currentCommittee } from '../network/committees.ts';
import { isStatementValid } from '../network/statement.ts';
import type { NodeSetup } from '../setup.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';

type Checks = Pick<NodeSetup, 'network' | 'verify'>;

/** What a subject is called: SHA-256 of its bytes. */
export function subjectHash(subject: Subject): Uint8Array {
  return sha256(encode(subjectCoder, subject));
}

/** The decision about a subject, if this node knows of one. */
export function decisionOn(read: Read, subject: Subject): Decision | undefined {
  return recordAt(read, SPACES.decision.at(subjectHash(subject)));
}

/** Undefined when the decision proves itself, otherwise why it does not. */
export function checkDecision(read: Read, setup: Checks, decision: Decision): Refusal | undefined {
  return checkBallots(read, setup, 'precommit', decision, decision.precommits);
}

/** The same of a quorum of prevotes. */
export function checkPolka(read: Read, setup: Checks, polka: Polka): Refusal | undefined {
  return checkBallots(read, setup, 'prevote', polka, polka.prevotes);
}

function checkBallots(
  read: Read,
  setup: Checks,
  kind: BallotKind,
  { epoch, subject, round, value }: Pick<Polka, 'epoch' | 'subject' | 'round' | 'value'>,
  ballots: readonly MemberSignature[],
): Refusal | undefined {
  const committee = committeeOf(read, epoch);
  if (committee === undefined) {
    const expected = `at most ${currentCommittee(read).epoch}`;
    return refusal('unknown_epoch', { field: 'epoch', expected, found: `${epoch}` });
  }
  const quorum = quorumOf(committee.members.length);
  if (ballots.length < quorum) {
    return refusal('no_quorum', { expected: `${quorum} ${kind}s`, found: `${ballots.length}` });
  }
  const body: BallotBody = { subject, round, value: sha256(value) };
  const bad = ballots.find(
    (ballot) => !isStatementValid(read, setup, kind, ballotBodyCoder, { epoch, ...ballot }, body),
  );
  return bad === undefined
    ? undefined
    : refusal('bad_signature', { field: `${kind} of member ${bad.member}` });
}
