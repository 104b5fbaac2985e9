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
import { type Cause, Output, type OutputBudget } from './output.ts';
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
  readonly outputBytes: number;
  readonly budget: OutputBudget | undefined;
  /** What every frame is paid from, and what signatures are that brought nothing. */
  readonly buckets: readonly Purse[];
  readonly fruitless: readonly Purse[];
  readonly traffic: Traffic;
  readonly nowMs: () => number;
  /** The other side accepted: frames may come and go. Only on the side that dialled. */
  readonly onOpen: () => void;
  readonly onFrame: (frame: Uint8Array) => void;
  /** The stream ended, from whatever side; heard once. Nothing is heard after it. */
  readonly onEnd: (fault: LinkFault) => void;
}

export interface Stream {
  /** Sends a frame of 1 to MAX_FRAME_BYTES bytes; `cause`: it is passed on from another link. */
  send(frame: Uint8Array, cause?: Cause): void;
  /** What came in cost so much for signatures, and brought nothing. */
  payFruitless(cost: number): void;
  /** Ends the stream and tells the other side why. */
  close(fault: LinkFault): void;
  /** Stops and resumes reading. */
  hold(held: boolean): void;
  /** Looks after signs of life; to be called more often than `pingEveryMs`. */
  tend(nowMs: number): void;
  lastFrameMs(): number;
  /** Smoothed round trip of pings, if there was one. */
  roundTripMs(): number | undefined;
  /** Resolves when the socket is gone, soon after the end. */
  readonly gone: Promise<void>;
}

export function openStream(options: StreamOptions): Stream {
  const { socket, limits, traffic, nowMs } = options;
  const reader = createFrameReader(MAX_FRAME_BYTES);
  let open = !options.dialled;
  let ended = false;
  let held = false;
  let throttle: NodeJS.Timeout | undefined;
  let throttledUntilMs = -Infinity;
  let pumping = false;
  const output = new Output({
    mostBytes: options.outputBytes,
    budget: options.budget,
    write(batch, done) {
      traffic.bytesOut += batch.length;
      socket.write(batch, done);
    },
  });
  let lastHeardMs = nowMs();
  let lastFrameMs = lastHeardMs;
  let pingedAtMs = -Infinity;
  // When the ping was sent whose pong is awaited. Pongs come in order, so later pings do not count.
  let measuredFromMs: number | undefined;
  let roundTripMs: number | undefined;

  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));

  function end(fault: LinkFault): void {
    if (ended) return;
    ended = true;
    clearTimeout(throttle);
    options.onEnd(fault);
  }

  /** The other side, or the network, ended it: nothing more can be said. */
  function drop(fault: LinkFault): void {
    end(fault);
    socket.destroy();
  }

  function close(fault: LinkFault): void {
    if (ended) return;
    const wire = fault.code === 'slow_reader' ? undefined : wireOf(fault.code);
    output.end(wire === undefined ? undefined : wordBytes(goodbyeWord(wire)));
    end(fault);
    socket.resume();
    socket.end();
    const linger = setTimeout(() => socket.destroy(), limits.goodbyeMs);
    socket.once('close', () => clearTimeout(linger));
  }

  function takeWord(word: number): void {
    const reason = goodbyeReason(word);
    if (reason !== undefined) {
      drop(linkFault('closed_by_peer', faultCodeOf(reason) ?? `reason ${reason}`));
    } else if (word === PING) {
      output.word(wordBytes(PONG));
    } else if (word === PONG) {
      if (measuredFromMs === undefined) return;
      const latestMs = nowMs() - measuredFromMs;
      measuredFromMs = undefined;
      roundTripMs = roundTripMs === undefined ? latestMs : 0.8 * roundTripMs + 0.2 * latestMs;
    } else {
      close(linkFault('oversized_frame', `${word} bytes, at most ${MAX_FRAME_BYTES}`));
    }
  }

  /** Takes the price from all buckets, and stops reading until none is in debt. */
  function pay(buckets: readonly Purse[], price: number): void {
    let waitMs = 0;
    for (const bucket of buckets) waitMs = Math.max(waitMs, bucket.pay(price, nowMs()));
    const untilMs = nowMs() + waitMs;
    if (waitMs === 0 || untilMs <= throttledUntilMs) return;
    throttledUntilMs = untilMs;
    clearTimeout(throttle);
    throttle = setTimeout(() => {
      throttle = undefined;
      lastHeardMs = nowMs();
      pump();
    }, waitMs);
  }

  function payFrame(bytes: number): void {
    pay(options.buckets, 1 + (bytes >> 10));
  }

  function take(item: Uint8Array | number): void {
    const refused = typeof item === 'number' && goodbyeReason(item) !== undefined;
    if (!open && !refused) {
      open = true;
      options.onOpen();
      // The side that accepted is answered like any ping below; the opening may have ended it.
      if (ended) return;
    }
    if (typeof item === 'number') {
      takeWord(item);
      if (!ended) payFrame(0);
      return;
    }
    lastFrameMs = lastHeardMs;
    traffic.framesIn += 1;
    payFrame(item.length);
    options.onFrame(item);
  }

  /** Takes in what was read, until a bound stops it. */
  function pump(): void {
    if (pumping) return;
    pumping = true;
    let item: Uint8Array | number | undefined = 0;
    while (!ended && !held && throttle === undefined && item !== undefined) {
      item = reader.next();
      if (item !== undefined) take(item);
    }
    pumping = false;
    if (ended) return;
    if (held || throttle !== undefined) socket.pause();
    else socket.resume();
  }

  function ping(): void {
    pingedAtMs = nowMs();
    measuredFromMs ??= pingedAtMs;
    output.word(wordBytes(PING));
  }

  socket.on('data', (chunk: Buffer) => {
    if (ended) return;
    lastHeardMs = nowMs();
    traffic.bytesIn += chunk.length;
    reader.feed(chunk);
    pump();
  });
  socket.on('error', (error) => drop(faultOfError(error)));
  socket.on('end', () => drop(linkFault('lost', 'the other side closed the connection')));
  socket.on('close', () => {
    output.settle();
    end(linkFault('lost'));
  });
  if (!options.dialled) ping();

  return {
    send(frame, cause) {
      invariant(frame.length > 0 && frame.length <= MAX_FRAME_BYTES, 'a frame is within its bound');
      if (ended) return;
      traffic.framesOut += 1;
      if (cause !== undefined) output.forward(frame, cause);
      else if (!output.send(frame)) {
        close(linkFault('slow_reader', `${output.ownBytes} bytes waiting`));
      }
    },
    payFruitless(cost) {
      if (ended) return;
      pay(options.fruitless, cost);
      if (throttle !== undefined) socket.pause();
    },
    close,
    hold(next) {
      if (held === next || ended) return;
      held = next;
      lastHeardMs = nowMs();
      if (held) socket.pause();
      else pump();
    },
    tend(now) {
      if (ended || held || throttle !== undefined) return;
      const silentMs = now - lastHeardMs;
      if (!options.alive) {
        if (silentMs > limits.anonymousIdleMs) close(linkFault('idle'));
      } else if (silentMs > limits.silenceMs) {
        close(linkFault('silent', `for ${Math.round(silentMs)} ms`));
      } else if (open && now - pingedAtMs >= limits.pingEveryMs) {
        ping();
      }
    },
    lastFrameMs: () => lastFrameMs,
    roundTripMs: () => roundTripMs,
    gone,
  };
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
