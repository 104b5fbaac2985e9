/**
 * Gossip that this authority knows already. Each order comes from every other member, and nearly
 * always after the payer brought it: in a committee of 31 thirty times. So the bytes of the frame
 * are compared with those of the pending order before anything is decoded or hashed.
 *
 * Safety: what is left out here would have had no effect: the order is the very one that is
 * pending, with the same signature, and that the member votes at all is noted.
 */

import type { LinkId } from '../base/units.ts';
import { MESSAGES } from '../codec/message.ts';
import { endsWithPending } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { hasGossiped } from './lives.ts';

/**
 * How a frame of gossip begins (codec/message.ts): for nobody, no route, not passed on, its kind.
 */
const GOSSIP_HEAD = Uint8Array.of(0, 0, 0, MESSAGES.gossip.wire);
const KEY_BYTES = 32;

/** Whether the bytes are gossip of a member about the order that is pending here. */
export function isKnownGossip(
  draft: Draft,
  _setup: AuthoritySetup,
  link: LinkId,
  frame: Uint8Array,
): boolean {
  if (frame.length < GOSSIP_HEAD.length + KEY_BYTES) return false;
  if (GOSSIP_HEAD.some((byte, at) => frame[at] !== byte)) return false;
  const order = frame.subarray(GOSSIP_HEAD.length);
  // An order begins with its account.
  const record = draft.readBytes(SPACES.account.at(order.subarray(0, KEY_BYTES)));
  if (record === undefined || !endsWithPending(record, order)) return false;
  const member = memberOf(draft, link);
  return member !== undefined && hasGossiped(draft, member);
}
