/**
 * A command that waits, here for a daemon that never answers, says so and ends when it is told to,
 * with the status that shells give to the signal.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { unlessStopped } from '../../agent/cli/wait.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { finished, startMeshpay, temporaryFolder } from './support.ts';

const STATUS = {
  SIGINT: EXITS.interrupted.status,
  SIGTERM: EXITS.terminated.status,
  SIGHUP: EXITS.hung_up.status,
} as const;

const COMMANDS: readonly (readonly string[])[] = [
  ['status'],
  ['doctor'],
  ['reach'],
  ['committee', 'status'],
  ['log', 'level'],
  ['backup', 'file'],
  ['cashier', 'pending'],
];

/** A daemon that takes every question and answers none. */
async function hangingDaemon(t: Pick<TestContext, 'after'>): Promise<string> {
  const socket = join(temporaryFolder(t), 'control.sock');
  const links = new Set<Socket>();
  const server: Server = createServer((link) => {
    links.add(link);
    link.resume().on('error', () => undefined);
  });
  server.listen(socket);
  await once(server, 'listening');
  t.after(() => {
    for (const link of links) link.destroy();
    server.close();
  });
  return socket;
}

/** Starts a command, and tells it to end when it has said that it waits. */
async function stopWaiting(
  words: readonly string[],
  cwd: string,
  signal: keyof typeof STATUS,
): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
  const child = startMeshpay(words, cwd);
  const ended = finished(child);
  child.stderr?.once('data', () => child.kill(signal));
  return ended;
}

describe('a command that waits for a daemon', { concurrency: 2 }, () => {
  let socket = '';
  let cwd = '';
  const done: (() => void)[] = [];
  before(async () => {
    const later = { after: (act: () => void) => done.push(act) } as Pick<TestContext, 'after'>;
    socket = await hangingDaemon(later);
    cwd = temporaryFolder(later);
  });
  after(() => {
    for (const act of done) act();
  });

  for (const words of COMMANDS) {
    it(`says so and ends at Ctrl-C: meshpay ${words.join(' ')}`, async () => {
      const { status, out, err } = await stopWaiting([...words, '--socket', socket], cwd, 'SIGINT');
      const [waits, ...rest] = err.trim().split('\n');
      assert.match(waits ?? '', /^(Waiting for the daemon at .*Ctrl-C ends it|The daemon writes)/);
      assert.deepEqual(rest, ['meshpay: interrupted: stopped by Ctrl-C or another signal']);
      assert.deepEqual([status, out], [STATUS.SIGINT, '']);
    });
  }

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`ends at ${signal} with a status of its own`, async () => {
      const { status } = await stopWaiting(['status', '--socket', socket], cwd, signal);
      assert.equal(status, STATUS[signal]);
    });
  }

  it('says as JSON that it was stopped, to whoever asked for JSON', async () => {
    const words = ['status', '--json', '--socket', socket];
    const { status, out, err } = await stopWaiting(words, cwd, 'SIGTERM');
    const { error } = JSON.parse(err.trim().split('\n').at(-1) ?? '');
    assert.equal(status, STATUS.SIGTERM);
    assert.deepEqual([error.code, error.status, out], ['interrupted', STATUS.SIGTERM, '']);
  });

  it('follows events until Ctrl-C, which is how that ends well', async () => {
    const { status } = await stopWaiting(['events', '--socket', socket], cwd, 'SIGINT');
    assert.equal(status, EXITS.ok.status);
  });
});

describe('work that is told to stop', () => {
  const never = new Promise<never>(() => undefined);

  it('is given up at once where it has no time to end in order', async () => {
    const stop = new AbortController();
    const waiting = unlessStopped(never, stop.signal, 0);
    stop.abort();
    assert.equal(await waiting, undefined);
    assert.equal(await unlessStopped(never, stop.signal, 0), undefined);
  });

  it('may end in order, and is given up when it does not', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stop = new AbortController();
    let end = (_: string): void => undefined;
    const inOrder = new Promise<string>((resolve) => {
      end = resolve;
    });
    const waiting = unlessStopped(inOrder, stop.signal, 500);
    const given = unlessStopped(never, stop.signal, 500);
    stop.abort();
    t.mock.timers.tick(499);
    end('done');
    assert.equal(await waiting, 'done');
    t.mock.timers.tick(1);
    assert.equal(await given, undefined);
  });
});
