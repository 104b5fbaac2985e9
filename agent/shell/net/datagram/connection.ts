/**
 * One connection, as a state machine: datagrams and bytes in, datagrams and bytes out. It has no
 * socket, no clock and no randomness; time comes in as `nowMs` and never goes back.
 *
 * Opening. The dialler's first segments travel in open packets, with a cookie if it has one. The
 * other side keeps nothing until the cookie is good (door.ts); from then on the connection is
 * open on its side, and on the dialler's as soon as it hears a segment packet. So the first bytes
 * arrive after one round trip, or, with a cookie from before, at once. The dialler speaks first.
 * The end. Each direction ends with a segment that says so and is acknowledged like any other. A
 * reset is the answer to a packet of a connection that is not there; it cuts off, unless
 * everything had arrived already.
 *
 * While nothing is on its way nothing is sent, and `wakeAtMs` is Infinity: signs of life are the
 * business of whoever uses the stream.
 */

import type { DatagramLimits } from '../limits.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { Familiarity, Share } from './commons.ts';
import { createCongestion } from './congestion.ts';
import { NO_COOKIE } from './cookie.ts';
import { createInbound } from './inbound.ts';
import { copiesFor, createLossMeter } from './loss.ts';
import { createOutbound, type Way } from './outbound.ts';
import { type Body, encodePacket, type Packet, roomForSegments, type Segment } from './packet.ts';
import { createRoundTrip } from './round-trip.ts';

/** Echoes of a clock that are older are of another life. */
const MAX_ECHO_MS = 60_000;

export interface ConnectionOptions {
  readonly id: bigint;
  readonly dialled: boolean;
  /** One kept from an earlier connection to the same address, if there is one. */
  readonly cookie?: Uint8Array | undefined;
  readonly limits: DatagramLimits;
  /** Shared by the connections of a node. */
  /** Whose repeats these are, where several of a standing share them. */
  readonly source?: string;
  readonly shares: Readonly<Record<Familiarity, Share>>;
}

export type ConnectionFailure = 'reset' | 'silent';

export interface Connection {
  readonly id: bigint;
  /** From now on it is more to the node than a stranger, as which those begin that called. */
  trust(isMember: boolean): void;
  write(bytes: Uint8Array): void;
  /** Ends this side's direction after what was written. */
  finish(): void;
  /** Gives everything up; returns what to tell the other side: that it is over, or broken off. */
  abort(nowMs: number): Buffer;
  receive(packet: Packet, nowMs: number): void;
  /** The next datagram to send, until there is none. */
  poll(nowMs: number): Buffer | undefined;
  /** When `poll` has something, if nothing happens before; Infinity: never. */
  wakeAtMs(nowMs: number): number;
  read(): Uint8Array | undefined;
  /** The other side has been heard in this connection. */
  isOpen(): boolean;
  /** Bytes that were written and not sent for a first time. */
  waitingBytes(): number;
  /** The other side's direction has ended, and was read. */
  ended(): boolean;
  /** This side's direction has ended, and the other side knows. */
  finished(): boolean;
  failure(): ConnectionFailure | undefined;
  /** The cookie that worked, for the next connection. */
  cookie(): Uint8Array;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { id, dialled, limits, shares, source = '' } = options;
  let standing: Familiarity = dialled ? 'own' : 'stranger';
  const inbound = createInbound(limits, shares[standing].budget);
  const outbound = createOutbound(limits, mayRepeat);
  const roundTrip = createRoundTrip(limits);
  const congestion = createCongestion(limits);
  const meter = createLossMeter();
  const allowance = new TokenBucket(limits.strangerRepeatsPerSecond, limits.bucketMs, 0);
  let cookie = options.cookie ?? NO_COOKIE;
  let open = !dialled;
  let failure: ConnectionFailure | undefined;
  /** The other side has said everything, and forgotten the connection. */
  let isForgotten = false;
  let count = 0;
  /** How much of what this side sends gets lost, as the other side says. */
  let lossOut = 0;
  let echoed: { readonly sent: number; readonly atMs: number } | undefined;
  let sampled: number | undefined;
  let vain = 0;
  let unansweredFromMs: number | undefined;
  let acknowledgeAtMs = Infinity;
  let acknowledgements = 0;
  let probedAtMs = -Infinity;
  let probes = 0;
  let offered = limits.windowSegments;

  /** How much gets lost is what the other side says: a stranger's word is not worth much. */
  function mayRepeat(nowMs: number): boolean {
    if (standing === 'stranger' && !allowance.tryPay(nowMs)) return false;
    return shares[standing].repeats.tryPay(source, nowMs);
  }

  function way(): Way {
    const windowNow = open ? congestion.window() : limits.openingWindow;
    // A few segments are a payment, which somebody waits for; many are worth no more than airtime.
    const few = outbound.inFlight() <= limits.leastWindow;
    return {
      window: cookie === NO_COOKIE && !open ? 1 : windowNow,
      copies: few ? copiesFor(lossEitherWay(), vain) : 1,
      intervalMs: roundTrip.intervalMs(vain),
      smoothedMs: roundTrip.smoothedMs() ?? limits.repeatFirstMs,
    };
  }

  /** Until the other side has measured anything, its way is taken to be as bad as the way here. */
  function lossEitherWay(): number {
    return Math.max(lossOut, meter.share());
  }

  function fail(why: ConnectionFailure): void {
    failure ??= why;
    drop();
  }

  function drop(): void {
    inbound.drop();
    outbound.drop();
    acknowledgeAtMs = Infinity;
    unansweredFromMs = undefined;
  }

  // ---- in ------------------------------------------------------------------------------------

  function takeCookie(fresh: Uint8Array, echo: number, nowMs: number): void {
    if (!dialled || open || Buffer.compare(fresh, cookie) === 0) return;
    cookie = new Uint8Array(fresh);
    const ageMs = ageOf(echo, nowMs);
    if (ageMs !== undefined) roundTrip.sample(ageMs, nowMs);
    unansweredFromMs = undefined;
    outbound.expire();
  }

  function takeBody(body: Body, nowMs: number): void {
    const ageMs = body.echo === undefined ? undefined : ageOf(body.echo.sent, nowMs);
    const acknowledged = outbound.acknowledge(
      { ...body, arrivedSentMs: ageMs === undefined ? undefined : nowMs - ageMs },
      Math.max(limits.reorderMs, (roundTrip.smoothedMs() ?? 0) / 4),
    );
    if (acknowledged === undefined) return;
    open = true;
    unansweredFromMs = undefined;
    // Whoever talks is alive, but talk that acknowledges nothing says that repeats are still in
    // vain.
    if (acknowledged > 0 || outbound.inFlight() === 0) vain = 0;
    congestion.acknowledged(acknowledged);
    if (meter.came(body.count)) {
      lossOut = body.loss;
      echoed = { sent: body.sent, atMs: nowMs };
      if (body.echo !== undefined && ageMs !== undefined && sampled !== body.echo.sent) {
        sampled = body.echo.sent;
        const sampleMs = Math.max(0, ageMs - body.echo.held);
        roundTrip.sample(sampleMs, nowMs);
        congestion.sample(sampleMs, roundTrip.shortestMs(), nowMs);
      }
    }
    takeSegments(body.segments, body.wantsAnswer, nowMs);
  }

  function takeSegments(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): void {
    let urgent = wantsAnswer;
    for (const segment of segments) if (inbound.take(segment) !== 'next') urgent = true;
    if (segments.length === 0 && !wantsAnswer) return;
    acknowledgements = copiesFor(lossEitherWay(), 0);
    const soon = urgent || acknowledgements > 1;
    acknowledgeAtMs = Math.min(acknowledgeAtMs, soon ? nowMs : nowMs + limits.acknowledgeMs);
  }

  // ---- out -----------------------------------------------------------------------------------

  function bodyOf(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): Body {
    const heldMs = echoed === undefined ? 0 : Math.floor(nowMs - echoed.atMs);
    offered = inbound.window();
    const number = count;
    count = (count + 1) & 0xffff;
    return {
      count: number,
      loss: meter.share(),
      wantsAnswer,
      sent: clockOf(nowMs),
      echo:
        echoed === undefined || heldMs > 65_534 ? undefined : { sent: echoed.sent, held: heldMs },
      next: inbound.next(),
      window: offered,
      have: inbound.have(),
      segments,
    };
  }

  function packetOf(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): Buffer {
    const body = bodyOf(segments, wantsAnswer, nowMs);
    if (segments.length > 0 || wantsAnswer) unansweredFromMs ??= nowMs;
    acknowledgements -= 1;
    acknowledgeAtMs = acknowledgements > 0 ? nowMs + limits.copySpacingMs : Infinity;
    if (dialled && !open) return encodePacket({ kind: 'open', id, cookie, body });
    return encodePacket({ kind: 'segment', id, body });
  }

  function probeAtMs(): number {
    // A full reader tells by itself when there is room; asking is for when that got lost.
    return outbound.isBlocked() ? probedAtMs + roundTrip.intervalMs(vain + 8 * probes) : Infinity;
  }

  function silentAtMs(): number {
    return unansweredFromMs === undefined ? Infinity : unansweredFromMs + limits.deadMs;
  }

  /** The reader has made room since the last offer, which was a poor one. */
  function hasNewRoom(): boolean {
    return offered < limits.leastWindow && inbound.window() >= limits.leastWindow;
  }

  return {
    id,
    trust(isMember) {
      if (dialled) return;
      standing = isMember ? 'own' : 'guest';
      inbound.move(shares[standing].budget);
    },
    write: outbound.write,
    finish: outbound.finish,
    abort(nowMs) {
      const isOver = open && inbound.ended() && outbound.isDone();
      const last = isOver ? packetOf([], false, nowMs) : encodePacket({ kind: 'reset', id });
      drop();
      return last;
    },

    receive(packet, nowMs) {
      if (failure !== undefined || packet.id !== id) return;
      switch (packet.kind) {
        case 'cookie':
          return takeCookie(packet.cookie, packet.echo, nowMs);
        case 'reset':
          // Whoever has nothing more to say may forget the connection before this side does.
          if (!inbound.isComplete()) return fail('reset');
          isForgotten = true;
          return outbound.drop();
        case 'open':
          return dialled ? undefined : takeBody(packet.body, nowMs);
        case 'segment':
          return takeBody(packet.body, nowMs);
      }
    },

    poll(nowMs) {
      if (failure !== undefined) return undefined;
      if (silentAtMs() <= nowMs) {
        fail('silent');
        return undefined;
      }
      const wayNow = way();
      if (outbound.dueAtMs(wayNow) <= nowMs) {
        const kind = dialled && !open ? 'open' : 'segment';
        const room = roomForSegments(kind, inbound.have().length);
        const { segments, timedOut } = outbound.gather(room, nowMs, wayNow);
        if (timedOut) vain += 1;
        if (segments.length > 0) {
          probes = 0;
          return packetOf(segments, false, nowMs);
        }
      }
      if (probeAtMs() <= nowMs) {
        probedAtMs = nowMs;
        probes += 1;
        vain += 1;
        return packetOf([], true, nowMs);
      }
      if (open && (acknowledgeAtMs <= nowMs || hasNewRoom())) return packetOf([], false, nowMs);
      return undefined;
    },

    wakeAtMs(nowMs) {
      if (failure !== undefined) return Infinity;
      const roomAtMs = hasNewRoom() ? nowMs : Infinity;
      const dueAtMs = outbound.dueAtMs(way());
      return Math.min(dueAtMs, probeAtMs(), acknowledgeAtMs, silentAtMs(), roomAtMs);
    },

    read: inbound.read,
    isOpen: () => open,
    waitingBytes: outbound.waitingBytes,
    ended: inbound.ended,
    finished: () => isForgotten || outbound.isDone(),
    failure: () => failure,
    cookie: () => cookie,
  };
}

/** The clock as packets carry it. */
function clockOf(nowMs: number): number {
  return Math.floor(nowMs) % 2 ** 32;
}

/** How long ago that was by this side's clock; undefined: it cannot be. */
function ageOf(sent: number, nowMs: number): number | undefined {
  const ageMs = (clockOf(nowMs) - sent + 2 ** 32) % 2 ** 32;
  return ageMs <= MAX_ECHO_MS ? ageMs : undefined;
}
