/** `meshpay network create`: whole, private, never over something, and nothing half-done stays. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { planNetwork } from '../../agent/cli/network/plan.ts';
import { readGenesisFile } from '../../agent/cli/network/read.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { Amount } from '../../agent/core/base/units.ts';
import { readConfig } from '../../agent/shell/config/config.ts';
import { isKeyFault, readKeyFile, signerFromSeed } from '../../agent/shell/keys.ts';
import { createFolder } from '../../platform/folder-writer.ts';
import { meshpay, signerOf, temporaryFolder } from './support.ts';

const BOB = nameOf('account', signerOf(12).publicKey);

describe('network create', () => {
  it('makes one folder a node with a private key of its own and a configuration that holds', async (t) => {
    const folder = temporaryFolder(t);
    const args = ['--authorities', 'oak,elm,ash,fir', '--relays', '1', '--token', 'HRS:2'];
    const issue = ['--issue', `${BOB}=HRS:1000.00`, '--name', 'village'];
    const ran = await meshpay(
      ['network', 'create', 'village', ...args, ...issue, '--json'],
      folder,
    );
    assert.equal(ran.status, 0, ran.err);
    const root = join(folder, 'village');
    assert.deepEqual(readdirSync(root).sort(), [
      'ash',
      'elm',
      'fir',
      'genesis.json',
      'oak',
      'relay-1',
    ]);
    const { genesis, id } = readGenesisFile(root);
    assert.equal(JSON.parse(ran.out).network.id, nameOf('network', id));
    assert.equal(JSON.parse(ran.out).issued[0].amount, '1000.00');
    for (const name of ['oak', 'elm', 'ash', 'fir', 'relay-1']) {
      const node = join(root, name);
      assert.equal(statSync(node).mode & 0o777, 0o700);
      assert.equal(statSync(join(node, 'node.key')).mode & 0o777, 0o600);
      const reading = readConfig(join(node, 'meshpayd.toml'));
      assert.ok(reading.ok);
      assert.equal(reading.config.name, name);
      assert.equal(reading.config.role, name === 'relay-1' ? 'relay' : 'authority');
      assert.equal(reading.config.genesis, join(node, 'genesis.json'));
      assert.equal(
        readFileSync(join(node, 'genesis.json'), 'utf8'),
        readFileSync(join(root, 'genesis.json'), 'utf8'),
      );
      const seed = readKeyFile(reading.config.node_key);
      assert.ok(!isKeyFault(seed));
      const member = genesis.members.find((candidate) => candidate.name === name);
      const { publicKey } = signerFromSeed(seed);
      assert.deepEqual(member?.key, name === 'relay-1' ? undefined : publicKey);
    }
  });

  it('says what opens an account and how often one may pay, and shows it', async (t) => {
    const folder = temporaryFolder(t);
    const tokens = ['--token', 'HRS:2', '--token', 'CUP:0'];
    const made = async (name: string, ...more: readonly string[]) => {
      const ran = await meshpay(['network', 'create', name, ...tokens, ...more], folder);
      assert.equal(ran.status, 0, ran.err);
      const { genesis } = readGenesisFile(join(folder, name));
      const shown = await meshpay(['network', 'show', join(name, 'genesis.json')], folder);
      const opens = genesis.tokens.map((token) => token.opens);
      return { opens, votes: genesis.votesPerHour, texts: [ran.out, shown.out] };
    };
    const usual = await made('usual');
    assert.deepEqual([usual.opens, usual.votes], [[100n, 1n], 120]);
    for (const text of usual.texts)
      assert.match(text, /1\.00 HRS[\s\S]*1 CUP[\s\S]*at most 120 an hour/);
    const own = await made(
      'own',
      '--opens',
      'CUP:5',
      '--opens',
      'HRS:0.05',
      '--votes-per-hour',
      '7',
    );
    assert.deepEqual([own.opens, own.votes], [[5n, 5n], 7]);
    for (const text of own.texts)
      assert.match(text, /0\.05 HRS[\s\S]*5 CUP[\s\S]*at most 7 an hour/);
    const free = await made('free', '--votes-per-hour', '0');
    assert.equal(free.votes, 0);
    for (const text of free.texts) assert.match(text, /payments +no limit/);
  });

  it('makes another network each time', async (t) => {
    const folder = temporaryFolder(t);
    for (const name of ['one', 'two']) {
      const { status } = await meshpay(['network', 'create', name, '--token', 'HRS:2'], folder);
      assert.equal(status, 0);
    }
    const [one, two] = ['one', 'two'].map((name) => readGenesisFile(join(folder, name)));
    assert.notDeepEqual(one?.id, two?.id);
  });

  it('gives nodes on loopback their ports, sockets and pinned peers', () => {
    let drawn = 0;
    const plan = planNetwork(
      {
        name: 'lab',
        authorities: ['oak', 'elm'],
        relays: ['ivy'],
        tokens: [{ symbol: 'HRS', decimals: 2, opens: 1n as Amount }],
        votesPerHour: 0,
        ledgers: [],
        issuance: [],
        layout: { kind: 'loopback', ports: [4001, 4002, 4003] },
      },
      (length) => new Uint8Array(length).fill(++drawn),
    );
    assert.ok(!isRefusal(plan));
    const [oak, elm, ivy] = plan.nodes;
    assert.deepEqual(oak?.config['listen.addresses'], [{ host: '127.0.0.1', port: 4001 }]);
    assert.deepEqual(oak?.config.peers, [
      { address: { host: '127.0.0.1', port: 4002 }, node: elm?.publicKey },
    ]);
    assert.deepEqual(
      ivy?.config.peers.map(({ node }) => node),
      [oak?.publicKey, elm?.publicKey],
    );
  });

  it('writes a cashbook into the configuration of its keeper, and has one keeper', async (t) => {
    const folder = temporaryFolder(t);
    const create = (observers: string) => {
      const words = ['--token', 'HRS:2', '--authorities', 'oak,elm', '--relays', 'ivy'];
      const ledger = ['--ledger', `till=cashbook:HRS:${observers}`];
      return meshpay(['network', 'create', 'town', ...words, ...ledger], folder);
    };
    const shared = await create('oak,elm');
    assert.equal(shared.status, 2, shared.out);
    assert.match(
      shared.err,
      /--ledger till observer: expected one, who keeps the cashbook, found 2/,
    );
    assert.equal(existsSync(join(folder, 'town')), false);
    const made = await create('elm');
    assert.equal(made.status, 0, made.err);
    const ledgersOf = (node: string) => {
      const reading = readConfig(join(folder, 'town', node, 'meshpayd.toml'));
      assert.ok(reading.ok);
      return reading.config.ledger;
    };
    assert.deepEqual(ledgersOf('elm'), [{ name: 'till', kind: 'cashbook', folder: null }]);
    assert.deepEqual([ledgersOf('oak'), ledgersOf('ivy')], [[], []]);
  });

  it('leaves what is there as it is', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'mine'), 'precious');
    const { status } = await meshpay(['network', 'create', 'full', '--token', 'HRS:2'], folder);
    assert.equal(status, 73);
    assert.deepEqual(readdirSync(folder), ['full']);
    assert.equal(readFileSync(join(folder, 'full', 'mine'), 'utf8'), 'precious');
  });

  it('leaves nothing behind when it is refused at the last moment', async (t) => {
    const folder = temporaryFolder(t);
    const args = ['--token', 'HRS:2', '--interface', 'not/one'];
    const { status } = await meshpay(['network', 'create', 'new', ...args], folder);
    assert.equal(status, 78);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('a folder that is made whole or not at all', () => {
  it('is not there after a failure in the middle, nor is anything else', (t) => {
    const folder = temporaryFolder(t);
    const failing = () =>
      createFolder(join(folder, 'new'), (partial) => {
        writeFileSync(join(partial, 'first'), 'half done');
        throw new Error('no more space');
      });
    assert.throws(failing, /no more space/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('does not replace what somebody else put there in the meantime', (t) => {
    const folder = temporaryFolder(t);
    const target = join(folder, 'new');
    const late = () =>
      createFolder(target, (partial) => {
        writeFileSync(join(partial, 'ours'), '');
        mkdirSync(target);
        writeFileSync(join(target, 'theirs'), '');
        return undefined;
      });
    assert.throws(late, { code: 'ENOTEMPTY' });
    assert.deepEqual(readdirSync(folder), ['new']);
    assert.deepEqual(readdirSync(target), ['theirs']);
  });

  it('sweeps away what a killed run left, and only that', async (t) => {
    const folder = temporaryFolder(t);
    const module = new URL('../../platform/folder-writer.js', import.meta.url).href;
    const script = `
      import { writeFileSync } from 'node:fs';
      import { createFolder } from ${JSON.stringify(module)};
      createFolder(${JSON.stringify(join(folder, 'new'))}, (partial) => {
        writeFileSync(partial + '/secret', 'half done');
        process.kill(process.pid, 'SIGKILL');
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await once(child, 'exit');
    assert.deepEqual(readdirSync(folder), [`.new.partial-${child.pid}`]);
    // A living process may be at work on the same name.
    mkdirSync(join(folder, `.new.partial-${process.ppid}`));
    createFolder(join(folder, 'new'), (partial) => {
      writeFileSync(join(partial, 'whole'), '');
      return undefined;
    });
    assert.deepEqual(readdirSync(folder).sort(), [`.new.partial-${process.ppid}`, 'new']);
    assert.ok(existsSync(join(folder, 'new', 'whole')));
  });
});
