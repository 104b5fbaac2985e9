/**
 * Who is bringing what: while one member is asked for an account, or shown a bucket to bring what
 * is missing there, the same is not asked of another, nor again of that one, so that catching up
 * from several costs what catching up from one costs.
 *
 * Liveness: a claim keeps others away for CLAIM_MS, and for as long again whenever something new
 * came of it, up to MAX_CLAIM_MS. Then it cannot be made again until the others have had as much
 * time without one. So whoever claims and brings nothing costs a moment, and whoever brings little
 * at most half of all time.
 * Bounds: MAX_CLAIMS records in memory, each in a place that its subject's hash decides. Two
 * subjects in one place forget each other, which costs a page that comes twice.
 */
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { CLAIM_MS, MAX_CLAIM_MS, MAX_CLAIMS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

/** Whether anybody may be asked for an account, or shown a bucket, now. */
export function isClaimed(draft: Draft, subject: Uint8Array): boolean {
  const { age } = find(draft, subject);
  return age !== undefined && age < CLAIM_MS;
}

/** Whether this member may be asked for an account, or shown a bucket, now; if so it is noted. */
export function claim(draft: Draft, subject: Uint8Array, member: MemberIndex): boolean {
  const { place, what, before, age } = find(draft, subject);
  const now = BigInt(draft.stamp.nowMs);
  if (before !== undefined && age !== undefined) {
    if (age < CLAIM_MS) return false;
    const heldMs = Number(before.atMs - before.sinceMs) + CLAIM_MS;
    if (age < CLAIM_MS + heldMs) return true;
  }
  draft.write(place, { what, member, sinceMs: now, atMs: now });
  return true;
}

/**
 * This member brought something new of what it may have claimed. False: another one has the claim,
 * and brings the rest.
 */
export function renew(draft: Draft, subject: Uint8Array, member: MemberIndex): boolean {
  const { place, before, age } = find(draft, subject);
  if (before === undefined || age === undefined) return claim(draft, subject, member);
  if (before.member !== member) return age >= CLAIM_MS;
  const now = BigInt(draft.stamp.nowMs);
  if (now - before.sinceMs < MAX_CLAIM_MS) draft.write(place, { ...before, atMs: now });
  return true;
}

/** The claim in the place of a subject, and how old it is; no age: it is of another, or none. */
function find(draft: Draft, subject: Uint8Array) {
  const hash = sha256(subject);
  const [high = 0, low = 0] = hash;
  const place = SPACES.claim.at(((high << 8) | low) % MAX_CLAIMS);
  const what = hash.slice(0, 8);
  const before = draft.read(place);
  const isOf = before !== undefined && equalBytes(before.what, what);
  const age = isOf ? draft.stamp.nowMs - Number(before.atMs) : undefined;
  return { place, what, before, age };
}
