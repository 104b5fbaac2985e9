/**
 * Making an order: what is wrong with a payment or a withdrawal before anybody is asked, and the
 * signature.
 */
import { utf8 } from '@scure/base';
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { isPlainPoint } from '../base/ed25519.ts';
import { MAX_MEMO_BYTES, MAX_VALID_FOR_MS } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import {
  type Action,
  NO_MEMO,
  type Order,
  orderSigningBytes,
  type Withdrawal,
} from '../codec/order.ts';
import type { WantedPayment, WantedTransfer } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { checkRecipient } from '../ledgers/kinds.ts';
import type { WalletSetup } from '../setup.ts';
import { readLiveOrder, readWallet } from './holdings.ts';
import { adopt } from './pursue.ts';

/** Why no order can be made of it here and now; undefined: it may be asked about. */
export function checkPayment(
  draft: Draft,
  setup: WalletSetup,
  payment: WantedPayment,
): Refusal | undefined {
  const { tokens } = setup.network.genesis;
  const { token, amount } = payment.data;
  if (tokens[token] === undefined) {
    return refusal('unknown_token', { field: 'token', found: `${token}` });
  }
  if (amount <= 0n) return refusal('amount_zero', { field: 'amount', found: `${amount}` });
  const refused =
    payment.TAG === 'transfer'
      ? checkTransfer(draft, setup, payment.data)
      : checkWithdrawal(draft, setup, payment.data);
  if (refused !== undefined) return refused;
  if (readLiveOrder(draft) !== undefined) return refusal('order_in_flight');
  return undefined;
}

function checkTransfer(
  draft: Draft,
  setup: WalletSetup,
  transfer: WantedTransfer,
): Refusal | undefined {
  const { recipient, memo } = transfer;
  const memoBytes = utf8.decode(memo).length;
  if (memoBytes > MAX_MEMO_BYTES) {
    const expected = `at most ${MAX_MEMO_BYTES} bytes`;
    return refusal('memo_too_long', { field: 'memo', expected, found: `${memoBytes}` });
  }
  if (equalBytes(recipient, setup.wallet.publicKey)) {
    return refusal('pays_itself', { field: 'recipient' });
  }
  const isKey = isPlainPoint(recipient) && actionOf(draft, setup, toTransfer(transfer));
  return isKey ? undefined : refusal('recipient_no_key', { field: 'recipient' });
}

/**
 * The clock is asked here alone: whoever votes looks at none (PROTOCOL: Withdrawals). Everything
 * else is judged as authorities judge it.
 */
function checkWithdrawal(
  draft: Draft,
  { network }: WalletSetup,
  { ledger, token, recipient, validUntilMs }: Withdrawal,
): Refusal | undefined {
  const named = network.genesis.ledgers[ledger];
  if (named === undefined) {
    return refusal('unknown_ledger', { field: 'ledger', found: `${ledger}` });
  }
  if (!named.tokens.includes(token)) {
    const paid = named.tokens.map((each) => network.genesis.tokens[each]?.symbol).join(' or ');
    const found = network.genesis.tokens[token]?.symbol ?? `${token}`;
    return refusal('token_not_paid_out', { field: 'token', expected: paid, found });
  }
  const refused = checkRecipient(named.kind, recipient);
  if (refused !== undefined) return refused;
  const forMs = validUntilMs - BigInt(Math.max(0, draft.stamp.wallMs));
  if (forMs > 0n && forMs <= BigInt(MAX_VALID_FOR_MS)) return undefined;
  const expected = `1 to ${MAX_VALID_FOR_MS} ms from now`;
  return refusal('bad_valid_until', { field: 'valid until', expected, found: `${forMs} ms` });
}

/** Signs what was checked; from here on it is the live order. */
export function sign(draft: Draft, setup: WalletSetup, payment: WantedPayment): void {
  const { network, wallet } = setup;
  const action = actionOf(draft, setup, payment);
  invariant(action !== undefined, 'a memo that was sealed once is sealed again');
  const order = orderWith(draft, setup, action);
  const signature = wallet.sign(orderSigningBytes(network.id, order));
  adopt(draft, network, { order, signature });
}

/**
 * What the order does, its memo sealed. Undefined: the recipient is no key that a memo can be
 * sealed to.
 */
function actionOf(draft: Draft, setup: WalletSetup, payment: WantedPayment): Action | undefined {
  if (payment.TAG === 'withdrawal') return payment;
  const { recipient, token, amount, memo } = payment.data;
  const data = { recipient, token, amount, memo: NO_MEMO };
  const bare: Action = { TAG: 'transfer', data };
  if (memo === '') return bare;
  const sealed = setup.wallet.sealMemo(orderWith(draft, setup, bare), memo);
  return sealed && { TAG: 'transfer', data: { ...data, memo: sealed } };
}

function orderWith(draft: Draft, { network, wallet }: WalletSetup, action: Action): Order {
  const account = wallet.publicKey;
  return { account, sequence: readWallet(draft, network, account).next, action };
}

function toTransfer(data: WantedTransfer): WantedPayment {
  return { TAG: 'transfer', data };
}
