/**
 * Quantities and their arithmetic (PROTOCOL: Encoding). Amounts and balances are integers in the
 * token's smallest unit; text with a decimal point exists only at the edge, through `parseAmount`
 * and `formatAmount`, and never passes through a floating-point number.
 */
import { invariant } from './assert.ts';
import { strayIn } from './characters.ts';
import { MAX_AMOUNT, MAX_BALANCE, MAX_SEQUENCE } from './limits.ts';
import { type Refusal, refusal } from './refusal.ts';

/** An unsigned quantity of a token, 0 to 2^128 - 1, smallest unit. */
export type Amount = bigint & { readonly __unit: 'amount' };

/**
 * A signed quantity of a token, |x| < 2^199: a late authority may be below zero (PROTOCOL:
 * Transfers).
 */
export type Balance = bigint & { readonly __unit: 'balance' };

/** The place of an order among all orders of its account, from 0. */
export type Sequence = bigint & { readonly __unit: 'sequence' };

/** The index of a token in the genesis document, 0 to 65535. */
export type TokenIndex = number & { readonly __unit: 'token' };

/** The place of an outer ledger in the genesis document, from 0. */
export type LedgerIndex = number & { readonly __unit: 'ledger' };

/** What a member is called, 0 to 65535: given to one key, and never to another (committee.ts). */
export type MemberIndex = number & { readonly __unit: 'member' };

/** The number of a committee, from 0 (genesis). */
export type Epoch = number & { readonly __unit: 'epoch' };

/**
 * Names one open stream. Chosen by the shell, 64 random bits, so that nobody can guess another's.
 */
export type LinkId = bigint & { readonly __brand: 'link' };

export const ZERO_BALANCE = 0n as Balance;
export const FIRST_SEQUENCE = 0n as Sequence;

/** The account's next sequence after `sequence`. */
export function nextSequence(sequence: Sequence): Sequence {
  invariant(sequence < MAX_SEQUENCE, 'a sequence stays below 2^64 - 1');
  return (sequence + 1n) as Sequence;
}

/** balance + amount. Cannot leave its range: see the relation asserted in limits.ts. */
export function credit(balance: Balance, amount: Amount): Balance {
  const sum = balance + amount;
  invariant(sum <= MAX_BALANCE, 'a balance stays below 2^199');
  return sum as Balance;
}

/** balance - amount, which may be negative. */
export function debit(balance: Balance, amount: Amount): Balance {
  const difference = balance - amount;
  invariant(difference >= -MAX_BALANCE, 'a balance stays above -2^199');
  return difference as Balance;
}

/**
 * Reads an amount as a person writes it ("12", "12.5", "0.05") in a token with `decimals` places.
 * Refused: signs, exponents, spaces, leading zeros ("007"), a bare point, more places than the
 * token has, anything of 2^128 and above. Zero is a valid amount here; orders refuse it by rule.
 */
export function parseAmount(text: string, decimals: number): Amount | Refusal {
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text.slice(0, 80));
  const whole = match?.[1];
  if (whole === undefined || text.length > 80) {
    const expected = 'a decimal number such as 12 or 12.50';
    const start = text.slice(0, 80);
    return refusal('bad_amount', { field: 'amount', expected, found: strayIn(start) ?? start });
  }
  const fraction = match?.[2] ?? '';
  if (fraction.length > decimals) {
    const expected = decimals === 0 ? 'no decimals' : `at most ${decimals} decimals`;
    return refusal('too_many_decimals', { field: 'amount', expected, found: text });
  }
  const minor = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (minor > MAX_AMOUNT) {
    const expected = 'an amount below 2^128 smallest units';
    return refusal('bad_amount', { field: 'amount', expected, found: text });
  }
  return minor as Amount;
}

/** Writes a quantity with exactly `decimals` places: 1250n with 2 is "12.50", -5n is "-0.05". */
export function formatAmount(minor: bigint, decimals: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const sign = minor < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
