import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { PATIENCE_MS, pause, until } from '../support/wait.ts';
import { checkBalances, untilEqual } from './crash.ts';
import { startNetwork } from './network.ts';
import { openTestWallet } from './wallet.ts';

test('one authority frozen or gone: payments go on; two: none completes, then the same order does', async () => {
  const network = await startNetwork({
    authorities: 4,
    wallets: 2,
    config: { 'log.level': 'error' },
  });
  const [alice, bob] = network.wallets;
  assert.ok(alice !== undefined && bob !== undefined);
  const addresses = network.nodes.map(({ address }) => address);
  const folder = join(network.folder, 'alice');
  const wallet = await openTestWallet(folder, network.network, alice, addresses);
  try {
    await wallet.pay(bob.publicKey, 10n);
    network.authority(3).signal('SIGSTOP');
    await wallet.pay(bob.publicKey, 10n);
    await network.authority(2).kill9();
    const paying = wallet.pay(bob.publicKey, 10n);
    const isDone = await Promise.race([
      paying.then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000)),
    ]);
    assert.equal(isDone, false);
    const made = wallet.notices.filter(({ kind }) => kind === 'order_created').length;
    network.authority(3).signal('SIGCONT');
    await paying;
    assert.equal(wallet.notices.filter(({ kind }) => kind === 'order_created').length, made);
    await network.authority(2).start();
    await untilEqual(network);
    await checkBalances(network);
  } finally {
    network.authority(3).signal('SIGCONT');
    await wallet.close();
    await network.close();
  }
});

test('a wallet that reaches only a relay pays and is paid', async () => {
  const network = await startNetwork({
    authorities: 4,
    relays: 1,
    wallets: 2,
    config: { 'log.level': 'error' },
  });
  const [alice, bob] = network.wallets;
  assert.ok(alice !== undefined && bob !== undefined);
  const relay = [network.relay(0).address];
  const wallets = await Promise.all(
    [alice, bob].map((signer, i) =>
      openTestWallet(join(network.folder, `wallet-${i}`), network.network, signer, relay),
    ),
  );
  const [first, second] = wallets;
  try {
    assert.ok(first !== undefined && second !== undefined);
    for (let i = 0; i < 3; i++) await first.pay(bob.publicKey, 100n);
    const nonce = randomBytes(16);
    let patienceMs = 250;
    const knows = async (): Promise<boolean> => {
      // Asked again, as the command line does: whoever has no link yet asks nobody. On a slow
      // machine more and more slowly, or the questions alone keep it busy.
      second.session.command({ kind: 'refresh', nonce });
      patienceMs = Math.min(2 * patienceMs, 8_000);
      await pause(patienceMs);
      return second.balance() === 100_300n;
    };
    await until(knows, 'it learns what it was paid', PATIENCE_MS);
    await second.pay(alice.publicKey, 100_300n);
    const { counters } = await network.relay(0).control.request('status');
    assert.ok(counters.relayed > 0);
    await untilEqual(network);
    await checkBalances(network);
  } finally {
    await Promise.all(wallets.map((wallet) => wallet.close()));
    await network.close();
  }
});
