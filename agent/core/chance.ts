/**
 * Chance in the core: where to begin in a list that is longer than what may be done at once.
 *
 * Whoever can choose keys can choose places in any order by key, and whoever can open links can be
 * the oldest or the newest in any list of them. So no list is always cut at the same end: what is
 * taken begins at a drawn place, or goes on in turn from a place that was drawn once. The core has
 * no randomness of its own: a new process is given a seed (io.ts, `start`), which never leaves it,
 * and a draw is a hash of that, the time, and what it is about.
 */
import { ascii } from './base/bytes.ts';
import { sha256 } from './base/crypto.ts';
import type { LinkId } from './base/units.ts';
import type { Draft } from './draft.ts';
import { SPACES } from './spaces.ts';

/** Keeps the seed of this process, for as long as it lives. */
export function keepSeed(draft: Draft, seed: Uint8Array): void {
  draft.writeBytes(SPACES.seed, seed);
}

/**
 * A number from 0 to below `bound`, which is at most 2^32. The same question in the same
 * millisecond has the same answer: `about` and `link` tell apart what is drawn at one time.
 */
export function draw(
  draft: Draft,
  bound: number,
  about: string,
  link: LinkId = 0n as LinkId,
): number {
  return drawAt(draft, link, Math.floor(draft.stamp.nowMs), bound, about);
}

/** The same, with one answer for as long as a turn takes: who has it now. */
export function turnOf(draft: Draft, bound: number, about: string, turnMs: number): number {
  return drawAt(draft, 0n as LinkId, Math.floor(draft.stamp.nowMs / turnMs), bound, about);
}

function drawAt(draft: Draft, link: LinkId, time: number, bound: number, about: string): number {
  const at = new DataView(new ArrayBuffer(16));
  at.setBigUint64(0, BigInt(time));
  at.setBigUint64(8, link);
  const seed = draft.readBytes(SPACES.seed) ?? new Uint8Array();
  const hash = sha256(seed, new Uint8Array(at.buffer), ascii(about));
  const drawn = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0);
  return Number(drawn % BigInt(Math.max(1, bound)));
}

/**
 * A name for the nth hour of this process, 1 to 2^32 - 1: no hour of another process is likely to
 * have it.
 */
export function hourName(draft: Draft, hour: number): number {
  const seed = draft.readBytes(SPACES.seed) ?? new Uint8Array();
  const hash = sha256(seed, ascii(`hour ${hour}`));
  return Math.max(1, new DataView(hash.buffer, hash.byteOffset).getUint32(0));
}

/**
 * At most so many of the list, in a row from a place that is drawn; behind the last comes the
 * first.
 */
export function someOf<T>(
  draft: Draft,
  list: readonly T[],
  most: number,
  about: string,
  link?: LinkId,
): readonly T[] {
  if (list.length <= most) return list;
  const first = draw(draft, list.length, about, link);
  return [
    ...list.slice(first, first + most),
    ...list.slice(0, Math.max(0, first + most - list.length)),
  ];
}
