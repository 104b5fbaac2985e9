/** Making an order: what is wrong with a payment before anybody is asked, and the signature. */
import { utf8 } from '@scure/base';
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { isPlainPoint } from '../base/ed25519.ts';
import { MAX_MEMO_BYTES } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { NO_MEMO, type Order, orderSigningBytes } from '../codec/order.ts';
import type { OpenQuestion } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { WalletSetup } from '../setup.ts';
import { readLiveOrder, readWallet } from './holdings.ts';
import { adopt } from './pursue.ts';

/** What the owner wants to pay. */
export type Payment = NonNullable<OpenQuestion['plan']>;

/** Why no order can be made of it here and now; undefined: it may be asked about. */
export function checkPayment(
  draft: Draft,
  setup: WalletSetup,
  payment: Payment,
): Refusal | undefined {
  const { network, wallet } = setup;
  const { recipient, token, amount, memo } = payment;
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
  if (!isPlainPoint(recipient) || orderOf(draft, setup, payment) === undefined) {
    return refusal('recipient_no_key', { field: 'recipient' });
  }
  if (readLiveOrder(draft) !== undefined) return refusal('order_in_flight');
  return undefined;
}

/** Signs a payment that was checked; from here on it is the live order. */
export function sign(draft: Draft, setup: WalletSetup, payment: Payment): void {
  const { network, wallet } = setup;
  const order = orderOf(draft, setup, payment);
  invariant(order !== undefined, 'a memo that was sealed once is sealed again');
  adopt(draft, { order, signature: wallet.sign(orderSigningBytes(network.id, order)) });
}

/** The order, its memo sealed. Undefined: the recipient is no key that a memo can be sealed to. */
function orderOf(
  draft: Draft,
  { network, wallet }: WalletSetup,
  { recipient, token, amount, memo }: Payment,
): Order | undefined {
  const account = wallet.publicKey;
  const { next: sequence } = readWallet(draft, network, account);
  const data = { recipient, token, amount, memo: NO_MEMO };
  const bare: Order = { account, sequence, action: { TAG: 'transfer', data } };
  if (memo === '') return bare;
  const sealed = wallet.sealMemo(bare, memo);
  if (sealed === undefined) return undefined;
  return { ...bare, action: { TAG: 'transfer', data: { ...data, memo: sealed } } };
}
