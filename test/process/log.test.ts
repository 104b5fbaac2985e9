/** A daemon whose log cannot be written goes on as before, says so, and ends when it is told to. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import type { CheckView } from '../../agent/shell/control/check.ts';
import { askControl } from '../../agent/shell/control/client.ts';
import { smallDisk } from '../support/disk.ts';
import { found, until } from '../support/wait.ts';
import { makeNetwork, type TestNetwork, type TestNode } from './network.ts';
import { MESHPAYD } from './process.ts';

describe('a daemon whose log', () => {
  let network: TestNetwork;
  let node: TestNode;
  before(async () => {
    network = await makeNetwork({ authorities: 1 });
    node = network.authority(0);
  });
  after(() => network.close());
  afterEach(async () => {
    if (node.pid !== undefined) await node.kill9();
  });

  async function logCheck(): Promise<CheckView | undefined> {
    const { checks } = await node.control.request('doctor');
    return checks.find(({ name }) => name === 'log');
  }

  async function endsInOrder(): Promise<void> {
    const { code, signal } = await node.stop();
    assert.deepEqual([code, signal], [0, null]);
  }

  it('is on a full disk votes, tells of it, and writes whole lines when there is room', async (t) => {
    const disk = smallDisk(t, 64);
    if (typeof disk !== 'string') return t.skip(`no small disk can be made: ${disk.message}`);
    const [file, fill] = [join(disk, 'log'), join(disk, 'fill')];
    // All but a part of the first lines fits: one of them is torn.
    writeFileSync(fill, Buffer.alloc(60 * 1024));
    writeFileSync(file, `${' '.repeat(4_000)}\n`);
    const stdout = openSync(file, 'a');
    await node.start({ stdout });
    closeSync(stdout);
    const failing = await node.until(({ log }) => log.fault !== null, 'the log fails');
    assert.equal(failing.log.fault, 'ENOSPC');
    assert.equal(failing.voting.may, true);
    assert.match((await logCheck())?.what ?? '', /cannot be written \(ENOSPC\)/);
    rmSync(fill);
    const { log } = await node.until(({ log: { fault } }) => fault === null, 'the log is written');
    assert.equal(log.lost, 0);
    await endsInOrder();
    const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const said = lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['msg']);
    assert.ok(said.includes('started') && said.includes('stopped'), said.join());
  });

  it('is a device that takes nothing ends in order all the same', async () => {
    const stdout = openSync('/dev/full', 'w');
    await node.start({ stdout });
    closeSync(stdout);
    await node.until(({ log }) => log.fault === 'ENOSPC', 'the log fails');
    await endsInOrder();
  });

  /** A pipe with a reader that was stopped before it read, and no room left. */
  async function stoppedReader(t: TestContext): Promise<{ stdout: number; reader: ChildProcess }> {
    const fifo = join(network.folder, 'fifo');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => {
      reader.kill('SIGKILL');
      rmSync(fifo);
    });
    const stdout = openSync(fifo, 'w');
    reader.kill('SIGSTOP');
    const state = (): string =>
      readFileSync(`/proc/${reader.pid}/stat`, 'utf8').split(' ')[2] ?? '';
    await until(() => state() === 'T', 'the reader is stopped');
    const filler = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      for (;;) writeSync(filler, '\n');
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    }
    closeSync(filler);
    return { stdout, reader };
  }

  it('has a reader that was stopped answers, tells of it, and goes on with the reader', async (t) => {
    const { stdout, reader } = await stoppedReader(t);
    let read = '';
    reader.stdout?.on('data', (piece: Buffer) => {
      read += piece.toString();
    });
    await node.start({ stdout });
    closeSync(stdout);
    await node.until(({ log }) => log.fault !== null, 'the log waits');
    assert.match((await logCheck())?.what ?? '', /its reader does not read/);
    reader.kill('SIGCONT');
    await node.until(({ log }) => log.fault === null, 'the log is read');
    await until(() => read.includes('"started"'), 'the lines arrive');
    await endsInOrder();
  });

  it('has a reader that stays stopped ends in order', async (t) => {
    const { stdout } = await stoppedReader(t);
    await node.start({ stdout });
    closeSync(stdout);
    await endsInOrder();
  });

  it('goes to a socket that nobody reads goes on and ends in order', async (t) => {
    const args = [MESHPAYD, '--config', node.configFile];
    // The test never reads: Node makes a socket of this pipe.
    const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => daemon.kill('SIGKILL'));
    const ended = new Promise((resolve) => daemon.once('exit', (code) => resolve(code)));
    const status = () => askControl(node.socket, 'status');
    await found(async () => {
      const { state = 'starting' } = (await status().catch(() => undefined)) ?? {};
      return state === 'starting' ? undefined : state;
    }, 'its store is open');
    await until(async () => {
      await askControl(node.socket, 'reload');
      return (await status()).log.fault !== null;
    }, 'the socket is full');
    daemon.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('has a reader that is gone goes on and ends in order', async (t) => {
    const { stdout, reader } = await stoppedReader(t);
    await node.start({ stdout });
    closeSync(stdout);
    reader.kill('SIGKILL');
    await node.until(({ log }) => log.fault === 'EPIPE', 'nobody reads any more');
    await endsInOrder();
  });

  it('is a terminal that went away goes on and ends in order', async (t) => {
    const program = `exec '${process.execPath}' '${MESHPAYD}' --config '${node.configFile}'`;
    const terminal = spawn('script', ['-qec', program, '/dev/null'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const spawned = await new Promise((resolve) => {
      terminal.once('spawn', () => resolve(true));
      terminal.once('error', () => resolve(false));
    });
    if (spawned !== true) return t.skip('script(1) is not on this machine');
    const status = () => askControl(node.socket, 'status').catch(() => undefined);
    const { pid } = await found(status, 'it answers');
    t.after(() => isThere(pid) && process.kill(pid, 'SIGKILL'));
    terminal.kill('SIGKILL');
    await found(async () => ((await status())?.log.fault === 'EIO' ? true : undefined), 'EIO');
    process.kill(pid, 'SIGTERM');
    await until(() => !isThere(pid), 'it has ended');
  });
});

function isThere(pid: number): boolean {
  try {
    // A zombie that nobody has waited for yet is gone as well.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
}
