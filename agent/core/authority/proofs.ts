/**
 * Authorities bring their double-spend proofs together. A new proof is sent at once
 * (double-spend.ts); this is for those whom it never reached, or reached before they knew the
 * account.
 *
 *   A -> B  proofCount    how many I hold, and the digest of which
 *   B -> A  proofsQuery   those from the nth on
 *   A -> B  proofs        a page of them
 *
 * Safety: a proof is judged like any other, whoever shows it. Liveness, bounds: peer-lists.ts.
 */
import { MAX_PROOFS_PER_FRAME } from '../base/limits.ts';
import type { LinkId } from '../base/units.ts';
import type { DataOf, ProofCount, ProofPage } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { takeProof } from './double-spend.ts';
import { PeerLists } from './peer-lists.ts';
import { proofAt, proofCount } from './proof-list.ts';

/** How far the others' proofs were read. */
export const PROOF_LISTS = new PeerLists(SPACES.proofCursor, (from) => {
  return { TAG: 'proofsQuery', data: { from } };
});

/** Tells a peer how many proofs are held here; nothing while there are none. */
export function sendProofCount(draft: Draft, link: LinkId): void {
  const held = proofCount(draft);
  if (held.count > 0n) draft.send(link, { TAG: 'proofCount', data: held });
}

export function takeProofCount(
  draft: Draft,
  _setup: AuthoritySetup,
  from: Origin,
  theirs: ProofCount,
): void {
  PROOF_LISTS.compare(draft, from, theirs, proofCount(draft).set);
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
  from: Origin,
  page: ProofPage,
): void {
  PROOF_LISTS.read(draft, from, page, (proof) => takeProof(draft, setup, proof) !== 'too_early');
}
