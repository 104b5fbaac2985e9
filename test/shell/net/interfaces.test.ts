/**
 * Beacons on interfaces that come and go, and the second beacon of a node: with time driven by
 * hand.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeBeacon } from '../../../agent/core/network/beacon.ts';
import { createTwinWatch } from '../../../agent/shell/daemon/parts/twin-watch.ts';
import { Discovery, type FoundBeacon } from '../../../agent/shell/net/discovery.ts';
import { DISCOVERY_LIMITS } from '../../../agent/shell/net/discovery-limits.ts';
import type { MulticastEvents, MulticastHost } from '../../../agent/shell/net/multicast.ts';
import { createVerify } from '../../../agent/shell/verify.ts';
import { identityOf, NETWORK } from './harness.ts';

const [self, other] = [identityOf(1), identityOf(2)];
const verify = createVerify();
const FROM = 'fe80::2%mesh0';

interface Opened {
  readonly name: string;
  readonly events: MulticastEvents;
  isClosed: boolean;
}

/** A host whose interfaces the test says. */
function handHost() {
  const indexes = new Map<string, number>();
  const opened: Opened[] = [];
  const host: MulticastHost = {
    indexOf: (name) => indexes.get(name),
    open(name, _port, events) {
      const made: Opened = { name, events, isClosed: false };
      opened.push(made);
      return {
        send: () => undefined,
        close() {
          made.isClosed = true;
        },
      };
    },
  };
  /** Those that hear something. */
  const open = () => opened.filter(({ isClosed }) => !isClosed);
  const hear = (packet: Uint8Array, from = FROM) => {
    for (const { events } of open()) events.onPacket(packet, from);
  };
  return { host, indexes, opened, open, hear };
}

function discoveryAt(hand: ReturnType<typeof handHost>, clock = { nowMs: 0 }) {
  const found: FoundBeacon[] = [];
  const problems: (string | undefined)[] = [];
  const discovery = new Discovery({
    network: NETWORK,
    interfaces: ['mesh0'],
    port: 1,
    own: undefined,
    verify,
    onFound: (beacon) => found.push(beacon),
    onInterface: (_, problem) => problems.push(problem),
    nowMs: () => clock.nowMs,
    host: hand.host,
  });
  return { discovery, found, problems };
}

const beaconOf = (counter: bigint, port = 7) =>
  makeBeacon(NETWORK, other.signer, { role: 'relay', port, counter });

describe('beacons of one node', () => {
  it('count each once, in whatever minute, as long as each is newer than the last', () => {
    const hand = handHost();
    hand.indexes.set('mesh0', 3);
    const clock = { nowMs: 0 };
    const { discovery, found } = discoveryAt(hand, clock);
    discovery.start();
    hand.hear(beaconOf(10n, 7));
    clock.nowMs = 1_000;
    hand.hear(beaconOf(11n, 8));
    assert.deepEqual(
      found.map(({ address }) => address.port),
      [7, 8],
      'the second one is news as well',
    );
    hand.hear(beaconOf(11n, 9));
    hand.hear(beaconOf(10n, 9));
    assert.equal(found.length, 2);
    assert.equal(discovery.counts().replayed, 2);
    clock.nowMs += DISCOVERY_LIMITS.counterForgetMs - 1;
    hand.hear(beaconOf(11n, 9));
    assert.equal(found.length, 2, 'remembered to the end');
    clock.nowMs += 1;
    hand.hear(beaconOf(5n, 9));
    assert.equal(found.length, 3, 'and forgotten after it');
    discovery.stop();
  });

  it('are heard beside those of a source that sends as many as are checked', () => {
    const hand = handHost();
    hand.indexes.set('mesh0', 3);
    const { discovery, found } = discoveryAt(hand);
    discovery.start();
    for (let n = 0; n < 2_000; n++) {
      const forged = beaconOf(BigInt(n));
      forged[120] = (forged[120] ?? 0) ^ 1;
      hand.hear(forged, `fe80::bad:${n % 40}%mesh0`);
    }
    hand.hear(beaconOf(10n));
    assert.equal(found.length, 1);
    assert.ok(discovery.counts().overRate > 1_000);
    discovery.stop();
  });
});

describe('an interface', () => {
  /** What looks at interfaces: discovery, and the watch for this node's own key. */
  const lookers = [
    {
      name: 'of discovery',
      make(hand: ReturnType<typeof handHost>) {
        const { discovery, found } = discoveryAt(hand);
        const heard = () => found.length;
        return { looker: discovery, heard, packet: beaconOf };
      },
    },
    {
      name: 'of the watch for the own key',
      make(hand: ReturnType<typeof handHost>) {
        const watch = createTwinWatch({
          network: NETWORK,
          key: self.publicKey,
          interfaces: ['mesh0'],
          port: 1,
          verify,
          nextCounter: () => 1n,
          onTwin: () => undefined,
          host: hand.host,
        });
        const packet = (counter: bigint) =>
          makeBeacon(NETWORK, self.signer, { role: 'relay', port: 1, counter });
        return { looker: watch, heard: () => watch.counts().heard, packet };
      },
    },
  ];
  for (const { name, make } of lookers) {
    it(`that goes and comes back between two looks is heard again (${name})`, () => {
      const hand = handHost();
      hand.indexes.set('mesh0', 3);
      const { looker, heard, packet } = make(hand);
      looker.start();
      assert.equal(hand.open().length, 1);
      looker.setInterfaces(['mesh0']);
      assert.equal(hand.opened.length, 1, 'the same one is left alone');
      hand.indexes.set('mesh0', 4);
      looker.setInterfaces(['mesh0']);
      assert.deepEqual([hand.opened.length, hand.opened[0]?.isClosed], [2, true]);
      hand.hear(packet(1n));
      assert.equal(heard(), 1);
      looker.stop();
      assert.equal(hand.open().length, 0);
    });

    it(`that goes is let go of, and opened when it comes (${name})`, () => {
      const hand = handHost();
      const { looker } = make(hand);
      looker.start();
      assert.equal(hand.opened.length, 0);
      hand.indexes.set('mesh0', 3);
      looker.setInterfaces(['mesh0']);
      assert.equal(hand.open().length, 1);
      hand.indexes.delete('mesh0');
      looker.setInterfaces(['mesh0']);
      assert.equal(hand.open().length, 0);
      hand.indexes.set('mesh0', 3);
      looker.setInterfaces(['mesh0']);
      assert.equal(hand.open().length, 1);
      looker.setInterfaces([]);
      assert.equal(hand.open().length, 0, 'nor is one that is not configured any more');
      looker.stop();
    });

    it(`whose socket fails is opened again at the next look (${name})`, () => {
      const hand = handHost();
      hand.indexes.set('mesh0', 3);
      const { looker } = make(hand);
      looker.start();
      hand.opened[0]?.events.onFailed(new Error('ENETDOWN'));
      looker.setInterfaces(['mesh0']);
      assert.equal(hand.opened.length, 2);
      looker.stop();
    });
  }
});
