/** What people do and see with a committee of 31: nothing is cut at sixteen. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { reachView } from '../../agent/cli/reach-steps.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { asFounded } from '../../agent/core/views.ts';
import { parseConfig } from '../../agent/shell/config/config.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { openWalletFolder } from '../../agent/wallet/folder.ts';
import { readReceipt, writeReceipt } from '../../agent/wallet/receipt.ts';
import { certificateOf, orderOf } from '../support/forge.ts';
import { sound } from '../support/sound.ts';
import { World } from '../support/world.ts';
import { meshpay } from './support.ts';

const SIZE = 31;
const MEMBERS = Array.from({ length: SIZE }, (_, i) => i);

const folder = mkdtempSync(join(tmpdir(), 'meshpay-31-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function addressOf(i: number): string {
  return `127.0.0.1:${20_000 + i}`;
}

describe('with a committee of 31', () => {
  const world = new World({ authorities: SIZE });
  const { network } = world;

  it('a wallet joins with a peer for each member, and keeps them all', async () => {
    const genesis = join(folder, 'genesis.json');
    writeFileSync(genesis, JSON.stringify(genesisToJson(network.genesis)));
    const wallet = join(folder, 'wallet');
    const peers = MEMBERS.flatMap((i) => ['--peer', addressOf(i)]);
    const args = ['wallet', 'join', genesis, '--wallet', wallet, ...peers];
    const made = await meshpay(['wallet', 'new', '--wallet', wallet], folder);
    assert.equal(made.status, 0, made.err);
    const joined = await meshpay(args, folder);
    assert.equal(joined.status, 0, joined.err);
    const { config } = sound(openWalletFolder(wallet));
    assert.deepEqual(
      config.peers.map(({ host, port }) => `${host}:${port}`),
      MEMBERS.map(addressOf),
    );
  });

  it('a receipt with every vote is written and read', () => {
    const order = orderOf(world, 'alice', 'bob', { memo: 'm'.repeat(64) });
    const certificate = certificateOf(world, order, MEMBERS);
    const text = writeReceipt(network, certificate);
    assert.deepEqual(readReceipt(network, text, createVerify()), certificate);
  });

  it('a daemon is configured with all others, and relays besides', () => {
    const key = nameOf('node', asFounded(network).committee.members[0]?.key ?? new Uint8Array(32));
    for (const [count, ok] of [
      [SIZE - 1 + 60, true],
      [128, true],
      [129, false],
    ] as const) {
      const peers = Array.from({ length: count }, (_, i) => {
        return `{ address = "${addressOf(i)}", node = "${key}" }`;
      });
      const toml = `name = "mill"\nrole = "authority"\npeers = [${peers.join(', ')}]\n`;
      const reading = parseConfig(toml, join(folder, 'meshpayd.toml'));
      assert.equal(reading.ok, ok, `${count}: ${JSON.stringify(reading)}`);
    }
  });

  it('what is in reach is counted to the last member', () => {
    const members = asFounded(network).committee.members.map(({ name, key }, index) => {
      const text = nameOf('node', key);
      return {
        index,
        name,
        key: text,
        self: false,
        heard: true,
        votes: true,
        sinceMs: null,
        saidMs: null,
        clockAheadMs: null,
        state: null,
        equal: true,
        comparedMs: null,
      };
    });
    const counts = { heard: SIZE, voters: SIZE };
    const committee = { epoch: 0, quorum: 21, faultsTolerated: 10, ...counts, members };
    const view = (answering: number) =>
      reachView({
        committee,
        reachable: { answering: members.slice(0, answering), silent: [] },
        peers: [],
        report: undefined,
        neighbours: new Map(),
      });
    assert.deepEqual([view(SIZE).answering, view(SIZE).canPay], [31, true]);
    assert.deepEqual([view(21).canPay, view(20).canPay], [true, false]);
    assert.equal(view(SIZE).authorities.length, SIZE);
  });

  it('a network of 31 is founded, and shown with its quorum', async () => {
    const args = ['network', 'create', 'large', '--authorities', '31', '--token', 'HRS:2'];
    const created = await meshpay([...args, '--interface', 'mesh0'], folder);
    assert.equal(created.status, 0, created.err);
    assert.match(created.out, /31 authorities, quorum 21/);
    const shown = await meshpay(['network', 'show', 'large/genesis.json'], folder);
    assert.match(shown.out, /authority-31/);
    assert.ok(readFileSync(join(folder, 'large/genesis.json'), 'utf8').includes('authority-31'));
  });
});
