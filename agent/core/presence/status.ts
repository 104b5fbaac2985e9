/**
 * Who is heard, and what that comes to (PROTOCOL: Partitions and merging): of n members, this one
 * counted,
 *
 *   FULLY_CONNECTED       all are heard
 *   PARTIAL_CONNECTIVITY  at least a quorum is
 *   PARTITIONED           fewer are; also a process that has heard nobody yet
 *
 * A member is heard for SILENT_AFTER_MS after the last proof that it is there (heartbeat.ts). One
 * that fell silent is heard again once proofs have come over STEADY_MS without such a gap, so a way
 * that comes and goes does not make the status do the same; one that this process has never heard
 * before is heard at once.
 *
 * All times are those of this node's own stamps, `nowMs`. What others' clocks show is only ever
 * shown. Nothing here is kept on disk, and nothing but `isPartitioned` is read by the protocol.
 */
import { SILENT_AFTER_MS, STEADY_MS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { ConnectivityStatus, Presence } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { quorumOf } from '../network/committee.ts';
import { membersOf } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';

/**
 * Whether fewer than a quorum are heard here, this authority counted: it takes no new withdrawals
 * then. Also before anybody was heard.
 */
export function isPartitioned(read: Read): boolean {
  const known = connectivityOf(read);
  return known === undefined || known.status === 'PARTITIONED';
}

/** How this authority is connected, since when, and how many members it hears, itself counted. */
export function connectivityOf(read: Read) {
  return recordAt(read, SPACES.connectivity);
}

export type Connectivity = NonNullable<ReturnType<typeof connectivityOf>>;

/** What is known of another member; undefined: since the start it never said anything. */
export function presenceOf(read: Read, member: MemberIndex): Presence | undefined {
  return recordAt(read, SPACES.presence.at(member));
}

/** Whether the last proof that a member is there is recent. */
export function isFresh({ provenMs }: Presence, nowMs: bigint): boolean {
  return provenMs !== undefined && nowMs - provenMs <= SILENT_AFTER_MS;
}

/** A member's record as it is by now: whether it is heard, and since when that is so. */
export function judged(draft: Draft, member: MemberIndex, known: Presence): Presence {
  const nowMs = BigInt(Math.floor(draft.stamp.nowMs));
  if (!isFresh(known, nowMs)) {
    const silent = { ...known, backMs: undefined };
    if (!known.isHeard) return silent;
    draft.note({ kind: 'silent', member });
    return { ...silent, isHeard: false, sinceMs: nowMs };
  }
  if (known.isHeard || known.provenMs === undefined) return known;
  const backMs = known.backMs ?? known.provenMs;
  if (known.wasHeard && known.provenMs - backMs < STEADY_MS) return { ...known, backMs };
  draft.note({ kind: 'heard', member, votes: known.votes });
  return { ...known, isHeard: true, wasHeard: true, sinceMs: nowMs, backMs: undefined };
}

/** Judges all members, and what that comes to. */
export function judgeAll(draft: Draft, setup: AuthoritySetup): void {
  for (const member of membersOf(draft)) {
    const at = SPACES.presence.at(member);
    const known = draft.read(at);
    if (known === undefined) continue;
    const after = judged(draft, member, known);
    if (after.isHeard !== known.isHeard || after.backMs !== known.backMs) draft.write(at, after);
  }
  judgeConnectivity(draft, setup);
}

/** Says how this authority is connected, if that is otherwise than before. */
export function judgeConnectivity(draft: Draft, { authority }: AuthoritySetup): void {
  const members = membersOf(draft);
  const heard = members.filter((member) => {
    return member === authority.member || draft.read(SPACES.presence.at(member))?.isHeard === true;
  }).length;
  const before = draft.read(SPACES.connectivity);
  const status = statusOf(heard, members.length);
  if (before?.status === status && before.heard === heard) return;
  const isSame = before?.status === status;
  const sinceMs = isSame ? before.sinceMs : BigInt(Math.floor(draft.stamp.nowMs));
  draft.write(SPACES.connectivity, { status, heard, sinceMs });
  if (isSame || before === undefined) return;
  draft.note({ kind: 'connectivity', from: before.status, to: status, heard, of: members.length });
}

function statusOf(heard: number, members: number): ConnectivityStatus {
  if (heard >= members) return 'FULLY_CONNECTED';
  return heard >= quorumOf(members) ? 'PARTIAL_CONNECTIVITY' : 'PARTITIONED';
}
