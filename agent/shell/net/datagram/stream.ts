/**
 * A connection (connection.ts) as a Duplex of Node, so that TLS runs over it as over a TCP socket.
 *
 * One timer, and none while nothing is on its way. `end` finishes when the other side has
 * everything; `destroy` before that tells it by a reset, which may be lost: then its own packets
 * are answered by one.
 */
import { Duplex } from 'node:stream';
import type { Address } from '../address.ts';
import type { Connection, ConnectionFailure } from './connection.ts';
import type { DatagramLimits } from './limits.ts';
import type { Packet } from './packet.ts';

type Done = (error?: Error | null) => void;

export interface DatagramStreamOptions {
  readonly connection: Connection;
  readonly remote: Address;
  readonly limits: DatagramLimits;
  readonly nowMs: () => number;
  /** Heard once, before 'close'. */
  readonly onGone: (stream: DatagramStream) => void;
}

/** Emits 'connect' when the other side has been heard, beside the events of any Duplex. */
export class DatagramStream extends Duplex {
  readonly remote: Address;
  readonly #connection: Connection;
  readonly #options: DatagramStreamOptions;
  #send: ((datagram: Buffer) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;
  #writeDone: Done | undefined;
  #finalDone: Done | undefined;
  #wantsMore = false;
  #heard: boolean;
  #endPushed = false;
  #working = false;
  #workAgain = false;

  constructor(options: DatagramStreamOptions) {
    // As a TCP socket of Node does, and TLS over it: the other side's end is answered by ours.
    super({ allowHalfOpen: false });
    this.#options = options;
    this.#connection = options.connection;
    this.remote = options.remote;
    this.#heard = options.connection.isOpen();
  }

  /** Whether the other side has been heard. */
  get isOpen(): boolean {
    return this.#heard;
  }

  /** From now on datagrams can be sent. */
  attach(send: (datagram: Buffer) => void): void {
    this.#send = send;
    this.#work();
  }

  /** Its user knows more of the other side by now (commons.ts). */
  trust(isMember: boolean): void {
    this.#connection.trust(isMember);
    this.#work();
  }

  receive(packet: Packet): void {
    if (this.destroyed) return;
    this.#connection.receive(packet, this.#options.nowMs());
    this.#work();
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#work();
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#connection.write(chunk);
    this.#writeDone = done;
    this.#work();
  }

  override _final(done: Done): void {
    this.#connection.finish();
    this.#finalDone = done;
    this.#work();
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer);
    const last = this.#connection.abort(this.#options.nowMs());
    if (this.#connection.failure() !== 'reset') this.#send?.(last);
    this.#send = undefined;
    this.#options.onGone(this);
    const reason = error ?? streamError('ECONNRESET', 'the stream was given up');
    this.#takeWriteDone()?.(reason);
    this.#takeFinalDone()?.(reason);
    done(error);
  }

  /**
   * Does all that can be done now. What it calls may call it again: then it goes round once more.
   */
  #work(): void {
    if (this.#working || this.#send === undefined) {
      this.#workAgain = true;
      return;
    }
    this.#working = true;
    do {
      this.#workAgain = false;
      this.#transmit();
      this.#deliver();
      this.#settle();
    } while (this.#workAgain && this.#send !== undefined);
    this.#working = false;
    this.#arm();
  }

  #transmit(): void {
    for (;;) {
      const datagram = this.#connection.poll(this.#options.nowMs());
      if (datagram === undefined) return;
      this.#send?.(datagram);
    }
  }

  #deliver(): void {
    while (this.#wantsMore && !this.destroyed) {
      const bytes = this.#connection.read();
      if (bytes === undefined) break;
      this.#workAgain = true;
      if (bytes.length > 0) this.#wantsMore = this.push(bytes);
    }
    if (this.#endPushed || this.destroyed || !this.#connection.ended()) return;
    this.#endPushed = true;
    this.push(null);
  }

  /** Tells whoever waits for something that has come. */
  #settle(): void {
    if (this.destroyed) return;
    const failure = this.#connection.failure();
    if (failure !== undefined) {
      this.destroy(errorOf(failure));
      return;
    }
    if (!this.#heard && this.#connection.isOpen()) {
      this.#heard = true;
      this.emit('connect');
    }
    if (this.#connection.waitingBytes() <= this.#options.limits.sendBytes) {
      this.#takeWriteDone()?.();
    }
    if (this.#connection.finished()) this.#takeFinalDone()?.();
  }

  #takeWriteDone(): Done | undefined {
    const done = this.#writeDone;
    this.#writeDone = undefined;
    return done;
  }

  #takeFinalDone(): Done | undefined {
    const done = this.#finalDone;
    this.#finalDone = undefined;
    return done;
  }

  /** A timer that is too early is left alone: it finds nothing to do and is set anew. */
  #arm(): void {
    if (this.#send === undefined) return;
    const nowMs = this.#options.nowMs();
    const wakeAtMs = this.#connection.wakeAtMs(nowMs);
    if (wakeAtMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = wakeAtMs;
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = Infinity;
        this.#work();
      },
      Math.max(1, Math.ceil(wakeAtMs - nowMs)),
    );
  }
}

/** An error of a stream, with a code as the system's have. */
export function streamError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function errorOf(failure: ConnectionFailure): Error {
  switch (failure) {
    case 'reset':
      return streamError('ECONNRESET', 'the other side does not know this connection');
    case 'silent':
      return streamError('ETIMEDOUT', 'nothing was heard of the other side');
  }
}
