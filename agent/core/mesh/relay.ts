/**
 * The relay: any node passes orders, votes and certificates on. A wallet that reaches only one node
 * addresses its frames to members; the node passes them on over its own links.
 *
 * Of frames it remembers nothing. On the way out it notes in the frame which link the frame came
 * from, and on the way back it takes that note off and follows it. Link numbers are random (io.ts),
 * so a stranger cannot write to any link; whoever a frame passes can write back to those that it
 * came over. So each frame that is passed on is marked, what is believed for its link alone is not
 * carried, and everything that counts of the rest is signed by whoever it is from (voices.ts):
 * strangers can withhold, but not forge. Bounds: hops (limits.ts), and the shell's rates.
 */

import { MAX_ROUTE_HOPS } from '../base/limits.ts';
import { REFUSALS, type RefusalCode, refusal } from '../base/refusal.ts';
import { FIRST_SEQUENCE, type LinkId, type MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import { type Frame, frameCoder, heardBy } from '../codec/message.ts';
import type { Draft } from '../draft.ts';
import { part } from '../part.ts';
import type { NodeSetup } from '../setup.ts';
import { travelsBack, travelsOut } from '../voices.ts';
import { linkTo } from './links.ts';
import { anotherWay, askWays } from './ways.ts';

export const relayPart = part({
  name: 'relay',
  roles: ['authority', 'relay'],
  spaces: [],
  carry: (draft, setup, link, frame) => {
    if (frame.to === undefined) passBack(draft, frame);
    else passOn(draft, setup, link, frame, frame.to);
  },
});

function passOn(
  draft: Draft,
  setup: NodeSetup,
  link: LinkId,
  frame: Frame,
  member: MemberIndex,
): void {
  if (!travelsOut(frame.message)) return;
  if (frame.route.length >= MAX_ROUTE_HOPS) return reject(draft, link, frame, 'too_many_hops');
  const direct = linkTo(draft, member);
  if (direct === undefined) askWays(draft, setup);
  const next = direct ?? anotherWay(draft, link);
  if (next === undefined) return reject(draft, link, frame, 'unreachable');
  const route = [...frame.route, link];
  draft.forward(next, encode(frameCoder, { ...frame, route, isPassedOn: true }));
  draft.note({ kind: 'relayed', member });
}

function passBack(draft: Draft, frame: Frame): void {
  const [last] = frame.route.slice(-1);
  if (last === undefined || !travelsBack(frame.message)) return;
  const route = frame.route.slice(0, -1);
  draft.forward(last, encode(frameCoder, { ...frame, route, isPassedOn: true }));
}

/**
 * Tells the sender that its frame went no further, naming the member it was for. What a member says
 * of its own it repeats by itself, and it listens to nobody's word on what became of it.
 */
function reject(draft: Draft, link: LinkId, frame: Frame, code: RefusalCode): void {
  if (heardBy('authority', frame.message.TAG) === 'signed') return;
  const { to: member, route } = frame;
  const data = { member, code: REFUSALS[code].wire, account: undefined, next: FIRST_SEQUENCE };
  draft.answer({ link, route }, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link, refusal: refusal(code) });
}
