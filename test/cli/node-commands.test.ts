/** Commands that ask a running daemon, and those that work on the data folder of a stopped one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Lab, openLab } from '../../agent/cli/lab/lab.ts';
import { LabDaemon, MESHPAYD } from '../../agent/cli/lab/lab-daemon.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { until } from '../support/wait.ts';
import { finished, meshpay, type Ran, startMeshpay } from './support.ts';

describe('a node', { concurrency: 1 }, () => {
  let folder = '';
  let lab: Lab;
  let alice = '';

  const run = (line: string): Promise<Ran> => meshpay(line.split(' '), folder);
  const config = (name: string): string => `--config network/${name}/meshpayd.toml`;
  const json = async (line: string): Promise<Record<string, unknown>> => {
    const ran = await run(`${line} --json`);
    assert.equal(ran.status, 0, ran.err);
    return JSON.parse(ran.out);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-node-'));
    lab = await openLab({ folder, authorities: 4, relays: 1, wallets: 2 });
    await Promise.all(lab.nodes.map((node) => lab.start(node)));
    alice = (await run('wallet address --wallet wallets/alice')).out.trim();
    const bob = (await run('wallet address --wallet wallets/bob')).out.trim();
    const paid = await run(`wallet pay ${bob} 10 HRS --wallet wallets/alice`);
    assert.equal(paid.status, 0, paid.err);
  });

  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells its status to people and to programs', async () => {
    const view = await json(`status ${config('authority-1')}`);
    assert.equal(view['state'], 'ready');
    const { out } = await run(`status ${config('authority-1')}`);
    assert.match(out, /^node +authority-1 {2}ready$/m);
    assert.match(out, /^voting +yes$/m);
    const relay = await run(`status ${config('relay')}`);
    assert.match(relay.out, /^role +relay$/m);
  });

  it('is asked by its socket as well as by its configuration', async () => {
    const { out } = await run('status --socket network/authority-2/control.sock');
    assert.match(out, /^node +authority-2/m);
  });

  it('lists its peers and the committee', async () => {
    const peers = await run(`peers ${config('authority-1')}`);
    for (const name of ['authority-2', 'authority-3', 'authority-4']) {
      assert.match(peers.out, new RegExp(`^${name} +authority +ready `, 'm'));
    }
    // Members say that they vote with their next heartbeat.
    const whole = /^payments +4 of 4 answer, 4 vote, a quorum is 3: payments can be made$/m;
    await until(
      async () => whole.test((await run(`committee ${config('authority-1')}`)).out),
      'the committee is whole',
    );
    const status = await run(`status ${config('authority-1')}`);
    assert.match(status.out, /^members +FULLY_CONNECTED for /m);
    const reach = await run(`reach ${config('relay')}`);
    assert.equal(reach.status, 0, reach.err);
    assert.match(reach.out, /^4 of 4 answer, 4 vote, a quorum is 3: payments can be made\.$/m);
  });

  it('tells what authorities say of an account, with the author of each claim', async () => {
    const own = await run(`account ${alice} ${config('authority-1')}`);
    assert.match(own.out, /^authority-1 +990\.00 HRS +1$/m);
    const refused = await run(`account ${alice} ${config('relay')}`);
    assert.deepEqual([refused.status, refused.out], [EXITS.failure.status, '']);
    assert.match(refused.err, /not_the_owner/);
    const asked = await run(`account ${alice} --ask-all ${config('authority-1')}`);
    for (const number of [1, 2, 3, 4]) {
      assert.match(asked.out, new RegExp(`^authority-${number} +990\\.00 HRS +1$`, 'm'));
    }
  });

  it('shows and changes its log level', async () => {
    assert.equal((await run(`log level ${config('relay')}`)).out, 'info\n');
    assert.equal((await run(`log level debug ${config('relay')}`)).out, 'debug\n');
    assert.deepEqual(await json(`log level ${config('relay')}`), { level: 'debug' });
  });

  it('is found well by the doctor', async () => {
    const { status, out, err } = await run(`doctor ${config('authority-1')}`);
    assert.equal(status, 0, err);
    assert.match(out, /^ok +quorum +/m);
  });

  it('is followed as things happen, until Ctrl-C', async () => {
    const args = ['events', '--kind', 'applied', '--json', ...config('authority-3').split(' ')];
    const child = startMeshpay(args, folder);
    const ended = finished(child);
    const first = new Promise<string>((resolve) => {
      child.stdout?.once('data', (piece: Buffer) => resolve(piece.toString()));
    });
    // Whether the follower is there yet shows only by an event: so one payment after the other.
    let line = '';
    void first.then((text) => {
      line = text;
    });
    while (line === '') {
      const paid = await run(`wallet pay ${alice} 1 HRS --wallet wallets/bob`);
      assert.equal(paid.status, 0, paid.err);
    }
    const event = JSON.parse(line.split('\n')[0] ?? '');
    assert.equal(event.kind, 'applied');
    assert.equal(event.certificate.order.amount, '1.00');
    child.kill('SIGINT');
    assert.equal((await ended).status, 0);
  });

  it('is backed up while it runs, privately and never over a file', async () => {
    const view = await json(`backup copy ${config('authority-4')}`);
    assert.equal(view['file'], join(folder, 'copy'));
    assert.equal(statSync(join(folder, 'copy')).mode & 0o777, 0o600);
    const again = await run(`backup copy ${config('authority-4')}`);
    assert.equal(again.status, EXITS.cannot_create.status);
  });

  it('keeps its data folder to itself while it runs', async () => {
    const moving = await run(`move out mpmove1x file ${config('authority-4')}`);
    assert.equal(moving.status, EXITS.usage.status, moving.err);
    const restoring = await run(`restore copy ${config('authority-4')}`);
    assert.equal(restoring.status, EXITS.data_in_use.status, restoring.err);
    assert.ok(!existsSync(join(folder, 'file')));
  });

  it('serves but never votes after it was restored', async () => {
    const node = lab.nodes.find(({ name }) => name === 'authority-4');
    assert.ok(node !== undefined);
    await node.daemon.stop();
    rmSync(join(node.daemon.folder, 'data'), { recursive: true });
    const restored = await json(`restore copy ${config('authority-4')}`);
    assert.equal(restored['mayVote'], false);
    await lab.start(node);
    const { out } = await run(`status ${config('authority-4')}`);
    assert.match(out, /^voting +no: restored from a backup/m);
  });

  it('is moved to new hardware in three steps, votes there, and never again in the old place', async () => {
    const node = lab.nodes.find(({ name }) => name === 'authority-3');
    assert.ok(node !== undefined);
    await node.daemon.stop();
    // The new router: the same configuration, but neither a store nor a key.
    const fresh = join(folder, 'fresh');
    mkdirSync(fresh);
    for (const name of ['meshpayd.toml', 'genesis.json']) {
      copyFileSync(join(node.daemon.folder, name), join(fresh, name));
    }
    const { code } = await json('move request --config fresh/meshpayd.toml');
    assert.match(String(code), /^mpmove1/);
    const out = await json(`move out ${code} travel ${config('authority-3')}`);
    assert.equal(out['file'], 'travel');
    await json('move in travel --config fresh/meshpayd.toml');
    assert.equal(statSync(join(fresh, 'node.key')).mode & 0o777, 0o600);
    assert.deepEqual(
      readFileSync(join(fresh, 'node.key')),
      readFileSync(join(node.daemon.folder, 'node.key')),
    );
    const twice = await run('move in travel --config fresh/meshpayd.toml');
    assert.equal(twice.status, EXITS.cannot_create.status, twice.err);

    const moved = new LabDaemon('authority-3', fresh, assert.fail);
    moved.start();
    await moved.until(({ state }) => state === 'ready', 'to be ready', 30_000);
    assert.equal((await moved.status()).voting.may, true);
    await moved.stop();

    const { configFile } = node.daemon;
    const old = spawnSync(process.execPath, [MESHPAYD, '--config', configFile], {
      encoding: 'utf8',
    });
    assert.notEqual(old.status, 0);
    assert.match(old.stderr + old.stdout, /moved/);
    const other = await run(`move out ${code} travel-again ${config('authority-3')}`);
    assert.equal(other.status, 0, other.err);
    const files = ['travel', 'travel-again'].map((name) => readFileSync(join(folder, name)));
    assert.deepEqual(files[0], files[1], 'the same file again, for the same code');
    const stranger = await run(`move request ${config('authority-3')}`);
    assert.equal(stranger.status, EXITS.cannot_create.status);
  });
});
