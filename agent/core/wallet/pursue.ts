/**
 * A wallet pursues its order (PROTOCOL: Transfers): on disk before the first send, then the same
 * bytes again and again until a quorum has voted, or another certificate has taken the sequence.
 *
 * Safety: while an order lives, no other order of this account is made, so the wallet never signs
 * two for one sequence. No refusal ends it: whoever saw the order may present it again, spoilt or
 * when the money is there, to members that have not. An order that nobody may vote for would hold
 * its sequence for ever, so that is asked before anything is signed (plan.ts). Closing the sequence
 * (PROTOCOL: Closing a sequence) is the way out of one that was signed all the same, or got there
 * by another copy of the wallet: the owner's signed wish to close goes out instead of the order's
 * bytes, and the decision ends the order (closing.ts), or a certificate does.
 * Liveness: authorities that are behind are fed this account's earlier certificates.
 */

import { invariant } from '../base/assert.ts';
import type { MemberIndex } from '../base/units.ts';
import type { SignedOrder } from '../codec/order.ts';
import type { LiveOrder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import type { Network } from '../network/genesis.ts';
import { SPACES } from '../spaces.ts';
import { setTimer } from '../timers.ts';
import { attemptsOf, pauseMs, sendEscalating, writeAttempts } from './attempts.ts';
import { readLiveOrder } from './holdings.ts';
import { noteStep } from './withdrawals.ts';

/** Makes a signed order the live one; the votes for it come from now on. */
export function adopt(draft: Draft, network: Network, order: SignedOrder): void {
  invariant(readLiveOrder(draft) === undefined, 'an order is made only where none is live');
  const createdWallMs = BigInt(Math.max(0, draft.stamp.wallMs));
  const { epoch } = currentCommittee(draft);
  draft.write(SPACES.liveOrder, { order, createdWallMs, epoch, votes: [], rival: undefined });
  noteStep(draft, network, order.order, 'pending');
  draft.note({ kind: 'order_created', order });
  writeAttempts(draft, { count: 0, fed: [], unspread: [] });
  pursue(draft);
}

/**
 * Sends the live order to every authority that has not voted, and sets the time of the next try.
 */
export function pursue(draft: Draft): void {
  const live = readLiveOrder(draft);
  if (live === undefined) return;
  const { count } = attemptsOf(draft);
  for (const member of membersOf(draft)) sendOrder(draft, live, member);
  writeAttempts(draft, { count: count + 1, fed: [], shownNow: [] });
  const pause = pauseMs(count, live.order.signature[count % 32] ?? 0);
  setTimer(draft, 'retry', draft.stamp.nowMs + pause);
}

/** Sends the live order to one authority, unless its vote is here. */
export function pursueAt(draft: Draft, member: MemberIndex): void {
  const live = readLiveOrder(draft);
  if (live !== undefined) sendOrder(draft, live, member);
}

function sendOrder(draft: Draft, live: LiveOrder, member: MemberIndex): void {
  const closing = draft.read(SPACES.ownClosing);
  if (closing !== undefined) {
    return sendEscalating(draft, member, { TAG: 'closingRequest', data: closing });
  }
  if (live.votes.some((vote) => vote.member === member)) return;
  sendEscalating(draft, member, { TAG: 'order', data: live.order });
}
