/**
 * Feeding: giving an authority the certificates of this account that it has not seen, one after the
 * other, each when the one before was taken. An authority's word on how far it is can be a lie, so
 * it is fed each certificate once an attempt.
 */
import type { Draft } from '../draft.ts';
import { type MemberIndex, nextSequence, type Sequence } from '../units.ts';
import { chase, writeChase } from './chase.ts';
import { sendToMemberInEarnest } from './route.ts';
import { readPaid } from './wallet.ts';

/** Sends a member the certificate `next` of this account. True: there was one to send. */
export function feed(draft: Draft, member: MemberIndex, next: Sequence): boolean {
  const certificate = readPaid(draft, next);
  if (certificate === undefined) return false;
  const { fed } = chase(draft);
  const before = fed.find((entry) => entry.member === member);
  if (before !== undefined && before.upTo > next) return true;
  const others = fed.filter((entry) => entry.member !== member);
  writeChase(draft, { fed: [...others, { member, upTo: nextSequence(next) }] });
  sendToMemberInEarnest(draft, member, { TAG: 'certificate', data: certificate });
  return true;
}
