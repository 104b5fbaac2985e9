/** Which payment an order on its way is (agent/cli/wallet/request.ts): no other may be taken for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PayCommand } from '../../agent/cli/wallet/pay.ts';
import { isSamePayment } from '../../agent/cli/wallet/request.ts';
import { liveOrderView } from '../../agent/cli/wallet/view.ts';
import { memosOf } from '../../agent/core/memo.ts';
import type { Amount, TokenIndex } from '../../agent/core/units.ts';
import { seedOf } from '../support/keys.ts';
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
