/**
 * What a person asks to be paid: read from words, checked, and compared with an order on its way.
 */
import { equalBytes } from '../core/base/bytes.ts';
import { foundText, trimmed } from '../core/base/characters.ts';
import { MAX_MEMO_BYTES, MAX_VALID_FOR_MS } from '../core/base/limits.ts';
import { parseName } from '../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../core/base/refusal.ts';
import { formatAmount, parseAmount } from '../core/base/units.ts';
import type { Command } from '../core/io.ts';
import { checkRecipient } from '../core/ledgers/kinds.ts';
import {
  type Genesis,
  ledgerByName,
  type OuterLedger,
  tokenBySymbol,
} from '../core/network/genesis.ts';
import type { OrderView } from '../shell/control/money-view.ts';
import { isFault, orRefused, type RefusedFault } from './fault.ts';
import type { WalletFolder } from './folder.ts';
import type { WalletSession } from './session.ts';

/** What is to be withdrawn, before anybody is asked. */
export type WithdrawCommand = Omit<Extract<Command, { readonly kind: 'withdraw' }>, 'nonce'>;

export interface WithdrawWords {
  readonly amount: string;
  readonly token: string;
  readonly recipient: string;
  readonly ledger: string;
  /** "1h", "30m", "7d". */
  readonly validFor: string;
}

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
  const quantity = readQuantity(words, network.genesis);
  if (isFault(quantity)) return quantity;
  if (equalBytes(recipient, signer.publicKey)) {
    const detail = { field: 'recipient', expected: 'another account', found: "the wallet's own" };
    return refused(refusal('pays_itself', detail));
  }
  return checkMemo(words.memo) ?? { recipient, ...quantity, memo: words.memo };
}

function checkMemo(memo: string): RefusedFault | undefined {
  const memoBytes = Buffer.byteLength(memo);
  if (memoBytes <= MAX_MEMO_BYTES) return undefined;
  const expected = `at most ${MAX_MEMO_BYTES} bytes`;
  const detail = { field: '--memo', expected, found: `${memoBytes} bytes` };
  return refused(refusal('memo_too_long', detail));
}

/** What somebody asks to be paid; the amount is the payer's to say where it is left out. */
export interface AskedWords {
  readonly amount: string | undefined;
  readonly token: string | undefined;
  readonly memo: string;
}

/** The same, with the amount as it is written; or what is wrong with the first wrong word. */
export function readAsked(
  words: AskedWords,
  { network }: Pick<WalletFolder, 'network'>,
): AskedWords | RefusedFault {
  const { amount, token, memo } = words;
  const tooLong = checkMemo(memo);
  if (tooLong !== undefined) return tooLong;
  if (amount === undefined) return { amount: undefined, token: undefined, memo };
  if (token === undefined) {
    const expected = 'a token such as HRS, with an amount';
    return refused(refusal('unknown_token', { field: 'token', expected, found: 'nothing' }));
  }
  const quantity = readQuantity({ amount, token }, network.genesis);
  if (isFault(quantity)) return quantity;
  const { decimals, symbol } = network.genesis.tokens[quantity.token] ?? NO_TOKEN;
  return { amount: formatAmount(quantity.amount, decimals), token: symbol, memo };
}

const NO_TOKEN = { decimals: 0, symbol: '' };

/**
 * The withdrawal that the words ask for, or what is wrong with the first wrong one: before anybody
 * is asked, and before anything is locked. `nowMs`: the clock on the wall, which only this looks
 * at.
 */
export function readWithdrawal(
  words: WithdrawWords,
  { network }: Pick<WalletFolder, 'network'>,
  nowMs: number,
): WithdrawCommand | RefusedFault {
  const { genesis } = network;
  const ledger = orRefused(ledgerByName(genesis, trimmed(words.ledger)));
  if (isFault(ledger)) return ledger;
  const quantity = readQuantity(words, genesis);
  if (isFault(quantity)) return quantity;
  const { kind, tokens: paidOut } = genesis.ledgers[ledger] ?? NO_LEDGER;
  if (!paidOut.includes(quantity.token)) {
    const expected = paidOut.map((each) => genesis.tokens[each]?.symbol).join(' or ');
    const detail = { field: 'token', expected, found: trimmed(words.token) };
    return refused(refusal('token_not_paid_out', detail));
  }
  const recipient = Buffer.from(trimmed(words.recipient));
  const unpayable = checkRecipient(kind, recipient);
  if (unpayable !== undefined) return refused({ ...unpayable, field: '--to' });
  const forMs = readSpan(trimmed(words.validFor));
  if (forMs === undefined || forMs < 1 || forMs > MAX_VALID_FOR_MS) {
    const expected = 'a time such as 1h, 30m or 7d, at most 30d';
    const detail = { field: '--valid-for', expected, found: foundText(words.validFor) };
    return refused(refusal('bad_valid_until', detail));
  }
  const validUntilMs = BigInt(nowMs + forMs);
  return { kind: 'withdraw', ...quantity, ledger, recipient, validUntilMs };
}

const NO_LEDGER: Pick<OuterLedger, 'kind' | 'tokens'> = { kind: '', tokens: [] };
const SPANS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "1h" in milliseconds; undefined for what is no such time. */
function readSpan(text: string): number | undefined {
  const [, count, unit = ''] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (SPANS[unit] ?? 0);
}

/** How much of which token. */
function readQuantity(
  words: Pick<PayWords, 'amount' | 'token'>,
  genesis: Genesis,
): Pick<PayCommand, 'token' | 'amount'> | RefusedFault {
  const token = orRefused(tokenBySymbol(genesis, trimmed(words.token)));
  if (isFault(token)) return token;
  const { decimals } = genesis.tokens[token] ?? { decimals: 0 };
  const amount = orRefused(parseAmount(trimmed(words.amount), decimals));
  if (isFault(amount)) return amount;
  if (amount > 0n) return { token, amount };
  const expected = `at least ${formatAmount(1n, decimals)}`;
  return refused(refusal('amount_zero', { field: 'amount', expected, found: words.amount }));
}

function refused(reason: Refusal): RefusedFault {
  return { fault: 'refused', refusal: reason };
}

/**
 * Whether an order on its way is this very withdrawal, but for how long it is tried: asked for
 * again, it is not made twice.
 */
export function isSameWithdrawal(
  order: OrderView,
  command: WithdrawCommand,
  { network }: Pick<WalletSession, 'network'>,
): boolean {
  const { tokens, ledgers } = network.genesis;
  return (
    order.kind === 'withdrawal' &&
    order.ledger === ledgers[command.ledger]?.name &&
    order.recipient === Buffer.from(command.recipient).toString() &&
    order.token === tokens[command.token]?.symbol &&
    order.amountMinor === command.amount.toString()
  );
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
