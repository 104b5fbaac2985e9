/**
 * Agreement (PROTOCOL: Agreement): the members of a committee decide once about a subject, as
 * algorithm 1 of Tendermint ("The latest gossip on BFT consensus", arxiv.org/abs/1807.04938) has
 * it, for a single value. A debate goes in rounds, each with a proposer whose turn it is:
 *
 *   proposer -> all   proposal    this value, and the prevotes that it rests on if it is no new one
 *   all -> all        prevote     for that value, or for none
 *   all -> all        precommit   for the value that a quorum prevoted for (a polka), or for none
 *   all -> all        polka       the prevotes of a quorum, where a round came to no decision
 *   who knows -> who asks   decision    the precommits of a quorum: anybody can check it
 *
 * Assumptions. Safety: at most f of n members are hostile, two quorums share more than f members,
 * signatures cannot be forged, and what a member wrote to disk it has after a restart. Nothing of
 * clocks or of the network. Liveness, besides: a quorum of honest members has links, if only
 * through others; from some time on a message that is told again arrives within some bound; and one
 * of the honest members wants something decided that the others find valid sooner or later.
 *
 * Safety rule: no two honest members decide different values, and none decides one that no honest
 * member found valid. A member says one thing of each kind in a round, on disk before it leaves,
 * and again after a restart, and nothing in a round that it has left. With its precommit it is
 * locked (`locked`): from then on it prevotes for no other value, but for one that a quorum
 * prevoted for in the same or a later round than its lock. So once a quorum precommitted for a
 * value in a round, f + 1 honest members are locked on it, and no later round has a quorum of
 * prevotes for another one. Time only ever ends a wait, with a ballot for no value or with another
 * round; it never unlocks.
 *
 * Liveness rule: waits double with the rounds, and a proposer offers the value with the latest
 * polka that it knows (`valid`) with its proof, so that a round comes that is long enough, with an
 * honest proposer whose value nobody is locked against. Whatever a member said in its round, and
 * that polka, it tells again until the subject is decided (also at once to a member whose link
 * comes up); who knows the decision answers with it. f + 1 members in a later round take others
 * along; a single one counts as through with the rounds before, in which it says nothing more: it
 * may have left on a ballot that only it got, and its own may be lost.
 *
 * Departures from the paper. Polkas and proposals carry their proof, and are told again, where the
 * paper has all messages gossiped; so nothing of others needs to be kept but of the current round.
 * A polka stands in for a member's own judgement that is still missing: f + 1 honest members found
 * the value valid. A quorum of precommits for no value begins the next round at once. A member who
 * may not vote listens only. One subject is one instance: there are no heights.
 *
 * Bounds: open.ts, heard.ts; one pair of contradicting statements a member (evidence.ts).
 */
import type { Draft } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import { type LinkUp, part } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { debated, Hearing } from './hearing.ts';
import { beginAgreement, openSubjects, wakeSubject } from './open.ts';
import type { SubjectTable } from './rules.ts';
import { tellAgain } from './speech.ts';
import { SUBJECTS } from './subjects.ts';

export const agreementPart = agreementOn(SUBJECTS);

/** The part, with these rules of subjects. */
export function agreementOn(table: SubjectTable) {
  const hearing = new Hearing(table);
  return part({
    name: 'agreement',
    roles: ['authority'],
    spaces: [
      'agreement',
      'decision',
      'openSubjects',
      'waitingSubject',
      'waitingCount',
      'equivocation',
      'heard',
      'woken',
    ],
    start: wakeAll,
    epochBegan: beginAnew,
    linkUp: greet,
    afterMessage: (draft, setup) => hearing.advanceWoken(draft, setup),
    takes: {
      proposal: (draft, setup, _, data) => hearing.takeProposal(draft, setup, data),
      prevote: (draft, setup, _, data) => hearing.takeBallot(draft, setup, 'prevote', data),
      precommit: (draft, setup, _, data) => hearing.takeBallot(draft, setup, 'precommit', data),
      polka: (draft, setup, from, data) => hearing.takePolka(draft, setup, from, data),
      decision: (draft, setup, from, data) => hearing.takeDecision(draft, setup, from, data),
    },
    due: { agree: (draft, setup) => hearing.goOn(draft, setup) },
  });
}

/** Another committee goes on with what is open. */
function beginAnew(draft: Draft, setup: AuthoritySetup): void {
  for (const hash of openSubjects(draft)) {
    const subject = draft.read(SPACES.agreement.at(hash))?.subject;
    if (subject !== undefined) beginAgreement(draft, setup, subject);
  }
}

/** A new process says again what it said, and waits anew. */
function wakeAll(draft: Draft): void {
  for (const hash of openSubjects(draft)) wakeSubject(draft, hash);
}

/** A member whose link came up may have missed anything. */
function greet(draft: Draft, setup: AuthoritySetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  if (member === undefined) return;
  for (const hash of openSubjects(draft)) {
    const record = debated(draft, hash);
    if (record !== undefined) tellAgain(draft, setup, record, member);
  }
}
