/**
 * Where a wallet's payment stands. There is one at a time:
 *
 *   idle    nothing is under way
 *   asking  the members are asked whether they would vote for it; nothing is signed (plan.ts)
 *   live    its order is signed and on disk, and is pursued (pursue.ts)
 *
 *   idle   -> asking     its owner wants to pay
 *   asking -> asking     its owner wants to pay something else
 *   asking -> idle       dropped by its owner, or refused by more than f
 *   asking -> live       n - f would vote for it, so it is signed; or an order that this wallet had
 *                        forgotten came back
 *   idle   -> live       its owner insists; or such an order came back
 *   live   -> certified  a quorum has voted (votes.ts)
 *   live   -> failed     another certificate has its sequence (refresh.ts)
 *
 * Certified and failed are how a payment ends: the wallet is idle then, and its next sequence
 * another.
 *
 * Safety: an order is made in `adopt` (pursue.ts) alone, and only where none is live; so a wallet
 * never signs two for one sequence.
 * Liveness: asking is asked again, and live is sent again, whenever the timer `retry` says so;
 * neither ends by time.
 */
import type { LiveOrder, WantedPayment } from '../codec/record.ts';
import type { Read } from '../io.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { readLiveOrder } from './holdings.ts';

/** A payment that waits for answers. */
export interface AskedPayment {
  readonly nonce: Uint8Array;
  readonly plan: WantedPayment;
  /** Times that it was asked. */
  readonly attempts: number;
}

export type PaymentState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking'; readonly asked: AskedPayment }
  | { readonly kind: 'live'; readonly live: LiveOrder };

export function paymentState(read: Read): PaymentState {
  const live = readLiveOrder(read);
  if (live !== undefined) return { kind: 'live', live };
  const asked = askedPayment(read);
  return asked === undefined ? { kind: 'idle' } : { kind: 'asking', asked };
}

/**
 * The payment that waits for answers. Where an order came back meanwhile, it is given up before the
 * step is over (`judgePlan`).
 */
export function askedPayment(read: Read): AskedPayment | undefined {
  const { nonce, plan, attempts } = recordAt(read, SPACES.question) ?? {};
  if (nonce === undefined || plan === undefined || attempts === undefined) return undefined;
  return { nonce, plan, attempts };
}
