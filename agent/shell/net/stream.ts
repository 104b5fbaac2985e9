/**
 * One link after its handshake: frames in and out, the signs of life, and its bounds.
 *
 * Acceptance. In TLS 1.3 a client is through the handshake before the server has looked at it. So
 * the server's first word, a ping, tells the dialler that it was accepted; before it comes, the
 * stream is not open on the dialler's side.
 *
 * In. Reading stops while enough of this link waits for the core (`hold`) or the link has spent its
 * tokens; then TCP slows the sender down and nothing piles up here. Out (output.ts). A reader that
 * is so slow that too much of this node's own words waits for it is cut off (slow_reader): every
 * sender repeats (core/io.ts), nothing is lost for good.
 */
import type { TLSSocket } from 'node:tls';
import { invariant } from '../../core/base/assert.ts';
import { MAX_FRAME_BYTES } from '../../core/base/limits.ts';
import { faultCodeOf, faultOfError, type LinkFault, linkFault, wireOf } from './fault.ts';
import { createFrameReader, goodbyeReason, goodbyeWord, PING, PONG, wordBytes } from './framing.ts';
import type { NetLimits } from './limits.ts';
import { type Cause, Output } from './output.ts';
import type { Bounds } from './terms.ts';
import type { Purse } from './token-bucket.ts';

/** What went over a link, or over all links of a peer so far. */
export interface Traffic {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}

export interface StreamOptions {
  readonly socket: TLSSocket;
  /** Whether this side dialled. */
  readonly dialled: boolean;
  /** Whether signs of life are demanded of the other side; else it may be idle for a while. */
  readonly alive: boolean;
  readonly limits: NetLimits;
  readonly bounds: Bounds;
  readonly traffic: Traffic;
  readonly nowMs: () => number;
  /** The other side accepted: frames may come and go. Only on the side that dialled. */
  readonly onOpen: () => void;
  readonly onFrame: (frame: Uint8Array) => void;
  /** The stream ended, from whatever side; heard once. Nothing is heard after it. */
  readonly onEnd: (fault: LinkFault) => void;
}

export class Stream {
  readonly #options: StreamOptions;
  readonly #reader = createFrameReader(MAX_FRAME_BYTES);
  readonly #output: Output;
  #bounds: Bounds;
  #isOpen: boolean;
  #hasEnded = false;
  #isHeld = false;
  #throttle: NodeJS.Timeout | undefined;
  #throttledUntilMs = -Infinity;
  #isPumping = false;
  #lastHeardMs: number;
  #pingedAtMs = -Infinity;
  /**
   * When the ping was sent whose pong is awaited: pongs come in order, later pings do not count.
   */
  #measuredFromMs: number | undefined;
  #roundTripMs: number | undefined;
  /** Resolves when the socket is gone, soon after the end. */
  readonly gone: Promise<void>;

  constructor(options: StreamOptions) {
    const { socket, dialled, bounds, traffic, nowMs } = options;
    this.#options = options;
    this.#bounds = bounds;
    this.#isOpen = !dialled;
    this.#lastHeardMs = nowMs();
    this.#output = new Output({
      mostBytes: bounds.outputBytes,
      budget: bounds.budget,
      write(batch, done) {
        traffic.bytesOut += batch.length;
        socket.write(batch, done);
      },
    });
    this.gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#drop(faultOfError(error)));
    socket.on('end', () => this.#drop(linkFault('lost', 'the other side closed the connection')));
    socket.on('close', () => {
      this.#output.settle();
      this.#end(linkFault('lost'));
    });
    if (!dialled) this.#ping();
  }

  /** Sends a frame of 1 to MAX_FRAME_BYTES bytes; `cause`: it is passed on from another link. */
  send(frame: Uint8Array, cause?: Cause): void {
    invariant(frame.length > 0 && frame.length <= MAX_FRAME_BYTES, 'a frame is within its bound');
    if (this.#hasEnded) return;
    this.#options.traffic.framesOut += 1;
    if (cause !== undefined) this.#output.forward(frame, cause);
    else if (!this.#output.send(frame)) {
      this.close(linkFault('slow_reader', `${this.#output.ownBytes} bytes waiting`));
    }
  }

  /** What came in cost so much for signatures, and brought nothing. */
  payFruitless(cost: number): void {
    if (this.#hasEnded) return;
    this.#pay(this.#bounds.fruitless, cost);
    if (this.#throttle !== undefined) this.#options.socket.pause();
  }

  /** From now on it may use this much; what it owes it still owes. */
  rebind(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#output.rebind(bounds.outputBytes, bounds.budget);
  }

  /** Ends the stream and tells the other side why. */
  close(fault: LinkFault): void {
    if (this.#hasEnded) return;
    const { socket, limits } = this.#options;
    const wire = fault.code === 'slow_reader' ? undefined : wireOf(fault.code);
    this.#output.end(wire === undefined ? undefined : wordBytes(goodbyeWord(wire)));
    this.#end(fault);
    socket.resume();
    socket.end();
    const linger = setTimeout(() => socket.destroy(), limits.goodbyeMs);
    socket.once('close', () => clearTimeout(linger));
  }

  /** Stops and resumes reading. */
  hold(held: boolean): void {
    if (this.#isHeld === held || this.#hasEnded) return;
    this.#isHeld = held;
    this.#lastHeardMs = this.#options.nowMs();
    if (held) this.#options.socket.pause();
    else this.#pump();
  }

  /** Looks after signs of life; to be called more often than `pingEveryMs`. */
  tend(nowMs: number): void {
    if (this.#hasEnded || this.#isHeld || this.#throttle !== undefined) return;
    const { alive, limits } = this.#options;
    const silentMs = nowMs - this.#lastHeardMs;
    if (!alive) {
      if (silentMs > limits.anonymousIdleMs) this.close(linkFault('idle'));
    } else if (silentMs > limits.silenceMs) {
      this.close(linkFault('silent', `for ${Math.round(silentMs)} ms`));
    } else if (this.#isOpen && nowMs - this.#pingedAtMs >= limits.pingEveryMs) {
      this.#ping();
    }
  }

  /** Smoothed round trip of pings, if there was one. */
  roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  #end(fault: LinkFault): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#throttle);
    this.#options.onEnd(fault);
  }

  /** The other side, or the network, ended it: nothing more can be said. */
  #drop(fault: LinkFault): void {
    this.#end(fault);
    this.#options.socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#hasEnded) return;
    this.#lastHeardMs = this.#options.nowMs();
    this.#options.traffic.bytesIn += chunk.length;
    this.#reader.feed(chunk);
    this.#pump();
  }

  /** Takes in what was read, until a bound stops it. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    let item: Uint8Array | number | undefined = 0;
    while (!this.#hasEnded && !this.#isStopped && item !== undefined) {
      item = this.#reader.next();
      if (item !== undefined) this.#take(item);
    }
    this.#isPumping = false;
    if (this.#hasEnded) return;
    if (this.#isStopped) this.#options.socket.pause();
    else this.#options.socket.resume();
  }

  get #isStopped(): boolean {
    return this.#isHeld || this.#throttle !== undefined;
  }

  #take(item: Uint8Array | number): void {
    const refused = typeof item === 'number' && goodbyeReason(item) !== undefined;
    if (!this.#isOpen && !refused) {
      this.#isOpen = true;
      this.#options.onOpen();
      // The side that accepted is answered like any ping below; the opening may have ended it.
      if (this.#hasEnded) return;
    }
    if (typeof item === 'number') {
      this.#takeWord(item);
      if (!this.#hasEnded) this.#payFrame(0);
      return;
    }
    this.#options.traffic.framesIn += 1;
    this.#payFrame(item.length);
    this.#options.onFrame(item);
  }

  #takeWord(word: number): void {
    const reason = goodbyeReason(word);
    if (reason !== undefined) {
      this.#drop(linkFault('closed_by_peer', faultCodeOf(reason) ?? `reason ${reason}`));
    } else if (word === PING) {
      this.#output.word(wordBytes(PONG));
    } else if (word === PONG) {
      this.#measure();
    } else {
      this.close(linkFault('oversized_frame', `${word} bytes, at most ${MAX_FRAME_BYTES}`));
    }
  }

  #measure(): void {
    if (this.#measuredFromMs === undefined) return;
    const latestMs = this.#options.nowMs() - this.#measuredFromMs;
    this.#measuredFromMs = undefined;
    const before = this.#roundTripMs;
    this.#roundTripMs = before === undefined ? latestMs : 0.8 * before + 0.2 * latestMs;
  }

  #ping(): void {
    this.#pingedAtMs = this.#options.nowMs();
    this.#measuredFromMs ??= this.#pingedAtMs;
    this.#output.word(wordBytes(PING));
  }

  #payFrame(bytes: number): void {
    this.#pay(this.#bounds.buckets, 1 + (bytes >> 10));
  }

  /** Takes the price from all purses, and stops reading until none is in debt. */
  #pay(purses: readonly Purse[], price: number): void {
    const nowMs = this.#options.nowMs();
    let waitMs = 0;
    for (const purse of purses) waitMs = Math.max(waitMs, purse.pay(price, nowMs));
    const untilMs = nowMs + waitMs;
    if (waitMs === 0 || untilMs <= this.#throttledUntilMs) return;
    this.#throttledUntilMs = untilMs;
    clearTimeout(this.#throttle);
    this.#throttle = setTimeout(() => {
      this.#throttle = undefined;
      this.#lastHeardMs = this.#options.nowMs();
      this.#pump();
    }, waitMs);
  }
}

/** Ends a connection that does not become a stream, and tells the other side why. */
export function turnAway(socket: TLSSocket, fault: LinkFault, goodbyeMs: number): void {
  const wire = wireOf(fault.code);
  const linger = setTimeout(() => socket.destroy(), goodbyeMs);
  socket.once('close', () => clearTimeout(linger));
  socket.on('error', () => socket.destroy());
  socket.resume();
  if (wire === undefined) socket.end();
  else socket.end(wordBytes(goodbyeWord(wire)));
}
