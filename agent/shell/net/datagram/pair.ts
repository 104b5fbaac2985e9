/**
 * The sockets of a dialled stream: two, with one port of this host.
 *   - The mouth is connected to the address that was asked. All packets leave by it, since that way
 *     is known to work, and it hears at once when nobody listens there.
 *   - The ear is not connected. A node that listens on all its addresses answers from the one that
 *     its kernel picks, which need not be the one that was asked; the ear takes in what comes from
 *     there.
 * Where both would take a packet, the kernel gives it to the one that is connected.
 *
 * Why the ear may listen to anybody: only a packet with the connection's id has any effect
 * (dial.ts), 64 random bits that nobody has seen but those on the way to the node that was asked.
 * They can write its address on a packet as well, so a connected socket keeps out nobody more.
 */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import type { Address } from '../address.ts';
import { enlarge, literally } from './server.ts';

export interface SocketPair {
  /** Once it is ready; what cannot be sent is lost. */
  send(datagram: Buffer): void;
  /** The process need not stay for it. */
  unref(): void;
  close(): void;
}

export interface SocketPairEvents {
  /** Packets can be sent from now on. */
  readonly onReady: () => void;
  readonly onMessage: (bytes: Buffer) => void;
  /** Of the mouth; it goes on. */
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

/**
 * Opens the sockets. `to` has its host as a number; `ports` are those of the other pairs of this
 * node: sockets that share a port may be given one that others share.
 */
export function openPair(to: Address, ports: Set<number>, events: SocketPairEvents): SocketPair {
  const type = isIPv4(to.host) ? 'udp4' : 'udp6';
  const make = () => createSocket({ type, reuseAddr: true, lookup: literally });
  const ear = make();
  let mouth = make();
  let port: number | undefined;
  let closed = false;

  function bind(): void {
    if (closed) return;
    mouth.on('error', events.onError);
    mouth.on('message', events.onMessage);
    mouth.bind({ exclusive: true }, () => {
      const given = mouth.address().port;
      if (!ports.has(given)) return connect(given);
      mouth.close();
      mouth = make();
      bind();
    });
  }

  function connect(given: number): void {
    ports.add(given);
    port = given;
    enlarge(mouth);
    mouth.once('connect', () => listen(given));
    try {
      mouth.connect(to.port, to.host);
    } catch (error) {
      events.onError(asUnreachable(error));
    }
  }

  function listen(given: number): void {
    if (closed) return;
    // Without an ear, what comes from the address that was asked is still heard.
    ear.once('error', events.onReady);
    ear.on('error', () => undefined);
    ear.on('message', events.onMessage);
    ear.bind({ port: given, exclusive: true }, () => {
      enlarge(ear);
      events.onReady();
    });
  }

  // Not before whoever asked for the pair has it.
  queueMicrotask(bind);
  return {
    send(datagram) {
      if (closed) return;
      mouth.send(datagram, (error) => {
        if (error !== null) events.onError(error);
      });
    },
    unref() {
      mouth.unref();
      ear.unref();
    },
    close() {
      if (closed) return;
      closed = true;
      if (port !== undefined) ports.delete(port);
      mouth.close();
      ear.close();
    },
  };
}

/** node:dgram throws at addresses that it does not like, such as port 0. */
function asUnreachable(error: unknown): NodeJS.ErrnoException {
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(message), { code: 'EINVAL' });
}
