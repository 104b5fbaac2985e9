/** Which payment an order on its way is (agent/wallet/request.ts): no other may be taken for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { memosOf } from '../../agent/core/memo.ts';
import { isFault } from '../../agent/wallet/fault.ts';
import {
  isSamePayment,
  type PayCommand,
  type PayWords,
  readPayment,
} from '../../agent/wallet/request.ts';
import { liveOrderView } from '../../agent/wallet/view.ts';
import { seedOf } from '../support/keys.ts';
import { sound } from '../support/sound.ts';
import { World } from '../support/world.ts';

/** Alice, who pays bob and is not heard: the order stays on its way. */
function waiting(memo = 'bread') {
  const world = new World({ wallets: ['alice', 'bob', 'carol'] });
  const alice = world.place('alice');
  world.pay('alice', 'bob', 1_250n, memo);
  const { open } = memosOf(seedOf('alice'), world.network.id);
  const live = liveOrderView({ get: (key) => alice.state.get(key) }, world.network, open);
  assert.ok(live !== null);
  const asked: PayCommand = {
    recipient: world.place('bob').signer.publicKey,
    token: 0 as TokenIndex,
    amount: 1_250n as Amount,
    memo,
  };
  const isSame = (change: Partial<PayCommand>): boolean =>
    isSamePayment(live.order, { ...asked, ...change }, world);
  return { world, isSame };
}

describe('the words of a payment', () => {
  const world = new World({ wallets: ['alice', 'bob'] });
  const alice = world.place('alice');
  const [own, bob] = [alice, world.place('bob')].map(({ signer }) =>
    nameOf('account', signer.publicKey),
  );
  assert.ok(own !== undefined && bob !== undefined);
  const words: PayWords = { recipient: bob, amount: '12.5', token: 'HRS', memo: '' };
  const wallet = { network: world.network, signer: alice.signer };
  const reading = (change: Partial<PayWords>) => readPayment({ ...words, ...change }, wallet);
  const read = (change: Partial<PayWords>) => sound(reading(change));
  const refused = (change: Partial<PayWords>): string | undefined => {
    const result = reading(change);
    return isFault(result) ? result.refusal.refused : undefined;
  };

  it('are read in the smallest unit of their token', () => {
    const recipient = world.place('bob').signer.publicKey;
    assert.deepEqual(read({}), { recipient, token: 0, amount: 1_250n, memo: '' });
    assert.deepEqual(read({ amount: '12.5', token: 'KWH' }).amount, 12_500n);
    assert.deepEqual(read({ amount: '0.01' }).amount, 1n);
  });

  it('may have blanks around them that a paste brought, but the memo is as it was written', () => {
    const pasted = { recipient: ` ${bob}\n`, amount: ' 12.5 ', token: ' HRS ', memo: ' bread ' };
    assert.deepEqual(read(pasted), { ...read({}), memo: ' bread ' });
  });

  it('are refused one by one, by what is wrong with them', () => {
    assert.equal(refused({ recipient: bob.slice(0, -1) }), 'bad_name');
    assert.equal(refused({ recipient: own }), 'pays_itself');
    assert.equal(refused({ token: 'CUP' }), 'unknown_token');
    assert.equal(refused({ amount: '1.005' }), 'too_many_decimals');
    assert.equal(refused({ amount: '-1' }), 'bad_amount');
    for (const amount of ['0', '0.00']) assert.equal(refused({ amount }), 'amount_zero');
  });

  it('have a memo of 64 bytes at most, however many characters that are', () => {
    assert.equal(read({ memo: 'm'.repeat(64) }).memo.length, 64);
    assert.equal(refused({ memo: 'm'.repeat(65) }), 'memo_too_long');
    assert.equal(read({ memo: '€'.repeat(21) }).memo.length, 21);
    assert.equal(refused({ memo: '€'.repeat(22) }), 'memo_too_long');
  });
});

describe('an order on its way', () => {
  it('is the same payment where recipient, amount, token and memo are', () => {
    assert.equal(waiting().isSame({}), true);
    assert.equal(waiting('').isSame({}), true);
    assert.equal(waiting('für 3 €').isSame({}), true);
  });

  it('is another payment to anybody else', () => {
    const { world, isSame } = waiting();
    assert.equal(isSame({ recipient: world.place('carol').signer.publicKey }), false);
  });

  it('is another payment of any other amount', () => {
    const { isSame } = waiting();
    for (const amount of [1_249n, 1_251n, 125n, 12_500n]) {
      assert.equal(isSame({ amount: amount as Amount }), false, `${amount}`);
    }
  });

  it('is another payment in another token', () => {
    assert.equal(waiting().isSame({ token: 1 as TokenIndex }), false);
  });

  it('is another payment with another memo, with one more, and without one', () => {
    const { isSame } = waiting();
    for (const memo of ['milk', 'Bread', 'bread ', 'brea', '']) {
      assert.equal(isSame({ memo }), false, `"${memo}"`);
    }
    assert.equal(waiting('').isSame({ memo: 'bread' }), false);
  });
});
