/** What orders of tests do. */
import type { Order, Transfer } from '../../agent/core/codec/order.ts';

/** The transfer that an order is; the test fails for any other. */
export function transferIn({ action }: Order): Transfer {
  if (action.TAG !== 'transfer') throw new Error('the order is no transfer');
  return action.data;
}
