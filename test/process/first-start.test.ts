import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SPACES } from '../../agent/core/spaces.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { inspectStore } from '../../agent/shell/store/open.ts';
import { makeNetwork, startNetwork, type TestNode } from './network.ts';
import { withDisk } from './slow-disk.ts';
import { openTestWallet } from './wallet.ts';

test('an authority whose ledger was wiped serves, and never votes again with its key', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    const first = await node.start();
    assert.deepEqual(first.voting, { may: true, whyNot: null });
    assert.equal(existsSync(unusedMarkOf(node.config.node_key)), false);
    await node.stop();
    rmSync(node.config['store.folder'], { recursive: true });
    const wiped = await node.start();
    assert.equal(wiped.voting.may, false);
    assert.match(wiped.voting.whyNot ?? '', /it may have voted before/);
    await node.kill9();
    assert.equal((await node.start()).voting.may, false);
  } finally {
    await network.close();
  }
});

/** As a folder is that was copied again: no ledger, and the mark of a key that was never used. */
function copyAgain({ config }: TestNode): void {
  rmSync(config['store.folder'], { recursive: true });
  writeFileSync(unusedMarkOf(config.node_key), UNUSED_MARK_TEXT);
}

test('a node folder that is copied again with its mark does not vote', async () => {
  const network = await startNetwork({ authorities: 4 });
  try {
    const node = network.authority(0);
    await node.until(({ voting: { may } }) => may, 'the others have vouched for its first start');
    await node.stop();
    copyAgain(node);
    await node.start();
    const { voting } = await node.until(
      ({ voting: { whyNot } }) => /authority-1, authority-2, authority-3/.test(whyNot ?? ''),
      'all others know of its first life',
    );
    assert.match(voting.whyNot ?? '', /^the first start of its key: 0 of 3 other members/);
    const { checks } = await node.control.request('doctor');
    assert.equal(checks.find(({ name }) => name === 'voting')?.verdict, 'warn');
    await node.kill9();
    assert.equal((await node.start()).voting.may, false);
  } finally {
    await network.close();
  }
});

test('a node whose votes are known to others is stopped by them, from a new or an old folder', async () => {
  const network = await startNetwork({ authorities: 4 });
  try {
    const [payer, payee] = network.wallets;
    assert.ok(payer !== undefined && payee !== undefined);
    const peers = network.nodes.map(({ address }) => address);
    const [fresh, old] = [network.authority(0), network.authority(1)];
    const copy = join(network.folder, 'copy');
    await old.stop();
    cpSync(old.config['store.folder'], copy, { recursive: true });
    await old.start();
    await old.until(({ links }) => links.members === 3, 'it is linked again');
    const wallet = await openTestWallet(
      join(network.folder, 'wallet'),
      network.network,
      payer,
      peers,
    );
    // Each payment has three votes of four: after some of them everybody has voted in one.
    for (let n = 0; n < 12; n++) await wallet.pay(payee.publicKey, 1n);
    for (const node of network.nodes) {
      await node.until(({ counters }) => counters.certificates >= 12, 'all is applied');
    }
    await wallet.close();
    for (const node of [fresh, old]) await node.stop();
    copyAgain(fresh);
    rmSync(old.config['store.folder'], { recursive: true });
    cpSync(copy, old.config['store.folder'], { recursive: true });
    for (const node of [fresh, old]) {
      await node.start();
      const { voting } = await node.until(
        ({ voting: { whyNot } }) => /the key was used elsewhere/.test(whyNot ?? ''),
        `${node.name} learns of its former life`,
      );
      assert.equal(voting.may, false);
      const { checks } = await node.control.request('doctor');
      assert.equal(checks.find(({ name }) => name === 'voting')?.verdict, 'fail');
      const line = await node.logged(
        'this key voted in another life: this authority never votes again',
      );
      assert.equal(line['level'], 'fatal');
      assert.equal((await node.restart()).voting.may, false);
    }
  } finally {
    await network.close();
  }
});

test('a node that can be met has its network on disk', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    await node.start({ nodeArgs: withDisk(network.folder, 500) });
    await node.kill9();
    const inspected = await inspectStore({ folder: node.config['store.folder'] });
    assert.equal(inspected.state, 'sound');
    if (inspected.state !== 'sound') return;
    assert.ok(inspected.reader.get(SPACES.genesis.key));
    await inspected.reader.close();
  } finally {
    await network.close();
  }
});

test('a node whose first step does not fit the disk says so, and nothing else', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    // Before the node's first step the store is made, in a folder of its own, with three commits.
    node.spawn({ nodeArgs: withDisk(network.folder, 0, 3) });
    const { code, stderr, stdout } = await node.ended;
    assert.equal(code, exitStatus('io'));
    assert.match(stderr, /^meshpayd: disk_full: the disk is full: .*data\/store\/commits\. .*\n$/);
    assert.doesNotMatch(stdout, /fatal|stack/);
  } finally {
    await network.close();
  }
});

test('the ledger of one key is not continued with another', async () => {
  const network = await makeNetwork({ authorities: 2 });
  try {
    const [one, two] = [network.authority(0), network.authority(1)];
    await one.start();
    await one.stop();
    const { node_key, name } = two.config;
    one.configure({ node_key, name });
    one.spawn();
    const { code, stderr } = await one.ended;
    assert.equal(code, exitStatus('config'));
    assert.match(stderr, /node_key: expected the key of the ledger in .*, found mpnode1/);
    assert.ok(existsSync(unusedMarkOf(node_key)));
  } finally {
    await network.close();
  }
});
