/**
 * One connection, as a state machine: datagrams and bytes in, datagrams and bytes out. It has no
 * socket, no clock and no randomness; time comes in as `nowMs` and never goes back.
 *
 * Opening. The dialler's first segments travel in open packets, with a cookie if it has one. The
 * other side keeps nothing until the cookie is good (server.ts); from then on the connection is
 * open on its side, and on the dialler's as soon as it hears a segment packet. So the first bytes
 * arrive after one round trip, or, with a cookie from before, at once. The dialler speaks first.
 * The end. Each direction ends with a segment that says so and is acknowledged like any other. A
 * reset is the answer to a packet of a connection that is not there; it cuts off, unless
 * everything had arrived already.
 *
 * While nothing is on its way nothing is sent, and `wakeAtMs` is Infinity: signs of life are the
 * business of whoever uses the stream.
 */

import { TokenBucket } from '../token-bucket.ts';
import type { Familiarity, Share } from './commons.ts';
import { type Congestion, createCongestion } from './congestion.ts';
import { NO_COOKIE } from './cookie.ts';
import { Inbound } from './inbound.ts';
import type { DatagramLimits } from './limits.ts';
import { copiesFor, createLossMeter, type LossMeter } from './loss.ts';
import { type Conditions, Outbound } from './outbound.ts';
import { type Body, encodePacket, type Packet, roomForSegments, type Segment } from './packet.ts';
import { createRoundTrip, type RoundTrip } from './round-trip.ts';

/** Echoes of a clock that are older are of another life. */
const MAX_ECHO_MS = 60_000;

export interface ConnectionOptions {
  readonly id: bigint;
  readonly dialled: boolean;
  /** One kept from an earlier connection to the same address, if there is one. */
  readonly cookie?: Uint8Array | undefined;
  readonly limits: DatagramLimits;
  /** Whose repeats these are, where several of a familiarity share them. */
  readonly source?: string;
  /** Shared by the connections of a node. */
  readonly shares: Readonly<Record<Familiarity, Share>>;
}

export type ConnectionFailure = 'reset' | 'silent';

export class Connection {
  readonly id: bigint;
  readonly #options: ConnectionOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #roundTrip: RoundTrip;
  readonly #congestion: Congestion;
  readonly #meter: LossMeter;
  readonly #allowance: TokenBucket;
  #familiarity: Familiarity;
  #cookie: Uint8Array;
  #isOpen: boolean;
  #failure: ConnectionFailure | undefined;
  /** The other side has said everything, and forgotten the connection. */
  #isForgotten = false;
  #count = 0;
  /** How much of what this side sends gets lost, as the other side says. */
  #lossOut = 0;
  #echoed: { readonly sent: number; readonly atMs: number } | undefined;
  #sampled: number | undefined;
  #vain = 0;
  #unansweredFromMs: number | undefined;
  #acknowledgeAtMs = Infinity;
  #acknowledgements = 0;
  #probedAtMs = -Infinity;
  #probes = 0;
  #offered: number;

  constructor(options: ConnectionOptions) {
    const { limits, shares, dialled } = options;
    this.id = options.id;
    this.#options = options;
    this.#familiarity = dialled ? 'own' : 'stranger';
    this.#inbound = new Inbound(limits, shares[this.#familiarity].budget);
    this.#outbound = new Outbound(limits, (nowMs) => this.#mayRepeat(nowMs));
    this.#roundTrip = createRoundTrip(limits);
    this.#congestion = createCongestion(limits);
    this.#meter = createLossMeter();
    this.#allowance = new TokenBucket(limits.strangerRepeatsPerSecond, limits.bucketMs, 0);
    this.#cookie = options.cookie ?? NO_COOKIE;
    this.#isOpen = !dialled;
    this.#offered = limits.windowSegments;
  }

  /** What it is to the node from now on; those that called begin as strangers. */
  trust(isMember: boolean): void {
    if (this.#options.dialled) return;
    this.#familiarity = isMember ? 'own' : 'guest';
    this.#inbound.move(this.#options.shares[this.#familiarity].budget);
  }

  write(bytes: Uint8Array): void {
    this.#outbound.write(bytes);
  }

  /** Ends this side's direction after what was written. */
  finish(): void {
    this.#outbound.finish();
  }

  /** Gives everything up; returns what to tell the other side: that it is over, or broken off. */
  abort(nowMs: number): Buffer {
    const isOver = this.#isOpen && this.#inbound.ended() && this.#outbound.isDone();
    const last = isOver
      ? this.#packetOf([], false, nowMs)
      : encodePacket({ kind: 'reset', id: this.id });
    this.#drop();
    return last;
  }

  receive(packet: Packet, nowMs: number): void {
    if (this.#failure !== undefined || packet.id !== this.id) return;
    switch (packet.kind) {
      case 'cookie':
        return this.#takeCookie(packet.cookie, packet.echo, nowMs);
      case 'reset':
        // Whoever has nothing more to say may forget the connection before this side does.
        if (!this.#inbound.isComplete()) return this.#fail('reset');
        this.#isForgotten = true;
        return this.#outbound.drop();
      case 'open':
        return this.#options.dialled ? undefined : this.#takeBody(packet.body, nowMs);
      case 'segment':
        return this.#takeBody(packet.body, nowMs);
    }
  }

  /** The next datagram to send, until there is none. */
  poll(nowMs: number): Buffer | undefined {
    if (this.#failure !== undefined) return undefined;
    if (this.#silentAtMs <= nowMs) {
      this.#fail('silent');
      return undefined;
    }
    const segments = this.#gather(nowMs);
    if (segments.length > 0) return this.#packetOf(segments, false, nowMs);
    if (this.#probeAtMs <= nowMs) {
      this.#probedAtMs = nowMs;
      this.#probes += 1;
      this.#vain += 1;
      return this.#packetOf([], true, nowMs);
    }
    if (this.#isOpen && (this.#acknowledgeAtMs <= nowMs || this.#hasNewRoom)) {
      return this.#packetOf([], false, nowMs);
    }
    return undefined;
  }

  /** When `poll` has something, if nothing happens before; Infinity: never. */
  wakeAtMs(nowMs: number): number {
    if (this.#failure !== undefined) return Infinity;
    const roomAtMs = this.#hasNewRoom ? nowMs : Infinity;
    const dueAtMs = this.#outbound.dueAtMs(this.#way);
    const acknowledgeAtMs = this.#acknowledgeAtMs;
    return Math.min(dueAtMs, this.#probeAtMs, acknowledgeAtMs, this.#silentAtMs, roomAtMs);
  }

  read(): Uint8Array | undefined {
    return this.#inbound.read();
  }

  /** The other side has been heard in this connection. */
  isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that were written and not sent for a first time. */
  waitingBytes(): number {
    return this.#outbound.waitingBytes();
  }

  /** The other side's direction has ended, and was read. */
  ended(): boolean {
    return this.#inbound.ended();
  }

  /** This side's direction has ended, and the other side knows. */
  finished(): boolean {
    return this.#isForgotten || this.#outbound.isDone();
  }

  failure(): ConnectionFailure | undefined {
    return this.#failure;
  }

  /** The cookie that worked, for the next connection. */
  cookie(): Uint8Array {
    return this.#cookie;
  }

  /** How much gets lost is what the other side says: a stranger's word is not worth much. */
  #mayRepeat(nowMs: number): boolean {
    if (this.#familiarity === 'stranger' && !this.#allowance.tryPay(nowMs)) return false;
    const { shares, source = '' } = this.#options;
    return shares[this.#familiarity].repeats.tryPay(source, nowMs);
  }

  get #way(): Conditions {
    const { openingWindow, leastWindow, repeatFirstMs } = this.#options.limits;
    const window = this.#isOpen ? this.#congestion.window() : openingWindow;
    // A few segments are a payment, which somebody waits for; many are worth no more than airtime.
    const few = this.#outbound.inFlight() <= leastWindow;
    return {
      window: this.#cookie === NO_COOKIE && !this.#isOpen ? 1 : window,
      copies: few ? copiesFor(this.#lossEitherWay, this.#vain) : 1,
      intervalMs: this.#roundTrip.intervalMs(this.#vain),
      smoothedMs: this.#roundTrip.smoothedMs() ?? repeatFirstMs,
    };
  }

  /** Until the other side has measured anything, its way is taken to be as bad as the way here. */
  get #lossEitherWay(): number {
    return Math.max(this.#lossOut, this.#meter.share());
  }

  #fail(why: ConnectionFailure): void {
    this.#failure ??= why;
    this.#drop();
  }

  #drop(): void {
    this.#inbound.drop();
    this.#outbound.drop();
    this.#acknowledgeAtMs = Infinity;
    this.#unansweredFromMs = undefined;
  }

  // ---- in ------------------------------------------------------------------------------------

  #takeCookie(fresh: Uint8Array, echo: number, nowMs: number): void {
    if (!this.#options.dialled || this.#isOpen) return;
    if (Buffer.compare(fresh, this.#cookie) === 0) return;
    this.#cookie = new Uint8Array(fresh);
    const ageMs = ageOf(echo, nowMs);
    if (ageMs !== undefined) this.#roundTrip.sample(ageMs, nowMs);
    this.#unansweredFromMs = undefined;
    this.#outbound.expire();
  }

  #takeBody(body: Body, nowMs: number): void {
    const { echo } = body;
    const ageMs = echo === undefined ? undefined : ageOf(echo.sent, nowMs);
    const acknowledged = this.#outbound.acknowledge(
      { ...body, arrivedSentMs: ageMs === undefined ? undefined : nowMs - ageMs },
      Math.max(this.#options.limits.reorderMs, (this.#roundTrip.smoothedMs() ?? 0) / 4),
    );
    if (acknowledged === undefined) return;
    this.#isOpen = true;
    this.#unansweredFromMs = undefined;
    // Talk that acknowledges nothing says that the other side lives, but repeats are still in vain.
    if (acknowledged > 0 || this.#outbound.inFlight() === 0) this.#vain = 0;
    this.#congestion.acknowledged(acknowledged);
    if (this.#meter.came(body.count)) {
      this.#lossOut = body.loss;
      this.#echoed = { sent: body.sent, atMs: nowMs };
      if (echo !== undefined && ageMs !== undefined && this.#sampled !== echo.sent) {
        this.#sampled = echo.sent;
        this.#sample(Math.max(0, ageMs - echo.held), nowMs);
      }
    }
    this.#takeSegments(body.segments, body.wantsAnswer, nowMs);
  }

  #sample(sampleMs: number, nowMs: number): void {
    this.#roundTrip.sample(sampleMs, nowMs);
    this.#congestion.sample(sampleMs, this.#roundTrip.shortestMs(), nowMs);
  }

  #takeSegments(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): void {
    let urgent = wantsAnswer;
    for (const segment of segments) if (this.#inbound.take(segment) !== 'next') urgent = true;
    if (segments.length === 0 && !wantsAnswer) return;
    this.#acknowledgements = copiesFor(this.#lossEitherWay, 0);
    const soon = urgent || this.#acknowledgements > 1;
    const atMs = soon ? nowMs : nowMs + this.#options.limits.acknowledgeMs;
    this.#acknowledgeAtMs = Math.min(this.#acknowledgeAtMs, atMs);
  }

  // ---- out -----------------------------------------------------------------------------------

  /** Segments to send now. */
  #gather(nowMs: number): readonly Segment[] {
    const way = this.#way;
    if (this.#outbound.dueAtMs(way) > nowMs) return [];
    const kind = this.#options.dialled && !this.#isOpen ? 'open' : 'segment';
    const room = roomForSegments(kind, this.#inbound.have().length);
    const { segments, timedOut } = this.#outbound.gather(room, nowMs, way);
    if (timedOut) this.#vain += 1;
    if (segments.length > 0) this.#probes = 0;
    return segments;
  }

  #packetOf(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): Buffer {
    const { id } = this;
    const body = this.#bodyOf(segments, wantsAnswer, nowMs);
    if (segments.length > 0 || wantsAnswer) this.#unansweredFromMs ??= nowMs;
    this.#acknowledgements -= 1;
    const { copySpacingMs } = this.#options.limits;
    this.#acknowledgeAtMs = this.#acknowledgements > 0 ? nowMs + copySpacingMs : Infinity;
    if (this.#options.dialled && !this.#isOpen) {
      return encodePacket({ kind: 'open', id, cookie: this.#cookie, body });
    }
    return encodePacket({ kind: 'segment', id, body });
  }

  #bodyOf(segments: readonly Segment[], wantsAnswer: boolean, nowMs: number): Body {
    const echoed = this.#echoed;
    const heldMs = echoed === undefined ? 0 : Math.floor(nowMs - echoed.atMs);
    const isTooOld = heldMs > 65_534;
    this.#offered = this.#inbound.window();
    const number = this.#count;
    this.#count = (this.#count + 1) & 0xffff;
    return {
      count: number,
      loss: this.#meter.share(),
      wantsAnswer,
      sent: clockOf(nowMs),
      echo: echoed === undefined || isTooOld ? undefined : { sent: echoed.sent, held: heldMs },
      next: this.#inbound.next(),
      window: this.#offered,
      have: this.#inbound.have(),
      segments,
    };
  }

  /** A full reader tells by itself when there is room; asking is for when that got lost. */
  get #probeAtMs(): number {
    if (!this.#outbound.isBlocked()) return Infinity;
    return this.#probedAtMs + this.#roundTrip.intervalMs(this.#vain + 8 * this.#probes);
  }

  get #silentAtMs(): number {
    const fromMs = this.#unansweredFromMs;
    return fromMs === undefined ? Infinity : fromMs + this.#options.limits.deadMs;
  }

  /** The reader has made room since the last offer, which was a poor one. */
  get #hasNewRoom(): boolean {
    const { leastWindow } = this.#options.limits;
    return this.#offered < leastWindow && this.#inbound.window() >= leastWindow;
  }
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
