/**
 * SIGKILL of real processes while a withdrawal is on its way: its wallet, an authority, and the
 * gateway with the cashier's book, each at steps that can be seen from outside. Every withdrawal
 * is paid out once, or given back once, and all authorities say the same. Each commit that there
 * is has its death in killed-anywhere.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import type { MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import type { WithdrawalView } from '../../agent/wallet/withdrawals.ts';
import { meshpay, startMeshpay } from '../cli/support.ts';
import { found, until } from '../support/wait.ts';
import { untilEqual } from './crash.ts';
import { makeNetwork, type TestNetwork } from './network.ts';

const AMOUNT = '10.00';
const TILL = {
  name: 'till',
  kind: 'cashbook',
  tokens: [0 as TokenIndex],
  observers: [0 as MemberIndex],
  quorum: 1,
  about: 'the box under the counter',
} as const;

/** What an authority knows of the account: what it has, what is locked, and its next sequence. */
interface Money {
  readonly balance: bigint;
  readonly locked: bigint;
  readonly next: bigint;
}

describe('a withdrawal of real processes', { concurrency: 1 }, () => {
  let network: TestNetwork;
  let alice = '';
  let wallet = '';
  let made = 0n;

  const run = async (...words: string[]) => {
    const ran = await meshpay([...words, '--json'], network.folder);
    assert.equal(ran.status, 0, ran.err);
    return JSON.parse(ran.out);
  };
  const moneyAt = async (member: number): Promise<Money> => {
    const { control } = network.authority(member);
    const { claims } = await control.request('account', { account: alice });
    const [own] = claims;
    return {
      balance: BigInt(own?.balances[0]?.amountMinor ?? 0),
      locked: BigInt(own?.locked[0]?.amountMinor ?? 0),
      next: BigInt(own?.next ?? 0),
    };
  };
  const till = async () => (await network.authority(0).control.request('cashier.pending')).payouts;
  /** Whether this authority has voted for the withdrawal, or has its certificate. */
  const isLockedAt = async (member: number): Promise<boolean> =>
    (await moneyAt(member)).locked > 0n;
  const isCertifiedAt = async (member: number): Promise<boolean> =>
    (await moneyAt(member)).next === made;

  const withdraw = () => {
    made++;
    const words = ['wallet', 'withdraw', AMOUNT, 'HRS', '--to', 'Anna', '--timeout', '60'];
    const child = startMeshpay([...words, '--wallet', wallet], network.folder);
    return { child, ended: once(child, 'close') };
  };
  const restart = async (member: number): Promise<void> => {
    await network.authority(member).kill9();
    await network.authority(member).start();
  };
  /** The cashier pays, or refuses; afterwards all know of it, the wallet too. */
  const end = async (how: 'paid' | 'refuse', left: bigint): Promise<void> => {
    const payout = await found(async () => {
      // A wallet that died before its certificate went out sends it when it is next used.
      await run('wallet', 'withdrawals', '--wallet', wallet);
      const [only, other] = await till();
      return other === undefined ? only : undefined;
    }, 'one payout is in the book');
    const { folder } = network.authority(0);
    const socket = ['--socket', join(folder, 'control.sock')];
    assert.equal((await meshpay(['cashier', how, payout.number, ...socket], folder)).status, 0);
    await until(async () => {
      const all = await Promise.all(network.nodes.map((_, member) => moneyAt(member)));
      return all.every(({ balance, locked }) => balance === left && locked === 0n);
    }, `all authorities have ${left}, and nothing locked`);
    await untilEqual(network);
    assert.deepEqual(await till(), []);
    const state = how === 'paid' ? 'finalized' : 'rejected';
    await until(async () => {
      const shown = await run('wallet', 'withdrawals', '--wallet', wallet);
      const states = (shown.withdrawals as WithdrawalView[]).map((each) => each.state);
      return BigInt(states.length) === made && states[0] === state;
    }, `its wallet says ${state}`);
  };

  before(async () => {
    network = await makeNetwork({ authorities: 4, wallets: 1, ledgers: [TILL] });
    network.authority(0).configure({ ledger: [{ name: 'till', kind: 'cashbook', folder: null }] });
    await network.start();
    alice = nameOf('account', network.wallets[0]?.publicKey ?? new Uint8Array());
    wallet = join(network.folder, 'alice');
    const peers = network.nodes.map(({ address }) => address);
    const seed = Uint8Array.from(Buffer.from(network.walletSeeds[0] ?? '', 'hex'));
    createWallet(wallet, network.network, { peers, allowVolatile: true }, seed);
  });
  after(() => network.close());

  it('is paid once, whose wallet is killed when the first authority has voted', async () => {
    const { child, ended } = withdraw();
    await until(() => isLockedAt(1), 'an authority has voted');
    child.kill('SIGKILL');
    await ended;
    await end('paid', 99_000n);
  });

  it('comes back once, whose wallet is killed when an authority has the certificate', async () => {
    const { child, ended } = withdraw();
    await until(() => isCertifiedAt(1), 'an authority has the certificate');
    child.kill('SIGKILL');
    await ended;
    await end('refuse', 99_000n);
  });

  it('is paid once, of which an authority is killed when it has voted', async () => {
    const { ended } = withdraw();
    await until(() => isLockedAt(2), 'it has voted');
    await restart(2);
    await ended;
    await end('paid', 98_000n);
  });

  it('is paid once, of which an authority is killed when it has the certificate', async () => {
    const { ended } = withdraw();
    await until(() => isCertifiedAt(3), 'it has the certificate');
    await restart(3);
    await ended;
    await end('paid', 97_000n);
  });

  it('is paid once, whose gateway is killed when it has the certificate', async () => {
    const { ended } = withdraw();
    await until(() => isCertifiedAt(0), 'it has the certificate');
    await restart(0);
    await ended;
    await end('paid', 96_000n);
  });

  it('comes back once, whose gateway is killed when the payout is in the book', async () => {
    const { ended } = withdraw();
    await until(async () => (await till()).length > 0, 'it is in the book');
    await restart(0);
    await ended;
    await end('refuse', 96_000n);
  });

  it('is paid once, whose gateway is killed as soon as the cashier has paid', async () => {
    const { ended } = withdraw();
    const [payout] = await found(async () => {
      const payouts = await till();
      return payouts.length > 0 ? payouts : undefined;
    }, 'it is in the book');
    await ended;
    const { folder } = network.authority(0);
    const words = ['cashier', 'paid', payout?.number ?? '', '--socket'];
    const paid = await meshpay([...words, join(folder, 'control.sock')], folder);
    assert.equal(paid.status, 0, paid.err);
    await restart(0);
    await until(async () => {
      const all = await Promise.all(network.nodes.map((_, member) => moneyAt(member)));
      return all.every(({ balance, locked }) => balance === 95_000n && locked === 0n);
    }, 'all authorities know that it was paid');
    await untilEqual(network);
  });
});
