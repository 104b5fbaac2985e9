/**
 * What a member of the committee says for itself, signed for this network and epoch: refusals of
 * orders, progress, the latest of an account, that it is there. Whoever carries it cannot change
 * it.
 */

import type { Epoch, MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import type { Coder } from '../codec/coder.ts';
import type { Read } from '../io.ts';
import type { AuthoritySetup, NodeSetup } from '../setup.ts';
import { memberAt } from './committee.ts';
import { committeeOf, currentCommittee } from './committees.ts';
import { type KindWithEpoch, signingBytes } from './signing.ts';

/** Who said it, and the proof. */
export interface Signed {
  readonly epoch: Epoch;
  readonly member: MemberIndex;
  readonly signature: Uint8Array;
}

/** This authority's signature under `body`, with what else a reader needs to check it. */
export function signStatement<T>(
  read: Read,
  { network, authority }: AuthoritySetup,
  kind: KindWithEpoch,
  coder: Coder<T>,
  body: T,
): Signed {
  const { epoch } = currentCommittee(read);
  const signature = authority.sign(signingBytes(kind, network.id, epoch, encode(coder, body)));
  return { epoch, member: authority.member, signature };
}

/** Whether the member that is named has said `body` in this epoch. */
export function isStatementValid<T>(
  read: Read,
  { network, verify }: Pick<NodeSetup, 'network' | 'verify'>,
  kind: KindWithEpoch,
  coder: Coder<T>,
  { epoch, member, signature }: Signed,
  body: T,
): boolean {
  const committee = committeeOf(read, epoch);
  const key = committee && memberAt(committee, member)?.key;
  if (key === undefined) return false;
  return verify(key, signingBytes(kind, network.id, epoch, encode(coder, body)), signature);
}
