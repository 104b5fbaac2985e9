/**
 * What was heard of one subject, in memory, and what it comes to: pure functions of the record.
 *
 * Bounds: of each member at most one ballot of each kind in this round and one in a later one, the
 * latest that it spoke in; one proposal of this round and one of the next. A member that invents
 * rounds fills its own places with them.
 */
import { equalBytes } from '../base/bytes.ts';
import {
  MAX_ROUND_DOUBLINGS,
  MAX_TELL_DOUBLINGS,
  ROUND_WAIT_MS,
  TELL_AGAIN_MS,
} from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { BallotKind, Heard, HeardBallot, Proposal } from '../codec/agreement.ts';
import type { MemberSignature } from '../codec/order.ts';
import { type Committee, faultsTolerated } from '../network/committee.ts';

const NO_TIMEOUTS: Heard['timeouts'] = {
  propose: undefined,
  prevote: undefined,
  precommit: undefined,
};

export const NOTHING_HEARD: Heard = {
  proposals: [],
  ballots: [],
  timeouts: NO_TIMEOUTS,
  retellAtMs: 0n,
  retold: 0,
};

/** Whose turn it is to propose: another one each round, and not the same one for all subjects. */
export function proposerOf({ members }: Committee, hash: Uint8Array, round: number): MemberIndex {
  const view = new DataView(hash.buffer, hash.byteOffset);
  const place = (view.getUint32(0) + round) % members.length;
  // A committee has members.
  return (members[place] as (typeof members)[number]).number;
}

/** How long a round waits for what is due: longer in each, until it is long enough. */
export function roundWaitMs(round: number): number {
  return ROUND_WAIT_MS * 2 ** Math.min(round, MAX_ROUND_DOUBLINGS);
}

/** In so many rounds at least one has an honest proposer. */
export function roundsOfDoubt({ members }: Committee): number {
  return faultsTolerated(members.length) + 1;
}

export function isSameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

/** The ballots of one kind in one round. */
export function ballotsOf(heard: Heard, kind: BallotKind, round: number): readonly HeardBallot[] {
  return heard.ballots.filter((ballot) => ballot.kind === kind && ballot.round === round);
}

/**
 * How many members are through with a step of a round: they said it, or speak in a later round and
 * say it no more. Their ballot may have been lost, and must not be waited for.
 */
export function countThrough(heard: Heard, kind: BallotKind, round: number): number {
  const through = heard.ballots.filter(
    (ballot) => ballot.round > round || (ballot.round === round && ballot.kind === kind),
  );
  return new Set(through.map(({ member }) => member)).size;
}

/** The ballots among these for one value, or for none, in ascending order of members. */
export function forValue(
  ballots: readonly HeardBallot[],
  value: Uint8Array | undefined,
): readonly MemberSignature[] {
  return ballots
    .filter((ballot) => isSameValue(ballot.value, value))
    .map(({ member, signature }) => ({ member, signature }))
    .sort((a, b) => a.member - b.member);
}

/** Takes a ballot of this round or a later one in, which is not known yet. */
export function withBallot(heard: Heard, round: number, added: HeardBallot): Heard {
  const others = heard.ballots.filter(
    (ballot) =>
      ballot.member !== added.member ||
      ballot.round === added.round ||
      ballot.round === round ||
      // Of later rounds only the latest counts; what is of this round stays.
      (added.round === round && ballot.round > round),
  );
  return { ...heard, ballots: [...others, added] };
}

/** Whether a ballot is older than what is kept of that member, and so not kept. */
export function isOutrun(heard: Heard, round: number, added: HeardBallot): boolean {
  if (added.round < round) return true;
  const isLater = added.round > round;
  return (
    isLater &&
    heard.ballots.some(({ member, round: at }) => member === added.member && at > added.round)
  );
}

export function proposalOf(heard: Heard, round: number): Proposal | undefined {
  return heard.proposals.find(({ body }) => body.round === round);
}

/**
 * The latest round that f + 1 members have spoken in, or in a later one: an honest member is that
 * far. Undefined: none is later than `round`.
 */
export function roundToJumpTo(
  heard: Heard,
  { members }: Committee,
  round: number,
): number | undefined {
  const latest = new Map<MemberIndex, number>();
  for (const ballot of heard.ballots) {
    latest.set(ballot.member, Math.max(ballot.round, latest.get(ballot.member) ?? 0));
  }
  const inTurn = [...latest.values()].sort((a, b) => b - a);
  const reached = inTurn[faultsTolerated(members.length)];
  return reached !== undefined && reached > round ? reached : undefined;
}

/** What is left of it in a later round. */
export function heardFrom(heard: Heard, round: number): Heard {
  return {
    ...heard,
    proposals: heard.proposals.filter(({ body }) => body.round >= round),
    ballots: heard.ballots.filter((ballot) => ballot.round >= round),
    timeouts: NO_TIMEOUTS,
  };
}

/** Something new was heard or said: it is told again soon. */
export function withNews(heard: Heard): Heard {
  return { ...heard, retold: 0 };
}

/** It was told again: the next time comes later. */
export function withRetold(heard: Heard): Heard {
  return { ...heard, retellAtMs: 0n, retold: Math.min(heard.retold + 1, MAX_TELL_DOUBLINGS) };
}

/** With the time when it is told again, as `nowMs`; never put off by what comes meanwhile. */
export function withRetelling(heard: Heard, nowMs: number): Heard {
  const atMs = BigInt(nowMs + TELL_AGAIN_MS * 2 ** heard.retold);
  const isSooner = heard.retellAtMs !== 0n && heard.retellAtMs <= atMs;
  return isSooner ? heard : { ...heard, retellAtMs: atMs };
}
