/**
 * Members that contradict themselves: two things of one kind that a member signed for one subject
 * and round. The first such pair of each member is kept for ever, whichever kind it is, and told
 * people. It proves itself, and costs the member nothing but its name: what keeps money safe is the
 * quorum, which f such members cannot make.
 */
import type { MemberIndex } from '../base/units.ts';
import type { Equivocation, Subject } from '../codec/agreement.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

/** Keeps what a member signed twice, both of which were checked. */
export function keepEquivocation(
  draft: Draft,
  member: MemberIndex,
  subject: Subject,
  round: number,
  equivocation: Equivocation,
): void {
  const at = SPACES.equivocation.at(member);
  if (draft.has(at)) return;
  draft.write(at, equivocation);
  draft.note({ kind: 'equivocated', member, subject, round });
}
