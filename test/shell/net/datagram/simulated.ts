/**
 * Two connections over a make-believe network, with time driven by hand and everything that happens
 * drawn from a seed: packets get lost, late, doubled, out of order and damaged.
 */

import { createShares } from '../../../../agent/shell/net/datagram/commons.ts';
import { Connection } from '../../../../agent/shell/net/datagram/connection.ts';
import { createCookies } from '../../../../agent/shell/net/datagram/cookie.ts';
import {
  DATAGRAM_LIMITS,
  type DatagramLimits,
} from '../../../../agent/shell/net/datagram/limits.ts';
import {
  type Body,
  decodePacket,
  encodePacket,
} from '../../../../agent/shell/net/datagram/packet.ts';

/** Shares are 0 to 1. */
export interface Weather {
  readonly loss: number;
  readonly duplicates?: number;
  readonly damage?: number;
  readonly delayMs?: number;
  /** Each packet takes up to so much longer, so that they overtake each other. */
  readonly jitterMs?: number;
}

/** Numbers from 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Side {
  connection: Connection | undefined;
  /** Everything that was read so far. */
  received: Buffer;
  /** Whether the other side's end was read. */
  ended: boolean;
  /** Reads nothing while it is set. */
  held: boolean;
  /** What it has read makes it trust the other side, as the end of a handshake does. */
  trusts: boolean;
  sentPackets: number;
  sentBytes: number;
}

export interface SimulatedPair {
  readonly dialler: Side;
  readonly server: Side;
  nowMs(): number;
  weather: Weather;
  /** Hands both sides what they have to do now. To be called after whatever a test does to them. */
  touch(): void;
  /** Lets time pass until something holds; false if it does not within `timeoutMs`. */
  run(until: () => boolean, timeoutMs: number): boolean;
}

interface Flight {
  readonly atMs: number;
  readonly order: number;
  readonly to: Side;
  readonly bytes: Buffer;
}

const ID = 0x0102030405060708n;
const SOURCE = 'fe80::1';

export function simulatedPair(
  seed: number,
  weather: Weather,
  limits: DatagramLimits = DATAGRAM_LIMITS,
): SimulatedPair {
  const random = seeded(seed);
  const cookies = createCookies(new Uint8Array(32).fill(7), limits.cookieEpochMs);
  const flights: Flight[] = [];
  let nowMs = 1_000;
  let order = 0;

  const dialler = side(makeConnection(true));
  const server = side(undefined);
  const pair: SimulatedPair = { dialler, server, nowMs: () => nowMs, weather, touch, run };

  function makeConnection(dialled: boolean): Connection {
    const shares = createShares(limits, nowMs);
    return new Connection({ id: ID, dialled, limits, shares });
  }

  function send(from: Side, bytes: Buffer): void {
    from.sentPackets += 1;
    from.sentBytes += bytes.length;
    const to = from === dialler ? server : dialler;
    const { loss, duplicates = 0, damage = 0, delayMs = 1, jitterMs = 0 } = pair.weather;
    for (let copies = random() < duplicates ? 2 : 1; copies > 0; copies--) {
      if (random() < loss) continue;
      const copy = Buffer.from(bytes);
      const at = Math.floor(random() * copy.length);
      if (random() < damage) copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      // UDP's checksum finds damage; here it is thrown away in its place.
      if (!copy.equals(bytes)) continue;
      order += 1;
      flights.push({ atMs: nowMs + delayMs + random() * jitterMs, order, to, bytes: copy });
    }
  }

  function arrive({ to, bytes }: Flight): void {
    const packet = decodePacket(bytes);
    if (packet === undefined) return;
    if (to === server && to.connection === undefined) {
      if (packet.kind !== 'open') return;
      if (!cookies.isGood(packet.cookie, SOURCE, nowMs)) {
        const cookie = cookies.make(SOURCE, nowMs);
        const answer = { kind: 'cookie', id: packet.id, echo: packet.body.sent, cookie } as const;
        const copies = packet.body.count < 2 ? 1 : limits.cookieCopies;
        for (let i = 0; i < copies; i++) send(server, encodePacket(answer));
        return;
      }
      server.connection = makeConnection(false);
    }
    to.connection?.receive(packet, nowMs);
  }

  function work(one: Side): void {
    const { connection } = one;
    if (connection === undefined) return;
    for (;;) {
      const bytes = connection.poll(nowMs);
      if (bytes === undefined) break;
      send(one, bytes);
    }
    while (!one.held) {
      const bytes = connection.read();
      if (bytes === undefined) break;
      one.received = Buffer.concat([one.received, bytes]);
      if (one.trusts) connection.trust(true);
    }
    one.ended ||= connection.ended();
    for (;;) {
      const bytes = connection.poll(nowMs);
      if (bytes === undefined) break;
      send(one, bytes);
    }
  }

  function touch(): void {
    work(dialler);
    work(server);
  }

  function run(until: () => boolean, timeoutMs: number): boolean {
    const endMs = nowMs + timeoutMs;
    touch();
    while (!until()) {
      flights.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const wakes = [dialler, server].map((one) => one.connection?.wakeAtMs(nowMs) ?? Infinity);
      const nextMs = Math.max(nowMs, Math.min(flights[0]?.atMs ?? Infinity, ...wakes));
      if (nextMs > endMs) {
        nowMs = endMs;
        return until();
      }
      nowMs = Math.max(nextMs, nowMs);
      while ((flights[0]?.atMs ?? Infinity) <= nowMs) {
        const flight = flights.shift();
        if (flight !== undefined) arrive(flight);
      }
      touch();
      // Timers of the real world have a resolution of a millisecond.
      if (wakes.some((atMs) => atMs <= nowMs)) nowMs += 1;
    }
    return true;
  }

  return pair;
}

function side(connection: Connection | undefined): Side {
  return {
    connection,
    received: Buffer.alloc(0),
    ended: false,
    held: false,
    trusts: true,
    sentPackets: 0,
    sentBytes: 0,
  };
}

/**
 * What a packet says of whoever has heard nothing yet, has nothing to say, and takes everything.
 */
export const QUIET: Body = {
  count: 1,
  loss: 0,
  wantsAnswer: false,
  sent: 0,
  echo: undefined,
  next: 0,
  window: 64,
  have: new Uint8Array(),
  segments: [],
};
