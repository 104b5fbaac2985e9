/**
 * Which way frames go whose authority this node has no link to: to any other node, relay or
 * authority, but never back where they came from.
 *
 * Strangers may hold most of the links, and keys cost nothing. So what is drawn among is, in turns,
 *
 *   the links that are wanted, which strangers cannot make up (links.ts);
 *   the links that lead to an authority, as far as this node found out by asking.
 *
 * Without any of the one kind it is the other, and without either all links. The question goes over
 * every link to a relay while there are frames to pass on: whether an authority is there, with a
 * nonce made of the link and the time, so that the signed answer cannot have been recorded before.
 * What it proves is held true for LEADS_FOR_MS, and of each question one answer is checked, so that
 * neither a stranger that was honest once nor one that sends false signatures gets far.
 *
 * Not safety: a wrong way costs time alone. Nor does it tell apart a stranger that has a way to an
 * authority, passes questions on and swallows the rest: such ones are drawn like honest nodes,
 * which leaves the wanted links, every second draw.
 */

import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { ASK_WAYS_EVERY_MS, LEADS_FOR_MS, MAX_WAYS_ASKED, NONCE_BYTES } from '../base/limits.ts';
import type { LinkId } from '../base/units.ts';
import { someOf } from '../chance.ts';
import type { Way } from '../codec/message.ts';
import type { NodeLink } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { membersOf } from '../network/committees.ts';
import { part } from '../part.ts';
import type { NodeSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { linkTo, nodeLinks } from './links.ts';
import { reach, takeReached } from './reach.ts';
import { beginTurns, mixed } from './turns.ts';
import { isWayValid } from './way.ts';

export const waysPart = part({
  name: 'ways',
  roles: ['authority', 'relay', 'wallet'],
  spaces: ['reach', 'turn'],
  start: beginTurns,
  takes: { way: (draft, setup, { link }, way) => takeWay(draft, setup, link, way) },
  commands: { reach: (draft, setup, { nonce }) => reach(draft, setup, nonce) },
});

/**
 * Draws another way for a frame that came over the link `from`; undefined: there is none. It is
 * another draw from one millisecond to the next, so that whoever asks again gets past nodes that
 * lead nowhere. A loop ends at the bound on hops.
 */
export function anotherWay(draft: Draft, from: LinkId): LinkId | undefined {
  const { nowMs } = draft.stamp;
  const others = nodeLinks(draft).filter(({ link }) => link !== from);
  const wanted = others.filter(({ member, wanted }) => wanted || member !== undefined);
  const leading = others.filter((entry) => leads(entry, nowMs));
  const draw = mixed(Math.floor(nowMs));
  const inTurn = draw % 2 === 0 ? [wanted, leading] : [leading, wanted];
  const among = inTurn.find((links) => links.length > 0) ?? others;
  return among[(draw >>> 1) % Math.max(1, among.length)]?.link;
}

/** Whether this node found out lately that the link leads to an authority. */
function leads({ asked }: NodeLink, nowMs: number): boolean {
  return asked?.leads === true && nowMs - Number(asked.atMs) < LEADS_FOR_MS;
}

function isToBeAsked(entry: NodeLink, nowMs: number): boolean {
  const { asked } = entry;
  if (leads(entry, nowMs)) return false;
  return asked === undefined || nowMs - Number(asked.atMs) >= ASK_WAYS_EVERY_MS;
}

function lastAskedMs({ asked }: NodeLink): number {
  return asked === undefined ? -1 : Number(asked.atMs);
}

/**
 * Asks over links to relays, so many at once, whether they lead to an authority, unless that is
 * known or was asked a moment ago. Where they are more, half of them are those that were not asked
 * for longest, and half are drawn: who hangs up and calls again was never asked, as often as it
 * likes. Each is asked for a member drawn anew, since some may be down, and for none that this node
 * has a link to itself.
 */
export function askWays(draft: Draft, { authority }: NodeSetup): void {
  const now = Math.floor(draft.stamp.nowMs);
  const atMs = BigInt(now);
  const links = nodeLinks(draft);
  const due = links
    .filter((entry) => entry.member === undefined && isToBeAsked(entry, now))
    .sort((a, b) => lastAskedMs(a) - lastAskedMs(b));
  const inTurn = due.splice(0, MAX_WAYS_ASKED / 2);
  const asking = [...inTurn, ...someOf(draft, due, MAX_WAYS_ASKED / 2, 'ways')];
  const members = membersOf(draft).filter((member) => {
    return member !== authority?.member && linkTo(draft, member) === undefined;
  });
  if (asking.length === 0 || members.length === 0) return;
  const asked = { atMs, leads: undefined };
  const written = links.map((entry) => (asking.includes(entry) ? { ...entry, asked } : entry));
  draft.write(SPACES.nodeLinks, written);
  asking.forEach(({ link }, i) => {
    const member = members[mixed(now + i) % members.length];
    draft.send(link, { TAG: 'wayQuery', data: { nonce: nonceOver(link, atMs) } }, member);
  });
}

/** What is asked over a link. Neither number was ever used with the other before. */
function nonceOver(link: LinkId, atMs: bigint): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigUint64(0, link);
  bytes.setBigUint64(8, atMs);
  return sha256(new Uint8Array(bytes.buffer)).slice(0, NONCE_BYTES);
}

/**
 * Takes a member's word that it is there: in answer to `askWays`, or to this node's own question.
 */
function takeWay(draft: Draft, setup: NodeSetup, link: LinkId, way: Way): void {
  const links = nodeLinks(draft);
  const entry = links.find((other) => other.link === link);
  if (entry?.asked === undefined) return takeReached(draft, setup, way);
  const { atMs, leads: known } = entry.asked;
  const nonce = nonceOver(link, atMs);
  if (!equalBytes(way.body.nonce, nonce)) return takeReached(draft, setup, way);
  if (known !== undefined) return;
  const asked = { atMs, leads: isWayValid(draft, setup, nonce, way) };
  const written = links.map((other) => (other === entry ? { ...entry, asked } : other));
  draft.write(SPACES.nodeLinks, written);
}
