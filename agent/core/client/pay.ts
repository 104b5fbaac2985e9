/** Making an order: what is wrong with a payment before anybody is asked, and the signature. */
import { utf8 } from '@scure/base';
import { equalBytes } from '../bytes.ts';
import { type Order, orderSigningBytes } from '../codec/order.ts';
import type { OpenQuestion } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { MAX_MEMO_BYTES } from '../limits.ts';
import { type Refusal, refusal } from '../refusal.ts';
import type { WalletSetup } from '../setup.ts';
import { adopt } from './pursue.ts';
import { readLiveOrder, readWallet } from './wallet.ts';

/** What the owner wants to pay. */
export type Payment = NonNullable<OpenQuestion['plan']>;

/** Why no order can be made of it here and now; undefined: it may be asked about. */
export function checkPayment(
  draft: Draft,
  { network, wallet }: WalletSetup,
  { recipient, token, amount, memo }: Payment,
): Refusal | undefined {
  const memoBytes = utf8.decode(memo).length;
  if (memoBytes > MAX_MEMO_BYTES) {
    const expected = `at most ${MAX_MEMO_BYTES} bytes`;
    return refusal('memo_too_long', { field: 'memo', expected, found: `${memoBytes}` });
  }
  if (network.genesis.tokens[token] === undefined) {
    return refusal('unknown_token', { field: 'token', found: `${token}` });
  }
  if (amount <= 0n) return refusal('amount_zero', { field: 'amount', found: `${amount}` });
  if (equalBytes(recipient, wallet.publicKey)) {
    return refusal('pays_itself', { field: 'recipient' });
  }
  if (readLiveOrder(draft) !== undefined) return refusal('order_in_flight');
  return undefined;
}

/** Signs a payment that was checked; from here on it is the live order. */
export function sign(draft: Draft, setup: WalletSetup, payment: Payment): void {
  const { network, wallet } = setup;
  const account = wallet.publicKey;
  const { next: sequence } = readWallet(draft, network, account);
  const { recipient, token, amount, memo } = payment;
  const data = { recipient, token, amount, memo };
  const order: Order = { account, sequence, action: { TAG: 'transfer', data } };
  adopt(draft, setup, { order, signature: wallet.sign(orderSigningBytes(network.id, order)) });
}
