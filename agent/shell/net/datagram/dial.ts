/**
 * Dialling by datagrams: a pair of sockets a stream (pair.ts), which says at once when nobody
 * listens.
 */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns';
import { type Address, formatAddress } from '../address.ts';
import type { DatagramCommons } from './commons.ts';
import { Connection } from './connection.ts';
import { decodePacket, encodePacket } from './packet.ts';
import { openPair, type SocketPair } from './pair.ts';
import { DatagramStream, streamError } from './stream.ts';

/**
 * What no patience mends, before the other side has been heard. "Nobody listens" can be forged by
 * whoever guesses the port of this host; before the stream is open that costs no more than a dial,
 * which then goes on over TCP (net/dial.ts).
 */
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

/** Dials; the stream may be written to at once. */
export function dialDatagram(address: Address, commons: DatagramCommons): DatagramStream {
  const { limits, nowMs, shares } = commons;
  const name = formatAddress(address);
  const id = randomBytes(8).readBigUInt64BE();
  const cookie = commons.cookieOf(name);
  const connection = new Connection({ id, dialled: true, cookie, limits, shares });
  const refusals = createRefusals(commons);
  let pair: SocketPair | undefined;

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
    pair?.unref();
    setTimeout(() => pair?.close(), limits.lingerMs).unref();
  }

  function hear(bytes: Buffer): void {
    const packet = decodePacket(bytes);
    if (packet?.id !== id) return;
    refusals.heard();
    if (!stream.destroyed) stream.receive(packet);
    else if (packet.kind === 'segment') pair?.send(encodePacket({ kind: 'reset', id }));
  }

  function troubled(error: NodeJS.ErrnoException): void {
    const { code = '' } = error;
    const isRefused = code === 'ECONNREFUSED';
    if (stream.isOpen ? isRefused && refusals.convince() : HOPELESS.has(code)) {
      stream.destroy(error);
    }
  }

  function speak(datagram: Buffer): void {
    refusals.asked();
    pair?.send(datagram);
  }

  lookup(address.host, (error, host) => {
    if (error !== null) stream.destroy(streamError(error.code ?? 'ENOTFOUND', error.message));
    else if (!stream.destroyed) {
      pair = openPair({ ...address, host }, commons.dialPorts, {
        onReady: () => {
          if (!stream.destroyed) stream.attach(speak);
        },
        onMessage: hear,
        onError: troubled,
      });
    }
  });
  return stream;
}

/**
 * Whether the other host's "nobody listens" is to be believed while a stream is open. One can be
 * forged by whoever guesses an address and two ports; so it takes several, each after a packet of
 * ours, spread over seconds in which the other side, which would be heard if it lived, is not.
 */
function createRefusals({ limits, nowMs }: DatagramCommons) {
  let count = 0;
  let countedAtMs = -Infinity;
  let isAsked = false;
  return {
    asked(): void {
      isAsked = true;
    },
    heard(): void {
      count = 0;
    },
    convince(): boolean {
      const now = nowMs();
      if (!isAsked || (count > 0 && now - countedAtMs < limits.refusalSpacingMs)) return false;
      isAsked = false;
      countedAtMs = now;
      count += 1;
      return count >= limits.refusals;
    },
  };
}
