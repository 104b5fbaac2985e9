/**
 * Datagram streams over real sockets: as Duplex, under TLS, and at a server that strangers knock
 * on.
 */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import type { Address } from '../../../../agent/shell/net/address.ts';
import {
  createCommons,
  type DatagramCommons,
} from '../../../../agent/shell/net/datagram/commons.ts';
import { createCookies, NO_COOKIE } from '../../../../agent/shell/net/datagram/cookie.ts';
import { dialDatagram } from '../../../../agent/shell/net/datagram/dial.ts';
import {
  DATAGRAM_LIMITS,
  type DatagramLimits,
} from '../../../../agent/shell/net/datagram/limits.ts';
import { decodePacket, encodePacket } from '../../../../agent/shell/net/datagram/packet.ts';
import {
  DatagramServer,
  openDatagramServer,
  sendOrLose,
} from '../../../../agent/shell/net/datagram/server.ts';
import type { DatagramStream } from '../../../../agent/shell/net/datagram/stream.ts';
import { createTlsTaker, dialTls } from '../../../../agent/shell/net/tls.ts';
import { pause, until } from '../../../support/wait.ts';
import { closed, identityOf, NETWORK } from '../harness.ts';
import { type LossyRelay, lossyRelay } from './lossy-relay.ts';
import { QUIET } from './simulated.ts';

const nowMs = (): number => performance.now();

interface Opened {
  readonly server: DatagramServer;
  readonly commons: DatagramCommons;
  readonly streams: DatagramStream[];
}

const servers: DatagramServer[] = [];
const accepted: DatagramStream[] = [];
const dialled: DatagramStream[] = [];
const relays: LossyRelay[] = [];
after(async () => {
  // Those that a test which failed left open would keep this process for ever.
  for (const stream of [...accepted, ...dialled]) stream.destroy();
  for (const relay of relays) relay.close();
  await Promise.all(servers.map((server) => server.close()));
});

async function openServer(host = '127.0.0.1', port = 0): Promise<Opened> {
  const streams: DatagramStream[] = [];
  const commons = createCommons(DATAGRAM_LIMITS, nowMs);
  const cookies = createCookies(new Uint8Array(32).fill(port & 0xff), 600_000);
  const server = await openDatagramServer(
    { host, port },
    {
      commons,
      cookies,
      sourceOf: (host) => host,
      onStream(stream) {
        stream.on('error', () => undefined);
        streams.push(stream);
        accepted.push(stream);
      },
      onLost: (error) => assert.fail(error),
    },
  );
  servers.push(server);
  return { server, commons, streams };
}

function dial(at: Address, commons: DatagramCommons): DatagramStream {
  const stream = dialDatagram(at, commons);
  dialled.push(stream);
  return stream;
}

/** Dials, says hello, and waits until the other side has it. */
async function connected(opened: Opened, host = '127.0.0.1') {
  const before = opened.streams.length;
  const near = dial({ host, port: opened.server.port }, opened.commons);
  near.on('error', () => undefined);
  near.write('hello');
  await until(() => opened.streams.length > before && near.isOpen, 'a stream');
  const far = opened.streams.at(-1);
  assert.ok(far !== undefined);
  const heard: Buffer[] = [];
  far.on('data', (bytes: Buffer) => heard.push(bytes));
  await until(() => Buffer.concat(heard).toString() === 'hello', 'hello');
  return { near, far };
}

async function stranger(): Promise<{ socket: Socket; answers: Buffer[] }> {
  const socket = createSocket('udp4').unref();
  const answers: Buffer[] = [];
  socket.on('message', (bytes) => answers.push(bytes));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { socket, answers };
}

describe('a stream', () => {
  for (const host of ['127.0.0.1', '::1']) {
    it(`over ${host} says all that was written before its end, and both sides close`, async () => {
      const { near, far } = await connected(await openServer(host), host);
      const heard: Buffer[] = [];
      near.on('data', (bytes: Buffer) => heard.push(bytes));
      far.end('good-bye');
      await Promise.all([closed(near), closed(far)]);
      assert.equal(Buffer.concat(heard).toString(), 'good-bye');
      assert.equal(near.errored ?? far.errored, null);
    });
  }

  it('that is destroyed on one side is closed with an error on the other', async () => {
    for (const side of ['near', 'far'] as const) {
      const { near, far } = await connected(await openServer());
      const other = side === 'near' ? far : near;
      let code: string | undefined;
      other.on('error', (error: NodeJS.ErrnoException) => {
        code = error.code;
      });
      near.resume();
      (side === 'near' ? near : far).destroy();
      await Promise.all([closed(near), closed(far)]);
      assert.equal(code, 'ECONNRESET');
    }
  });

  it('whose other side has restarted learns of it by its next packet', async () => {
    const opened = await openServer();
    const { near, far } = await connected(opened);
    // As a process that is killed: nothing is said, and the port is somebody's again.
    far.removeAllListeners();
    const { port } = opened.server;
    const gone = opened.server.close();
    far.destroy();
    await gone;
    near.removeAllListeners('data');
    await openServer('127.0.0.1', port);
    if (!near.destroyed) near.write('are you there?');
    await closed(near);
  });

  it('to a port where nobody listens fails at once', async () => {
    const opened = await openServer();
    const { port } = opened.server;
    await opened.server.close();
    const near = dial({ host: '127.0.0.1', port }, opened.commons);
    let code: string | undefined;
    near.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    near.write('hello');
    await closed(near);
    assert.equal(code, 'ECONNREFUSED');
  });

  it('to a port that there cannot be fails, too', async () => {
    const { commons } = await openServer();
    const near = dial({ host: '127.0.0.1', port: 0 }, commons);
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => near.on('error', resolve));
    await closed(near);
    assert.equal((await failed).code, 'EINVAL');
  });

  it('is heard from whichever of its addresses the other host answers', async () => {
    // Who is asked at 127.0.0.2 and listens on all addresses answers from 127.0.0.1.
    const opened = await openServer('0.0.0.0');
    const { near, far } = await connected(opened, '127.0.0.2');
    const heard: Buffer[] = [];
    near.on('data', (bytes: Buffer) => heard.push(bytes));
    far.end('good-bye');
    await Promise.all([closed(near), closed(far)]);
    assert.equal(Buffer.concat(heard).toString(), 'good-bye');
    await until(() => opened.commons.dialPorts.size === 0, 'the end of its sockets');
  });

  it('hears nobody who does not know its number', async () => {
    const { commons } = await openServer();
    const { socket } = await stranger();
    const near = dial({ host: '127.0.0.1', port: socket.address().port }, commons);
    near.on('error', () => undefined);
    near.write('hello');
    const [bytes, { port }] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
    const asked = decodePacket(bytes);
    assert.ok(asked?.kind === 'open');
    const other = await stranger();
    for (const id of [asked.id + 1n, asked.id]) {
      for (const kind of ['reset', 'segment'] as const) {
        if (kind === 'reset' && id === asked.id) continue;
        const packet = encodePacket(kind === 'reset' ? { kind, id } : { kind, id, body: QUIET });
        for (const from of [socket, other.socket]) from.send(packet, port, '127.0.0.1');
      }
      if (id === asked.id) await until(() => near.isOpen, 'a stream, for who knows it');
      await pause(50);
      assert.equal(near.isOpen, id === asked.id);
      assert.equal(near.destroyed, false);
    }
    near.destroy();
  });

  it('needs no further round trip when a cookie is known from before', async () => {
    const opened = await openServer();
    const relay = await lossyRelay(opened.server.port, { loss: 0 });
    relays.push(relay);
    const at = { host: '127.0.0.1', port: relay.port };
    const seen = () => relay.passed().map((bytes) => decodePacket(bytes));
    const first = dial(at, opened.commons);
    first.write('1');
    await until(() => first.isOpen, 'the first');
    const known = seen()[0]?.id;
    const second = dial(at, opened.commons);
    second.write('2');
    await until(() => second.isOpen, 'the second');
    // On a busy machine each may be repeated, and the first stream may still have something to say.
    const kinds = new Set(seen().flatMap((packet) => (packet?.id === known ? [] : packet?.kind)));
    assert.deepEqual([...kinds], ['open', 'segment'], 'one there and one back, and no cookie');
    for (const stream of [first, second]) stream.destroy();
  });

  it('waits for a reader that does not read, and loses nothing', async () => {
    const opened = await openServer();
    const { near, far } = await connected(opened);
    far.removeAllListeners('data');
    far.pause();
    const bytes = Buffer.alloc(1_000_000, 'abcdefg');
    let written = false;
    near.write(bytes, () => {
      written = true;
    });
    await pause(300);
    assert.equal(written, false);
    const { stranger: callers, own } = opened.commons.shares;
    assert.ok(callers.budget.used <= DATAGRAM_LIMITS.receiveBytes);
    const heard: Buffer[] = [];
    far.on('data', (part: Buffer) => heard.push(part));
    far.resume();
    await until(() => heard.reduce((sum, part) => sum + part.length, 0) === bytes.length, 'all');
    assert.ok(Buffer.concat(heard).equals(bytes));
    near.destroy();
    await Promise.all([closed(near), closed(far)]);
    const used = callers.budget.used + own.budget.used;
    assert.equal(used, 0, 'nothing is held for streams that are gone');
  });
});

describe('an open stream whose other host says that nobody listens there', () => {
  /** A stream, the port that it was dialled at, and the way to leave that port. */
  async function left(limits: Partial<DatagramLimits>) {
    const { socket } = await stranger();
    const { port } = socket.address();
    const commons = createCommons({ ...DATAGRAM_LIMITS, ...limits }, nowMs);
    const near = dial({ host: '127.0.0.1', port }, commons);
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => near.on('error', resolve));
    near.write('hello');
    const [bytes, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
    const asked = decodePacket(bytes);
    assert.ok(asked?.kind === 'open');
    socket.send(encodePacket({ kind: 'segment', id: asked.id, body: QUIET }), from.port);
    await until(() => near.isOpen, 'a stream');
    socket.close();
    return { near, failed, port };
  }

  it('does not believe it when it is told so in quick succession', async () => {
    const { near, port } = await left({ refusalSpacingMs: 60_000 });
    // Its repeats are refused, many times by now.
    await pause(1_000);
    assert.equal(near.destroyed, false);
    const again = createSocket('udp4').unref();
    again.bind(port, '127.0.0.1');
    await once(again, 'message');
    again.close();
    near.destroy();
  });

  it('believes it after a while', async () => {
    const { near, failed } = await left({ refusalSpacingMs: 100 });
    await closed(near);
    assert.equal((await failed).code, 'ECONNREFUSED');
  });
});

describe('TLS over a stream', () => {
  const [server, client] = [identityOf(1), identityOf(2)];
  const handshakeTimeoutMs = 60_000;

  for (const loss of [0, 0.5, 0.8]) {
    it(`proves both keys and carries bytes at ${loss * 100} % loss`, async () => {
      const opened = await openServer();
      const weather = { loss, duplicates: 0.05, delayMs: 1, jitterMs: 5 };
      const relay = await lossyRelay(opened.server.port, weather, 7);
      relays.push(relay);
      const take = createTlsTaker({ network: NETWORK, identity: server, handshakeTimeoutMs });
      const echoed = new Promise<Uint8Array | undefined>((resolve, reject) => {
        const whenThere = setInterval(() => {
          const stream = opened.streams.shift();
          if (stream === undefined) return;
          clearInterval(whenThere);
          take(stream, {
            onSecured(socket, key) {
              socket.on('error', () => undefined);
              socket.pipe(socket);
              resolve(key);
            },
            onFailed: (fault) => reject(new Error(fault.code)),
          });
        }, 5);
      });
      const tls = { network: NETWORK, identity: client, handshakeTimeoutMs };
      const raw = dial({ host: '127.0.0.1', port: relay.port }, opened.commons);
      const socket = await new Promise<import('node:tls').TLSSocket>((resolve, reject) => {
        dialTls(tls, raw, server.publicKey, {
          onConnected: () => undefined,
          onSecured: (secured) => resolve(secured),
          onFailed: (fault) => reject(new Error(fault.code)),
        });
      });
      assert.deepEqual(await echoed, client.publicKey);
      const heard: Buffer[] = [];
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => heard.push(bytes));
      const bytes = Buffer.alloc(20_000, 'payment');
      socket.write(bytes);
      await until(() => Buffer.concat(heard).length === bytes.length, 'the echo', 60_000);
      assert.ok(Buffer.concat(heard).equals(bytes));
      socket.destroy();
      await Promise.all([closed(socket), closed(raw)]);
    });
  }

  it('ends with the stream below it, without an error that nobody hears', async () => {
    const opened = await openServer();
    const raw = dial({ host: '127.0.0.1', port: opened.server.port }, opened.commons);
    const failed = new Promise<string>((resolve) => {
      dialTls({ network: NETWORK, identity: client, handshakeTimeoutMs }, raw, undefined, {
        onConnected: () => undefined,
        onSecured: () => undefined,
        onFailed: (fault) => resolve(fault.code),
      });
    });
    await until(() => opened.streams.length === 1, 'a stream');
    opened.streams[0]?.destroy();
    assert.equal(await failed, 'lost');
    await closed(raw);
  });
});

describe('a server', () => {
  const body = {
    ...QUIET,
    count: 9,
    segments: [{ sequence: 0, fin: false, bytes: Buffer.from('let me in') }],
  };

  it('keeps nothing for a stranger without a cookie, and answers with no more than it got', async () => {
    const opened = await openServer();
    const { socket, answers } = await stranger();
    let sent = 0;
    for (let id = 1n; id <= 300n; id++) {
      const open = encodePacket({ kind: 'open', id, cookie: NO_COOKIE, body });
      sent += open.length + 48;
      socket.send(open, opened.server.port, '127.0.0.1');
      if (id % 50n === 0n) await pause(5);
    }
    await until(() => answers.length > 0, 'an answer');
    await pause(100);
    assert.equal(opened.streams.length, 0);
    const received = answers.reduce((sum, answer) => sum + answer.length + 48, 0);
    assert.ok(received <= sent, `${received} bytes for ${sent}`);
    assert.ok(answers.length <= DATAGRAM_LIMITS.cookiesPerSecond * 2);
    socket.close();
  });

  it('answers what it does not know with a reset for just that, and garbage with nothing', async () => {
    const opened = await openServer();
    const { socket, answers } = await stranger();
    socket.send(Buffer.from('garbage'), opened.server.port, '127.0.0.1');
    socket.send(Buffer.alloc(1_400, 0xd2), opened.server.port, '127.0.0.1');
    socket.send(encodePacket({ kind: 'reset', id: 5n }), opened.server.port, '127.0.0.1');
    const segment = encodePacket({ kind: 'segment', id: 4n, body });
    socket.send(segment, opened.server.port, '127.0.0.1');
    await until(() => answers.length > 0, 'an answer');
    await pause(50);
    assert.deepEqual(
      answers.map((answer) => decodePacket(answer)),
      [{ kind: 'reset', id: 4n }],
    );
    for (let i = 0; i < 1_000; i++) socket.send(segment, opened.server.port, '127.0.0.1');
    await pause(300);
    assert.ok(answers.length <= 2 * DATAGRAM_LIMITS.resetsPerSecond, 'and not without bound');
    socket.close();
  });

  it('is answered though another asks for as many answers as there are', async () => {
    const limits = { ...DATAGRAM_LIMITS, cookiesPerSecond: 20, cookiesPerSourcePerSecond: 5 };
    const commons = createCommons(limits, () => 1_000);
    const cookies = createCookies(new Uint8Array(32), 600_000);
    const onStream = (): void => assert.fail('nobody is let in');
    const { socket } = await stranger();
    const answered: string[] = [];
    socket.send = ((_: Buffer, __: number, host: string) => answered.push(host)) as never;
    const sourceOf = (host: string) => host.replace(/\.\d+$/, '');
    new DatagramServer(socket, { commons, cookies, sourceOf, onStream, onLost: assert.fail });
    const ask = (address: string) => {
      const packet = encodePacket({ kind: 'open', id: 4n, cookie: NO_COOKIE, body });
      socket.emit('message', packet, { address, family: 'IPv4', port: 9, size: 0 });
    };
    for (let i = 0; i < 100; i++) ask(`192.0.2.${i}`);
    assert.equal(answered.length, 5, 'one source has its rate, whatever its addresses');
    for (let i = 0; i < 100; i++) ask(`192.0.${3 + (i % 4)}.1`);
    assert.ok(answered.length >= 20, 'several have that of all');
    const before = answered.length;
    ask('198.51.100.1');
    assert.equal(answered.length, before + 1, 'and who comes now is answered all the same');
    socket.close();
  });

  it('outlives packets that come from port 0, where nothing can be sent to', async () => {
    const commons = createCommons(DATAGRAM_LIMITS, nowMs);
    const cookies = createCookies(new Uint8Array(32), 600_000);
    const onStream = (): void => assert.fail('nobody is let in');
    const { socket } = await stranger();
    const sourceOf = (host: string) => host;
    const options = { commons, cookies, sourceOf, onStream, onLost: assert.fail };
    const server = new DatagramServer(socket, options);
    const from = { address: '127.0.0.1', family: 'IPv4', port: 0, size: 0 } as const;
    for (const packet of [
      encodePacket({ kind: 'segment', id: 4n, body }),
      encodePacket({ kind: 'open', id: 4n, cookie: NO_COOKIE, body }),
      encodePacket({ kind: 'open', id: 4n, cookie: cookies.make('127.0.0.1', nowMs()), body }),
    ]) {
      socket.emit('message', packet, from);
    }
    sendOrLose(socket, Buffer.from('to port 0'), 0, '127.0.0.1');
    await server.close();
    sendOrLose(socket, Buffer.from('to a closed socket'), 1, '127.0.0.1');
  });

  it('is not opened again by a late copy of a packet that opened a stream which is gone', async () => {
    const opened = await openServer();
    const { socket, answers } = await stranger();
    const ask = (cookie: Uint8Array): void => {
      const open = encodePacket({ kind: 'open', id: 6n, cookie, body });
      socket.send(open, opened.server.port, '127.0.0.1');
    };
    ask(NO_COOKIE);
    await until(() => answers.length > 0, 'a cookie');
    const packet = decodePacket(answers[0] ?? Buffer.alloc(0));
    assert.ok(packet?.kind === 'cookie');
    ask(packet.cookie);
    await until(() => opened.streams.length === 1, 'a stream');
    opened.streams[0]?.destroy();
    ask(packet.cookie);
    await pause(50);
    assert.equal(opened.streams.length, 1);
    socket.close();
  });
});

describe('a cookie', () => {
  it('is good for its address, in its epoch and the next', () => {
    const cookies = createCookies(new Uint8Array(32), 1_000);
    const cookie = cookies.make('fe80::1', 500);
    assert.equal(cookies.isGood(cookie, 'fe80::1', 1_999), true);
    assert.equal(cookies.isGood(cookie, 'fe80::1', 2_000), false);
    assert.equal(cookies.isGood(cookie, 'fe80::2', 500), false);
    assert.equal(cookies.isGood(NO_COOKIE, 'fe80::1', 500), false);
    const other = createCookies(new Uint8Array(32).fill(1), 1_000);
    assert.equal(other.isGood(cookie, 'fe80::1', 500), false);
  });
});
