/**
 * The relay (DESIGN 1; issue: "any node passes orders, votes and certificates on"). A wallet that
 * reaches only one node addresses its frames to members; the node passes them on over its own links.
 *
 * It remembers nothing. On the way out it notes in the frame which link the frame came from, and on
 * the way back it takes that note off and follows it. Link numbers are random (io.ts), so a stranger
 * cannot write to another's link. Everything that counts of what a relay carries is signed by whoever
 * it is from (links.ts, `maySpeak`), so a hostile relay can withhold, but not forge. Bounds: hops
 * (limits.ts), and the shell's rates.
 */
import { mixed } from './client/chase.ts';
import { encode } from './codec/canonical.ts';
import { type Frame, frameCoder } from './codec/message.ts';
import type { Draft } from './draft.ts';
import type { LinkId } from './io.ts';
import { MAX_ROUTE_HOPS } from './limits.ts';
import { linkTo, nodeLinks } from './links.ts';
import { REFUSALS, type RefusalCode, refusal } from './refusal.ts';
import { FIRST_SEQUENCE, type MemberIndex } from './units.ts';

/** Passes a frame for another node on. False: the frame is for this node. */
export function relay(
  draft: Draft,
  self: MemberIndex | undefined,
  link: LinkId,
  frame: Frame,
): boolean {
  if (frame.to !== undefined && frame.to !== self) {
    passOn(draft, link, frame, frame.to);
    return true;
  }
  if (frame.to === undefined && frame.route.length > 0) {
    passBack(draft, frame);
    return true;
  }
  return false;
}

function passOn(draft: Draft, link: LinkId, frame: Frame, member: MemberIndex): void {
  const next = linkTo(draft, member) ?? anotherWay(draft, link);
  if (frame.route.length >= MAX_ROUTE_HOPS) return reject(draft, link, frame, 'too_many_hops');
  if (next === undefined) return reject(draft, link, frame, 'unreachable');
  draft.forward(next, encode(frameCoder, { ...frame, route: [...frame.route, link] }));
  draft.note({ kind: 'relayed', member });
}

/**
 * Where frames go whose authority this node has no link to: to any other node, relay or authority,
 * but never back where they came from. It is another one from one millisecond to the next, so that
 * whoever asks again gets past nodes that lead nowhere. A loop ends at the bound on hops.
 *
 * Every second draw is among the links that are wanted alone, so that strangers, however many, halve
 * the chance of an honest one at most; the others are among all, so that a bad wanted link only does
 * the same.
 */
function anotherWay(draft: Draft, from: LinkId): LinkId | undefined {
  const others = nodeLinks(draft).filter(({ link }) => link !== from);
  const wanted = others.filter((entry) => entry.wanted);
  const draw = mixed(Math.floor(draft.stamp.nowMs));
  const among = draw % 2 === 0 && wanted.length > 0 ? wanted : others;
  return among[(draw >>> 1) % Math.max(1, among.length)]?.link;
}

function passBack(draft: Draft, frame: Frame): void {
  const [last] = frame.route.slice(-1);
  if (last === undefined) return;
  draft.forward(last, encode(frameCoder, { ...frame, route: frame.route.slice(0, -1) }));
}

/** Tells the sender that its frame went no further, naming the member it was for. */
function reject(draft: Draft, link: LinkId, frame: Frame, code: RefusalCode): void {
  const { to: member, route } = frame;
  const data = { member, code: REFUSALS[code].wire, account: undefined, next: FIRST_SEQUENCE };
  draft.answer({ link, route }, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link, refusal: refusal(code) });
}
