/** What a person asks to be paid: read from words, checked, and compared with an order on its way. */
import { equalBytes } from '../../core/base/bytes.ts';
import { trimmed } from '../../core/base/characters.ts';
import { MAX_MEMO_BYTES } from '../../core/base/limits.ts';
import { parseName } from '../../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../../core/base/refusal.ts';
import { formatAmount, parseAmount } from '../../core/base/units.ts';
import { tokenBySymbol } from '../../core/network/genesis.ts';
import type { OrderView } from '../../shell/control/money-view.ts';
import { refusalFailure } from '../failure.ts';
import type { WalletFolder } from './folder.ts';
import type { PayCommand } from './pay.ts';
import type { WalletSession } from './session.ts';

export interface PayWords {
  readonly recipient: string;
  readonly amount: string;
  readonly token: string;
  readonly memo: string;
}

/** The payment that the words ask for. Throws Failure for the first word that is wrong. */
export function readPayment(words: PayWords, { network, signer }: WalletFolder): PayCommand {
  // What a paste brought around a word means nothing; the memo is taken to the last space.
  const recipient = must(parseName('account', trimmed(words.recipient), 'recipient'));
  const token = must(tokenBySymbol(network.genesis, trimmed(words.token)));
  const { decimals } = network.genesis.tokens[token] ?? { decimals: 0 };
  const amount = must(parseAmount(trimmed(words.amount), decimals));
  if (amount === 0n) {
    const expected = `at least ${formatAmount(1n, decimals)}`;
    throw refusalFailure(
      refusal('amount_zero', { field: 'amount', expected, found: words.amount }),
    );
  }
  if (equalBytes(recipient, signer.publicKey)) {
    const detail = { field: 'recipient', expected: 'another account', found: "the wallet's own" };
    throw refusalFailure(refusal('pays_itself', detail));
  }
  return { recipient, token, amount, memo: checkMemo(words.memo) };
}

/**
 * Whether an order on its way is this very payment: recipient, amount, token and memo, as a person
 * reads them. If it is taken for another one, that one is told as paid and never made.
 */
export function isSamePayment(
  order: OrderView,
  command: PayCommand,
  { network }: Pick<WalletSession, 'network'>,
): boolean {
  const { symbol } = network.genesis.tokens[command.token] ?? { symbol: '' };
  const recipient = parseName('account', order.recipient);
  return (
    !isRefusal(recipient) &&
    equalBytes(recipient, command.recipient) &&
    order.token === symbol &&
    order.amountMinor === command.amount.toString() &&
    order.memo === command.memo
  );
}

function checkMemo(memo: string): string {
  const bytes = Buffer.byteLength(memo);
  if (bytes <= MAX_MEMO_BYTES) return memo;
  const expected = `at most ${MAX_MEMO_BYTES} bytes`;
  throw refusalFailure(
    refusal('memo_too_long', { field: '--memo', expected, found: `${bytes} bytes` }),
  );
}

function must<T>(result: T | Refusal): T {
  if (isRefusal(result)) throw refusalFailure(result);
  return result;
}
