/** An authority's vote: the same bytes each time, because Ed25519 as RFC 8032 has it is deterministic. */
import { type MemberSignature, voteSigningBytes } from '../codec/order.ts';
import type { AuthoritySetup } from '../setup.ts';

/** This authority's vote for the order with this hash. */
export function voteFor(setup: AuthoritySetup, hash: Uint8Array): MemberSignature {
  const { member, sign } = setup.authority;
  const { id, committee } = setup.network;
  return { member, signature: sign(voteSigningBytes(id, committee.epoch, hash)) };
}
