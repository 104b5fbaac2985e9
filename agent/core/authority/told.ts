/**
 * What the answer to an order or a certificate tells about its account. Anybody may hold an old
 * one: a payee, a relay that carried it. So it tells nothing unless the owner signed that very
 * order, and even then no more than how far this authority has got up to that order. The balance is
 * told only in answer to an order that is too large for it, the pending order only in answer to
 * another one for its sequence. Whatever else an owner wants to know, it asks for (question.ts).
 */
import { equalBytes } from '../base/bytes.ts';
import { nextSequence, type Sequence } from '../base/units.ts';
import { orderHash, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { certificateAt } from '../journal.ts';
import type { AuthoritySetup } from '../setup.ts';

/** An account's next sequence, as far as who holds an order of it knows anyway, or has to know. */
export function nextAsTold(next: Sequence, { order }: SignedOrder): Sequence {
  return next <= order.sequence ? next : nextSequence(order.sequence);
}

/**
 * Whether the owner signed this order. What was certified with these very bytes is not checked
 * again.
 */
export function isOwnersOrder(draft: Draft, setup: AuthoritySetup, signed: SignedOrder): boolean {
  const { account, sequence } = signed.order;
  const held = certificateAt(draft, account, sequence)?.order;
  return (held !== undefined && isSame(setup, held, signed)) || isSigned(setup, signed);
}

/** The same as `held`, whose signature was checked, or signed otherwise but well. */
export function isSameAndOwners(
  setup: AuthoritySetup,
  held: SignedOrder,
  signed: SignedOrder,
  hash: Uint8Array,
): boolean {
  if (!equalBytes(orderHash(setup.network.id, held.order), hash)) return false;
  return equalBytes(held.signature, signed.signature) || isSigned(setup, signed);
}

function isSame({ network }: AuthoritySetup, a: SignedOrder, b: SignedOrder): boolean {
  if (!equalBytes(a.signature, b.signature)) return false;
  return equalBytes(orderHash(network.id, a.order), orderHash(network.id, b.order));
}

function isSigned({ network, verify }: AuthoritySetup, { order, signature }: SignedOrder): boolean {
  return verify(order.account, orderSigningBytes(network.id, order), signature);
}
