/** Which way a stream takes: the first that comes through, never both. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { freePorts } from '../../../agent/cli/lab/ports.ts';
import type { Address } from '../../../agent/shell/net/address.ts';
import { createCommons } from '../../../agent/shell/net/datagram/commons.ts';
import { dialDatagram } from '../../../agent/shell/net/datagram/dial.ts';
import { DATAGRAM_LIMITS } from '../../../agent/shell/net/datagram/limits.ts';
import type { DatagramStream } from '../../../agent/shell/net/datagram/stream.ts';
import { takes, transportsTo } from '../../../agent/shell/net/transport.ts';
import { pause, until } from '../../support/wait.ts';
import { lossyRelay } from './datagram/lossy-relay.ts';
import {
  closed,
  faults,
  identityOf,
  onlyLink,
  stoppingAtTheEnd,
  type TestNode,
} from './harness.ts';

const [alice, bob] = [identityOf(1), identityOf(2)];
const start = stoppingAtTheEnd();

function wayOf(node: TestNode): string | undefined {
  return node.links.peers()[0]?.transport;
}

describe('the order of the ways to an address', () => {
  it('begins with datagrams where only a mesh is, and with TCP elsewhere', () => {
    for (const mesh of ['fe80::1%mesh0', 'FE80::1', 'fd4d:6573::1', 'fc00::1']) {
      assert.deepEqual(transportsTo(mesh, 'auto'), ['datagram', 'tcp'], mesh);
    }
    for (const other of ['192.0.2.1', '::1', '2001:db8::1', 'fd.example', 'febrile.example']) {
      assert.deepEqual(transportsTo(other, 'auto'), ['tcp', 'datagram'], other);
    }
  });

  it('is what the operator says it is', () => {
    assert.deepEqual(transportsTo('fe80::1', 'tcp'), ['tcp']);
    assert.deepEqual(transportsTo('192.0.2.1', 'datagram'), ['datagram']);
    assert.equal(takes('tcp', 'datagram'), false);
    assert.equal(takes('auto', 'datagram'), true);
  });
});

describe('a node that takes one way only', () => {
  for (const transport of ['tcp', 'datagram'] as const) {
    it(`is linked over it: ${transport}`, async () => {
      const a = await start(alice, { transport });
      const b = await start(bob, { wanted: [{ ...a.at(), key: alice.publicKey }] });
      await until(() => a.up().length === 1 && b.up().length === 1, 'a link on both sides');
      assert.equal(wayOf(a), transport);
      assert.equal(wayOf(b), transport);
    });
  }

  it('is out of reach for one that takes the other only, and the reason is said', async () => {
    const a = await start(alice, { transport: 'tcp' });
    const b = await start(bob, {
      transport: 'datagram',
      wanted: [{ ...a.at(), key: alice.publicKey }],
    });
    await until(() => faults(b, 'dial_failed').length > 1, 'vain attempts');
    assert.deepEqual(new Set(faults(b, 'dial_failed')), new Set(['unreachable']));
  });
});

describe('both ways', () => {
  it('are tried when TCP connects and then says nothing, and one link comes of it', async () => {
    const [port = 0] = await freePorts(1);
    const listen = [{ host: '127.0.0.1', port }];
    const a = await start(alice, { transport: 'datagram', listen });
    const silent = createServer((socket) => socket.resume().on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const b = await start(undefined, { wanted: [a.at()], limits: { dialRaceMs: 30 } });
    await until(() => b.up().length === 1, 'a link');
    assert.equal(wayOf(b), 'datagram');
    assert.equal(a.links.counts().anonymous, 1);
    // Closes when the last connection has: the way that lost is given up.
    await new Promise((resolve) => silent.close(resolve));
  });

  it('make no second link, whichever is faster, as often as they race', async () => {
    const a = await start(alice);
    const ways = new Set<string | undefined>();
    for (let round = 0; round < 30; round++) {
      const b = await start(bob, {
        wanted: [{ ...a.at(), key: alice.publicKey }],
        limits: { dialRaceMs: round % 4 },
      });
      await until(() => a.up().length === 1 && b.up().length === 1, 'a link');
      ways.add(wayOf(b));
      const link = onlyLink(b);
      await until(() => a.links.counts().handshakes === 0, 'the end of the other handshake');
      await pause(5);
      assert.deepEqual(b.up(), [link], 'it is still the same link');
      assert.equal(a.up().length, 1);
      await b.stop();
      await until(() => a.up().length === 0, 'its end');
    }
    assert.equal(a.reports.filter(({ fault }) => fault?.code === 'duplicate').length, 0);
    assert.ok(ways.size > 0);
  });

  // On loopback TCP comes first. The relay stands where a node is that only starts to listen.
  it('are both asked again where the first was refused a moment too early', async () => {
    const a = await start(alice, { transport: 'datagram' });
    const [port = 0] = await freePorts(1);
    const weather = { loss: 0, delayMs: 100, jitterMs: 0 };
    const relay = await lossyRelay(a.at().port, weather, 1, port);
    after(() => relay.close());
    const b = await start(bob, { wanted: [{ host: '127.0.0.1', port: relay.port }] });
    await until(() => relay.passed().length > 0, 'the first refused, the second asked');
    await start(alice, { transport: 'tcp', listen: [{ host: '127.0.0.1', port: relay.port }] });
    await until(() => b.up().length === 1, 'a link');
    assert.equal(wayOf(b), 'tcp');
    assert.deepEqual(faults(b, 'dial_failed'), [], 'in one and the same attempt');
  });

  it('come to the second where the first is refused for good', async () => {
    const [port = 0] = await freePorts(1);
    const listen = [{ host: '127.0.0.1', port }];
    const a = await start(alice, { transport: 'datagram', listen });
    const b = await start(bob, { wanted: [{ ...a.at(), key: alice.publicKey }] });
    await until(() => b.up().length === 1 && a.up().length === 1, 'a link');
    assert.equal(wayOf(b), 'datagram');
    assert.deepEqual(faults(b, 'dial_failed'), [], 'in one and the same attempt');
    assert.equal(a.links.counts().handshakes, 0);
  });

  it('fail with the reason of the first, when nobody is there at all', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    const b = await start(bob, { wanted: [{ host: '127.0.0.1', port }] });
    await until(() => faults(b, 'dial_failed').length > 0, 'a failure');
    assert.equal(faults(b, 'dial_failed')[0], 'unreachable');
  });
});

describe('a stranger over datagrams', () => {
  const commons = createCommons(DATAGRAM_LIMITS, () => performance.now());

  function callers(at: Address, count: number): DatagramStream[] {
    return Array.from({ length: count }, () => {
      const stream = dialDatagram(at, commons);
      stream.on('error', () => undefined);
      // The first byte of a handshake, and never a second.
      stream.resume().write(Uint8Array.of(0x16));
      return stream;
    });
  }

  it('who begins a handshake and says no more is given up', async () => {
    const a = await start(alice, { limits: { handshakeTimeoutMs: 200 } });
    const [stranger] = callers(a.at(), 1);
    assert.ok(stranger !== undefined);
    await closed(stranger);
    await until(() => a.links.counts().handshakes === 0, 'a free place');
    assert.ok(faults(a, 'refused').includes('handshake_timeout'));
  });

  it('who comes many times over finds few places, and a link notices nothing', async () => {
    const a = await start(alice, {
      limits: { handshakes: 8, handshakesPerSource: 8, handshakePatienceMs: 60_000 },
    });
    const b = await start(bob, { transport: 'datagram', wanted: [a.at()] });
    await until(() => b.up().length === 1, 'a link');
    const strangers = callers(a.at(), 100);
    await until(() => (a.links.counts().refused.get('too_many_links') ?? 0) >= 80, 'refusals');
    assert.ok(a.links.counts().handshakes <= 8);
    a.links.send({ link: onlyLink(a), bytes: Uint8Array.of(1) });
    await until(() => b.frames().length === 1, 'a frame');
    for (const stranger of strangers) stranger.destroy();
    await until(() => a.links.counts().handshakes === 0, 'free places');
  });
});

describe('a link over a network that loses four of five packets', () => {
  it('comes up and carries frames both ways', async () => {
    const a = await start(alice, { transport: 'datagram' });
    const relay = await lossyRelay(a.at().port, { loss: 0.8, delayMs: 1, jitterMs: 3 }, 3);
    after(() => relay.close());
    const at = { host: '127.0.0.1', port: relay.port, key: alice.publicKey };
    const b = await start(bob, { transport: 'datagram', wanted: [at] });
    await until(() => a.up().length === 1 && b.up().length === 1, 'a link', 120_000);
    for (let i = 1; i <= 20; i++) {
      a.links.send({ link: onlyLink(a), bytes: new Uint8Array(300).fill(i) });
      b.links.send({ link: onlyLink(b), bytes: new Uint8Array(300).fill(i) });
      await until(() => a.frames().length === i && b.frames().length === i, 'frames', 60_000);
    }
  });
});
