import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { singleton } from '../../agent/core/keyspace.ts';
import { unusedMarkOf } from '../../agent/shell/daemon/first-start.ts';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { inspectStore } from '../../agent/shell/store/open.ts';
import { makeNetwork } from './network.ts';

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
    await node.start();
    await node.kill9();
    const inspected = await inspectStore({ folder: node.config['store.folder'] });
    assert.equal(inspected.state, 'sound');
    assert.ok(inspected.state === 'sound' && inspected.reader.get(singleton('genesis')));
    if (inspected.state === 'sound') await inspected.reader.close();
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
