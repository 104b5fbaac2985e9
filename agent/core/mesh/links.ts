/**
 * The links that lead to nodes, and which member speaks at the other end. Who it is was proven by
 * the stream (TLS with the node's key) and is looked up in the current committee, again when that
 * changes (turnover.ts); a wallet that proved no key is answered over its link but never written to
 * on its own account, so it is not in the list. Kept in memory: a new process begins without links.
 */

import { MAX_LINKS_PER_MEMBER, MAX_RELAY_LINKS } from '../base/limits.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import type { NodeLink } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { memberByKey } from '../network/committee.ts';
import { currentCommittee } from '../network/committees.ts';
import { part } from '../part.ts';
import { SPACES } from '../spaces.ts';

export const linksPart = part({
  name: 'links',
  roles: ['authority', 'relay', 'wallet'],
  spaces: ['nodeLinks', 'linkMember'],
  epochBegan: judgeLinks,
  linkUp: (draft, _, { link, peerKey, wanted }) => {
    addLink(draft, link, peerKey, wanted);
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
  link: LinkId,
  key: Uint8Array,
  wanted: boolean,
): MemberIndex | undefined {
  const links = nodeLinks(draft);
  const others = links.filter((entry) => entry.link !== link);
  const asked = links.find((entry) => entry.link === link)?.asked;
  const member = memberByKey(currentCommittee(draft), key);
  const taken = withLink(others, { link, key, member, wanted, asked });
  if (taken === undefined) return undefined;
  writeLinks(draft, links, taken);
  return member;
}

/** Judges all links by the committee that has come: who is a member now, and who no longer is. */
function judgeLinks(draft: Draft): void {
  const committee = currentCommittee(draft);
  const before = nodeLinks(draft);
  let links: readonly NodeLink[] = [];
  for (const entry of before) {
    const judged = { ...entry, member: memberByKey(committee, entry.key) };
    links = withLink(links, judged) ?? links;
  }
  writeLinks(draft, before, links);
}

function removeLink(draft: Draft, link: LinkId): void {
  const links = nodeLinks(draft);
  const left = links.filter((entry) => entry.link !== link);
  if (left.length < links.length) writeLinks(draft, links, left);
}

/** These links and one more; undefined: there is no place for it. */
function withLink(links: readonly NodeLink[], added: NodeLink): readonly NodeLink[] | undefined {
  const isMember = added.member !== undefined;
  const ofKind = links.filter((entry) => entry.member === added.member);
  if (ofKind.length < (isMember ? MAX_LINKS_PER_MEMBER : MAX_RELAY_LINKS)) return [...links, added];
  const displaced = ofKind.find((entry) => isMember || (added.wanted && !entry.wanted));
  if (displaced === undefined) return undefined;
  return [...links.filter((entry) => entry !== displaced), added];
}

/** Writes the list, and beside it who is at the other end of those links that end at members. */
function writeLinks(draft: Draft, before: readonly NodeLink[], links: readonly NodeLink[]): void {
  draft.write(SPACES.nodeLinks, links);
  const members = new Map(links.map(({ link, member }) => [link, member]));
  for (const { link, member } of before) {
    if (member !== undefined && members.get(link) === undefined) {
      draft.remove(SPACES.linkMember.at(link));
    }
  }
  for (const { link, member } of links) {
    if (member !== undefined && memberOf(draft, link) !== member) {
      draft.write(SPACES.linkMember.at(link), member);
    }
  }
}
