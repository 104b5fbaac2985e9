/**
 * Committee arithmetic (PROTOCOL: Faults and quorums). Of n authorities with equal votes, f =
 * floor((n - 1) / 3) may be hostile. A quorum is q = floor(2n / 3) + 1 of them:
 *
 *   two quorums share at least 2q - n members, and 2q - n > f, so they share an honest one;
 *   q <= n - f, so a quorum can be had while f members are silent.
 *
 * Both are checked for every n from 1 to 100 in the tests. Integers only.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Epoch, MemberIndex } from '../base/units.ts';

export interface Member {
  /**
   * What it is called in messages and records: given to its key once, and never to another key, in
   * whatever committees it sits. Founders are numbered as the genesis document lists them.
   */
  readonly number: MemberIndex;
  /** What people call it, unique in the committee. */
  readonly name: string;
  /** Its Ed25519 key: votes and streams are judged by it. */
  readonly key: Uint8Array;
}

/** The number of an authority whose key no committee has had yet: it is never given. */
export const NO_MEMBER = 65_535 as MemberIndex;

/** The authorities of one epoch. */
export interface Committee {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
}

/** How many of `memberCount` (an integer of at least 1) authorities may be hostile. */
export function faultsTolerated(memberCount: number): number {
  return Math.floor((memberCount - 1) / 3);
}

/** How many of `memberCount` (an integer of at least 1) votes make a quorum. */
export function quorumOf(memberCount: number): number {
  return Math.floor((2 * memberCount) / 3) + 1;
}

/**
 * How many of the *others* have to vouch for a member's first start; all of them in small
 * committees.
 */
export function vouchersNeeded(memberCount: number): number {
  return Math.min(memberCount - faultsTolerated(memberCount), memberCount - 1);
}

/** The number of the member who has this key, if any. */
export function memberByKey({ members }: Committee, key: Uint8Array): MemberIndex | undefined {
  return members.find((member) => equalBytes(member.key, key))?.number;
}

/** The member with this number, if it sits in this committee. */
export function memberAt({ members }: Committee, number: MemberIndex): Member | undefined {
  // As long as only founders sit there, a number is a place.
  const likely = members[number];
  if (likely?.number === number) return likely;
  return members.find((member) => member.number === number);
}
