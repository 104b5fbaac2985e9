/** `meshpay lab`: the demonstration as a person runs it, and that no daemon outlives it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isAlive } from '../../platform/file-writer.ts';
import { smallDisk } from '../support/disk.ts';
import { until } from '../support/wait.ts';
import { finished, MESHPAY, meshpay, startMeshpay, temporaryFolder } from './support.ts';

/** Long enough for a loaded machine; nothing is asserted about how long it takes. */
const PATIENCE_MS = 60_000;

/** The processes of the nodes, as the lab has printed them. */
function pidsIn(out: string): readonly number[] {
  return [...out.matchAll(/process ([0-9]+)$/gm)].map(([, pid]) => Number(pid));
}

interface RunningLab {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly ended: Promise<{ readonly status: number | null }>;
}

/** Starts a lab and waits until its nodes are ready. */
async function startLab(t: TestContext, args: readonly string[], cwd: string): Promise<RunningLab> {
  const child = startMeshpay(['lab', ...args], cwd);
  let out = '';
  child.stdout?.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  const ended = finished(child);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await until(() => out.includes('Try next'), 'the lab says what to try next', PATIENCE_MS);
  return { child, out: () => out, ended };
}

describe('meshpay lab --demo --once', () => {
  it('pays, withdraws, loses an authority, is split, heals, and ends with equal ledgers', async (t) => {
    const folder = temporaryFolder(t);
    const { status, out, err } = await meshpay(['lab', '--demo', '--once'], folder);
    assert.equal(status, 0, err);
    assert.match(out, /^MeshPay lab: 4 authorities, 1 relay and 2 wallets, all on this machine$/m);
    assert.equal(out.match(/^ {2}paid {3}/gm)?.length, 7);
    assert.match(out, /^ {2}alice withdraws 30\.00 HRS for Anna: certified and locked in /m);
    assert.match(out, /says so: finalized, and gone from all ledgers$/m);
    assert.match(out, /takes 12\.00 HRS in for bob: credited, once, after /);
    assert.match(
      out,
      /^ {2}authority-1 and authority-2 hear nothing of authority-3, authority-4 and /m,
    );
    assert.match(
      out,
      /cannot withdraw in one half: 2 authorities of 4 are no quorum, and nothing /,
    );
    assert.match(out, /^ {2}bob cannot pay in the other half either$/m);
    assert.match(out, /all hear all; the ledgers are the same .* after the healing/);
    assert.match(out, /authority-2 is dead/);
    assert.match(out, /it has caught up: all ledgers have the same digest/);
    const digests = [...out.matchAll(/^authority-\d.* ([0-9a-f]{24})$/gm)].map(
      ([, digest]) => digest,
    );
    assert.equal(digests.length, 4);
    assert.equal(new Set(digests).size, 1);
    assert.match(out, /^alice +941\.73 HRS$/m);
    assert.match(out, /^bob +1040\.27 HRS$/m);
    assert.match(out, /\(relay\)/, 'one wallet reached the authorities through the relay only');
    assert.match(out, /All ledgers are equal and every balance is right\./);
    const pids = pidsIn(out);
    assert.equal(pids.length, 6);
    for (const pid of pids) assert.ok(!isAlive(pid), `process ${pid} is gone`);
    const [, made = ''] = /^(\/.*meshpay-lab-.*)$/m.exec(out) ?? [];
    assert.notEqual(made, '');
    assert.ok(!existsSync(made), 'its folder is gone');
  });

  it('ends with the reason and another status when a node cannot start', async (t) => {
    const folder = temporaryFolder(t);
    const lab = ['lab', '--once', '--dir', 'lab'];
    assert.equal((await meshpay(lab, folder)).status, 0);
    writeFileSync(join(folder, 'lab/network/authority-3/node.key'), 'spoiled\n', { mode: 0o600 });
    const { status, out, err } = await meshpay(lab, folder);
    assert.equal(status, 1);
    assert.match(
      err,
      /^meshpay: lab_failed: authority-3: expected meshpayd to run, found that it ended by itself$/m,
    );
    for (const pid of pidsIn(out)) assert.ok(!isAlive(pid));
  });
});

describe('a lab that cannot be made', () => {
  it('leaves nothing on a disk that is full at any moment', async (t) => {
    for (const kib of [16, 32, 64]) {
      const disk = smallDisk(t, kib);
      if (disk instanceof Error) return t.skip(disk.message);
      const { status, err } = await meshpay(['lab', '--once', '--dir', 'lab'], disk);
      assert.equal(status, 74, err);
      assert.match(err, /expected free space, found a full disk/);
      assert.deepEqual(readdirSync(disk), []);
    }
  });

  it('takes its own wallets away again, and nothing that was there', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'lab/wallets/bob'), { recursive: true });
    writeFileSync(join(folder, 'lab/wallets/bob/mine'), '');
    const { status } = await meshpay(['lab', '--once', '--dir', 'lab'], folder);
    assert.notEqual(status, 0);
    assert.deepEqual(readdirSync(join(folder, 'lab')), ['wallets']);
    assert.deepEqual(readdirSync(join(folder, 'lab/wallets')), ['bob']);
    assert.deepEqual(readdirSync(join(folder, 'lab/wallets/bob')), ['mine']);
  });
});

describe('a running lab', () => {
  it('stops its nodes at Ctrl-C, keeps its folder if it was named, and runs it again', async (t) => {
    const folder = temporaryFolder(t);
    const args = ['--dir', 'lab', '--relays', '0', '--wallets', '1'];
    const first = await startLab(t, args, folder);
    first.child.kill('SIGINT');
    assert.equal((await first.ended).status, 0);
    for (const pid of pidsIn(first.out())) assert.ok(!isAlive(pid));
    const genesis = readFileSync(join(folder, 'lab/network/genesis.json'), 'utf8');
    const second = await startLab(t, args, folder);
    assert.equal(readFileSync(join(folder, 'lab/network/genesis.json'), 'utf8'), genesis);
    second.child.kill('SIGTERM');
    assert.equal((await second.ended).status, 0);
  });

  it('leaves no daemon behind even when it is killed', async (t) => {
    const folder = temporaryFolder(t);
    const lab = await startLab(t, ['--dir', 'lab', '--relays', '1'], folder);
    const pids = pidsIn(lab.out());
    assert.equal(pids.length, 5);
    for (const pid of pids) assert.ok(isAlive(pid));
    lab.child.kill('SIGKILL');
    await lab.ended;
    await until(() => pids.every((pid) => !isAlive(pid)), 'all daemons are gone', PATIENCE_MS);
  });

  it('goes on when a person kills a node, and says so', async (t) => {
    const folder = temporaryFolder(t);
    const child = spawn(process.execPath, [MESHPAY, 'lab', '--relays', '0', '--dir', 'lab'], {
      cwd: folder,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString();
    });
    child.stderr.on('data', (piece: Buffer) => {
      err += piece.toString();
    });
    t.after(() => child.kill('SIGKILL'));
    await until(() => out.includes('Try next'), 'the lab is up', PATIENCE_MS);
    const [victim = 0] = pidsIn(out);
    process.kill(victim, 'SIGKILL');
    await until(() => err.includes('authority-1 has ended'), 'the lab has noticed', PATIENCE_MS);
    const pay = ['wallet', 'pay', '--wallet', 'lab/wallets/alice', '--timeout', '30'];
    const bob = await meshpay(['wallet', 'address', '--wallet', 'lab/wallets/bob'], folder);
    const paid = await meshpay([...pay, bob.out.trim(), '2.00', 'HRS'], folder);
    assert.equal(paid.status, 0, paid.err);
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    assert.equal(status, 0);
  });
});
