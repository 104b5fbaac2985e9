/** A copy of a data folder that is alive beside its original. */
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../../agent/cli/lab/ports.ts';
import { writeConfig } from '../../agent/shell/config/config.ts';
import { until } from '../support/wait.ts';
import { makeNetwork } from './network.ts';
import { daemonProcess, MESHPAYD } from './process.ts';

test('a node and its live copy are named to the operators of both and of their peers', async () => {
  const network = await makeNetwork({ authorities: 2, config: { 'discovery.interfaces': [] } });
  const [peer, original] = [network.authority(0), network.authority(1)];
  const copyFolder = join(network.folder, 'copy');
  const [port = 0] = await freePorts(1);
  const at = { host: '127.0.0.1', port };
  cpSync(original.folder, copyFolder, { recursive: true });
  const config = {
    ...original.config,
    node_key: join(copyFolder, 'node.key'),
    'store.folder': join(copyFolder, 'data'),
    'control.socket': join(copyFolder, 'control.sock'),
    'listen.addresses': [at],
    peers: [...original.config.peers, { address: original.address, node: undefined }],
  };
  const configFile = join(copyFolder, 'meshpayd.toml');
  writeFileSync(configFile, writeConfig(config));
  const copy = daemonProcess(configFile, config['control.socket'], MESHPAYD, []);
  const twinsOf = async (node: typeof copy) => {
    const { checks } = await node.control.request('doctor');
    return checks.find(({ name }) => name === 'twins');
  };
  try {
    await peer.start();
    await original.start();
    await peer.until(({ links }) => links.members === 1, 'the link');
    assert.equal((await twinsOf(peer))?.verdict, 'ok');
    await copy.start();
    for (const [node, what] of [
      [peer, /two nodes run with the key of authority-1: 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+/],
      [original, /another node, at 127\.0\.0\.1:\d+, runs with the key of this one/],
      [copy, /another node, at 127\.0\.0\.1:\d+, runs with the key of this one/],
    ] as const) {
      await until(async () => (await twinsOf(node))?.verdict === 'fail', 'the finding');
      assert.match((await twinsOf(node))?.what ?? '', what);
    }
  } finally {
    if (copy.pid !== undefined) await copy.kill9();
    await network.close();
  }
});
