/**
 * Who is there and who votes, as far as this node knows. An authority knows it from the heartbeats
 * of the others (core/presence); any other node has to ask, and remembers the answers for a moment
 * (reachable.ts). A link says nothing of it: what is at its other end may be dead, or may not vote.
 */
import type { MemberIndex } from '../../core/base/units.ts';
import { connectivityOf, presenceOf } from '../../core/presence/status.ts';
import type { AttendanceView, StatusView } from '../control/api.ts';
import type { DaemonContext } from './context.ts';
import { votingView } from './voting-view.ts';

/** How long an answer says that a member is there. */
const ANSWER_HOLDS_MS = 15_000;

const UNKNOWN: AttendanceView = {
  heard: false,
  votes: null,
  sinceMs: null,
  saidMs: null,
  clockAheadMs: null,
};

/** What is known of one member, times by the wall clock. */
export function attendanceOf(context: DaemonContext, member: MemberIndex): AttendanceView {
  const { identity, running } = context;
  if (running === undefined) return UNKNOWN;
  if (member === identity.member) {
    const { wallMs } = context.clock.stamp();
    const { may: votes } = votingView(context);
    return { ...UNKNOWN, heard: true, votes, saidMs: wallMs, clockAheadMs: 0 };
  }
  return identity.member === undefined ? askedOf(context, member) : heardOf(context, member);
}

function heardOf(context: DaemonContext, member: MemberIndex): AttendanceView {
  const known = context.running && presenceOf(context.running.engine.read, member);
  if (known === undefined) return UNKNOWN;
  const { isHeard: heard, votes, sinceMs, provenMs, wallMs, takenWallMs } = known;
  const isTold = provenMs !== undefined;
  return {
    heard,
    votes: isTold ? votes : null,
    sinceMs: heard || known.wasHeard ? wallOf(context, Number(sinceMs)) : null,
    saidMs: isTold ? wallOf(context, Number(provenMs)) : null,
    clockAheadMs: isTold ? Number(wallMs - takenWallMs) : null,
  };
}

function askedOf(context: DaemonContext, member: MemberIndex): AttendanceView {
  const answer = context.rollCall.of(member);
  if (answer === undefined) return UNKNOWN;
  const { votes, atMs } = answer;
  const heard = context.clock.stamp().nowMs - atMs <= ANSWER_HOLDS_MS;
  return { ...UNKNOWN, heard, votes, saidMs: wallOf(context, atMs) };
}

/** Who is there and votes, counted, and what this node is merging with others. */
export function presenceView(context: DaemonContext): StatusView['presence'] {
  const { identity, running, readiness } = context;
  if (running === undefined) return null;
  const { members } = identity.network.committee;
  const known = members.map(({ number }) => attendanceOf(context, number));
  const isAsked = identity.member !== undefined || context.rollCall.askedMs !== undefined;
  const connectivity =
    identity.member === undefined ? undefined : connectivityOf(running.engine.read);
  return {
    known: isAsked,
    heard: known.filter(({ heard }) => heard).length,
    voters: known.filter(({ heard, votes }) => heard && votes === true).length,
    connectivity: connectivity?.status ?? null,
    sinceMs: connectivity === undefined ? null : wallOf(context, Number(connectivity.sinceMs)),
    merging: members.flatMap(({ number, name }) => {
      const compared = readiness.comparison(number);
      if (compared === undefined || compared.equal) return [];
      return [{ name, sinceMs: wallOf(context, compared.sinceMs) }];
    }),
  };
}

/** A moment of this process, by the wall clock as it is now. */
export function wallOf({ clock }: DaemonContext, atMs: number): number {
  const { nowMs, wallMs } = clock.stamp();
  return Math.round(wallMs - (nowMs - atMs));
}
