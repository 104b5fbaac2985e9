/**
 * What makes a certificate (DESIGN 5): votes of distinct members of the order's epoch, all valid, at
 * least a quorum. Recomputed from the committee every time; nothing inside it is believed.
 *
 * Safety: two quorums share an honest authority, which votes once for a sequence, so two
 * certificates for one (account, sequence) need more than f traitors.
 */
import type { Certificate } from './codec/order.ts';
import { isVoteValid, orderHash, orderSigningBytes } from './codec/order.ts';
import { quorumOf } from './committee.ts';
import type { Verify } from './crypto.ts';
import type { Network } from './genesis.ts';
import { type Refusal, refusal } from './refusal.ts';

/**
 * Undefined when the certificate proves that its order was accepted, otherwise why it does not.
 * `isOrderKnown` says that this very order was checked before, so that its own signature need not be.
 */
export function checkCertificate(
  network: Network,
  certificate: Certificate,
  verify: Verify,
  isOrderKnown = false,
): Refusal | undefined {
  const { committee } = network;
  const { epoch, order: signed, votes } = certificate;
  if (epoch !== committee.epoch) {
    return refusal('unknown_epoch', { expected: `${committee.epoch}`, found: `${epoch}` });
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
  if (!isOrderKnown && !verify(order.account, orderSigningBytes(network.id, order), signature)) {
    return refusal('bad_signature', { field: 'order.signature' });
  }
  const hash = orderHash(network.id, order);
  const bad = votes.find((vote) => !isVoteValid(network.id, committee, hash, vote, verify));
  return bad === undefined
    ? undefined
    : refusal('bad_signature', { field: `vote of member ${bad.member}` });
}
