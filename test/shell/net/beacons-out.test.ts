/** When a node says that it is there, and over which sockets: with time driven by hand. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import { makeBeacon, parseBeacon } from '../../../agent/core/network/beacon.ts';
import { Discovery } from '../../../agent/shell/net/discovery.ts';
import type { MulticastEvents } from '../../../agent/shell/net/multicast.ts';
import { createVerify } from '../../../agent/shell/verify.ts';
import { identityOf, NETWORK } from './harness.ts';

const LIMITS = {
  quickBeacons: 2,
  quickBeaconMs: 100,
  beaconMs: 1_000,
  interfaceRetryMs: 7_000,
  counters: 4,
};

function make(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.mock.method(Math, 'random', () => 0);
  const time = { nowMs: 0 };
  const indexes = new Map([['mesh0', 1]]);
  const counters: bigint[] = [];
  const told: string[] = [];
  const sockets: { name: string; events: MulticastEvents; isOpen: boolean }[] = [];
  const discovery = new Discovery({
    network: NETWORK,
    interfaces: ['mesh0'],
    port: 1,
    own: { signer: identityOf(1).signer, role: 'relay', tlsPort: 7, firstCounter: 50n },
    verify: createVerify(),
    onFound: () => undefined,
    onInterface: (name, problem) => told.push(`${name} ${problem ?? 'ready'}`),
    limits: LIMITS,
    nowMs: () => time.nowMs,
    host: {
      indexOf: (name) => indexes.get(name),
      open(name, _port, events) {
        const socket = { name, events, isOpen: true };
        sockets.push(socket);
        return {
          send(packet) {
            const beacon = parseBeacon(NETWORK, packet);
            assert.ok(!isRefusal(beacon) && socket.isOpen);
            counters.push(beacon.counter);
          },
          close() {
            socket.isOpen = false;
          },
        };
      },
    },
  });
  /** How many beacons leave in that time. */
  const pass = (ms: number): number => {
    const before = counters.length;
    time.nowMs += ms;
    t.mock.timers.tick(ms);
    return counters.length - before;
  };
  const hear = (n: number, counter: bigint): void => {
    const { signer } = identityOf(n);
    const packet = makeBeacon(NETWORK, signer, { role: 'relay', port: 7, counter });
    for (const { events, isOpen } of sockets) if (isOpen) events.onPacket(packet, `fe80::${n}%x`);
  };
  const ready = () => sockets.at(-1)?.events.onReady();
  return { discovery, counters, told, sockets, indexes, pass, hear, ready, time };
}

describe('the beacons of a node', () => {
  it('leave quickly while nobody is heard, then at the usual interval, sooner for a newcomer', (t) => {
    const { discovery, counters, pass, hear, ready } = make(t);
    discovery.start();
    assert.equal(pass(5_000), 0, 'not before the socket is ready');
    assert.equal(discovery.nextCounter(), 50n);
    ready();
    assert.deepEqual([pass(24), pass(1)], [0, 1]);
    assert.deepEqual([counters, discovery.nextCounter()], [[50n], 51n]);
    for (let i = 0; i < 5; i++) assert.deepEqual([pass(99), pass(1)], [0, 1], `alone, ${i}`);
    hear(2, 1n);
    assert.equal(pass(100), 1);
    assert.deepEqual([pass(999), pass(1)], [0, 1]);
    hear(2, 2n);
    assert.deepEqual([pass(999), pass(1)], [0, 1], 'it is known');
    hear(3, 1n);
    assert.deepEqual([pass(99), pass(1)], [0, 1], 'it is new');
    assert.deepEqual([pass(999), pass(1)], [0, 1], 'instead of the one that was due before');
    assert.deepEqual(
      counters,
      counters.map((_, i) => 50n + BigInt(i)),
    );
    discovery.stop();
    assert.equal(pass(60_000), 0);
  });

  it('leave quickly again over an interface that came back, as often as at first', (t) => {
    const { discovery, pass, hear, ready, indexes, sockets, told } = make(t);
    discovery.start();
    ready();
    hear(2, 1n);
    pass(3_000);
    indexes.set('mesh0', 2);
    pass(LIMITS.interfaceRetryMs);
    assert.deepEqual(
      sockets.map(({ isOpen }) => isOpen),
      [false, true],
    );
    ready();
    hear(3, 1n);
    assert.deepEqual([pass(25), pass(100), pass(100)], [1, 1, 0], 'two, and somebody is there');
    indexes.delete('mesh0');
    pass(LIMITS.interfaceRetryMs);
    pass(LIMITS.interfaceRetryMs);
    indexes.set('mesh0', 3);
    pass(LIMITS.interfaceRetryMs);
    ready();
    assert.deepEqual([pass(25), pass(100), pass(100), pass(100)], [1, 1, 1, 1], 'alone anew');
    const absent = 'mesh0 not there, or without a link-local IPv6 address';
    assert.deepEqual(told, ['mesh0 ready', 'mesh0 ready', absent, 'mesh0 ready']);
    discovery.stop();
  });

  it('leave over each interface with a counter of their own, and none that is not wanted', (t) => {
    const { discovery, pass, ready, indexes, sockets, counters } = make(t);
    indexes.set('mesh1', 1);
    discovery.start();
    ready();
    discovery.setInterfaces(['mesh0', 'mesh1']);
    ready();
    assert.equal(pass(25), 2);
    assert.equal(new Set(counters).size, 2);
    discovery.setInterfaces(['mesh1']);
    assert.deepEqual(
      sockets.map(({ name, isOpen }) => [name, isOpen]),
      [
        ['mesh0', false],
        ['mesh1', true],
      ],
    );
    assert.equal(pass(100), 1);
    discovery.stop();
    assert.ok(sockets.every(({ isOpen }) => !isOpen));
    pass(10 * LIMITS.interfaceRetryMs);
    assert.equal(sockets.length, 2, 'and none is opened any more');
  });
});

describe('the beacons of others', () => {
  it('are remembered by so many counters, those of who was heard last', (t) => {
    const { discovery, hear, ready, pass, time } = make(t);
    discovery.start();
    ready();
    const accepted = (n: number, counter: bigint): boolean => {
      time.nowMs += 10_000;
      const { accepted: before } = discovery.counts();
      hear(n, counter);
      return discovery.counts().accepted > before;
    };
    const { counters: most } = LIMITS;
    for (let n = 2; n < 2 + most; n++) assert.ok(accepted(n, 5n));
    assert.ok(!accepted(2, 5n), 'the first is still known');
    assert.ok(accepted(2, 6n));
    assert.ok(accepted(50, 5n), 'one more');
    assert.ok(!accepted(2, 6n), 'it was heard of again');
    assert.ok(accepted(3, 5n), 'the one that was silent longest is forgotten');
    pass(0);
    discovery.stop();
  });
});
