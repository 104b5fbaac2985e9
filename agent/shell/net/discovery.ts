/**
 * Discovery: beacons (core/network/beacon.ts) out to every configured interface, and beacons in.
 *
 * Out: in quick succession at first, and for as long as nobody has been heard since an interface
 * came (a mesh takes seconds to be secured, and nobody hears a beacon before); then at the usual
 * interval, with jitter; and sooner when a node is heard that was not heard before, so that a
 * newcomer need not wait. A node without a key, a wallet, only listens.
 *
 * In, the cheapest test first: length, network, own key, counter, then the rates of the source and
 * of all (token-bucket.ts), and only then a signature. What is accepted is handed on as "this key
 * may be reached there": a hint, which the TLS handshake proves or not.
 *
 * An interface may be absent, come, go and come back: it is looked at again and again.
 */

import { equalBytes, toHex } from '../../core/base/bytes.ts';
import type { Signer, Verify } from '../../core/base/crypto.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import {
  BEACON_BYTES,
  type BeaconRole,
  judgeBeacon,
  makeBeacon,
  parseBeacon,
} from '../../core/network/beacon.ts';
import type { Address } from './address.ts';
import { DISCOVERY_LIMITS, type DiscoveryLimits } from './limits.ts';
import { MULTICAST_HOST, type Multicast, type MulticastHost } from './multicast.ts';
import { FairRate } from './token-bucket.ts';

/** What this node says of itself. */
export interface OwnBeacon {
  readonly signer: Signer;
  readonly role: BeaconRole;
  /** Where it takes streams. */
  readonly tlsPort: number;
  /** Above every counter it used before: the wall clock, in milliseconds. */
  readonly firstCounter: bigint;
}

export interface FoundBeacon {
  readonly key: Uint8Array;
  readonly role: BeaconRole;
  readonly address: Address;
}

export interface DiscoveryOptions {
  /** Network id, 32 bytes. */
  readonly network: Uint8Array;
  readonly interfaces: readonly string[];
  /** UDP port of the beacons. */
  readonly port: number;
  /** Undefined: only listens. */
  readonly own: OwnBeacon | undefined;
  readonly verify: Verify;
  readonly onFound: (found: FoundBeacon) => void;
  /** An interface came (`problem` undefined) or cannot be used. Told once per change. */
  readonly onInterface?: (name: string, problem: string | undefined) => void;
  readonly limits?: Partial<DiscoveryLimits>;
  readonly nowMs?: () => number;
  /** The host's interfaces; for tests. */
  readonly host?: MulticastHost;
}

/** What became of packets so far. */
export interface DiscoveryCounts {
  sent: number;
  accepted: number;
  foreign: number;
  malformed: number;
  replayed: number;
  forged: number;
  overRate: number;
}

export interface Discovery {
  start(): void;
  /** Other interfaces from now on. */
  setInterfaces(names: readonly string[]): void;
  counts(): Readonly<DiscoveryCounts>;
  /** Of the next beacon: above every counter that this node has used. */
  nextCounter(): bigint;
  stop(): void;
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const limits: DiscoveryLimits = { ...DISCOVERY_LIMITS, ...options.limits };
  const { nowMs = () => performance.now(), host = MULTICAST_HOST } = options;
  const counts: DiscoveryCounts = {
    sent: 0,
    accepted: 0,
    foreign: 0,
    malformed: 0,
    replayed: 0,
    forged: 0,
    overRate: 0,
  };
  const judge = createJudge(options, limits, counts, nowMs);
  const sockets = new Map<string, { readonly index: number; readonly multicast: Multicast }>();
  const problems = new Map<string, string>();
  let interfaces = options.interfaces;
  let counter = options.own?.firstCounter ?? 0n;
  let quickLeft = limits.quickBeacons;
  let acceptedAtOpening = 0;
  let beaconTimer: NodeJS.Timeout | undefined;
  let beaconAtMs = Infinity;
  let interfaceTimer: NodeJS.Timeout | undefined;

  function sendBeacon(): void {
    const { own } = options;
    if (own === undefined) return;
    const { role, tlsPort: port, signer } = own;
    for (const { multicast } of sockets.values()) {
      multicast.send(makeBeacon(options.network, signer, { role, port, counter }));
      counter += 1n;
      counts.sent += 1;
    }
    quickLeft = Math.max(0, quickLeft - 1);
    beaconAtMs = Infinity;
    const isAlone = counts.accepted === acceptedAtOpening;
    sendIn(quickLeft > 0 || isAlone ? limits.quickBeaconMs : limits.beaconMs);
  }

  /** Sends within `delayMs` (less up to a quarter of it), if not sooner anyway. */
  function sendIn(delayMs: number): void {
    const jitteredMs = delayMs * (1 - Math.random() / 4);
    if (options.own === undefined || beaconAtMs <= nowMs() + jitteredMs) return;
    clearTimeout(beaconTimer);
    beaconAtMs = nowMs() + jitteredMs;
    beaconTimer = setTimeout(sendBeacon, jitteredMs);
  }

  function onPacket(packet: Uint8Array, from: string): void {
    const found = judge(packet, from);
    if (found === undefined) return;
    if (found.isNew) sendIn(limits.quickBeaconMs);
    options.onFound(found);
  }

  function note(name: string, problem: string | undefined): void {
    if (problems.get(name) === problem && problems.has(name)) return;
    if (problem === undefined) problems.delete(name);
    else problems.set(name, problem);
    options.onInterface?.(name, problem);
  }

  function openInterface(name: string, index: number): void {
    const multicast = host.open(name, options.port, {
      onPacket,
      onReady() {
        note(name, undefined);
        // The others learn of this interface soon, also when it has just come back.
        quickLeft = limits.quickBeacons;
        acceptedAtOpening = counts.accepted;
        sendIn(limits.quickBeaconMs / 4);
      },
      onFailed(error) {
        sockets.delete(name);
        note(name, error.message);
      },
    });
    sockets.set(name, { index, multicast });
  }

  function lookAtInterfaces(): void {
    for (const [name, { index, multicast }] of sockets) {
      if (interfaces.includes(name) && host.indexOf(name) === index) continue;
      multicast.close();
      sockets.delete(name);
    }
    for (const name of interfaces) {
      if (sockets.has(name)) continue;
      const index = host.indexOf(name);
      if (index === undefined) note(name, 'not there, or without a link-local IPv6 address');
      else openInterface(name, index);
    }
  }

  return {
    start() {
      lookAtInterfaces();
      interfaceTimer = setInterval(lookAtInterfaces, limits.interfaceRetryMs);
    },
    setInterfaces(names) {
      interfaces = names;
      if (interfaceTimer !== undefined) lookAtInterfaces();
    },
    counts: () => counts,
    nextCounter: () => counter,
    stop() {
      clearTimeout(beaconTimer);
      clearInterval(interfaceTimer);
      for (const { multicast } of sockets.values()) multicast.close();
      sockets.clear();
    },
  };
}

type Judge = (
  packet: Uint8Array,
  from: string,
) => (FoundBeacon & { readonly isNew: boolean }) | undefined;

/** What a packet is worth. Counts what it throws away. */
function createJudge(
  { network, own, verify }: DiscoveryOptions,
  limits: DiscoveryLimits,
  counts: DiscoveryCounts,
  nowMs: () => number,
): Judge {
  // By key, the one heard longest ago first.
  const heard = new Map<string, { readonly counter: bigint; readonly atMs: number }>();
  const { beaconsPerSecond: perSecond, beaconsPerSourcePerSecond: perSourcePerSecond } = limits;
  const { bucketMs, sources } = limits;
  const rate = new FairRate({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs());

  function remember(name: string, counter: bigint, atMs: number): void {
    heard.delete(name);
    heard.set(name, { counter, atMs });
    if (heard.size <= limits.counters) return;
    const [oldest] = heard.keys();
    if (oldest !== undefined) heard.delete(oldest);
  }

  return (packet, from) => {
    if (packet.length !== BEACON_BYTES) {
      counts.malformed += 1;
      return undefined;
    }
    const beacon = parseBeacon(network, packet);
    if (isRefusal(beacon)) {
      counts[beacon.refused === 'wrong_network' ? 'foreign' : 'malformed'] += 1;
      return undefined;
    }
    if (own !== undefined && equalBytes(beacon.key, own.signer.publicKey)) return undefined;
    const now = nowMs();
    const name = toHex(beacon.key);
    const known = heard.get(name);
    const last =
      known !== undefined && now - known.atMs < limits.counterForgetMs ? known : undefined;
    if (last !== undefined && beacon.counter <= last.counter) {
      counts.replayed += 1;
      return undefined;
    }
    if (!rate.tryPay(from, now)) {
      counts.overRate += 1;
      return undefined;
    }
    if (judgeBeacon(verify, network, beacon, last?.counter) !== 'accepted') {
      counts.forged += 1;
      return undefined;
    }
    counts.accepted += 1;
    remember(name, beacon.counter, now);
    const { key, role, port } = beacon;
    return { key, role, address: { host: from, port }, isNew: last === undefined };
  };
}
