import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import { startNetwork } from './network.ts';
import { openTestWallet } from './wallet.ts';

test('a broken authority’s seat goes to new hardware, and payments go on', async () => {
  const network = await startNetwork({ authorities: 4, relays: 1 });
  const peers = [0, 1, 2].map((n) => network.authority(n).address);
  const [alice, bob] = network.wallets;
  assert.ok(alice !== undefined && bob !== undefined);
  const folder = join(network.folder, 'alice');
  const wallet = await openTestWallet(folder, network.network, alice, peers);
  try {
    await wallet.pay(bob.publicKey, 100n);
    const broken = network.authority(3);
    await broken.kill9();
    // The new node: a key of its own, which no committee has had.
    const fresh = network.relay(0);
    await fresh.kill9();
    fresh.configure({ role: 'authority', 'store.folder': join(fresh.folder, 'ledger') });
    writeFileSync(unusedMarkOf(fresh.config.node_key), UNUSED_MARK_TEXT);
    const waiting = await fresh.start();
    assert.deepEqual(waiting.voting, { may: false, whyNot: 'no committee has had this key yet' });
    assert.equal(waiting.node.member, null);

    const seat = { name: 'authority-3', key: nameOf('node', fresh.signer.publicKey) };
    const proposed = await network
      .authority(0)
      .control.request('committee.propose', { add: [], remove: [], replace: [seat] });
    const [wanted] = proposed.wanted;
    assert.ok(wanted !== undefined);
    assert.deepEqual(wanted.approvedBy, ['authority-0']);
    for (const n of [1, 2]) {
      const { control } = network.authority(n);
      for (;;) {
        const { wanted: seen } = await control.request('committee.change');
        if (seen.length > 0) break;
      }
      await control.request('committee.approve', { committee: wanted.name });
    }
    for (const node of [network.authority(0), network.authority(1), network.authority(2), fresh]) {
      await node.until(({ committee, voting }) => committee.epoch === 1 && voting.may, 'it votes');
    }
    assert.equal((await fresh.control.request('status')).node.member, 4);
    const { certificate } = await wallet.pay(bob.publicKey, 100n);
    assert.equal(certificate.epoch, 1);

    const former = await broken.start();
    const told = await broken.until(({ committee }) => committee.epoch === 1, 'it follows');
    assert.equal(former.node.member, 3);
    assert.deepEqual(told.voting, { may: false, whyNot: 'it sits no longer' });
    await fresh.restart();
    const again = await fresh.until(({ voting }) => voting.may, 'it votes after a restart');
    assert.equal(again.node.member, 4);
  } finally {
    await wallet.close();
    await network.close();
  }
});
