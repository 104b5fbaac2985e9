/**
 * A listening address for datagram streams: one UDP socket. What comes is told apart by address and
 * connection id.
 *
 * A stranger's packet costs little and makes nothing grow: garbage is dropped, an open packet
 * without a good cookie is answered by a cookie (or several, where repeats show that packets get
 * lost, but never by more bytes than came), and a segment of an unknown connection by a reset; both
 * answers are rated, for each source and in all. Only an open packet with a good cookie makes a
 * connection, and the handshake gate (admission.ts) decides whether it stays, as for TCP.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { type Address, hostOf } from '../address.ts';
import { FairRate } from '../token-bucket.ts';
import type { DatagramCommons } from './commons.ts';
import { Connection } from './connection.ts';
import type { Cookies } from './cookie.ts';
import {
  COOKIE_PACKET_BYTES,
  DATAGRAM_OVERHEAD_BYTES,
  decodePacket,
  encodePacket,
  type Packet,
} from './packet.ts';
import { DatagramStream } from './stream.ts';

export interface DatagramServerOptions {
  readonly commons: DatagramCommons;
  readonly cookies: Cookies;
  /** Under what name an address is counted (address.ts). */
  readonly sourceOf: (host: string) => string;
  /** A caller that showed that it hears. Destroying the stream turns it away. */
  readonly onStream: (stream: DatagramStream) => void;
  /** The socket cannot be used any more. */
  readonly onLost: (error: Error) => void;
}

type OpenPacket = Extract<Packet, { kind: 'open' }>;

/** Opens the socket; rejects if the address is in use, not there or not allowed. */
export function openDatagramServer(
  listen: Address,
  options: DatagramServerOptions,
): Promise<DatagramServer> {
  const type = isIPv4(listen.host) ? 'udp4' : 'udp6';
  const socket = createSocket({ type, lookup: literally });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: listen.host, port: listen.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      enlarge(socket);
      resolve(new DatagramServer(socket, options));
    });
  });
}

/** Serves a socket that is bound. */
export class DatagramServer {
  readonly #socket: Socket;
  readonly #options: DatagramServerOptions;
  readonly #streams = new Map<string, DatagramStream>();
  /** Those that are gone: a late copy of their first packet does not bring them back. */
  readonly #gone = new Set<string>();
  readonly #cookieRate: FairRate;
  readonly #resetRate: FairRate;
  readonly #allGone: Promise<void>;
  readonly port: number;
  #isClosing = false;
  #isClosed = false;

  constructor(socket: Socket, options: DatagramServerOptions) {
    const { limits, nowMs } = options.commons;
    const { bucketMs, sources } = limits;
    const rate = (perSecond: number, perSourcePerSecond: number) =>
      new FairRate({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs());
    this.#socket = socket;
    this.#options = options;
    this.#cookieRate = rate(limits.cookiesPerSecond, limits.cookiesPerSourcePerSecond);
    this.#resetRate = rate(limits.resetsPerSecond, limits.resetsPerSourcePerSecond);
    this.port = socket.address().port;
    this.#allGone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (bytes, from) => {
      // Nobody can be answered at port 0, and node:dgram throws at whoever tries.
      if (from.port === 0) return;
      const packet = decodePacket(bytes);
      if (packet !== undefined) this.#take(packet, bytes.length, from);
    });
    socket.on('error', (error) => this.#lose(error));
  }

  /** Takes no new streams; resolves when the last one is gone and the socket is closed. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#closeIfEmpty();
    return this.#allGone;
  }

  #closeIfEmpty(): void {
    if (this.#isClosed || this.#streams.size > 0) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #lose(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    for (const stream of this.#streams.values()) stream.destroy(error);
    this.#options.onLost(error);
  }

  #take(packet: Packet, size: number, from: RemoteInfo): void {
    const { cookies, commons } = this.#options;
    const name = `${from.address} ${from.port} ${packet.id}`;
    const known = this.#streams.get(name);
    if (known !== undefined) return known.receive(packet);
    if (packet.kind === 'segment') return this.#answerReset(packet.id, from);
    if (packet.kind !== 'open') return;
    if (this.#isClosing || this.#gone.has(name)) return this.#answerReset(packet.id, from);
    if (!cookies.isGood(packet.cookie, hostOf(from.address), commons.nowMs())) {
      return this.#answerCookie(packet, size, from);
    }
    this.#accept(packet, name, from);
  }

  #accept(packet: OpenPacket, name: string, from: RemoteInfo): void {
    const { limits, nowMs, shares } = this.#options.commons;
    const { id } = packet;
    const source = this.#sourceOf(from);
    const stream = new DatagramStream({
      connection: new Connection({ id, dialled: false, limits, shares, source }),
      remote: { host: hostOf(from.address), port: from.port },
      limits,
      nowMs,
      onGone: () => this.#forget(name),
    });
    this.#streams.set(name, stream);
    stream.attach((datagram) => this.#send(datagram, from));
    this.#options.onStream(stream);
    stream.receive(packet);
  }

  #forget(name: string): void {
    const gone = this.#gone;
    this.#streams.delete(name);
    gone.add(name);
    const [oldest] = gone;
    const { goneRemembered } = this.#options.commons.limits;
    if (gone.size > goneRemembered && oldest !== undefined) gone.delete(oldest);
    // The last word of the stream leaves first.
    if (this.#isClosing) setImmediate(() => this.#closeIfEmpty());
  }

  #answerReset(id: bigint, from: RemoteInfo): void {
    const nowMs = this.#options.commons.nowMs();
    if (!this.#resetRate.tryPay(this.#sourceOf(from), nowMs)) return;
    this.#send(encodePacket({ kind: 'reset', id }), from);
  }

  #answerCookie(packet: OpenPacket, size: number, from: RemoteInfo): void {
    const { limits, nowMs } = this.#options.commons;
    const paid = size + DATAGRAM_OVERHEAD_BYTES;
    const affordable = Math.floor(paid / (COOKIE_PACKET_BYTES + DATAGRAM_OVERHEAD_BYTES));
    const wanted = packet.body.count < 2 ? 1 : limits.cookieCopies;
    const cookie = this.#options.cookies.make(hostOf(from.address), nowMs());
    const { id, body } = packet;
    const source = this.#sourceOf(from);
    const answer = encodePacket({ kind: 'cookie', id, echo: body.sent, cookie });
    for (let copies = Math.min(affordable, wanted); copies > 0; copies--) {
      if (this.#cookieRate.tryPay(source, nowMs())) this.#send(answer, from);
    }
  }

  #sourceOf({ address }: RemoteInfo): string {
    return this.#options.sourceOf(hostOf(address));
  }

  #send(datagram: Buffer, { address, port }: RemoteInfo): void {
    // What cannot be sent is lost, as it may be anywhere on the way.
    if (!this.#isClosed) sendOrLose(this.#socket, datagram, port, address);
  }
}

/**
 * Never throws, though node:dgram does for addresses that it does not like and when the socket is
 * closed: packets of strangers decide where answers go, and nothing that they say may end the
 * process.
 */
export function sendOrLose(socket: Socket, datagram: Buffer, port: number, host: string): void {
  try {
    socket.send(datagram, port, host, () => undefined);
  } catch {
    // Lost.
  }
}

/** Room for the packets of several streams that come at once; the kernel may give less. */
export function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(1024 * 1024);
  } catch {
    // Then a burst loses packets, which are repeated.
  }
}

/** Addresses here are written as numbers: nothing is looked up. */
export function literally(
  host: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, host, isIPv4(host) ? 4 : 6);
}
