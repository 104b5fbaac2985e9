/**
 * Dialling by datagrams: one connected UDP socket a stream, so that the kernel takes in nothing from
 * elsewhere and says at once when nobody listens there.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { type Address, formatAddress } from '../address.ts';
import type { DatagramCommons } from './commons.ts';
import { createConnection } from './connection.ts';
import { enlarge, literally, sendOrLose } from './door.ts';
import { decodePacket, encodePacket } from './packet.ts';
import { DatagramStream, streamError } from './stream.ts';

/** What no patience mends, before the other side has been heard. */
const HOPELESS = new Set([
  'ECONNREFUSED',
  'ENETUNREACH',
  'ENETDOWN',
  'ENODEV',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EACCES',
  'EPERM',
]);
/** "Nobody listens" from the other host, with nothing heard in between: its process has ended. */
const REFUSALS = 3;

/** Dials; the stream may be written to at once. */
export function dialDatagram(address: Address, commons: DatagramCommons): DatagramStream {
  const { limits, nowMs, shares, budget } = commons;
  const name = formatAddress(address);
  const id = randomBytes(8).readBigUInt64BE();
  const cookie = commons.cookieOf(name);
  const connection = createConnection({ id, dialled: true, cookie, limits, shares, budget });
  let socket: Socket | undefined;
  let refusals = 0;

  const stream = new DatagramStream({
    connection,
    remote: address,
    limits,
    nowMs,
    onGone: linger,
  });
  stream.once('connect', () => commons.keepCookie(name, connection.cookie()));

  /** For a moment more, the other side's repeats are answered, in case it missed the last word. */
  function linger(): void {
    const left = socket;
    if (left === undefined) return;
    left.unref();
    left.removeAllListeners('message');
    left.on('message', (bytes) => {
      const packet = decodePacket(bytes);
      if (packet?.kind !== 'segment' || packet.id !== id) return;
      sendOrLose(left, encodePacket({ kind: 'reset', id }));
    });
    setTimeout(() => left.close(), limits.lingerMs).unref();
  }

  function troubled(error: NodeJS.ErrnoException): void {
    const { code = '' } = error;
    refusals += code === 'ECONNREFUSED' ? 1 : 0;
    if (stream.isOpen ? refusals >= REFUSALS : HOPELESS.has(code)) stream.destroy(error);
  }

  function open(host: string, family: number): void {
    if (stream.destroyed) return;
    const made = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: literally });
    socket = made;
    made.on('error', troubled);
    made.on('message', (bytes) => {
      refusals = 0;
      const packet = decodePacket(bytes);
      if (packet !== undefined) stream.receive(packet);
    });
    made.once('connect', () => {
      if (stream.destroyed) return;
      enlarge(made);
      stream.attach((datagram) => {
        made.send(datagram, (error) => {
          if (error !== null) troubled(error);
        });
      });
    });
    made.connect(address.port, host);
  }

  lookup(address.host, (error, host, family) => {
    if (error === null) open(host, family);
    else stream.destroy(streamError(error.code ?? 'ENOTFOUND', error.message));
  });
  return stream;
}
