/**
 * Authorities bring their double-spend proofs together. A new proof is sent at once
 * (double-spend.ts); this is for those whom it never reached, or reached before they knew the
 * account.
 *
 *   A -> B  proofCount    how many I hold, and the digest of which
 *   B -> A  proofsQuery   those from the nth on
 *   A -> B  proofs        a page of them
 *
 * Safety: a proof is judged like any other, whoever shows it.
 * Liveness: B remembers for each member how far it has read that member's list. It goes on past
 * what it holds and what proves nothing, and stops at what it cannot judge yet, to be asked for
 * again in the next round. A lost frame costs a round.
 * Bounds: one number a member; a page leads to one question at most, and only after progress.
 */
import { equalBytes } from '../base/bytes.ts';
import { MAX_PROOFS_PER_FRAME } from '../base/limits.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import type { DataOf, ProofCount, ProofPage } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { takeProof } from './double-spend.ts';
import { proofAt, proofCount } from './proof-list.ts';

/** Tells a peer how many proofs are held here; nothing while there are none. */
export function sendProofCount(draft: Draft, link: LinkId): void {
  const held = proofCount(draft);
  if (held.count > 0n) draft.send(link, { TAG: 'proofCount', data: held });
}

/** The peer may be another process than before, with another disk: its list is read anew. */
export function forgetCursor(draft: Draft, link: LinkId): void {
  const member = memberOf(draft, link);
  if (member !== undefined) draft.remove(SPACES.proofCursor.at(member));
}

export function takeProofCount(
  draft: Draft,
  _setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { count, set }: ProofCount,
): void {
  if (member === undefined) return;
  if (equalBytes(set, proofCount(draft).set)) return setCursor(draft, member, count);
  // Fewer than were read once: the peer came back from an old copy.
  if (count < cursorOf(draft, member)) setCursor(draft, member, 0n);
  askOn(draft, link, member, count);
}

/** Shows proofs from the nth on, at most a page. */
export function sendProofs(
  draft: Draft,
  _setup: AuthoritySetup,
  { link }: Origin,
  { from }: DataOf<'proofsQuery'>,
): void {
  const { count } = proofCount(draft);
  const rest = from < count ? count - from : 0n;
  const length = rest < MAX_PROOFS_PER_FRAME ? Number(rest) : MAX_PROOFS_PER_FRAME;
  const list = Array.from({ length }, (_, i) => proofAt(draft, from + BigInt(i)));
  draft.send(link, { TAG: 'proofs', data: { from, count, list } });
}

export function takeProofs(
  draft: Draft,
  setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { from, count, list }: ProofPage,
): void {
  if (member === undefined || from !== cursorOf(draft, member)) return;
  let at = from;
  for (const proof of list) {
    if (at >= count) break;
    if (takeProof(draft, setup, proof) === 'too_early') return setCursor(draft, member, at);
    at++;
  }
  if (at === from) return;
  setCursor(draft, member, at);
  askOn(draft, link, member, count);
}

function askOn(draft: Draft, link: LinkId, member: MemberIndex, count: bigint): void {
  const from = cursorOf(draft, member);
  if (from < count) draft.send(link, { TAG: 'proofsQuery', data: { from } });
}

/** How many proofs of this member's list were read. */
function cursorOf(draft: Draft, member: MemberIndex): bigint {
  return draft.read(SPACES.proofCursor.at(member)) ?? 0n;
}

function setCursor(draft: Draft, member: MemberIndex, n: bigint): void {
  if (n !== cursorOf(draft, member)) draft.write(SPACES.proofCursor.at(member), n);
}
