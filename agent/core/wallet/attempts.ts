/**
 * What a wallet has tried so far to get its order through, or its last certificate out. In memory.
 */

import { ATTEMPTS_OVER_ONE_WAY, RETRY_FIRST_MS, RETRY_LAST_MS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { Message } from '../codec/message.ts';
import type { Attempts } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { sendToMember, sendToMemberAllWays } from '../mesh/route.ts';
import { SPACES } from '../spaces.ts';

const NOTHING_YET: Attempts = {
  count: 0,
  shown: [],
  shownNow: [],
  askedNow: [],
  fed: [],
  unspread: [],
};

export function attemptsOf(draft: Draft): Attempts {
  return draft.read(SPACES.attempts) ?? NOTHING_YET;
}

export function writeAttempts(draft: Draft, change: Partial<Attempts>): void {
  draft.write(SPACES.attempts, { ...attemptsOf(draft), ...change });
}

/** How long to wait after this many attempts: doubling, with up to a quarter less by `spread`. */
export function pauseMs(attempts: number, spread: number): number {
  const full = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts, 16));
  return full - Math.floor((full / 4) * (spread / 256));
}

/**
 * Sends what an order needs to get through: over one way at first, and after some attempts over
 * several at once. A bad relay then costs the first few seconds and no more.
 */
export function sendEscalating(draft: Draft, member: MemberIndex, message: Message): void {
  sendAtAttempt(draft, attemptsOf(draft).count, member, message);
}

/** The same, where the attempts are counted elsewhere. */
export function sendAtAttempt(
  draft: Draft,
  count: number,
  member: MemberIndex,
  message: Message,
): void {
  const send = count < ATTEMPTS_OVER_ONE_WAY ? sendToMember : sendToMemberAllWays;
  send(draft, member, message);
}
