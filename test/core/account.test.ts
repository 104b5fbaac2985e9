/** The record of one account, and the count of them all (agent/core/authority/account.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  accountCount,
  balanceOf,
  hasAccount,
  readAccount,
  withBalance,
  writeAccount,
  writePending,
} from '../../agent/core/authority/account.ts';
import { bucketAt } from '../../agent/core/authority/bucket.ts';
import type { Balance, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { Draft } from '../../agent/core/draft.ts';
import { SPACES } from '../../agent/core/spaces.ts';

const [A, B] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

function emptyLedger(): Draft {
  return new Draft({ get: () => undefined }, { nowMs: 0, wallMs: 0 });
}

describe('an account that nobody ever paid', () => {
  it('has no record, and reads as empty, another object each time', () => {
    const draft = emptyLedger();
    assert.equal(hasAccount(draft, A), false);
    const account = readAccount(draft, A);
    assert.deepEqual([account.next, account.received, account.frozen], [0n, 0n, false]);
    assert.deepEqual([account.pending, account.balances], [undefined, []]);
    assert.notEqual(readAccount(draft, A), account);
    assert.notEqual(readAccount(draft, A).history, account.history);
    assert.notEqual(readAccount(draft, A).balances, account.balances);
  });
});

describe('the accounts of a ledger', () => {
  it('are counted and listed, each once, in the order in which they came', () => {
    const draft = emptyLedger();
    assert.equal(accountCount(draft), 0n);
    for (const key of [B, A, B, A]) {
      const account = readAccount(draft, key);
      writeAccount(draft, key, { ...account, received: account.received + 1n });
    }
    assert.equal(accountCount(draft), 2n);
    const listed = [0n, 1n, 2n].map((n) => draft.read(SPACES.accountAt.at(n)));
    assert.deepEqual(listed, [B, A, undefined]);
    assert.deepEqual([hasAccount(draft, A), readAccount(draft, A).received], [true, 2n]);
  });

  it('are in the tree of digests from their first order on, and not before', () => {
    const draft = emptyLedger();
    writeAccount(draft, A, { ...readAccount(draft, A), received: 1n });
    assert.deepEqual(bucketAt(draft, []), []);
    for (const next of [1n, 2n]) {
      writeAccount(draft, A, { ...readAccount(draft, A), next: next as Sequence });
      assert.deepEqual(bucketAt(draft, []), [A]);
    }
    writePending(draft, A, { ...readAccount(draft, A), votes: { hour: 1, count: 1 } });
    assert.deepEqual([accountCount(draft), readAccount(draft, A).votes.count], [1n, 1]);
  });
});

describe('the balances of an account', () => {
  const [HRS, KWH, CUP] = [0, 1, 2] as TokenIndex[];
  assert.ok(HRS !== undefined && KWH !== undefined && CUP !== undefined);

  it('are apart by token, in ascending order, without entries for zero', () => {
    const empty = readAccount(emptyLedger(), A);
    assert.equal(balanceOf(empty, KWH), 0n);
    const cup = withBalance(empty, CUP, 3n as Balance);
    const both = withBalance(cup, HRS, -5n as Balance);
    assert.deepEqual(both.balances, [
      { token: HRS, balance: -5n },
      { token: CUP, balance: 3n },
    ]);
    assert.deepEqual(
      [HRS, KWH, CUP].map((token) => balanceOf(both, token)),
      [-5n, 0n, 3n],
    );
    const changed = withBalance(both, HRS, 7n as Balance);
    assert.deepEqual([balanceOf(changed, HRS), changed.balances.length], [7n, 2]);
    const spent = withBalance(changed, CUP, 0n as Balance);
    assert.deepEqual(spent.balances, [{ token: HRS, balance: 7n }]);
    assert.deepEqual(empty.balances, [], 'the account that it came from is as it was');
    assert.equal(cup.balances.length, 1);
  });
});
