/** How a node reaches the authorities: over its own link where it has one, else through another. */

import { MAX_WAYS_AT_ONCE } from '../base/limits.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import type { Message } from '../codec/message.ts';
import type { Draft } from '../draft.ts';
import { currentCommittee } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { linkTo, nodeLinks } from './links.ts';
import { nextTurn } from './turns.ts';

/**
 * Sends a message towards a member. Without a link to it, any node may pass it on: each time the
 * next one, relays before authorities, so that no bad relay can stop a kind of message or a member
 * for good.
 */
export function sendToMember(draft: Draft, member: MemberIndex, message: Message): void {
  const direct = linkTo(draft, member);
  if (direct !== undefined) return draft.send(direct, message, member);
  const via = linksVia(draft);
  const chosen = via[nextTurn(draft, via.length)];
  if (chosen !== undefined) draft.send(chosen, message, member);
}

/**
 * The same over several ways at once, for what nobody answers if it does not arrive and what comes
 * seldom: a bad relay among them does not delay it. Where there are more ways, it is others each
 * time.
 */
export function sendToMemberAllWays(draft: Draft, member: MemberIndex, message: Message): void {
  const direct = linkTo(draft, member);
  if (direct !== undefined) return draft.send(direct, message, member);
  const via = linksVia(draft);
  const first = nextTurn(draft, via.length);
  const inTurn = [...via.slice(first), ...via.slice(0, first)];
  for (const link of inTurn.slice(0, MAX_WAYS_AT_ONCE)) draft.send(link, message, member);
}

/** Sends a message towards every other member. */
export function sendToOthers(draft: Draft, { authority }: AuthoritySetup, message: Message): void {
  for (const { number } of currentCommittee(draft).members) {
    if (number !== authority.member) sendToMember(draft, number, message);
  }
}

/** Links to nodes that may pass frames on, relays before authorities. */
function linksVia(draft: Draft): LinkId[] {
  const links = nodeLinks(draft);
  const relays = links.filter((entry) => entry.member === undefined);
  const members = links.filter((entry) => entry.member !== undefined);
  return [...relays, ...members].map(({ link }) => link);
}
