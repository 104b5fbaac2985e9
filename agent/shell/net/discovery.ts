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
import { DISCOVERY_LIMITS, type DiscoveryLimits } from './discovery-limits.ts';
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

/** Beacons out and in. Nothing is sent or heard before `start`. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #limits: DiscoveryLimits;
  readonly #nowMs: () => number;
  readonly #host: MulticastHost;
  readonly #judge: Judge;
  readonly #sockets = new Map<string, { readonly index: number; readonly multicast: Multicast }>();
  readonly #problems = new Map<string, string>();
  readonly #counts: DiscoveryCounts = {
    sent: 0,
    accepted: 0,
    foreign: 0,
    malformed: 0,
    replayed: 0,
    forged: 0,
    overRate: 0,
  };
  #interfaces: readonly string[];
  #counter: bigint;
  #quickLeft: number;
  #acceptedAtOpening = 0;
  #beaconTimer: NodeJS.Timeout | undefined;
  #beaconAtMs = Infinity;
  #interfaceTimer: NodeJS.Timeout | undefined;

  constructor(options: DiscoveryOptions) {
    const { nowMs = () => performance.now(), host = MULTICAST_HOST } = options;
    this.#options = options;
    this.#limits = { ...DISCOVERY_LIMITS, ...options.limits };
    this.#nowMs = nowMs;
    this.#host = host;
    this.#judge = createJudge(options, this.#limits, this.#counts, nowMs);
    this.#interfaces = options.interfaces;
    this.#counter = options.own?.firstCounter ?? 0n;
    this.#quickLeft = this.#limits.quickBeacons;
  }

  start(): void {
    this.#lookAtInterfaces();
    this.#interfaceTimer = setInterval(
      () => this.#lookAtInterfaces(),
      this.#limits.interfaceRetryMs,
    );
  }

  /** Other interfaces from now on. */
  setInterfaces(names: readonly string[]): void {
    this.#interfaces = names;
    if (this.#interfaceTimer !== undefined) this.#lookAtInterfaces();
  }

  counts(): Readonly<DiscoveryCounts> {
    return this.#counts;
  }

  /** Of the next beacon: above every counter that this node has used. */
  nextCounter(): bigint {
    return this.#counter;
  }

  stop(): void {
    clearTimeout(this.#beaconTimer);
    clearInterval(this.#interfaceTimer);
    for (const { multicast } of this.#sockets.values()) multicast.close();
    this.#sockets.clear();
  }

  #sendBeacon(): void {
    const { own, network } = this.#options;
    if (own === undefined) return;
    const { role, tlsPort: port, signer } = own;
    for (const { multicast } of this.#sockets.values()) {
      multicast.send(makeBeacon(network, signer, { role, port, counter: this.#counter }));
      this.#counter += 1n;
      this.#counts.sent += 1;
    }
    this.#quickLeft = Math.max(0, this.#quickLeft - 1);
    this.#beaconAtMs = Infinity;
    const isAlone = this.#counts.accepted === this.#acceptedAtOpening;
    const { quickBeaconMs, beaconMs } = this.#limits;
    this.#sendIn(this.#quickLeft > 0 || isAlone ? quickBeaconMs : beaconMs);
  }

  /** Sends within `delayMs` (less up to a quarter of it), if not sooner anyway. */
  #sendIn(delayMs: number): void {
    const jitteredMs = delayMs * (1 - Math.random() / 4);
    const atMs = this.#nowMs() + jitteredMs;
    if (this.#options.own === undefined || this.#beaconAtMs <= atMs) return;
    clearTimeout(this.#beaconTimer);
    this.#beaconAtMs = atMs;
    this.#beaconTimer = setTimeout(() => this.#sendBeacon(), jitteredMs);
  }

  #take(packet: Uint8Array, from: string): void {
    const found = this.#judge(packet, from);
    if (found === undefined) return;
    if (found.isNew) this.#sendIn(this.#limits.quickBeaconMs);
    this.#options.onFound(found);
  }

  #note(name: string, problem: string | undefined): void {
    const problems = this.#problems;
    if (problems.get(name) === problem && problems.has(name)) return;
    if (problem === undefined) problems.delete(name);
    else problems.set(name, problem);
    this.#options.onInterface?.(name, problem);
  }

  #openInterface(name: string, index: number): void {
    const multicast = this.#host.open(name, this.#options.port, {
      onPacket: (packet, from) => this.#take(packet, from),
      onReady: () => {
        this.#note(name, undefined);
        // The others learn of this interface soon, also when it has just come back.
        this.#quickLeft = this.#limits.quickBeacons;
        this.#acceptedAtOpening = this.#counts.accepted;
        this.#sendIn(this.#limits.quickBeaconMs / 4);
      },
      onFailed: (error) => {
        this.#sockets.delete(name);
        this.#note(name, error.message);
      },
    });
    this.#sockets.set(name, { index, multicast });
  }

  #lookAtInterfaces(): void {
    for (const [name, { index, multicast }] of this.#sockets) {
      if (this.#interfaces.includes(name) && this.#host.indexOf(name) === index) continue;
      multicast.close();
      this.#sockets.delete(name);
    }
    for (const name of this.#interfaces) {
      if (this.#sockets.has(name)) continue;
      const index = this.#host.indexOf(name);
      if (index === undefined) this.#note(name, 'not there, or without a link-local IPv6 address');
      else this.#openInterface(name, index);
    }
  }
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
