/**
 * Presence (PROTOCOL: Partitions and merging): members tell each other every HEARTBEAT_MS, signed,
 * that they are there, what their ledger hashes to, and whether they vote. A heartbeat also names,
 * of each member that was heard lately, the heartbeat that came last:
 *
 *   A -> all  heartbeat 7    I heard of B its 41st
 *   B -> all  heartbeat 42   I heard of A its 7th
 *
 * Safety: what A believes of B is never older than A knows. A heartbeat of B counts as old as the
 * heartbeat of A that it names, by A's own clock; whoever plays it again, holds it back, or brings
 * it to a process that began later, makes nobody any younger. Numbers begin at a random place in
 * each process, so one that a former process gave out proves nothing. Of heartbeats that prove the
 * same the higher number counts. So what counts has been there and back: who hears B without being
 * heard by it does not take it for reached. No vote rests on any of it but that a new withdrawal is
 * put off while PARTITIONED (status.ts).
 * Liveness: whoever is not heard yet is answered at once, so two members know of each other one
 * exchange after their link came up. They need no link: others carry heartbeats as they carry the
 * words of a first start. Nothing is repeated but by the next heartbeat.
 * Bounds: one record a member, in memory; one heartbeat a member and HEARTBEAT_MS, besides one
 * answer a member and HEARTBEAT_ANSWER_MS; what tells nothing new costs no signature. The shell
 * bounds false signatures by link and source.
 */

import { ledgerDigest } from '../authority/digest.ts';
import { equalBytes } from '../base/bytes.ts';
import {
  HEARTBEAT_ANSWER_MS,
  HEARTBEAT_MS,
  HEARTBEATS_TO_SILENT_EVERY,
  SILENT_AFTER_MS,
} from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import { draw } from '../chance.ts';
import { type Heartbeat, heartbeatBodyCoder, type Message } from '../codec/message.ts';
import type { OwnBeats, Presence } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { linkTo, memberOf } from '../mesh/links.ts';
import { sendToMember } from '../mesh/route.ts';
import { memberAt } from '../network/committee.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import { type LinkUp, part, type Turnover } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { setTimer, setTimerBy } from '../timers.ts';
import { isFresh, judgeAll, judgeConnectivity, judged } from './status.ts';

/** A process counts no further than this while one of its heartbeats can prove anything. */
const MAX_COUNTED_IN_SILENCE = 2 ** 16;

export const presencePart = part({
  name: 'presence',
  roles: ['authority'],
  spaces: ['presence', 'ownBeats', 'connectivity'],
  recover: (draft, setup) => {
    const counter = draw(draft, 2 ** 31, 'heartbeats');
    draft.write(SPACES.ownBeats, { counter, rounds: 0, sent: [] });
    judgeConnectivity(draft, setup);
  },
  start: beat,
  epochBegan: (draft, setup, turnover) => {
    forgetGone(draft, turnover);
    judgeConnectivity(draft, setup);
  },
  linkUp: greet,
  takes: { heartbeat: takeHeartbeat },
  due: { heartbeat: beat },
});

/** Every so often: who has fallen silent, a heartbeat to the others, and the time of the next. */
function beat(draft: Draft, setup: AuthoritySetup): void {
  judgeAll(draft, setup);
  const { rounds, ...rest } = ownBeats(draft);
  draft.write(SPACES.ownBeats, { ...rest, rounds: rounds + 1 });
  const isForAll = rounds % HEARTBEATS_TO_SILENT_EVERY === 0;
  const told = others(draft, setup).filter((member) => {
    return isForAll || linkTo(draft, member) !== undefined || isHeard(draft, member);
  });
  tell(draft, setup, told);
  setTimer(draft, 'heartbeat', draft.stamp.nowMs + HEARTBEAT_MS);
}

/**
 * A link came up: the member at its end is told at once. One to another node may lead to members
 * that are not heard yet: all of them are told with the next heartbeat, which comes a little
 * earlier.
 */
function greet(draft: Draft, setup: AuthoritySetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  if (member !== undefined) return tell(draft, setup, [member]);
  if (others(draft, setup).every((each) => isHeard(draft, each))) return;
  const beats = ownBeats(draft);
  draft.write(SPACES.ownBeats, { ...beats, rounds: 0 });
  const last = Number(beats.sent.at(-1)?.atMs ?? 0n);
  setTimerBy(draft, 'heartbeat', Math.max(draft.stamp.nowMs, last + HEARTBEAT_ANSWER_MS));
}

/** Sends one heartbeat to these members. */
function tell(draft: Draft, setup: AuthoritySetup, members: readonly MemberIndex[]): void {
  // A former member's heartbeats are nobody's.
  const isSitting = memberAt(currentCommittee(draft), setup.authority.member) !== undefined;
  if (members.length === 0 || !isSitting) return;
  const message = heartbeatOf(draft, setup);
  for (const member of members) sendToMember(draft, member, message);
}

function heartbeatOf(draft: Draft, setup: AuthoritySetup): Message {
  const body = {
    counter: nextCounter(draft),
    wallMs: wallOf(draft),
    digest: ledgerDigest(draft),
    votes: mayVote(draft),
    heard: others(draft, setup).flatMap((member) => {
      const counter = counterHeard(draft, member);
      return counter === undefined ? [] : [{ member, counter }];
    }),
  };
  const data = { ...signStatement(draft, setup, 'heartbeat', heartbeatBodyCoder, body), body };
  return { TAG: 'heartbeat', data };
}

/**
 * The number of the next heartbeat. When it was sent is kept of one every HEARTBEAT_ANSWER_MS,
 * which stands for those that follow, and as long as it can prove that somebody is there.
 */
function nextCounter(draft: Draft): number {
  const { counter: last, rounds, sent } = ownBeats(draft);
  const now = nowOf(draft);
  const counter = last + 1;
  const young = sent.filter(({ atMs }) => now - atMs <= SILENT_AFTER_MS);
  const newest = young.at(-1)?.atMs;
  const isNew = newest === undefined || now - newest >= HEARTBEAT_ANSWER_MS;
  const kept = isNew ? [...young, { from: counter, atMs: now }] : young;
  draft.write(SPACES.ownBeats, { counter, rounds, sent: kept });
  return counter;
}

/** When the heartbeat with this number was sent, or a little before; undefined: not lately. */
function sentAt({ counter: last, sent }: OwnBeats, counter: number): bigint | undefined {
  if (counter > last) return undefined;
  return sent.findLast(({ from }) => from <= counter)?.atMs;
}

function takeHeartbeat(
  draft: Draft,
  setup: AuthoritySetup,
  _from: Origin,
  heartbeat: Heartbeat,
): void {
  const { member, epoch, body } = heartbeat;
  const { authority } = setup;
  if (member === authority.member || epoch !== currentCommittee(draft).epoch) return;
  const named = body.heard.find((entry) => entry.member === authority.member)?.counter;
  const provenMs = named === undefined ? undefined : sentAt(ownBeats(draft), named);
  const known = draft.read(SPACES.presence.at(member));
  if (!isNews(draft, known, provenMs, body.counter)) return;
  if (!isStatementValid(draft, setup, 'heartbeat', heartbeatBodyCoder, heartbeat, body)) return;
  const before: Presence = known ?? NOBODY;
  const taken = { ...before, ...contentOf(draft, heartbeat), provenMs };
  const after = judged(draft, member, taken);
  // Who does not hear us, has just begun to be heard or is another process waits for us to name it.
  const isBegun = (after.isHeard && !before.isHeard) || isRestarted(before, after);
  const isAnswered = (provenMs === undefined || isBegun) && mayAnswer(draft, known);
  const answeredMs = isAnswered ? nowOf(draft) : after.answeredMs;
  draft.write(SPACES.presence.at(member), { ...after, answeredMs });
  if (isAnswered) tell(draft, setup, [member]);
  judgeConnectivity(draft, setup);
}

/**
 * Whether a heartbeat proves more than what is known, or as much and is a later one. Of a member
 * that is silent any other heartbeat is news, or two that were apart would never begin to name each
 * other; a proof follows, or it stays silent.
 */
function isNews(
  draft: Draft,
  known: Presence | undefined,
  provenMs: bigint | undefined,
  counter: number,
): boolean {
  if (known === undefined) return true;
  if (known.provenMs === undefined || !isFresh(known, nowOf(draft))) {
    return provenMs !== undefined || known.counter !== counter;
  }
  if (provenMs === undefined || provenMs < known.provenMs) return false;
  return provenMs > known.provenMs || counter > known.counter;
}

/** Whether two heartbeats of a member are of two processes, by their numbers. */
function isRestarted({ counter: before }: Presence, { counter: after }: Presence): boolean {
  return after < before || after - before > MAX_COUNTED_IN_SILENCE;
}

/** What is kept of a heartbeat. */
function contentOf(draft: Draft, { body }: Heartbeat) {
  const { counter, wallMs, votes } = body;
  return {
    counter,
    votes,
    wallMs,
    takenMs: nowOf(draft),
    takenWallMs: wallOf(draft),
    isEqual: equalBytes(body.digest, ledgerDigest(draft)),
  };
}

/** What is known of a member that never said anything. */
const NOBODY: Presence = {
  counter: 0,
  provenMs: undefined,
  votes: false,
  wallMs: 0n,
  takenMs: 0n,
  takenWallMs: 0n,
  isEqual: false,
  isHeard: false,
  wasHeard: false,
  sinceMs: 0n,
  backMs: undefined,
  answeredMs: undefined,
};

function mayAnswer(draft: Draft, known: Presence | undefined): boolean {
  const last = known?.answeredMs;
  return last === undefined || nowOf(draft) - last >= HEARTBEAT_ANSWER_MS;
}

/** The number of the last heartbeat of a member, if that was a moment ago. */
function counterHeard(draft: Draft, member: MemberIndex): number | undefined {
  const known = draft.read(SPACES.presence.at(member));
  if (known === undefined || nowOf(draft) - known.takenMs > SILENT_AFTER_MS) return undefined;
  return known.counter;
}

function isHeard(draft: Draft, member: MemberIndex): boolean {
  const known = draft.read(SPACES.presence.at(member));
  return known !== undefined && isFresh(known, nowOf(draft));
}

function forgetGone(draft: Draft, { gone }: Turnover): void {
  for (const member of gone) draft.remove(SPACES.presence.at(member));
}

function others(draft: Draft, { authority }: AuthoritySetup): MemberIndex[] {
  return membersOf(draft).filter((member) => member !== authority.member);
}

function ownBeats(draft: Draft): OwnBeats {
  return draft.read(SPACES.ownBeats) ?? { counter: 0, rounds: 0, sent: [] };
}

function nowOf({ stamp }: Draft): bigint {
  return BigInt(Math.floor(stamp.nowMs));
}

/** The wall clock, which may be as wrong as it likes. */
function wallOf({ stamp }: Draft): bigint {
  return BigInt(Math.max(0, Math.floor(stamp.wallMs)));
}
