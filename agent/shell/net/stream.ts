/**
 * One link after its handshake: frames in and out, the signs of life, and its bounds.
 *
 * Acceptance. In TLS 1.3 a client is through the handshake before the server has looked at it. So
 * the server's first word, a ping, tells the dialler that it was accepted; before it comes, the
 * stream is not open on the dialler's side.
 *
 * In. Reading stops while the node is overloaded (`hold`) or the link has spent its tokens; then
 * TCP slows the sender down and nothing piles up here.
 * Out. Frames of one turn of the event loop leave as one write. A reader that is so slow that too
 * much waits for it is cut off (slow_reader): every sender repeats (core/io.ts), nothing is lost
 * for good.
 */
import type { TLSSocket } from 'node:tls';
import { invariant } from '../../core/assert.ts';
import { MAX_FRAME_BYTES } from '../../core/limits.ts';
import type { NetLimits } from '../limits.ts';
import type { Bucket } from './bucket.ts';
import { faultCodeOf, faultOfError, type LinkFault, linkFault, wireOf } from './fault.ts';
import { createFrameReader, goodbyeReason, goodbyeWord, PING, PONG, wordBytes } from './framing.ts';

/** Bytes of one turn that are written without waiting for its end. */
const FLUSH_BYTES = 64 * 1024;

/** What went over a link, or over all links of a peer so far. */
export interface Traffic {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}

/** Bytes that wait in all links that share it. */
export interface OutputBudget {
  used: number;
  readonly most: number;
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
  /** What every frame is paid from. */
  readonly buckets: readonly Bucket[];
  readonly traffic: Traffic;
  readonly nowMs: () => number;
  /** The other side accepted: frames may come and go. Only on the side that dialled. */
  readonly onOpen: () => void;
  readonly onFrame: (frame: Uint8Array) => void;
  /** The stream ended, from whatever side; heard once. Nothing is heard after it. */
  readonly onEnd: (fault: LinkFault) => void;
}

export interface Stream {
  /** Sends a frame of 1 to MAX_FRAME_BYTES bytes. */
  send(frame: Uint8Array): void;
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
  const { socket, limits, traffic, nowMs, budget } = options;
  const reader = createFrameReader(MAX_FRAME_BYTES);
  let open = !options.dialled;
  let ended = false;
  let held = false;
  let throttle: NodeJS.Timeout | undefined;
  let pumping = false;
  let outbox: Uint8Array[] = [];
  let outboxBytes = 0;
  let flushing: NodeJS.Immediate | undefined;
  let writing = 0;
  let settled = false;
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
    clearImmediate(flushing);
    options.onEnd(fault);
  }

  /** The other side, or the network, ended it: nothing more can be said. */
  function drop(fault: LinkFault): void {
    end(fault);
    socket.destroy();
  }

  function close(fault: LinkFault): void {
    if (ended) return;
    const wire = wireOf(fault.code);
    if (fault.code === 'slow_reader') {
      outbox = [];
    } else if (wire !== undefined) {
      outbox.push(wordBytes(goodbyeWord(wire)));
      flush();
    }
    end(fault);
    socket.resume();
    socket.end();
    const linger = setTimeout(() => socket.destroy(), limits.goodbyeMs);
    socket.once('close', () => clearTimeout(linger));
  }

  function flush(): void {
    clearImmediate(flushing);
    flushing = undefined;
    if (outbox.length === 0) return;
    const batch = Buffer.concat(outbox);
    outbox = [];
    outboxBytes = 0;
    traffic.bytesOut += batch.length;
    charge(batch.length);
    socket.write(batch, () => charge(-batch.length));
  }

  /** Keeps account of what waits, also in the budget that is shared. */
  function charge(bytes: number): void {
    if (settled) return;
    writing += bytes;
    if (budget !== undefined) budget.used += bytes;
  }

  function put(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      outbox.push(part);
      outboxBytes += part.length;
    }
    if (outboxBytes >= FLUSH_BYTES) flush();
    else flushing ??= setImmediate(flush);
    const waiting = outboxBytes + writing;
    const fair = budget === undefined || budget.used <= budget.most || waiting <= MAX_FRAME_BYTES;
    if (waiting > options.outputBytes || !fair) {
      close(linkFault('slow_reader', `${waiting} bytes waiting`));
    }
  }

  function takeWord(word: number): void {
    const reason = goodbyeReason(word);
    if (reason !== undefined) {
      drop(linkFault('closed_by_peer', faultCodeOf(reason) ?? `reason ${reason}`));
    } else if (word === PING) {
      put(wordBytes(PONG));
    } else if (word === PONG) {
      if (measuredFromMs === undefined) return;
      const latestMs = nowMs() - measuredFromMs;
      measuredFromMs = undefined;
      roundTripMs = roundTripMs === undefined ? latestMs : 0.8 * roundTripMs + 0.2 * latestMs;
    } else {
      close(linkFault('oversized_frame', `${word} bytes, at most ${MAX_FRAME_BYTES}`));
    }
  }

  function pay(bytes: number): void {
    let waitMs = 0;
    for (const bucket of options.buckets) {
      waitMs = Math.max(waitMs, bucket.pay(1 + (bytes >> 10), nowMs()));
    }
    if (waitMs === 0) return;
    throttle = setTimeout(() => {
      throttle = undefined;
      lastHeardMs = nowMs();
      pump();
    }, waitMs);
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
      if (!ended) pay(0);
      return;
    }
    lastFrameMs = lastHeardMs;
    traffic.framesIn += 1;
    pay(item.length);
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
    put(wordBytes(PING));
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
    charge(-writing);
    settled = true;
    end(linkFault('lost'));
  });
  if (!options.dialled) ping();

  return {
    send(frame) {
      invariant(frame.length > 0 && frame.length <= MAX_FRAME_BYTES, 'a frame is within its bound');
      if (ended) return;
      traffic.framesOut += 1;
      put(wordBytes(frame.length), frame);
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
