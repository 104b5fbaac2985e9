import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { singleton } from '../../agent/core/keyspace.ts';
import { unusedMarkOf } from '../../agent/shell/daemon/first-start.ts';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { inspectStore } from '../../agent/shell/store/open.ts';
import { makeNetwork } from './network.ts';
import { withDisk } from './slow-disk.ts';

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

test('a node that can be met has its network on disk', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    await node.start({ nodeArgs: withDisk(network.folder, 500) });
    await node.kill9();
    const inspected = await inspectStore({ folder: node.config['store.folder'] });
    assert.equal(inspected.state, 'sound');
    if (inspected.state !== 'sound') return;
    assert.ok(inspected.reader.get(singleton('genesis')));
    await inspected.reader.close();
  } finally {
    await network.close();
  }
});

test('a node whose first step does not fit the disk says so, and nothing else', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    // The store's own records are the first batch, the node's key the second, its first step the third.
    node.spawn({ nodeArgs: withDisk(network.folder, 0, 2) });
    const { code, stderr, stdout } = await node.ended;
    assert.equal(code, exitStatus('io'));
    assert.match(stderr, /^meshpayd: commit_failed: the disk refused a write: .*\n$/);
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
