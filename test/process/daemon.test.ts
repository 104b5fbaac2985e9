/** The life of a real `meshpayd`: start, stop, reload, second instance, damage, a committee. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { newSeed } from '../../agent/shell/keys.ts';
import { PATIENCE_MS, until } from '../support/wait.ts';
import { makeNetwork, startNetwork, type TestNetwork, type TestNode } from './network.ts';
import { runDaemon } from './process.ts';

/** A network of one authority, which is ready by itself. */
async function single(): Promise<{ network: TestNetwork; node: TestNode }> {
  const network = await makeNetwork({ authorities: 1 });
  return { network, node: network.authority(0) };
}

describe('a running meshpayd', () => {
  it('says who it is and how it stands', async () => {
    const { network, node } = await single();
    try {
      const { listening } = await node.start();
      assert.deepEqual(listening, [`127.0.0.1:${node.address.port}`], 'before it is not started');
      const status = await node.until(({ state }) => state === 'ready', 'it is ready');
      assert.deepEqual(status.committee, { epoch: 0, members: 1, quorum: 1, faultsTolerated: 0 });
      assert.deepEqual(status.node, {
        name: 'authority-0',
        key: nameOf('node', node.signer.publicKey),
        role: 'authority',
        member: 0,
      });
      assert.equal(status.network.id, nameOf('network', network.network.id));
      assert.deepEqual(status.voting, { may: true, whyNot: null });
      assert.equal(status.ledger?.accounts, 2);
      assert.match(status.ledger?.digest ?? '', /^[0-9a-f]{64}$/);
      assert.deepEqual(status.listening, [`127.0.0.1:${node.address.port}`]);
      assert.equal(status.clock.trusted, true);
      const doctor = await node.control.request('doctor');
      assert.equal(doctor.verdict, 'ok', JSON.stringify(doctor.checks));
    } finally {
      await network.close();
    }
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with status 0 on ${signal}, and takes its socket away`, async () => {
      const { network, node } = await single();
      try {
        await node.start();
        node.signal(signal);
        const { code, stderr } = await node.ended;
        assert.deepEqual([code, stderr], [0, '']);
        assert.equal(existsSync(node.socket), false);
        assert.equal(existsSync(join(node.config['store.folder'], 'pid')), false);
      } finally {
        await network.close();
      }
    });
  }

  it('ends when it is asked to over the control socket, after it has answered', async () => {
    const { network, node } = await single();
    try {
      await node.start();
      assert.deepEqual(await node.control.request('stop'), {});
      assert.equal((await node.ended).code, 0);
    } finally {
      await network.close();
    }
  });

  it('starts again after SIGKILL, with the same ledger', async () => {
    const { network, node } = await single();
    try {
      const first = await node.start();
      await node.kill9();
      assert.ok(existsSync(node.socket), 'SIGKILL leaves the socket behind');
      const second = await node.restart();
      assert.equal(second.ledger?.digest, first.ledger?.digest);
    } finally {
      await network.close();
    }
  });

  it('keeps a second instance out, which names the first', async () => {
    const { network, node } = await single();
    try {
      const { pid } = await node.start();
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('data_in_use'));
      assert.match(stderr, new RegExp(`^meshpayd: data_in_use: .* is held by process ${pid}\n$`));
    } finally {
      await network.close();
    }
  });

  it('does not take the control socket from a process that answers there', async () => {
    const { network, node } = await single();
    const other = createServer();
    try {
      await new Promise<void>((resolve) => other.listen(node.socket, resolve));
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('config'));
      assert.match(
        stderr,
        /control.socket: expected a path of its own, found a process that answers/,
      );
    } finally {
      other.close();
      await network.close();
    }
  });

  it('says which address is in use', async () => {
    const { network, node } = await single();
    const other = createServer();
    try {
      const { host, port } = node.address;
      await new Promise<void>((resolve) => other.listen(port, host, resolve));
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('system'));
      assert.match(
        stderr,
        new RegExp(`listen.addresses: expected .*, found EADDRINUSE at TCP 127.0.0.1:${port}\n$`),
      );
      assert.doesNotMatch(stderr, /\n\s+at /);
    } finally {
      other.close();
      await network.close();
    }
  });

  it('says that it is UDP, where only that is in use', async () => {
    const { network, node } = await single();
    const other = createSocket('udp4');
    try {
      const { host, port } = node.address;
      await new Promise<void>((resolve) => other.bind(port, host, resolve));
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('system'));
      assert.match(stderr, new RegExp(`found EADDRINUSE at UDP 127.0.0.1:${port}\n$`));
    } finally {
      other.close();
      await network.close();
    }
  });

  it('refuses a ledger of another network', async () => {
    const { network, node } = await single();
    try {
      await node.start();
      await node.stop();
      const { genesis } = network.network;
      const other = join(node.folder, 'other.json');
      const changed = { ...genesis, nonce: new Uint8Array(16) };
      writeFileSync(other, JSON.stringify(genesisToJson(changed)));
      node.configure({ genesis: other });
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('config'));
      assert.match(stderr, /^meshpayd: genesis: expected the network of the ledger in .*, mpnet1/);
    } finally {
      await network.close();
    }
  });

  it('refuses a store in memory unless it is told to take it', async () => {
    const { network, node } = await single();
    const folder = join('/dev/shm', `meshpay-test-${process.pid}`);
    try {
      if (!existsSync('/dev/shm')) return;
      node.configure({ 'store.folder': folder, 'store.allow_volatile': false });
      const { code, stderr } = await runDaemon('--config', node.configFile);
      assert.equal(code, exitStatus('config'));
      assert.match(stderr, /volatile_storage/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await network.close();
    }
  });
});

describe('SIGHUP', () => {
  it('puts in force what can change, and names what cannot', async () => {
    const { network, node } = await single();
    try {
      await node.start();
      node.configure({
        'log.level': 'info',
        'limits.links': 100,
        'limits.anonymous_links': 50,
        peers: [{ address: { host: '127.0.0.1', port: 1 }, node: undefined }],
      });
      node.signal('SIGHUP');
      const line = await node.logged('the configuration was reloaded');
      assert.deepEqual(line['changed'], ['peers', 'log.level']);
      assert.deepEqual(line['needRestart'], ['limits.links', 'limits.anonymous_links']);
      assert.deepEqual(await node.control.request('log.level'), { level: 'info' });
      const { peers } = await node.control.request('peers');
      assert.deepEqual(
        peers.map(({ address }) => address),
        ['127.0.0.1:1'],
      );
    } finally {
      await network.close();
    }
  });

  it('changes nothing when the file has a mistake, and the node goes on', async () => {
    const { network, node } = await single();
    try {
      await node.start();
      appendFileSync(node.configFile, '\nnonsense = 1\n');
      node.signal('SIGHUP');
      const line = await node.logged('the configuration was not reloaded');
      assert.match(String(line['why']), /nonsense: expected a known field/);
      await assert.rejects(node.control.request('reload'), /bad_config/);
      assert.deepEqual(await node.control.request('log.level'), { level: 'debug' });
    } finally {
      await network.close();
    }
  });
});

describe('a damaged store', () => {
  /** A node that was stopped, and one bit of whose store has flipped. */
  async function damaged(): Promise<{ network: TestNetwork; node: TestNode }> {
    const made = await single();
    const { node } = made;
    await node.start();
    await node.stop();
    const folder = join(node.config['store.folder'], 'store', 'db');
    for (const name of readdirSync(folder).filter((file) => /\.(log|ldb)$/.test(file))) {
      const bytes = readFileSync(join(folder, name));
      const at = Math.floor(bytes.length / 2);
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(folder, name), bytes);
    }
    return made;
  }

  it('is told, and the node takes no part', async () => {
    const { network, node } = await damaged();
    try {
      const status = await node.start();
      assert.equal(status.state, 'damaged');
      assert.deepEqual(status.voting, { may: false, whyNot: 'the stored state is damaged' });
      assert.deepEqual([status.ledger, status.store, status.listening], [null, null, []]);
      const { checks, verdict } = await node.control.request('doctor');
      assert.equal(verdict, 'fail');
      const [store] = checks.filter(({ name }) => name === 'store');
      assert.equal(store?.verdict, 'fail');
      assert.match(store?.mend ?? '', /restore a backup/);
      const account = nameOf('account', newSeed());
      await assert.rejects(node.control.request('account', { account }), /store_damaged/);
      await assert.rejects(node.control.request('backup', { file: '/x' }), /store_damaged/);
      const line = await node.logged('the stored state is damaged: this node takes no part');
      assert.equal(line['level'], 'fatal');
      assert.equal((await node.stop()).code, 0);
    } finally {
      await network.close();
    }
  });

  it('ends the process with its own status if that is asked for', async () => {
    const { network, node } = await damaged();
    try {
      const { code, stderr } = await runDaemon('--config', node.configFile, '--strict');
      assert.equal(code, exitStatus('store_damaged'));
      assert.match(stderr, /^meshpayd: .*data: /);
    } finally {
      await network.close();
    }
  });
});

describe('a committee of processes', () => {
  it('finds itself, and shows who is reachable and who is level', async () => {
    const network = await startNetwork({ authorities: 4, relays: 1 });
    try {
      const [status, relayStatus, committee, peers] = await Promise.all([
        network.authority(0).control.request('status'),
        network.relay(0).control.request('status'),
        network.relay(0).control.request('committee'),
        network.authority(0).control.request('peers'),
      ]);
      assert.equal(status.links.members, 3);
      assert.deepEqual(relayStatus.voting, { may: false, whyNot: 'a relay keeps no ledger' });
      assert.equal(relayStatus.ledger, null);
      assert.deepEqual([committee.quorum, committee.heard], [3, 4]);
      // Members vote once others have vouched for the first start of their keys.
      await until(
        async () => (await network.relay(0).control.request('committee')).voters === 4,
        'the relay is told that all vote',
      );
      const ready = peers.peers.filter(({ state }) => state === 'ready').map(({ name }) => name);
      assert.ok(ready.length >= 2, `level with ${ready.join(', ')}`);
    } finally {
      await network.close();
    }
  });

  it('is ready only when a quorum is level', async () => {
    const network = await makeNetwork({ authorities: 4 });
    try {
      const [first, second, third] = network.nodes;
      assert.ok(first && second && third);
      await Promise.all([first.start(), second.start()]);
      const seesSecond = async (): Promise<boolean> => {
        const { members } = await first.control.request('committee');
        return members[1]?.equal === true;
      };
      await until(seesSecond, 'it compares with the second', PATIENCE_MS);
      assert.equal((await first.control.request('status')).state, 'syncing');
      await third.start();
      await first.until(({ state }) => state === 'ready', 'it is level with two others');
    } finally {
      await network.close();
    }
  });

  it('answers for an account from its own ledger, or from all of theirs; a relay does not', async () => {
    const network = await startNetwork({ authorities: 4, relays: 1 });
    try {
      const [wallet] = network.wallets;
      const account = nameOf('account', wallet?.publicKey ?? newSeed());
      const own = await network.authority(0).control.request('account', { account });
      assert.deepEqual([own.source, own.claims.length], ['ledger', 1]);
      assert.deepEqual(own.claims[0]?.balances, [
        { token: 'HRS', amount: '1000.00', amountMinor: '100000' },
      ]);
      const relay = network.relay(0).control;
      for (const params of [{ account }, { account, from: 'committee' as const }]) {
        await assert.rejects(relay.request('account', params), /not_the_owner/);
      }
      const asked = { account, from: 'committee' } as const;
      const all = await network.authority(0).control.request('account', asked);
      assert.deepEqual([all.source, all.silent], ['query', []]);
      assert.deepEqual(
        all.claims.map(({ member, next, balances }) => [member, next, balances[0]?.amount]).sort(),
        [0, 1, 2, 3].map((i) => [`authority-${i}`, '0', '1000.00']),
      );
      const names = [0, 1, 2, 3].map((i) => `authority-${i}`);
      const voting = (some: readonly string[]) => some.map((name) => ({ name, votes: true }));
      assert.deepEqual(await relay.request('reach'), { answering: voting(names), silent: [] });
      await network.authority(3).kill9();
      const three = await network.authority(0).control.request('account', asked);
      assert.deepEqual([three.claims.length, three.silent], [3, ['authority-3']]);
      const reachable = { answering: voting(names.slice(0, 3)), silent: ['authority-3'] };
      assert.deepEqual(await relay.request('reach'), reachable);
      const others = { answering: voting(names.slice(1, 3)), silent: ['authority-3'] };
      assert.deepEqual(await network.authority(0).control.request('reach'), others);
    } finally {
      await network.close();
    }
  });

  it('does without a right clock', async () => {
    const network = await makeNetwork({ authorities: 2 });
    try {
      const wrong = join(network.folder, 'wrong-clock.mjs');
      writeFileSync(wrong, 'Date.now = () => 86400000;\n');
      const [first, second] = [network.authority(0), network.authority(1)];
      await Promise.all([first.start({ nodeArgs: ['--import', wrong] }), second.start()]);
      const [status] = await Promise.all(
        [first, second].map((node) =>
          node.until(({ state }) => state === 'ready', 'it is level with the other'),
        ),
      );
      assert.deepEqual(status?.clock, { wallMs: 86_400_000, trusted: false });
      const { checks } = await first.control.request('doctor');
      assert.equal(checks.find(({ name }) => name === 'clock')?.verdict, 'warn');
    } finally {
      await network.close();
    }
  });
});

describe('a backup over the control socket', () => {
  it('is written while the node runs, to a new file only', async () => {
    const { network, node } = await single();
    try {
      await node.start();
      const file = join(node.folder, 'backup');
      const { records, bytes } = await node.control.request('backup', { file });
      assert.ok(records > 0);
      assert.equal(readFileSync(file).length, bytes);
      await assert.rejects(node.control.request('backup', { file }), /file_exists/);
      const relative = node.control.request('backup', { file: 'here' });
      await assert.rejects(relative, /bad_params: file: expected an absolute path/);
      const nowhere = node.control.request('backup', { file: '/nonexistent/backup' });
      await assert.rejects(nowhere, /backup_failed: file: .*ENOENT/);
    } finally {
      await network.close();
    }
  });
});
