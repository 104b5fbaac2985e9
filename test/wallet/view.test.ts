/** What a wallet shows of its records (agent/wallet/view.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import type { TokenIndex } from '../../agent/core/base/units.ts';
import { orderHash, orderIdOf } from '../../agent/core/codec/order.ts';
import { memosOf } from '../../agent/core/memo.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import {
  liveOrderView,
  newestCertificate,
  newestPayments,
  type PaymentFilter,
  paymentsById,
  spendable,
  walletView,
} from '../../agent/wallet/view.ts';
import { seedOf } from '../support/keys.ts';
import { World } from '../support/world.ts';

/** Alice paid bob 300 ("bread"), got 50 back, and paid carol 7; bob, carol and dave wait. */
function day() {
  const world = new World({ wallets: ['alice', 'bob', 'carol', 'dave'] }).connectAll();
  const pay = (from: string, to: string, amount: bigint, memo = ''): void => {
    world.pay(from, to, amount, memo);
    world.run();
    world.refresh(to);
    world.run();
    world.nowMs += 1_000;
  };
  pay('alice', 'bob', 300n, 'bread');
  pay('bob', 'alice', 50n);
  pay('alice', 'carol', 7n);
  const of = (name: string) => {
    const { state, signer } = world.place(name);
    const read = { get: (key: ByteKey) => state.get(key) };
    const { open } = memosOf(seedOf(name), world.network.id);
    return { read, account: signer.publicKey, open };
  };
  return { world, of };
}

describe('the view of a wallet', () => {
  it('has a balance for every token, the next sequence and the count of payments', () => {
    const { world, of } = day();
    const { read, account, open } = of('alice');
    const view = walletView(read, world.network, account, open);
    assert.equal(view.address, nameOf('account', account));
    assert.deepEqual(view.network, {
      name: 'test',
      id: nameOf('network', world.network.id),
    });
    assert.deepEqual(
      view.balances.map(({ token, amount, amountMinor }) => [token, amount, amountMinor]),
      [
        ['HRS', '7.43', '743'],
        ['KWH', '0.000', '0'],
      ],
    );
    assert.deepEqual([view.next, view.payments, view.live], ['2', '3', null]);
    assert.deepEqual(view.available, view.balances);
  });

  it('lists the newest payments first, as many as asked, and says which way each went', () => {
    const { world, of } = day();
    const { read, account, open } = of('alice');
    const listed = (most: number) =>
      newestPayments(read, world.network, account, most, open).map((view) => {
        return `${view.number} ${view.direction} ${view.order.amount} ${view.order.memo}`;
      });
    const all = ['2 paid 0.07 ', '1 received 0.50 ', '0 paid 3.00 bread'];
    assert.deepEqual(listed(Infinity), all);
    for (const most of [0, 1, 2, 3]) assert.deepEqual(listed(most), all.slice(0, most));
    const nobody = of('dave');
    assert.deepEqual(newestPayments(nobody.read, world.network, nobody.account, 9), []);
  });

  it('says when it learned of each payment, and leaves memos sealed that it was not asked to open', () => {
    const { world, of } = day();
    const { read, account } = of('alice');
    const payments = newestPayments(read, world.network, account, Infinity);
    const times = payments.map(({ wallMs }) => wallMs);
    assert.deepEqual(times, [3_000, 2_000, 1_000]);
    assert.equal(payments.at(-1)?.order.memo, null);
    const [newest] = newestCertificate(read, world.network, account);
    assert.deepEqual(payments[0]?.votes.length, newest?.votes.length);
    const nobody = of('dave');
    assert.deepEqual(newestCertificate(nobody.read, world.network, nobody.account), []);
  });

  it('lists only payments of a time, or with an account', () => {
    const { world, of } = day();
    const { read, account, open } = of('alice');
    const [bob, carol] = [of('bob').account, of('carol').account];
    const listed = (filter: PaymentFilter, most = Infinity) =>
      newestPayments(read, world.network, account, most, open, filter)
        .map(({ number }) => number)
        .join(' ');
    const CASES: readonly (readonly [PaymentFilter, string])[] = [
      [{}, '2 1 0'],
      [{ sinceMs: 2_000 }, '2 1'],
      [{ sinceMs: 2_001 }, '2'],
      [{ untilMs: 2_000 }, '0'],
      [{ untilMs: 2_001 }, '1 0'],
      [{ sinceMs: 2_000, untilMs: 3_000 }, '1'],
      [{ from: bob }, '1'],
      [{ to: bob }, '0'],
      [{ from: bob, to: bob }, '1 0'],
      [{ from: carol }, ''],
      [{ to: carol }, '2'],
      [{ to: account }, ''],
      [{ from: account }, ''],
      [{ to: bob, sinceMs: 1_001 }, ''],
    ];
    for (const [filter, expected] of CASES) assert.equal(listed(filter), expected);
    assert.equal(listed({ untilMs: 3_000 }, 1), '1', 'as many as asked, of those that fit');
  });

  it('finds a payment by its order id, or by the beginning of it', () => {
    const { world, of } = day();
    const { read, account } = of('alice');
    const ids = newestPayments(read, world.network, account, Infinity).map(({ order }) => order.id);
    const found = (begin: string) =>
      paymentsById(read, world.network, account, begin).map(({ order }) => {
        return orderIdOf(orderHash(world.network.id, order.order));
      });
    for (const id of ids) {
      for (const digits of [36, 35, 9, 8, 7, 4]) {
        assert.deepEqual(found(id.slice(0, digits)), [id], `${digits} digits`);
      }
    }
    assert.equal(found('').length, 2, 'of several it is enough to know two');
    const [id = ''] = ids;
    const other = (at: number): string => (id[at] === '0' ? '1' : '0');
    assert.deepEqual(found(`${id.slice(0, 35)}${other(35)}`), []);
    assert.deepEqual(found(`${other(0)}${id.slice(1, 8)}`), []);
    assert.deepEqual(found('nothing'), []);
  });

  it('looks at the record of the payment alone where the id is long enough', () => {
    const { world, of } = day();
    const { read, account } = of('alice');
    const [, second] = newestPayments(read, world.network, account, Infinity);
    const looks: number[] = [];
    const counting = {
      get: (key: ByteKey) => {
        if (key.charCodeAt(0) === SPACES.payment.byte) looks.push(key.charCodeAt(8));
        return read.get(key);
      },
    };
    assert.equal(paymentsById(counting, world.network, account, second?.order.id ?? '').length, 1);
    assert.deepEqual(looks, [1]);
  });

  it('shows the order on its way with its votes, and takes it off what can be spent of its token', () => {
    const { world, of } = day();
    const alice = () => of('alice');
    const left = (token: number) => {
      const { read, account } = alice();
      return spendable(read, world.network, account, token as TokenIndex);
    };
    assert.deepEqual([left(0), left(1)], [743n, 0n]);
    assert.equal(liveOrderView(alice().read, world.network, alice().open), null);
    for (const { name } of world.authorities.slice(1)) world.cut(name);
    world.pay('alice', 'dave', 43n, 'milk');
    world.run();
    const live = liveOrderView(alice().read, world.network, alice().open);
    assert.ok(live !== null);
    assert.deepEqual(
      [live.order.amount, live.order.memo, live.createdWallMs, live.votes, live.quorum],
      ['0.43', 'milk', 4_000, ['auth-0'], 3],
    );
    assert.deepEqual([left(0), left(1)], [700n, 0n]);
    const { read, account, open } = alice();
    const view = walletView(read, world.network, account, open);
    assert.deepEqual(view.live, live);
    const minors = view.available.map(({ amountMinor }) => amountMinor);
    assert.deepEqual(minors, ['700', '0']);
  });
});
