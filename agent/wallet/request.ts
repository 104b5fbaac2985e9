/**
 * What a person asks to be paid: read from words, checked, and compared with an order on its way.
 */
import { equalBytes } from '../core/base/bytes.ts';
import { trimmed } from '../core/base/characters.ts';
import { MAX_MEMO_BYTES } from '../core/base/limits.ts';
import { parseName } from '../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../core/base/refusal.ts';
import { formatAmount, parseAmount } from '../core/base/units.ts';
import type { Command } from '../core/io.ts';
import { tokenBySymbol } from '../core/network/genesis.ts';
import type { OrderView } from '../shell/control/money-view.ts';
import { isFault, orRefused, type RefusedFault } from './fault.ts';
import type { WalletFolder } from './folder.ts';
import type { WalletSession } from './session.ts';

/** What is to be paid, before anybody is asked. */
export type PayCommand = Omit<Extract<Command, { readonly kind: 'pay' }>, 'kind' | 'nonce'>;

export interface PayWords {
  readonly recipient: string;
  readonly amount: string;
  readonly token: string;
  readonly memo: string;
}

/** The payment that the words ask for, or what is wrong with the first wrong one. */
export function readPayment(
  words: PayWords,
  { network, signer }: Pick<WalletFolder, 'network' | 'signer'>,
): PayCommand | RefusedFault {
  // What a paste brought around a word means nothing; the memo is taken to the last space.
  const recipient = orRefused(parseName('account', trimmed(words.recipient), 'recipient'));
  if (isFault(recipient)) return recipient;
  const token = orRefused(tokenBySymbol(network.genesis, trimmed(words.token)));
  if (isFault(token)) return token;
  const { decimals } = network.genesis.tokens[token] ?? { decimals: 0 };
  const amount = orRefused(parseAmount(trimmed(words.amount), decimals));
  if (isFault(amount)) return amount;
  if (amount === 0n) {
    const expected = `at least ${formatAmount(1n, decimals)}`;
    return refused(refusal('amount_zero', { field: 'amount', expected, found: words.amount }));
  }
  if (equalBytes(recipient, signer.publicKey)) {
    const detail = { field: 'recipient', expected: 'another account', found: "the wallet's own" };
    return refused(refusal('pays_itself', detail));
  }
  const memoBytes = Buffer.byteLength(words.memo);
  if (memoBytes > MAX_MEMO_BYTES) {
    const expected = `at most ${MAX_MEMO_BYTES} bytes`;
    const detail = { field: '--memo', expected, found: `${memoBytes} bytes` };
    return refused(refusal('memo_too_long', detail));
  }
  return { recipient, token, amount, memo: words.memo };
}

function refused(reason: Refusal): RefusedFault {
  return { fault: 'refused', refusal: reason };
}

/**
 * Whether an order on its way is this very payment: recipient, amount, token and memo, as a person
 * reads them. If it is taken for another one, that one is reported as paid and never made.
 */
export function isSamePayment(
  order: OrderView,
  command: PayCommand,
  { network }: Pick<WalletSession, 'network'>,
): boolean {
  const { symbol } = network.genesis.tokens[command.token] ?? { symbol: '' };
  const recipient = parseName('account', order.recipient);
  return (
    order.kind === 'transfer' &&
    !isRefusal(recipient) &&
    equalBytes(recipient, command.recipient) &&
    order.token === symbol &&
    order.amountMinor === command.amount.toString() &&
    order.memo === command.memo
  );
}
