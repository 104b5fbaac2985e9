/** What people see of a change of the committee that is on its way. */

import { harmless } from '../../core/base/characters.ts';
import type { ChangeView, WantedCommitteeView } from '../../shell/control/api.ts';
import type { Paint } from './paint.ts';

export function renderChange(paint: Paint, view: ChangeView): string {
  const { epoch, quorum, wanted, stopped, behind } = view;
  const lines = [`epoch ${epoch}: ${stateOf(stopped, behind)}`];
  if (wanted.length === 0) lines.push('no other committee is wanted');
  for (const each of wanted) lines.push(...wantedLines(paint, each, quorum));
  return lines.join('\n');
}

function stateOf(stopped: boolean, behind: boolean): string {
  if (behind) return 'this node catches up with the last change, and does not vote';
  return stopped ? 'the committee is being changed, no votes for a moment' : 'goes on';
}

function wantedLines(
  paint: Paint,
  { name, members, leaving, approvedBy }: WantedCommitteeView,
  quorum: number,
): readonly string[] {
  const coming = members.filter(({ isNew }) => isNew);
  return [
    `committee ${paint.strong(name)}: ${members.map((member) => harmless(member.name)).join(', ')}`,
    ...coming.map((member) => `  new      ${harmless(member.name)} ${member.key}`),
    ...leaving.map((member) => `  leaves   ${harmless(member)}`),
    `  approved by ${approvedBy.length} of ${quorum} needed: ${approvedBy.map(harmless).join(', ')}`,
  ];
}
