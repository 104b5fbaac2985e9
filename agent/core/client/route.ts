/** How a client reaches the authorities: over its own link where it has one, else through a relay. */
import type { Message } from '../codec/message.ts';
import type { Draft } from '../draft.ts';
import type { Network } from '../genesis.ts';
import { linkTo, nodeLinks } from '../links.ts';
import type { MemberIndex } from '../units.ts';

/** All members of the committee. */
export function membersOf(network: Network): MemberIndex[] {
  return network.committee.members.map((_, index) => index as MemberIndex);
}

/**
 * Sends a message towards a member. Without a link to it, any node may pass it on; `attempt` picks
 * another one each time, relays before authorities, so that one bad relay does not stop everything.
 */
export function sendToMember(
  draft: Draft,
  member: MemberIndex,
  message: Message,
  attempt: number,
): void {
  const direct = linkTo(draft, member);
  if (direct !== undefined) return draft.send(direct, message, member);
  const links = nodeLinks(draft);
  const relays = links.filter((entry) => entry.member === undefined);
  const via = [...relays, ...links.filter((entry) => entry.member !== undefined)];
  const chosen = via[attempt % Math.max(1, via.length)];
  if (chosen !== undefined) draft.send(chosen.link, message, member);
}
