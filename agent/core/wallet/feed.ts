/**
 * Feeding: giving an authority the certificates of this account that it has not seen, one after the
 * other, each when the one before was taken. An authority's word on how far it is can be a lie, or
 * be repeated by whoever heard it, so each certificate, and the order after them, is brought once
 * an attempt.
 */

import { type MemberIndex, nextSequence, type Sequence } from '../base/units.ts';
import type { Draft } from '../draft.ts';
import { attemptsOf, sendEscalating, writeAttempts } from './attempts.ts';
import { readPaid } from './holdings.ts';

/** Sends a member the certificate `next` of this account. True: there was one to send. */
export function feed(draft: Draft, member: MemberIndex, next: Sequence): boolean {
  const certificate = readPaid(draft, next);
  if (certificate === undefined) return false;
  if (bringOnce(draft, member, next)) {
    sendEscalating(draft, member, { TAG: 'certificate', data: certificate });
  }
  return true;
}

/** Notes that a member is brought what has this sequence. False: it was, since the last attempt. */
export function bringOnce(draft: Draft, member: MemberIndex, next: Sequence): boolean {
  const { fed } = attemptsOf(draft);
  const before = fed.find((entry) => entry.member === member);
  if (before !== undefined && before.upTo > next) return false;
  const others = fed.filter((entry) => entry.member !== member);
  writeAttempts(draft, { fed: [...others, { member, upTo: nextSequence(next) }] });
  return true;
}
