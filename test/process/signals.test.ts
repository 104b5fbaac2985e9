/**
 * Signals that may do nothing: Node's debugger is never opened by one, and none ends a program that
 * did not ask for it.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../agent/cli/lab/ports.ts';
import { wantsDebugger } from '../../agent/shell/signals.ts';
import { found, until } from '../support/wait.ts';
import { makeNetwork, type TestNetwork, type TestNode } from './network.ts';
import { withDisk } from './slow-disk.ts';

const HUP = 1;
const USR1 = 10;
const USR2 = 12;

/** Whether the process has a handler of its own for a signal (proc(5), SigCgt). */
function catches(pid: number | undefined, signal: number): boolean {
  const mask = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return ((BigInt(`0x${mask ?? '0'}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe('signals that nobody asked for', () => {
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

  it('do nothing to a daemon', async () => {
    const { pid } = await node.start();
    for (let round = 0; round < 3; round++) {
      node.signal('SIGUSR1');
      node.signal('SIGUSR2');
      assert.equal((await node.control.request('status')).pid, pid);
    }
    const { code, stderr } = await node.stop();
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('open no debugger that stays, even while Node itself is still starting', async () => {
    const [port = 0] = await freePorts(1);
    node.spawn({ nodeArgs: [`--inspect-port=${port}`] });
    await until(() => catches(node.pid, USR1), 'Node has its own handler');
    node.signal('SIGUSR1');
    await node.until(() => true, 'it answers');
    await until(async () => !(await isOpen(port)), 'the debugger is closed');
    node.signal('SIGUSR1');
    assert.equal((await node.stop()).code, 0);
  });

  it('do not end a daemon while it starts, and a reload then is not forgotten', async () => {
    node.spawn();
    await until(() => catches(node.pid, USR2), 'its handlers stand');
    for (const signal of ['SIGUSR2', 'SIGHUP', 'SIGUSR1'] as const) node.signal(signal);
    await node.logged('started');
    assert.equal((await node.stop()).code, 0);
  });

  it('reload the configuration as soon as the daemon is up', async () => {
    rmSync(node.config['store.folder'], { recursive: true, force: true });
    node.spawn({ nodeArgs: withDisk(network.folder, 500) });
    await until(() => existsSync(node.config['store.folder']), 'it has begun');
    node.signal('SIGHUP');
    await node.logged('the configuration was reloaded');
    assert.equal((await node.stop()).code, 0);
  });

  /** A program of ours with its signal handlers in place. */
  async function started(t: TestContext, path: string, args: string[]): Promise<ChildProcess> {
    const program = fileURLToPath(new URL(`../../agent/bin/${path}`, import.meta.url));
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    await until(() => catches(child.pid, USR2), 'its handlers stand');
    return child;
  }

  /** Signals that must be survived, then the one that ends. What it ended with, and stderr. */
  async function survives(child: ChildProcess, ...signals: NodeJS.Signals[]): Promise<unknown[]> {
    let stderr = '';
    child.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    const ended = new Promise<unknown[]>((resolve) => {
      child.once('close', (code, signal) => resolve([code, signal, stderr]));
    });
    for (const signal of signals) child.kill(signal);
    child.kill('SIGTERM');
    return ended;
  }

  it('do nothing to the command line', async (t) => {
    await node.start();
    const child = await started(t, 'meshpay.js', ['events', '--socket', node.socket]);
    await until(() => catches(child.pid, HUP), 'it can be ended in order');
    assert.deepEqual(await survives(child, 'SIGUSR1', 'SIGUSR2'), [
      0,
      null,
      'Following; Ctrl-C ends it.\n',
    ]);
  });

  it('do nothing to the program of the radio, nor does the end of its terminal', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('it runs as root only');
    const statusFile = join(network.folder, 'radio', 'status.json');
    const passphrase = join(network.folder, 'passphrase');
    writeFileSync(passphrase, 'a passphrase of a mesh\n', { mode: 0o600 });
    node.configure({
      'radio.body': 'linux',
      'radio.country': 'DE',
      'radio.passphrase_file': passphrase,
      'radio.status_file': statusFile,
    });
    const child = await started(t, 'meshpay-radio.js', ['--config', node.configFile]);
    await found(() => readable(statusFile), 'it reports');
    const [code, signal, stderr] = await survives(child, 'SIGUSR1', 'SIGUSR2', 'SIGHUP');
    assert.deepEqual([code, signal, stderr], [0, null, '']);
  });

  it('leave Node its debugger where the command line asks for it', () => {
    for (const arg of ['--inspect', '--inspect=0', '--inspect-brk', '--inspect-wait=1:2']) {
      assert.ok(wantsDebugger(['--no-warnings', arg]), arg);
    }
    assert.ok(!wantsDebugger(['--inspect-port=1', '--import=--inspect', '-e']));
  });
});

function readable(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
