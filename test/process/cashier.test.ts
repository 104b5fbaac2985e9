/** A cashier at a real daemon: deposits, the book, what is refused, and a daemon killed. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import type { MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import type { Genesis } from '../../agent/core/network/genesis.ts';
import type { PayoutView } from '../../agent/shell/control/cashier-view.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { meshpay, type Ran } from '../cli/support.ts';
import { found, until } from '../support/wait.ts';
import { makeNetwork, type TestNetwork } from './network.ts';
import { withdrawal } from './orders.ts';
import { Probe } from './probe.ts';

/** A ledger that this member alone observes. */
function tillOf(member: number): Genesis['ledgers'][number] {
  return {
    name: 'till',
    kind: 'cashbook',
    tokens: [0 as TokenIndex],
    observers: [member as MemberIndex],
    quorum: 1,
    about: 'the box under the counter',
  };
}

describe('a cashier', { concurrency: 1 }, () => {
  let network: TestNetwork;
  let alice = '';

  const cashier = (...words: string[]): Promise<Ran> => {
    const { folder } = network.authority(0);
    return meshpay(['cashier', ...words, '--socket', join(folder, 'control.sock')], folder);
  };
  const json = async (...words: string[]) => {
    const ran = await cashier(...words, '--json');
    assert.equal(ran.status, 0, ran.err);
    return JSON.parse(ran.out);
  };

  before(async () => {
    network = await makeNetwork({ authorities: 1, ledgers: [tillOf(0)] });
    network.authority(0).configure({ ledger: [{ name: 'till', kind: 'cashbook', folder: null }] });
    await network.start();
    alice = nameOf('account', network.wallets[0]?.publicKey ?? new Uint8Array());
  });
  after(() => network.close());

  it('has an empty book at first', async () => {
    assert.match((await cashier('pending')).out, /^Nothing is to be paid from till\.$/m);
    const book = await json('book');
    assert.deepEqual([book.count, book.entries, book.wrong], ['0', [], null]);
    assert.match((await cashier('book')).out, /^No entries\.$/m);
  });

  it('books a deposit once, however often it is said', async () => {
    const slip = [alice, '12.5', 'HRS', '--receipt', '17/2', '--note', 'coins'];
    const first = await json('deposit', ...slip);
    assert.deepEqual([first.amount, first.receipt, first.entry], ['12.50', '17/2', '0']);
    assert.deepEqual(await json('deposit', ...slip), first);
    const book = await json('book');
    assert.equal(book.count, '1');
    const [total] = book.totals;
    assert.deepEqual(total, { token: 'HRS', cash: '12.50', network: '-12.50', payable: '0.00' });
    const other = await cashier('deposit', alice, '13', 'HRS', '--receipt', '17/2');
    assert.equal(other.status, EXITS.failure.status);
    assert.match(other.err, /receipt_used: receipt: expected a new number, found 17\/2/);
  });

  it('makes a receipt number up where none is given', async () => {
    const [one, two] = [
      await json('deposit', alice, '1', 'HRS'),
      await json('deposit', alice, '1', 'HRS'),
    ];
    assert.notEqual(one.receipt, two.receipt);
    assert.equal((await json('book', '--from', '1')).entries.length, 2);
  });

  it('fits 80 columns', async () => {
    for (const line of (await cashier('book')).out.split('\n')) assert.ok(line.length <= 80, line);
  });

  const REFUSED: readonly (readonly [string[], keyof typeof EXITS, RegExp])[] = [
    [['paid', '1'], 'usage', /unknown_payout: payout: expected none: there is no payout yet/],
    [['paid', 'x'], 'usage', /unknown_payout/],
    [['slip', '0'], 'usage', /unknown_payout/],
    [['deposit', 'mp1x', '1', 'HRS'], 'usage', /bad_name/],
    [['deposit', '', '1', 'HRS'], 'usage', /account name/],
    [['deposit', '@', '0', 'HRS'], 'usage', /amount_zero/],
    [['deposit', '@', '1.001', 'HRS'], 'usage', /too_many_decimals/],
    [['deposit', '@', '1', 'EUR'], 'usage', /unknown_token/],
    [['deposit', '@', '1', 'HRS', '--receipt', ''], 'usage', /expected NUMBER/],
    [['deposit', '@', '1', 'HRS', '--receipt', 'x'.repeat(61)], 'usage', /at most 60 bytes/],
    [['deposit', '@', '1', 'HRS', '--note', 'x'.repeat(121)], 'usage', /at most 120 bytes/],
    [['deposit', '@', '1', 'HRS', '--note', 'a\u202eb'], 'usage', /right-to-left/],
    [['book', '--from', 'x'], 'usage', /the number of an entry/],
    [['pending', '--ledger', 'bank'], 'config', /no_ledger: ledger: expected till, found bank/],
  ];
  for (const [words, exit, expected] of REFUSED) {
    it(`is told what is wrong with: ${words.join(' ').slice(0, 60)}`, async () => {
      const ran = await cashier(...words.map((word) => (word === '@' ? alice : word)));
      assert.match(ran.err, expected);
      assert.deepEqual([ran.status, ran.out], [EXITS[exit].status, '']);
      assert.equal((await json('book')).count, '3');
    });
  }

  it('finds the book as it was after the daemon was killed', async () => {
    const before = await json('book');
    await network.authority(0).kill9();
    await network.authority(0).start();
    assert.deepEqual(await json('book'), before);
  });

  it('is told why where the node serves no book, or the book cannot be opened', async () => {
    const node = network.authority(0);
    const [ledger] = node.config.ledger;
    assert.ok(ledger);
    await node.kill9();
    rmSync(join(node.config['store.folder'], 'ledger-till', 'store', 'commits'));
    await node.start();
    const damaged = await cashier('pending');
    assert.match(damaged.err, /no_ledger: till: found store_damaged/);
    assert.equal(damaged.status, EXITS.config.status);
    await node.kill9();
    node.configure({ ledger: [] });
    await node.start();
    const none = await cashier('pending');
    assert.match(none.err, /no_ledger: ledger: expected a \[\[ledger\]\] in the configuration/);
  });
});

describe('a cashier of a network', { concurrency: 1 }, () => {
  let network: TestNetwork;
  let probe: Probe;

  const cashier = (...words: string[]): Promise<Ran> => {
    const { folder } = network.authority(0);
    return meshpay(['cashier', ...words, '--socket', join(folder, 'control.sock')], folder);
  };
  /** What each authority says of the first wallet: its balance. */
  const balances = async (): Promise<readonly string[]> => {
    const account = nameOf('account', network.wallets[0]?.publicKey ?? new Uint8Array());
    const views = await Promise.all(
      network.nodes.map(({ control }) => control.request('account', { account })),
    );
    return views.map(({ claims: [own] }) => own?.balances[0]?.amount ?? 'none');
  };
  const allHave = async (amount: string): Promise<void> => {
    await until(
      async () => (await balances()).every((each) => each === amount),
      `all authorities say ${amount}`,
    );
  };
  /** The first wallet withdraws, certified by the votes of all. */
  const withdraw = async (sequence: bigint, amountMinor: bigint): Promise<void> => {
    const [payer] = network.wallets;
    assert.ok(payer);
    const order = withdrawal(network.network, payer, amountMinor, { sequence });
    const data = await probe.certify(order);
    for (let member = 0; member < 4; member++) probe.say(member, { TAG: 'certificate', data });
  };
  const pending = async (): Promise<readonly PayoutView[]> =>
    (await network.authority(0).control.request('cashier.pending')).payouts;
  const pendingOne = async (): Promise<PayoutView> =>
    found(async () => {
      const [only, ...others] = await pending();
      return others.length === 0 ? only : undefined;
    }, 'the payout is in the book');

  before(async () => {
    network = await makeNetwork({ authorities: 4, ledgers: [tillOf(0)] });
    network.authority(0).configure({ ledger: [{ name: 'till', kind: 'cashbook', folder: null }] });
    await network.start();
    probe = new Probe(network);
    await probe.start();
  });
  after(async () => {
    await probe.stop();
    await network.close();
  });

  it('pays what was withdrawn, and it is gone everywhere', async () => {
    await withdraw(0n, 10_000n);
    const { number, recipient } = await pendingOne();
    assert.equal(recipient, 'Amina at the mill');
    const slip = await cashier('paid', number, '--note', 'at the market');
    assert.match(slip.out, /^amount +100\.00 HRS$/m);
    assert.match(slip.out, /^received: _+$/m);
    for (const line of slip.out.split('\n')) assert.ok(line.length <= 80, line);
    await allHave('900.00');
    assert.deepEqual(await pending(), []);
  });

  it('refuses, and the payer has it back everywhere', async () => {
    await withdraw(1n, 30_000n);
    const { number } = await pendingOne();
    await allHave('600.00');
    assert.match((await cashier('refuse', number)).out, /refused, and nothing was paid/);
    await allHave('900.00');
  });

  it('is killed with a payout in the book, which is there once afterwards', async () => {
    await withdraw(2n, 5_000n);
    const { number } = await pendingOne();
    await network.authority(0).kill9();
    await network.authority(0).start();
    assert.deepEqual((await pending()).length, 1);
    assert.match((await cashier('paid', number)).out, /^PAYOUT 3 /m);
    await allHave('850.00');
    assert.equal(JSON.parse((await cashier('book', '--json')).out).wrong, null);
  });

  it('books a deposit, and every authority credits it once', async () => {
    const account = nameOf('account', network.wallets[0]?.publicKey ?? new Uint8Array());
    const slip = ['deposit', account, '7.25', 'HRS', '--receipt', '17/2'];
    assert.equal((await cashier(...slip)).status, 0);
    await allHave('857.25');
    assert.equal((await cashier(...slip)).status, 0);
    await network.authority(0).kill9();
    await network.authority(0).start();
    await cashier('deposit', account, '1', 'HRS', '--receipt', '17/3');
    await allHave('858.25');
  });
});
