/**
 * How far a node is. A relay is ready as soon as it runs. An authority is `syncing` until its
 * ledger has been level with a quorum, itself included, once since it started: then everything that
 * was certified before is applied here. It is not set back afterwards, because ledgers that take
 * payments differ for a moment all the time. The state is a hint for people: the rules of voting do
 * not depend on it.
 */

import type { MemberIndex } from '../../core/base/units.ts';
import { type Member, quorumOf } from '../../core/network/committee.ts';
import type { NodeState } from '../control/states.ts';

export interface Comparison {
  readonly equal: boolean;
  /** When it was, and since when they have come to the same, as `nowMs`. */
  readonly atMs: number;
  readonly sinceMs: number;
}

export interface Readiness {
  readonly state: NodeState;
  /** The last comparison of a member's ledger with ours; undefined: none yet. */
  comparison(member: MemberIndex): Comparison | undefined;
  /** The node runs, listens and takes part. */
  started(): void;
  compared(member: MemberIndex, equal: boolean, atMs: number): void;
  damaged(): void;
  stopping(): void;
}

export function createReadiness(setup: {
  readonly self: MemberIndex | undefined;
  /** Who sits in the committee now. */
  readonly members: () => readonly Pick<Member, 'number'>[];
  readonly onChange: (from: NodeState, to: NodeState) => void;
}): Readiness {
  const comparisons = new Map<MemberIndex, Comparison>();
  const levelMembers = new Set<MemberIndex>();
  let state: NodeState = 'starting';

  const change = (to: NodeState): void => {
    const from = state;
    if (from === to || from === 'stopping') return;
    state = to;
    setup.onChange(from, to);
  };
  const isLevel = (): boolean => {
    const members = setup.members();
    const level = members.filter(({ number }) => levelMembers.has(number)).length;
    return level + 1 >= quorumOf(members.length);
  };

  return {
    get state() {
      return state;
    },
    comparison: (member) => comparisons.get(member),
    started: () => change(setup.self === undefined || isLevel() ? 'ready' : 'syncing'),
    compared(member, equal, atMs) {
      const before = comparisons.get(member);
      const sinceMs = before?.equal === equal ? before.sinceMs : atMs;
      comparisons.set(member, { equal, atMs, sinceMs });
      if (equal) levelMembers.add(member);
      if (state === 'syncing' && isLevel()) change('ready');
    },
    damaged: () => change('damaged'),
    stopping: () => change('stopping'),
  };
}
