/** What a wallet has tried so far to get its order through, or its last certificate out. In memory. */

import { RETRY_FIRST_MS, RETRY_LAST_MS } from '../base/limits.ts';
import type { Attempts } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

const NOTHING_YET: Attempts = {
  count: 0,
  ways: 0,
  shown: [],
  shownNow: [],
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
 * Spreads a count over 32 bits, so that the relay which is chosen by `ways` does not fall into the
 * rhythm in which messages raise it. Every bit of the count has to reach every bit of the result
 * (the last steps of MurmurHash3): a multiplication alone turns an even rhythm into another one.
 */
export function mixed(count: number): number {
  let bits = count;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
