/** One account in an authority's ledger: reading, balances, writing, and the count of them all. */

import { type Balance, FIRST_SEQUENCE, type TokenIndex, ZERO_BALANCE } from '../base/units.ts';
import type { Account } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';
import { noteOrder } from './digest.ts';

/** The account's record; one that nobody ever paid is empty, a fresh object every time. */
export function readAccount(draft: Draft, account: Uint8Array): Account {
  return (
    draft.read(SPACES.account.at(account)) ?? {
      next: FIRST_SEQUENCE,
      history: new Uint8Array(32),
      received: 0n,
      frozen: false,
      balances: [],
      votes: { hour: 0, count: 0 },
      pending: undefined,
    }
  );
}

/** Whether the ledger has a record of this account. */
export function hasAccount(draft: Draft, account: Uint8Array): boolean {
  return draft.has(SPACES.account.at(account));
}

/** How many accounts the ledger has. */
export function accountCount(draft: Draft): bigint {
  return draft.read(SPACES.accountCount) ?? 0n;
}

/** Writes what does not show in the ledger's digest: the pending order. */
export function writePending(draft: Draft, key: Uint8Array, account: Account): void {
  draft.write(SPACES.account.at(key), account);
}

/**
 * Writes the record of an account whose ledger entry changed. Only an order of its own shows in the
 * ledger's digest.
 */
export function writeAccount(draft: Draft, key: Uint8Array, account: Account): void {
  const { next } = readAccount(draft, key);
  if (!hasAccount(draft, key)) {
    const count = accountCount(draft);
    draft.write(SPACES.accountAt.at(count), key);
    draft.write(SPACES.accountCount, count + 1n);
  }
  draft.write(SPACES.account.at(key), account);
  if (account.next !== next) noteOrder(draft, key, next === FIRST_SEQUENCE);
}

/** The balance of a token; zero where there is no entry. */
export function balanceOf(account: Account, token: TokenIndex): Balance {
  return account.balances.find((entry) => entry.token === token)?.balance ?? ZERO_BALANCE;
}

/** The account with another balance of a token. Zero balances have no entry. */
export function withBalance(account: Account, token: TokenIndex, balance: Balance): Account {
  const others = account.balances.filter((entry) => entry.token !== token);
  if (balance !== ZERO_BALANCE) others.push({ token, balance });
  return { ...account, balances: others.sort((a, b) => a.token - b.token) };
}
