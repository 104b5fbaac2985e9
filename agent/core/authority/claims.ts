/**
 * Who is bringing what: while one member is asked for an account, or shown a bucket to bring what
 * is missing there, the same is not asked of another, so that catching up from several costs what
 * catching up from one costs.
 *
 * Liveness: a claim keeps others away for CLAIM_MS, and cannot be made again until the others have
 * had as much time without one. So whoever claims and brings nothing costs a moment, and at most
 * half of all time however often it speaks.
 * Bounds: MAX_CLAIMS records in memory, each in a place that its subject's hash decides. Two
 * subjects in one place forget each other, which costs a page that comes twice.
 */
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { CLAIM_MS, MAX_CLAIMS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type { Claim } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

/** Whether this member may be asked for an account, or shown a bucket, now; if so it is noted. */
export function claim(draft: Draft, subject: Uint8Array, member: MemberIndex): boolean {
  const hash = sha256(subject);
  const [high = 0, low = 0] = hash;
  const place = SPACES.claim.at(((high << 8) | low) % MAX_CLAIMS);
  const what = hash.slice(0, 8);
  const now = BigInt(draft.stamp.nowMs);
  const before = draft.read(place);
  const ageMs = ageOf(before, what, now);
  if (before !== undefined && before.member !== member && ageMs < CLAIM_MS) return false;
  if (ageMs >= 2 * CLAIM_MS) draft.write(place, { what, member, atMs: now });
  return true;
}

/** How old a claim of this very subject is; without one, as if it were over. */
function ageOf(before: Claim | undefined, what: Uint8Array, now: bigint): number {
  if (before === undefined || !equalBytes(before.what, what)) return Number.POSITIVE_INFINITY;
  return Number(now - before.atMs);
}
