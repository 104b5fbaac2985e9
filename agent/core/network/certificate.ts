/**
 * What makes a certificate (PROTOCOL: Transfers): votes of distinct members of the order's epoch,
 * all valid, at least a quorum. Recomputed from that committee every time; nothing inside it is
 * believed.
 *
 * Safety: two quorums share an honest authority, which votes once for a sequence, so two
 * certificates for one (account, sequence) need more than f traitors.
 */
import { equalBytes } from '../base/bytes.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { decode, encode } from '../codec/canonical.ts';
import type { Certificate, MemberSignature } from '../codec/order.ts';
import { certificateCoder, isVoteValid, orderHash, orderSigningBytes } from '../codec/order.ts';
import type { Read } from '../io.ts';
import type { NodeSetup } from '../setup.ts';
import { quorumOf } from './committee.ts';
import { committeeOf, currentCommittee } from './committees.ts';

/** What was checked or reckoned before, so that it need not be again. Speed only. */
export interface Known {
  /** Hash of the certificate's order. */
  readonly hash?: Uint8Array;
  /** This very signed order was accepted here. */
  readonly isOrderValid?: boolean;
  /** Our own vote for the order, byte for byte. */
  readonly ownVote?: MemberSignature;
}

/** Undefined when the certificate proves that its order was accepted, otherwise why it does not. */
export function checkCertificate(
  read: Read,
  { network, verify }: Pick<NodeSetup, 'network' | 'verify'>,
  certificate: Certificate,
  known: Known = {},
): Refusal | undefined {
  const { epoch, order: signed, votes } = certificate;
  const committee = committeeOf(read, epoch);
  if (committee === undefined) {
    const expected = `at most ${currentCommittee(read).epoch}`;
    return refusal('unknown_epoch', { field: 'epoch', expected, found: `${epoch}` });
  }
  const quorum = quorumOf(committee.members.length);
  if (votes.length < quorum) {
    return refusal('no_quorum', { expected: `${quorum} votes`, found: `${votes.length}` });
  }
  const { order, signature } = signed;
  const { token } = order.action.data;
  if (network.genesis.tokens[token] === undefined) {
    return refusal('unknown_token', { field: 'order.token', found: `${token}` });
  }
  const isOrderValid =
    known.isOrderValid === true ||
    verify(order.account, orderSigningBytes(network.id, order), signature);
  if (!isOrderValid) return refusal('bad_signature', { field: 'order.signature' });
  const hash = known.hash ?? orderHash(network.id, order);
  const bad = votes.find(
    (vote) =>
      !isSameVote(vote, known.ownVote) && !isVoteValid(network.id, committee, hash, vote, verify),
  );
  return bad === undefined
    ? undefined
    : refusal('bad_signature', { field: `vote of member ${bad.member}` });
}

function isSameVote(vote: MemberSignature, other: MemberSignature | undefined): boolean {
  return vote.member === other?.member && equalBytes(vote.signature, other.signature);
}

/** A certificate as it is handed from person to person. */
export function certificateBytes(certificate: Certificate): Uint8Array {
  return encode(certificateCoder, certificate);
}

/** What such bytes say; whether it is true, `checkCertificate` tells. */
export function certificateFrom(bytes: Uint8Array): Certificate | Refusal {
  return decode(certificateCoder, bytes);
}
