/** Listening: the address of an interface that comes and goes, and places for handshakes. */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Acceptor, type AcceptorOptions } from '../../../agent/shell/net/acceptor.ts';
import { createCommons } from '../../../agent/shell/net/datagram/commons.ts';
import { DATAGRAM_LIMITS } from '../../../agent/shell/net/datagram/limits.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { pause, until } from '../../support/wait.ts';
import { identityOf, NETWORK, over, rawClient } from './harness.ts';

const nowMs = (): number => performance.now();

function acceptorAt(host: string, options: Partial<AcceptorOptions>) {
  return new Acceptor({
    listen: [{ host, port: 0 }],
    tls: { network: NETWORK, identity: identityOf(1), handshakeTimeoutMs: 1_000 },
    limits: { ...NET_LIMITS, listenRetryMs: 20 },
    commons: createCommons(DATAGRAM_LIMITS, nowMs),
    transport: 'auto',
    nowMs,
    isMemberSource: () => false,
    onSecured: () => undefined,
    onRefused: () => undefined,
    ...options,
  });
}

describe('an address with a zone', () => {
  for (const transport of ['auto', 'datagram', 'tcp'] as const) {
    it(`is waited for while there is no such interface (${transport})`, async () => {
      const acceptor = acceptorAt('fe80::1%nosuch0', { transport });
      await acceptor.start();
      assert.deepEqual(
        acceptor.listening().map(({ open }) => open),
        [false],
      );
      await acceptor.stop();
    });
  }

  it('is opened again when its interface is another one, and not when it is away', async () => {
    let index: number | undefined = 1;
    const acceptor = acceptorAt('::1%lo', { interfaceIndex: () => index });
    const isOpen = (): boolean => acceptor.listening()[0]?.open === true;
    await acceptor.start();
    assert.ok(isOpen());
    index = undefined;
    await pause(100);
    assert.ok(isOpen(), 'its sockets stay');
    const { port } = acceptor.listening()[0]?.address ?? {};
    index = 2;
    await until(() => isOpen() && acceptor.listening()[0]?.address.port !== port, 'another port');
    await acceptor.stop();
  });
});

describe('a port that is taken', () => {
  it('is a mistake if it was asked for, by whichever kind of socket it is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    assert.ok(address !== null && typeof address === 'object');
    for (const transport of ['auto', 'tcp'] as const) {
      const listen = [{ host: '127.0.0.1', port: address.port }];
      const acceptor = acceptorAt('', { transport, listen });
      await assert.rejects(acceptor.start(), { code: 'EADDRINUSE' });
      assert.deepEqual(
        acceptor.listening().map(({ open }) => open),
        [false],
      );
      await acceptor.stop();
    }
    await new Promise((resolve) => taken.close(resolve));
  });
});

describe('a place for a handshake is given back', () => {
  const opened: (Socket | TLSSocket)[] = [];
  const started: Acceptor[] = [];
  after(async () => {
    for (const socket of opened) socket.destroy();
    await Promise.all(started.map((acceptor) => acceptor.stop()));
  });

  /** An acceptor with one place, for members and for strangers, that never times out by itself. */
  async function crowded(options: Partial<AcceptorOptions> & { timeoutMs?: number } = {}) {
    const secured: TLSSocket[] = [];
    const refused: string[] = [];
    const acceptor = acceptorAt('127.0.0.1', {
      tls: {
        network: NETWORK,
        identity: identityOf(1),
        handshakeTimeoutMs: options.timeoutMs ?? 600_000,
      },
      limits: {
        ...NET_LIMITS,
        handshakes: 1,
        handshakesPerSource: 1_000,
        memberHandshakes: 1,
        handshakePatienceMs: 600_000,
        handshakesPerSecond: 1_000,
      },
      onSecured(socket) {
        secured.push(socket.on('error', () => undefined));
        opened.push(socket);
      },
      onRefused: ({ code }) => refused.push(code),
      ...options,
    });
    started.push(acceptor);
    await acceptor.start();
    const [first] = acceptor.listening();
    assert.ok(first !== undefined);
    return { acceptor, secured, refused, at: first.address };
  }

  function caller(at: { readonly port: number }, localAddress = '127.0.0.1'): Socket {
    const socket = connect({ host: '127.0.0.1', port: at.port, localAddress });
    opened.push(socket.on('error', () => undefined));
    return socket.resume();
  }

  for (const transport of ['tcp', 'datagram'] as const) {
    for (const isMember of [false, true]) {
      const who = `${isMember ? 'a member' : 'a stranger'}, ${transport}`;

      it(`when it succeeds, while the link goes on (${who})`, async () => {
        over.transport = transport;
        const { acceptor, secured, at } = await crowded({ isMemberSource: () => isMember });
        for (let n = 1; n <= 3; n++) {
          opened.push(await rawClient(at, { identity: identityOf(2) }));
          await until(() => secured.length === n, 'the link');
          assert.equal(acceptor.handshakes(), 0);
          assert.ok(secured.every((socket) => !socket.destroyed));
        }
        for (const socket of opened) socket.destroy();
        await acceptor.stop();
        over.transport = 'auto';
      });

      it(`when it fails (${who})`, async () => {
        over.transport = transport;
        const { acceptor, refused, at } = await crowded({ isMemberSource: () => isMember });
        for (let n = 1; n <= 3; n++) {
          await rawClient(at, { protocol: 'another/1' }).then(
            (socket) => opened.push(socket),
            () => undefined,
          );
          await until(() => refused.length === n && acceptor.handshakes() === 0, 'its end');
        }
        assert.ok(!refused.includes('too_many_links'));
        for (const socket of opened) socket.destroy();
        await acceptor.stop();
        over.transport = 'auto';
      });
    }
  }

  it('when the other side speaks no TLS', async () => {
    const { acceptor, refused, at } = await crowded();
    for (let n = 1; n <= 3; n++) {
      caller(at).end('GET / HTTP/1.1\r\n\r\n');
      await until(() => refused.length === n && acceptor.handshakes() === 0, 'its end');
    }
    await acceptor.stop();
  });

  it('when it takes too long', async () => {
    const { acceptor, refused, at } = await crowded({ timeoutMs: 100 });
    for (let n = 1; n <= 2; n++) {
      caller(at);
      await until(() => refused.length === n && acceptor.handshakes() === 0, 'its end');
    }
    assert.deepEqual(new Set(refused), new Set(['handshake_timeout']));
    await acceptor.stop();
  });

  it('when the other side goes away during it', async () => {
    const { acceptor, at } = await crowded();
    for (let n = 1; n <= 3; n++) {
      const socket = caller(at);
      await until(() => acceptor.handshakes() === 1, 'a handshake');
      if (n === 2) socket.resetAndDestroy();
      else socket.destroy();
      await until(() => acceptor.handshakes() === 0, 'its end');
    }
    await acceptor.stop();
  });

  it('to whom it is taken for, and not once more when the loser is gone', async () => {
    let nowMs = 0;
    const { acceptor, secured, at } = await crowded({
      nowMs: () => nowMs,
      limits: { ...NET_LIMITS, handshakes: 1, handshakePatienceMs: 1_000 },
    });
    const slow = caller(at, '127.0.0.2');
    let isGone = false;
    slow.once('close', () => {
      isGone = true;
    });
    await until(() => acceptor.handshakes() === 1, 'the only place taken');
    nowMs = 1_000;
    const second = caller(at, '127.0.0.3');
    await until(() => isGone, 'the end of the slow one');
    assert.equal(acceptor.handshakes(), 1, 'the other has it');
    second.destroy();
    await until(() => acceptor.handshakes() === 0, 'it is free');
    opened.push(await rawClient(at));
    await until(() => secured.length === 1, 'a link');
    for (const socket of opened) socket.destroy();
    await acceptor.stop();
  });

  it('when all is stopped', async () => {
    const { acceptor, at } = await crowded();
    caller(at);
    await until(() => acceptor.handshakes() === 1, 'a handshake');
    await acceptor.stop();
    await until(() => acceptor.handshakes() === 0, 'its end');
  });
});
