/**
 * An authority's vote: the same bytes each time, because Ed25519 as RFC 8032 has it is
 * deterministic.
 */
import type { Epoch } from '../base/units.ts';
import { type MemberSignature, voteSigningBytes } from '../codec/order.ts';
import type { AuthoritySetup } from '../setup.ts';

/** This authority's vote for the order with this hash, in this epoch. */
export function voteFor(setup: AuthoritySetup, epoch: Epoch, hash: Uint8Array): MemberSignature {
  const { member, sign } = setup.authority;
  return { member, signature: sign(voteSigningBytes(setup.network.id, epoch, hash)) };
}
