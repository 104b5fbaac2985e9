/**
 * Another committee judges than at the step before, as the state says: each part judges anew what
 * it keeps in memory of members, before the step does anything else (PROTOCOL: Networks and
 * committees). A process that has just begun keeps nothing yet, and only notes by whom it judges.
 *
 * What is on disk of a member stays: its number is its key's for good, so nobody else takes it
 * over.
 */
import type { MemberIndex } from './base/units.ts';
import type { Draft } from './draft.ts';
import { memberAt } from './network/committee.ts';
import { committeeOf, currentCommittee, isFounded } from './network/committees.ts';
import type { NodeParts } from './part.ts';
import type { NodeSetup } from './setup.ts';
import { SPACES } from './spaces.ts';

/**
 * Looks whether the epoch is still the one that this process knows; if not, all parts judge anew.
 */
export function judgeMembers(draft: Draft, setup: NodeSetup, parts: NodeParts): void {
  // Before the first start there is nothing to judge by, and nothing to judge.
  if (!isFounded(draft)) return;
  const committee = currentCommittee(draft);
  const { epoch } = committee;
  const before = draft.read(SPACES.judgedEpoch);
  if (before === epoch) return;
  draft.write(SPACES.judgedEpoch, epoch);
  if (before === undefined) return;
  const sits = (member: MemberIndex): boolean => memberAt(committee, member) !== undefined;
  const sat = committeeOf(draft, before)?.members ?? [];
  const gone = sat.map(({ number }) => number).filter((number) => !sits(number));
  for (const part of parts.all) part.epochBegan?.(draft, setup, { sits, gone });
  draft.note({ kind: 'epoch_began', epoch, members: committee.members.length });
}
