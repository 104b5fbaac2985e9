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
import { createConnection } from './connection.ts';
import type { Cookies } from './cookie.ts';
import {
  COOKIE_PACKET_BYTES,
  DATAGRAM_OVERHEAD_BYTES,
  decodePacket,
  encodePacket,
  type Packet,
} from './packet.ts';
import { DatagramStream } from './stream.ts';

export interface DatagramDoorOptions {
  readonly commons: DatagramCommons;
  readonly cookies: Cookies;
  /** Under what name an address is counted (address.ts). */
  readonly sourceOf: (host: string) => string;
  /** A caller that showed that it hears. Destroying the stream turns it away. */
  readonly onStream: (stream: DatagramStream) => void;
  /** The socket cannot be used any more. */
  readonly onLost: (error: Error) => void;
}

export interface DatagramDoor {
  readonly port: number;
  /** Takes no new streams; resolves when the last one is gone and the socket is closed. */
  close(): Promise<void>;
}

/** Opens the socket; rejects if the address is in use, not there or not allowed. */
export function openDatagramDoor(
  listen: Address,
  options: DatagramDoorOptions,
): Promise<DatagramDoor> {
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
      resolve(serveDatagrams(socket, options));
    });
  });
}

/** Serves a socket that is bound. */
export function serveDatagrams(socket: Socket, options: DatagramDoorOptions): DatagramDoor {
  const { commons, cookies } = options;
  const { limits, nowMs } = commons;
  const streams = new Map<string, DatagramStream>();
  /** Those that are gone: a late copy of their first packet does not bring them back. */
  const gone = new Set<string>();
  const { bucketMs, sources } = limits;
  const cookieRate = new FairRate(
    {
      perSecond: limits.cookiesPerSecond,
      perSourcePerSecond: limits.cookiesPerSourcePerSecond,
      bucketMs,
      sources,
    },
    nowMs(),
  );
  const resetRate = new FairRate(
    {
      perSecond: limits.resetsPerSecond,
      perSourcePerSecond: limits.resetsPerSourcePerSecond,
      bucketMs,
      sources,
    },
    nowMs(),
  );
  const { port } = socket.address();
  const allGone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let closing = false;
  let closed = false;

  function sourceOf({ address }: RemoteInfo): string {
    return options.sourceOf(hostOf(address));
  }

  function send(datagram: Buffer, { address, port }: RemoteInfo): void {
    // What cannot be sent is lost, as it may be anywhere on the way.
    if (!closed) sendOrLose(socket, datagram, port, address);
  }

  function close(): void {
    if (closed || streams.size > 0) return;
    closed = true;
    socket.close();
  }

  function forget(name: string): void {
    streams.delete(name);
    gone.add(name);
    const [oldest] = gone;
    if (gone.size > limits.goneRemembered && oldest !== undefined) gone.delete(oldest);
    // The last word of the stream leaves first.
    if (closing) setImmediate(close);
  }

  function answerReset(id: bigint, from: RemoteInfo): void {
    if (resetRate.tryPay(sourceOf(from), nowMs())) send(encodePacket({ kind: 'reset', id }), from);
  }

  function answerCookie(
    packet: Extract<Packet, { kind: 'open' }>,
    size: number,
    from: RemoteInfo,
  ): void {
    const paid = size + DATAGRAM_OVERHEAD_BYTES;
    const affordable = Math.floor(paid / (COOKIE_PACKET_BYTES + DATAGRAM_OVERHEAD_BYTES));
    const wanted = packet.body.count < 2 ? 1 : limits.cookieCopies;
    const cookie = cookies.make(hostOf(from.address), nowMs());
    const { id, body } = packet;
    const source = sourceOf(from);
    const answer = encodePacket({ kind: 'cookie', id, echo: body.sent, cookie });
    for (let copies = Math.min(affordable, wanted); copies > 0; copies--) {
      if (cookieRate.tryPay(source, nowMs())) send(answer, from);
    }
  }

  function accept(packet: Extract<Packet, { kind: 'open' }>, name: string, from: RemoteInfo): void {
    const { shares } = commons;
    const { id } = packet;
    const source = sourceOf(from);
    const connection = createConnection({ id, dialled: false, limits, shares, source });
    const stream = new DatagramStream({
      connection,
      remote: { host: hostOf(from.address), port: from.port },
      limits,
      nowMs,
      onGone: () => forget(name),
    });
    streams.set(name, stream);
    stream.attach((datagram) => send(datagram, from));
    options.onStream(stream);
    stream.receive(packet);
  }

  function take(packet: Packet, size: number, from: RemoteInfo): void {
    const name = `${from.address} ${from.port} ${packet.id}`;
    const known = streams.get(name);
    if (known !== undefined) return known.receive(packet);
    if (packet.kind === 'segment') return answerReset(packet.id, from);
    if (packet.kind !== 'open') return;
    if (closing || gone.has(name)) return answerReset(packet.id, from);
    if (!cookies.isGood(packet.cookie, hostOf(from.address), nowMs())) {
      return answerCookie(packet, size, from);
    }
    accept(packet, name, from);
  }

  socket.on('message', (bytes, from) => {
    // Nobody can be answered at port 0, and node:dgram throws at whoever tries.
    if (from.port === 0) return;
    const packet = decodePacket(bytes);
    if (packet !== undefined) take(packet, bytes.length, from);
  });
  socket.on('error', (error) => {
    if (closed) return;
    closed = true;
    socket.close();
    for (const stream of streams.values()) stream.destroy(error);
    options.onLost(error);
  });

  return {
    port,
    close() {
      closing = true;
      close();
      return allGone;
    },
  };
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
