/**
 * Debates that a former epoch left open (PROTOCOL: Change of epoch). A value may have been decided
 * there by precommits that nobody here has seen. It then had a quorum of prevotes, a polka, and
 * members that stopped stated the latest polkas that they knew. The one of the latest round is
 * carried over: in the new epoch nothing else can be decided of that subject.
 *
 * Safety: if v was decided in round r, the quorum that precommitted and S share an honest member.
 * It was locked on v when it stopped, and so lists a polka of round r or later; by agreement's own
 * rule of locks every polka of a later round is for v too. So the latest polka stated is for v.
 * After the cut a decision of a former epoch counts only if its value is the one carried over, or
 * if this authority is still behind.
 */
import { subjectHash } from '../agreement/decision.ts';
import { compareBytes, equalBytes } from '../base/bytes.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import type { Decision, Polka, Subject } from '../codec/agreement.ts';
import type { Read } from '../io.ts';
import { currentCommittee } from '../network/committees.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { isBehind } from '../standing.ts';

/** The only value that may be decided of a subject; undefined: any that its rules find valid. */
export function carriedValue(read: Read, subject: Subject): Uint8Array | undefined {
  return recordAt(read, SPACES.carried.at(subjectHash(subject)))?.value;
}

/** Why a decision counts for nothing here, though its precommits may be what they say. */
export function refusedDecision(
  read: Read,
  { epoch, subject, value }: Decision,
): Refusal | undefined {
  const { epoch: current } = currentCommittee(read);
  if (epoch >= current || (isBehind(read) && subject.TAG !== 'epoch')) return undefined;
  const carried = carriedValue(read, subject);
  if (carried !== undefined && equalBytes(carried, value)) return undefined;
  return refusal('epoch_over', { field: 'epoch', expected: `${current}`, found: `${epoch}` });
}

/** Of the polkas of each subject the latest, in the order of a list. */
export function latestPolkas(polkas: readonly Polka[]): readonly Polka[] {
  const latest = new Map<string, Polka>();
  for (const polka of polkas) {
    const name = String(subjectHash(polka.subject));
    const known = latest.get(name);
    if (known === undefined || isLater(polka, known)) latest.set(name, polka);
  }
  return [...latest.values()].sort(comparePolkas);
}

/** By subjects. */
export function comparePolkas(a: Polka, b: Polka): number {
  return compareBytes(subjectHash(a.subject), subjectHash(b.subject));
}

/** Of two of one round, which say the same, one is taken, whoever states which. */
function isLater(a: Polka, b: Polka): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  if (a.round !== b.round) return a.round > b.round;
  return compareBytes(signaturesOf(a), signaturesOf(b)) < 0;
}

function signaturesOf({ prevotes }: Polka): Uint8Array {
  return Uint8Array.from(
    prevotes.flatMap(({ member, signature }) => [member >> 8, member & 255, ...signature]),
  );
}
