/**
 * The links that lead to nodes, and which member speaks at the other end. Who it is was proven by
 * the stream (TLS with the node's key) and is looked up in the committee; a wallet that proved no
 * key is answered over its link but never written to on its own account, so it is not in the list.
 * Kept in memory: a new process begins without links.
 */

import { MAX_LINKS_PER_MEMBER, MAX_RELAY_LINKS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { NodeLink } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { LinkId } from '../io.ts';
import { memberByKey } from '../network/committee.ts';
import type { Network } from '../network/genesis.ts';
import { part } from '../part.ts';
import { SPACES } from '../spaces.ts';

export const linksPart = part({
  name: 'links',
  roles: ['authority', 'relay', 'wallet'],
  spaces: ['nodeLinks', 'linkMember'],
  linkUp: (draft, { network }, { link, peerKey, wanted }) => {
    addLink(draft, network, link, peerKey, wanted);
  },
  linkDown: (draft, _, link) => removeLink(draft, link),
});

/** All links to nodes, the oldest first. */
export function nodeLinks(draft: Draft): readonly NodeLink[] {
  return draft.read(SPACES.nodeLinks) ?? [];
}

/** Links that end at an authority, one a member. */
export function memberLinks(draft: Draft): readonly LinkId[] {
  const members = new Map<MemberIndex, LinkId>();
  for (const { link, member } of nodeLinks(draft)) {
    if (member !== undefined) members.set(member, link);
  }
  return [...members.values()];
}

/** The newest link that ends at this member. */
export function linkTo(draft: Draft, member: MemberIndex): LinkId | undefined {
  return nodeLinks(draft).findLast((entry) => entry.member === member)?.link;
}

/**
 * The member at the other end of this link, if it is one. Not everything that comes over the link
 * is its word (voices.ts).
 */
export function memberOf(draft: Draft, link: LinkId): MemberIndex | undefined {
  // Asked of every frame: the whole list is not read for it.
  return draft.read(SPACES.linkMember.at(link));
}

/**
 * Takes a link to a node in. Members always have a place, at the cost of their own older links. Of
 * other nodes, whose keys cost nothing, there is a bound: above it a wanted one takes the place of
 * the oldest that is not, and any other link stays unknown and is only answered.
 */
function addLink(
  draft: Draft,
  network: Network,
  link: LinkId,
  peerKey: Uint8Array,
  wanted: boolean,
): MemberIndex | undefined {
  const links = nodeLinks(draft);
  const others = links.filter((entry) => entry.link !== link);
  const asked = links.find((entry) => entry.link === link)?.asked;
  const member = memberByKey(network.committee, peerKey);
  const isMember = member !== undefined;
  const ofKind = others.filter((entry) => entry.member === member);
  const isFull = ofKind.length >= (isMember ? MAX_LINKS_PER_MEMBER : MAX_RELAY_LINKS);
  const displaced = isFull
    ? ofKind.find((entry) => isMember || (wanted && !entry.wanted))
    : undefined;
  if (isFull && displaced === undefined) return undefined;
  draft.write(SPACES.nodeLinks, [
    ...others.filter((entry) => entry !== displaced),
    { link, member, wanted: wanted || isMember, asked },
  ]);
  if (displaced !== undefined) draft.remove(SPACES.linkMember.at(displaced.link));
  if (member !== undefined) draft.write(SPACES.linkMember.at(link), member);
  return member;
}

function removeLink(draft: Draft, link: LinkId): void {
  const links = nodeLinks(draft);
  const left = links.filter((entry) => entry.link !== link);
  if (left.length < links.length) draft.write(SPACES.nodeLinks, left);
  draft.remove(SPACES.linkMember.at(link));
}
