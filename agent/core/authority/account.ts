/** One account in an authority's ledger: reading, balances, writing, and the count of them all. */

import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import {
  type Balance,
  credit,
  debit,
  FIRST_SEQUENCE,
  type TokenIndex,
  ZERO_BALANCE,
} from '../base/units.ts';
import type { TokenBalance } from '../codec/message.ts';
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
      stated: false,
      balances: [],
      locked: [],
      reserved: [],
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
  const { next, history } = readAccount(draft, key);
  if (!hasAccount(draft, key)) {
    const count = accountCount(draft);
    draft.write(SPACES.accountAt.at(count), key);
    draft.write(SPACES.accountCount, count + 1n);
  }
  draft.write(SPACES.account.at(key), account);
  const isOther = account.next !== next || !equalBytes(account.history, history);
  if (isOther) noteOrder(draft, key, next === FIRST_SEQUENCE);
}

/** The balance of a token; zero where there is no entry. */
export function balanceOf({ balances }: Account, token: TokenIndex): Balance {
  return quantityIn(balances, token);
}

/** The account with another balance of a token. */
export function withBalance(account: Account, token: TokenIndex, balance: Balance): Account {
  return { ...account, balances: withQuantity(account.balances, token, balance) };
}

/** What the withdrawals of an account hold of a token. */
export function lockedOf({ locked }: Account, token: TokenIndex): Balance {
  return quantityIn(locked, token);
}

/** The account with another amount of a token locked. */
export function withLocked(account: Account, token: TokenIndex, amount: Balance): Account {
  invariant(amount >= 0n, 'no more is released than was locked');
  return { ...account, locked: withQuantity(account.locked, token, amount) };
}

/**
 * What an account has, and what is locked, as people are shown it: a withdrawal is locked from the
 * vote on, though the ledger moves its amount when it is certified.
 */
export function asShown({
  pending,
  balances,
  locked,
}: Pick<Account, 'pending' | 'balances' | 'locked'>): Pick<Account, 'balances' | 'locked'> {
  if (pending?.order.action.TAG !== 'withdrawal') return { balances, locked };
  const { token, amount } = pending.order.action.data;
  return {
    balances: withQuantity(balances, token, debit(quantityIn(balances, token), amount)),
    locked: withQuantity(locked, token, credit(quantityIn(locked, token), amount)),
  };
}

/** What is kept aside of a token for orders of closed sequences. */
export function reservedOf({ reserved }: Account, token: TokenIndex): Balance {
  return quantityIn(reserved, token);
}

/** The account with another amount of a token kept aside. */
export function withReserved(account: Account, token: TokenIndex, amount: Balance): Account {
  invariant(amount >= 0n, 'no more is given back than was kept aside');
  return { ...account, reserved: withQuantity(account.reserved, token, amount) };
}

function quantityIn(list: readonly TokenBalance[], token: TokenIndex): Balance {
  return list.find((entry) => entry.token === token)?.balance ?? ZERO_BALANCE;
}

/** Zero has no entry. */
function withQuantity(
  list: readonly TokenBalance[],
  token: TokenIndex,
  balance: Balance,
): readonly TokenBalance[] {
  const others = list.filter((entry) => entry.token !== token);
  if (balance !== ZERO_BALANCE) others.push({ token, balance });
  return others.sort((a, b) => a.token - b.token);
}
