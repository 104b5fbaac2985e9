/**
 * Listens for another node with this node's own key. Discovery has no use for beacons of its own
 * key, since they are its own come back; here those count that came from another machine.
 *
 * A beacon whose counter is above all that this node sent is no replay: somebody else signed it. Of
 * two nodes with one key that is what the one hears that started first; the other one hears lower
 * counters, which could as well be its own beacons of an earlier run, replayed.
 */
import { networkInterfaces } from 'node:os';
import { equalBytes } from '../../../core/base/bytes.ts';
import type { Verify } from '../../../core/base/crypto.ts';
import { isRefusal } from '../../../core/base/refusal.ts';
import { judgeBeacon, parseBeacon } from '../../../core/network/beacon.ts';
import { MULTICAST_HOST, type Multicast, type MulticastHost } from '../../net/multicast.ts';
import { SourceBuckets } from '../../net/token-bucket.ts';

export interface TwinCounts {
  /** Beacons of this node's own key from elsewhere, and those among them that are no replays. */
  readonly heard: number;
  readonly certain: number;
}

export interface TwinWatch {
  start(): void;
  setInterfaces(names: readonly string[]): void;
  counts(): TwinCounts;
  stop(): void;
}

export interface TwinWatchOptions {
  /** Network id, 32 bytes. */
  readonly network: Uint8Array;
  /** This node's key, 32 bytes. */
  readonly key: Uint8Array;
  readonly interfaces: readonly string[];
  /** UDP port of the beacons. */
  readonly port: number;
  readonly verify: Verify;
  /** Above every counter that this node has used. */
  readonly nextCounter: () => bigint;
  /** Told for each. */
  readonly onTwin: (from: string) => void;
  /** The host's interfaces; for tests. */
  readonly host?: MulticastHost;
}

const LOOK_EVERY_MS = 2_000;
/** Signatures checked for one source, and sources that are remembered. */
const PER_SECOND = 1;
const BUCKET_MS = 5_000;
const MAX_SOURCES = 64;

export function createTwinWatch(options: TwinWatchOptions): TwinWatch {
  const { network, key, port, verify, host = MULTICAST_HOST } = options;
  const sockets = new Map<string, { readonly index: number; readonly multicast: Multicast }>();
  const perSource = new SourceBuckets(PER_SECOND, BUCKET_MS, MAX_SOURCES);
  const counts = { heard: 0, certain: 0 };
  let interfaces = options.interfaces;
  let timer: NodeJS.Timeout | undefined;

  function onPacket(packet: Uint8Array, from: string): void {
    const beacon = parseBeacon(network, packet);
    if (isRefusal(beacon) || !equalBytes(beacon.key, key) || isOwnAddress(from)) return;
    const now = performance.now();
    if (!perSource.of(from, now).tryPay(now)) return;
    if (judgeBeacon(verify, network, beacon, undefined) !== 'accepted') return;
    counts.heard += 1;
    if (beacon.counter >= options.nextCounter()) counts.certain += 1;
    options.onTwin(from);
  }

  function look(): void {
    for (const [name, { index, multicast }] of sockets) {
      if (interfaces.includes(name) && host.indexOf(name) === index) continue;
      multicast.close();
      sockets.delete(name);
    }
    for (const name of interfaces) {
      const index = host.indexOf(name);
      if (sockets.has(name) || index === undefined) continue;
      const multicast = host.open(name, port, {
        onReady: () => undefined,
        onPacket,
        onFailed: () => sockets.delete(name),
      });
      sockets.set(name, { index, multicast });
    }
  }

  return {
    start() {
      look();
      timer = setInterval(look, LOOK_EVERY_MS);
    },
    setInterfaces(names) {
      interfaces = names;
      if (timer !== undefined) look();
    },
    counts: () => ({ ...counts }),
    stop() {
      clearInterval(timer);
      for (const { multicast } of sockets.values()) multicast.close();
      sockets.clear();
    },
  };
}

/** Whether an address, with or without its zone, is one of this machine now. */
function isOwnAddress(address: string): boolean {
  const [bare] = address.split('%');
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === bare));
}
