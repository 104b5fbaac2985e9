/** The pursuit's own notes (in memory): attempts, verdicts, how far late authorities were fed. */
import { type Chase, chaseCoder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { singleton } from '../keyspace.ts';
import { RETRY_FIRST_MS, RETRY_LAST_MS } from '../limits.ts';

const NOTHING_YET: Chase = { attempts: 0, ways: 0, impossible: [], fed: [], unspread: [] };

export function chase(draft: Draft): Chase {
  return draft.read(singleton('chase'), chaseCoder) ?? NOTHING_YET;
}

export function writeChase(draft: Draft, change: Partial<Chase>): void {
  draft.write(singleton('chase'), chaseCoder, { ...chase(draft), ...change });
}

/** How long to wait after this many attempts: doubling, with up to a quarter less by `spread`. */
export function pauseMs(attempts: number, spread: number): number {
  const full = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts, 16));
  return full - Math.floor((full / 4) * (spread / 256));
}

/**
 * Spreads a count over 16 bits (Fibonacci hashing), so that what is chosen by `ways`, a relay or a page
 * of income, does not fall into the rhythm in which messages raise it.
 */
export function mixed(count: number): number {
  return Math.imul(count, 0x9e3779b1) >>> 16;
}
