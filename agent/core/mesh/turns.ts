/**
 * Whose turn it is where a message may go one of several ways: a count that rises with each, and is
 * spread, so that the ways do not fall into the rhythm in which messages raise it. In memory.
 */
import { draw } from '../chance.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

/** Begins anywhere, so that processes which do not live long come by every way as well. */
export function beginTurns(draft: Draft): void {
  draft.write(SPACES.turn, draw(draft, 2 ** 32, 'ways'));
}

/** A place in a list of so many, another one from one call to the next; 0 of an empty list. */
export function nextTurn(draft: Draft, of: number): number {
  const turn = draft.read(SPACES.turn) ?? 0;
  draft.write(SPACES.turn, (turn + 1) >>> 0);
  return mixed(turn) % Math.max(1, of);
}

/**
 * Spreads a count over 32 bits. Every bit of the count has to reach every bit of the result (the
 * last steps of MurmurHash3): a multiplication alone turns an even rhythm into another one.
 */
export function mixed(count: number): number {
  let bits = count;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
