/** The control socket, with real sockets: what clients may ask, and what they cannot do to it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { refusal } from '../../../agent/core/base/refusal.ts';
import { askControl, connectControl } from '../../../agent/shell/control/client.ts';
import {
  type ControlError,
  controlError,
  refusalError,
} from '../../../agent/shell/control/errors.ts';
import type { EventView } from '../../../agent/shell/control/event-view.ts';
import {
  CONTROL_IDLE_MS,
  MAX_CONTROL_CLIENTS,
  MAX_CONTROL_REQUEST_BYTES,
  MAX_CONTROL_REQUESTS,
} from '../../../agent/shell/control/limits.ts';
import {
  type ControlHandlers,
  type ControlServer,
  startControlServer,
} from '../../../agent/shell/control/server.ts';
import { until } from '../../support/wait.ts';

let folder = '';
let path = '';
let server: ControlServer | undefined;
let faults: string[] = [];
const sockets = new Set<Socket>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshpay-control-'));
  path = join(folder, 'control.sock');
  faults = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Serves the methods given; the others are faults. */
async function serve(methods: Partial<ControlHandlers>, groupId?: number): Promise<void> {
  const broken = (): never => {
    throw new Error('not part of this test');
  };
  const names = ['status', 'peers', 'committee', 'account', 'events', 'log.level', 'doctor'];
  const others = [...names, 'backup', 'reload', 'stop'].map((name) => [name, broken]);
  const handlers = { ...Object.fromEntries(others), ...methods } as ControlHandlers;
  const onFault = (_error: unknown, method: string): void => void faults.push(method);
  server = await startControlServer({ path, groupId, handlers, onFault });
}

/** A client that sends bytes as they are, and collects what comes until the server hangs up. */
async function rawClient(): Promise<{
  socket: Socket;
  lines: () => unknown[];
  ended: Promise<void>;
}> {
  const socket = connect(path);
  sockets.add(socket);
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const lines = (): unknown[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  return { socket, lines, ended };
}

/** Sends text, ends, and gives the error codes that came back. */
async function codesFor(...texts: readonly (string | Buffer)[]): Promise<unknown[]> {
  const { socket, lines, ended } = await rawClient();
  for (const text of texts) socket.write(text);
  socket.end();
  await ended;
  return lines().map((line) => (line as { error?: { code: string } }).error?.code ?? line);
}

const level = { 'log.level': () => ({ level: 'info' as const }) };

describe('the control socket', () => {
  it('answers each request under its own id, in the order in which they are done', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reload = { changed: [], needRestart: [] };
    await serve({ ...level, reload: () => held.then(() => reload) });
    const client = await connectControl(path);
    const slow = client.request('reload');
    assert.deepEqual(await client.request('log.level'), { level: 'info' });
    release();
    assert.deepEqual(await slow, reload);
    client.close();
  });

  it('may be opened by its owner and group only', async () => {
    await serve(level);
    assert.equal((statSync(path).mode & 0o777).toString(8), '660');
  });

  it("has that mode whatever the umask, which is the process's again afterwards", async () => {
    const mask = process.umask();
    try {
      for (const umask of [0, 0o777]) {
        process.umask(umask);
        await serve(level);
        assert.equal((statSync(path).mode & 0o777).toString(8), '660');
        assert.equal(process.umask(), umask);
        await server?.close();
      }
    } finally {
      process.umask(mask);
    }
  });

  it('belongs to the group that was asked for', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can give it away');
    await serve(level, 4);
    assert.deepEqual([statSync(path).uid, statSync(path).gid], [0, 4]);
  });

  it('answers any number of requests, one after the other', async () => {
    await serve(level);
    const client = await connectControl(path);
    for (let i = 0; i < 2 * MAX_CONTROL_REQUESTS; i++) await client.request('log.level');
    client.close();
  });

  it('ends a connection on which nothing is asked for long, and none that waits', async (t) => {
    let idle: (() => void) | undefined;
    t.mock.method(Socket.prototype, 'setTimeout', function (this: Socket, ms: number, call) {
      if (ms === CONTROL_IDLE_MS) idle = call;
      return this;
    } as Socket['setTimeout']);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await serve({ reload: () => held.then(() => ({ changed: [], needRestart: [] })) });
    const { socket, lines, ended } = await rawClient();
    await until(() => idle !== undefined, 'it is watched');
    socket.write('{"id":1,"method":"reload"}\n{"id":2,"method":"none"}\n');
    await until(() => lines().length === 1, 'the first request came, too');
    idle?.();
    release();
    await until(() => lines().length === 2, 'what was asked is answered');
    idle?.();
    await ended;
  });

  it('does not wait for a client that goes on talking when it stops', async () => {
    await serve(level);
    const socket = connect({ path, allowHalfOpen: true });
    sockets.add(socket);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.resume();
    let isClosed = false;
    void server?.close().then(() => {
      isClosed = true;
    });
    server = undefined;
    await until(() => isClosed, 'it is cut off');
  });

  it('is gone after a clean stop', async () => {
    await serve(level);
    await server?.close();
    server = undefined;
    assert.equal(existsSync(path), false);
  });

  it('answers a stream event by event, and ends it when the server stops', async () => {
    let emit = (_event: EventView): void => {};
    await serve({
      events: (_params, call) => {
        emit = call.emit;
        return new Promise((resolve) => call.ended.addEventListener('abort', () => resolve({})));
      },
    });
    const client = await connectControl(path);
    const seen: EventView[] = [];
    let gotTwo = (): void => {};
    const two = new Promise<void>((resolve) => {
      gotTwo = resolve;
    });
    const onEvent = (event: EventView): void => {
      if (seen.push(event) === 2) gotTwo();
    };
    const done = client.request('events', { kinds: ['state'] }, { onEvent });
    await askControl(path, 'log.level').catch(() => {});
    emit({ kind: 'state', from: 'starting', to: 'syncing', atMs: 1 });
    emit({ kind: 'state', from: 'syncing', to: 'ready', atMs: 2 });
    await two;
    await server?.close();
    server = undefined;
    assert.deepEqual(await done, {});
    assert.deepEqual(
      seen.map(({ atMs }) => atMs),
      [1, 2],
    );
  });

  it('tells a method that its client is gone', async () => {
    let gone = (): void => {};
    const told = new Promise<void>((resolve) => {
      gone = resolve;
    });
    let begun = (): void => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await serve({
      events: (_params, { ended }) => {
        begun();
        return new Promise((resolve) =>
          ended.addEventListener('abort', () => {
            gone();
            resolve({});
          }),
        );
      },
    });
    const client = await connectControl(path);
    client.request('events').catch(() => {});
    await started;
    client.close();
    await told;
  });

  it('passes errors on with code, field, expected and found', async () => {
    const detail = { field: 'file', expected: 'a free path', found: '/x' };
    await serve({
      backup: () => {
        throw controlError('file_exists', detail);
      },
      account: () => {
        throw refusalError(refusal('bad_name', { field: 'account', found: 'x' }));
      },
    });
    await assert.rejects(askControl(path, 'backup', { file: '/x' }), (error: ControlError) => {
      const message = 'file_exists: file: expected a free path, found /x';
      const view = { code: 'file_exists', message, ...detail, retry: 'after_fix' };
      assert.deepEqual(error.view, view);
      return true;
    });
    await assert.rejects(askControl(path, 'account', { account: 'x' }), (error: ControlError) => {
      assert.deepEqual([error.view.code, error.view.retry], ['bad_name', 'never']);
      return true;
    });
    assert.deepEqual(faults, []);
  });

  it('answers a fault of its own as internal, reports it, and goes on', async () => {
    await serve(level);
    await assert.rejects(askControl(path, 'doctor'), /^ControlError: internal/);
    assert.deepEqual(faults, ['doctor']);
    assert.deepEqual(await askControl(path, 'log.level'), { level: 'info' });
  });
});

describe('a client that sends nonsense', () => {
  const nonsense: readonly [what: string, text: string | Buffer, code: string][] = [
    ['no JSON', 'hello\n', 'bad_request'],
    ['bytes that are no text', Buffer.from([0, 255, 254, 10]), 'bad_request'],
    ['an empty line', '\n', 'bad_request'],
    ['null', 'null\n', 'bad_request'],
    ['a list', '[1,2]\n', 'bad_request'],
    ['a request without id', '{"method":"status"}\n', 'bad_request'],
    ['an id that is a text', '{"id":"1","method":"status"}\n', 'bad_request'],
    ['a fraction as id', '{"id":1.5,"method":"status"}\n', 'bad_request'],
    ['no method', '{"id":1}\n', 'unknown_method'],
    ['a method that is an object', '{"id":1,"method":{}}\n', 'unknown_method'],
    ['a method of every object', '{"id":1,"method":"constructor"}\n', 'unknown_method'],
    ['parameters that are a list', '{"id":1,"method":"log.level","params":[]}\n', 'bad_params'],
    ['parameters that are a text', '{"id":1,"method":"log.level","params":"x"}\n', 'bad_params'],
    ['an unknown parameter', '{"id":1,"method":"log.level","params":{"x":1}}\n', 'bad_params'],
    ['an unknown level', '{"id":1,"method":"log.level","params":{"level":"x"}}\n', 'bad_params'],
    ['no account', '{"id":1,"method":"account"}\n', 'bad_params'],
    ['a number as account', '{"id":1,"method":"account","params":{"account":1}}\n', 'bad_params'],
    ['unknown kinds', '{"id":1,"method":"events","params":{"kinds":["x"]}}\n', 'bad_params'],
    ['no file', '{"id":1,"method":"backup","params":{}}\n', 'bad_params'],
    [
      'a request above its bound',
      `${'x'.repeat(MAX_CONTROL_REQUEST_BYTES + 1)}\n`,
      'request_too_long',
    ],
    ['a line without end', 'x'.repeat(MAX_CONTROL_REQUEST_BYTES + 1), 'request_too_long'],
    ['JSON that is nested deeply', `${'['.repeat(30_000)}\n`, 'bad_request'],
  ];
  for (const [what, text, code] of nonsense) {
    it(`is told ${code} for ${what}`, async () => {
      await serve(level);
      assert.deepEqual(await codesFor(text), [code]);
      assert.deepEqual(faults, []);
      assert.deepEqual(await askControl(path, 'log.level'), { level: 'info' });
    });
  }

  it('is told so under the id that it named', async () => {
    await serve(level);
    const { socket, lines, ended } = await rawClient();
    socket.end('{"id":7,"method":"none"}\n{"id":9007199254740992,"method":"status"}\n');
    await ended;
    const ids = lines().map((line) => (line as { id: number | null }).id);
    assert.deepEqual(ids, [7, null]);
  });

  it('is not heard any more after a request above its bound', async () => {
    let calls = 0;
    await serve({ 'log.level': () => ({ level: ++calls === 0 ? 'warn' : 'info' }) });
    const socket = connect({ path, allowHalfOpen: true });
    sockets.add(socket);
    let said = '';
    socket
      .on('error', () => {})
      .on('data', (piece) => {
        said += piece.toString();
      });
    socket.write('x'.repeat(MAX_CONTROL_REQUEST_BYTES + 1));
    await until(() => said.includes('request_too_long'), 'it is told');
    socket.write('\n{"id":1,"method":"log.level"}\n');
    await server?.close();
    server = undefined;
    assert.equal(calls, 0);
  });

  it('may name an account of 200 characters, and no longer one', async () => {
    const names: string[] = [];
    await serve({
      account: ({ account }) => {
        names.push(account);
        throw refusalError(refusal('bad_name', { field: 'account', found: 'x' }));
      },
    });
    const request = (length: number) =>
      askControl(path, 'account', { account: 'x'.repeat(length) });
    await assert.rejects(request(200), /bad_name/);
    await assert.rejects(request(201), /bad_params/);
    assert.deepEqual(names, ['x'.repeat(200)]);
  });

  it('is answered for a sound request after a bad one', async () => {
    await serve(level);
    const answers = await codesFor('garbage\n{"id":7,"method":"log.', 'level"}\n');
    assert.deepEqual(answers, ['bad_request', { id: 7, result: { level: 'info' } }]);
  });

  it('is refused above the number of clients, and let in when another one is gone', async () => {
    await serve(level);
    const clients = await Promise.all(Array.from({ length: MAX_CONTROL_CLIENTS }, rawClient));
    await assert.rejects(askControl(path, 'log.level'), /too_many_clients/);
    clients[0]?.socket.destroy();
    await clients[0]?.ended;
    for (;;) {
      try {
        assert.deepEqual(await askControl(path, 'log.level'), { level: 'info' });
        break;
      } catch (error) {
        // The server hears of the end of a connection a turn later than its client.
        assert.match(String(error), /too_many_clients/);
      }
    }
  });

  it('is refused when it asks for too much at once', async () => {
    await serve({ reload: () => new Promise(() => {}) });
    const { socket, lines } = await rawClient();
    const came = new Promise<void>((resolve) => socket.once('data', () => resolve()));
    for (let id = 0; id < 17; id++) socket.write(`{"id":${id},"method":"reload"}\n`);
    await came;
    const [{ id, error } = { id: 0, error: { code: '' } }] = lines() as [
      { id: number; error: { code: string } },
    ];
    assert.deepEqual([id, error.code], [16, 'overloaded']);
  });

  it('is cut off when it does not read, and costs no more memory', async () => {
    let sent = 0;
    let noticed = (): void => {};
    const cutOff = new Promise<void>((resolve) => {
      noticed = resolve;
    });
    await serve({
      events: (_params, { emit, ended }) => {
        const kind = 'peer' as const;
        const address = 'x'.repeat(50_000);
        const event = { kind, name: null, key: null, address, reason: null, atMs: 0 };
        const pump = (): void => {
          if (ended.aborted) return;
          emit({ ...event, from: 'ready', to: 'ready' });
          sent++;
          setImmediate(pump);
        };
        pump();
        return new Promise((resolve) =>
          ended.addEventListener('abort', () => {
            resolve({});
            noticed();
          }),
        );
      },
    });
    const { socket } = await rawClient();
    socket.pause();
    socket.write('{"id":1,"method":"events"}\n');
    await cutOff;
    assert.ok(sent < 200, `${sent} events were taken for a client that does not read`);
  });
});

describe('the client', () => {
  it('says that no daemon is there', async () => {
    await assert.rejects(askControl(path, 'status'), (error: ControlError) => {
      assert.deepEqual([error.view.code, error.view.found], ['no_daemon', 'ENOENT']);
      return true;
    });
  });

  it('gives up on a daemon that does not answer', async () => {
    await serve({ reload: () => new Promise(() => {}) });
    const client = await connectControl(path);
    await assert.rejects(client.request('reload', {}, { silenceMs: 1 }), /no_answer/);
    client.close();
  });

  it('says that the daemon hung up', async () => {
    const deaf = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => deaf.listen(path, resolve));
    await assert.rejects(askControl(path, 'status'), /connection_lost/);
    deaf.close();
  });

  it('does not fall for a stranger at the socket', async () => {
    const stranger = createServer((socket) => socket.end('220 mail ready\n'));
    await new Promise<void>((resolve) => stranger.listen(path, resolve));
    await assert.rejects(askControl(path, 'status'), /connection_lost/);
    stranger.close();
  });
});
