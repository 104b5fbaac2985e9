/** What orders of tests do: the transfer or the withdrawal in one. */
import type { Order, Transfer, Withdrawal } from '../../agent/core/codec/order.ts';

/** The transfer that an order is; the test fails for any other. */
export function transferIn({ action }: Order): Transfer {
  if (action.TAG !== 'transfer') throw new Error('the order is no transfer');
  return action.data;
}

/** The withdrawal that an order is; the test fails for any other. */
export function withdrawalIn({ action }: Order): Withdrawal {
  if (action.TAG !== 'withdrawal') throw new Error('the order is no withdrawal');
  return action.data;
}
