/** The pursuit's own notes (in memory): attempts, verdicts, how far late authorities were fed. */

import { RETRY_FIRST_MS, RETRY_LAST_MS } from '../base/limits.ts';
import type { Chase } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

const NOTHING_YET: Chase = {
  attempts: 0,
  ways: 0,
  shown: [],
  shownNow: [],
  fed: [],
  unspread: [],
};

export function chase(draft: Draft): Chase {
  return draft.read(SPACES.chase) ?? NOTHING_YET;
}

export function writeChase(draft: Draft, change: Partial<Chase>): void {
  draft.write(SPACES.chase, { ...chase(draft), ...change });
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
