/** A wallet that comes while strangers send whatever an authority takes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { newSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import { type FloodLink, floodLink } from '../support/flood.ts';
import { until } from '../support/wait.ts';
import { startNetwork } from './network.ts';
import { transfer } from './orders.ts';
import { openTestWallet } from './wallet.ts';

test('strangers that flood are held back, and a wallet that comes then pays, and the node answers', async () => {
  const network = await startNetwork({ authorities: 1, config: { 'log.level': 'error' } });
  const [alice, bob] = network.wallets;
  assert.ok(alice !== undefined && bob !== undefined);
  const nobody = signerFromSeed(newSeed());
  const data = transfer(network.network, nobody, bob.publicKey, 5n);
  const { address, control } = network.authority(0);
  const links: FloodLink[] = [];
  try {
    for (let n = 0; n < 8; n++) {
      const seed = n % 2 === 0 ? newSeed() : undefined;
      links.push(await floodLink(network.network, address, `127.0.0.${2 + (n % 4)}`, seed));
    }
    for (const link of links) link.flood({ TAG: 'order', data });
    await until(() => links.every(({ isHeldBack }) => isHeldBack), 'more than is taken of each');
    const wallet = await openTestWallet(join(network.folder, 'w'), network.network, alice, [
      address,
    ]);
    await wallet.pay(bob.publicKey, 10n);
    assert.ok(links.every(({ socket }) => !socket.destroyed));
    await until(() => links.every(({ isHeldBack }) => isHeldBack), 'the flood goes on');
    const { links: counts } = await control.request('status');
    assert.deepEqual([counts.nodes, counts.anonymous], [4, 5]);
    await wallet.close();
  } finally {
    for (const { socket } of links) socket.destroy();
    await network.close();
  }
});
