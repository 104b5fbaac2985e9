/**
 * How far this wallet's withdrawals are, and when it learned of each step, by its own clock: what
 * people see (PROTOCOL: Withdrawals). Certificates and certified facts say what is true; the times
 * say nothing to anybody else, and no step of the protocol depends on them.
 *
 *   pending     the order is signed and on its way
 *   locked      an authority has voted: the amount is held
 *   signing     more have, and it takes a quorum
 *   certified   a quorum has voted: the sequence is free again
 *   submitted   the committee decided that it is to be paid out
 *   finalized   it was paid out
 *   rejected    the outer ledger will never pay it, or the committee gave it back in its time
 *   expired     the committee gave it back after the time until which it is tried
 *   returned    it was paid out, and the outer ledger gave the money back
 *
 * Bounds: one record a withdrawal, with each state at most once.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Sequence } from '../base/units.ts';
import { type Order, orderHash } from '../codec/order.ts';
import type { OwnWithdrawal, WithdrawalStep } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import type { Network } from '../network/genesis.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';

/** What this wallet knows of its withdrawal with this sequence. */
export function ownWithdrawal(read: Read, sequence: Sequence): OwnWithdrawal | undefined {
  return recordAt(read, SPACES.ownWithdrawal.at(sequence));
}

/** Notes that a withdrawal of this wallet has got so far, unless that was noted before. */
export function noteStep(
  draft: Draft,
  network: Network,
  order: Order,
  state: WithdrawalStep['state'],
): void {
  if (order.action.TAG !== 'withdrawal') return;
  const hash = orderHash(network.id, order);
  const known = ownWithdrawal(draft, order.sequence);
  // Another order may have had this sequence here before, and lost it.
  const steps = known !== undefined && equalBytes(known.hash, hash) ? known.steps : [];
  if (steps.some((step) => step.state === state)) return;
  const step = { state, wallMs: BigInt(Math.max(0, draft.stamp.wallMs)) };
  draft.write(SPACES.ownWithdrawal.at(order.sequence), { hash, steps: [...steps, step] });
}
