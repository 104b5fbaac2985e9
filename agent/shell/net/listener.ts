/**
 * A listening socket of either kind, and what comes in on it: connections that have a source
 * address, can be turned away, and can be handed to TLS.
 */
import { createServer, type Socket } from 'node:net';
import { type Address, formatAddress, remoteAddressOf } from './address.ts';
import { type DatagramServerOptions, openDatagramServer } from './datagram/server.ts';
import type { DatagramStream } from './datagram/stream.ts';
import type { LinkFault } from './fault.ts';
import {
  type Acceptance,
  createTlsServer,
  createTlsTaker,
  type TlsParameters,
  tuneSocket,
} from './tls.ts';
import type { Transport } from './transport.ts';

/** A connection before its handshake. */
export interface Incoming {
  readonly address: Address;
  readonly transport: Transport;
  /** Turns it away at once. */
  readonly refuse: () => void;
  readonly abort: () => void;
  readonly onClosed: (call: () => void) => void;
  /** It has a place as a link now, and so is no stranger any more. */
  readonly trust: (isMember: boolean) => void;
  /** Begins the handshake. */
  readonly handshake: (acceptance: Acceptance) => void;
}

export interface Listener {
  port(): number;
  /** Takes no more; resolves when all connections are gone. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly tls: TlsParameters;
  readonly onIncoming: (incoming: Incoming) => void;
  /** A handshake failed whose connection was gone before. */
  readonly onRefused: (fault: LinkFault, from: Address) => void;
  /** What fails after the opening: of TCP one connection, of UDP the whole socket. */
  readonly onTrouble: (error: Error) => void;
}

/** Opens a TCP port; rejects when it cannot be had. */
export function openTcpListener(listen: Address, options: ListenerOptions): Promise<Listener> {
  const handshakes = new Map<string, Acceptance>();
  const taken = (socket: Parameters<Acceptance['onSecured']>[0]): Acceptance | undefined => {
    const name = formatAddress(remoteAddressOf(socket));
    const acceptance = handshakes.get(name);
    handshakes.delete(name);
    return acceptance;
  };
  const tls = createTlsServer(
    options.tls,
    (socket, ...proof) => taken(socket)?.onSecured(socket, ...proof),
    (fault, socket) => {
      const acceptance = taken(socket);
      if (acceptance !== undefined) return acceptance.onFailed(fault, socket);
      options.onRefused(fault, remoteAddressOf(socket));
      socket.destroy();
    },
  );

  function incoming(socket: Socket): Incoming {
    const address = remoteAddressOf(socket);
    const name = formatAddress(address);
    return {
      address,
      transport: 'tcp',
      // A reset leaves nothing behind in the kernel either.
      refuse: () => socket.resetAndDestroy(),
      abort: () => socket.destroy(),
      onClosed: (call) => socket.once('close', call),
      // The kernel knows no difference.
      trust: () => undefined,
      handshake(acceptance) {
        handshakes.set(name, acceptance);
        socket.on('error', () => socket.destroy());
        socket.once('close', () => {
          if (handshakes.get(name) === acceptance) handshakes.delete(name);
        });
        tuneSocket(socket);
        tls.emit('connection', socket);
      },
    };
  }

  const server = createServer((socket) => options.onIncoming(incoming(socket)));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.host, port: listen.port }, () => {
      server.removeAllListeners('error');
      server.on('error', options.onTrouble);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
      resolve({
        port: () => port,
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
}

/** Opens a UDP port for datagram streams; rejects when it cannot be had. */
export async function openDatagramListener(
  listen: Address,
  options: ListenerOptions & Pick<DatagramServerOptions, 'commons' | 'cookies' | 'sourceOf'>,
): Promise<Listener> {
  const take = createTlsTaker(options.tls);

  function incoming(stream: DatagramStream): Incoming {
    return {
      address: stream.remote,
      transport: 'datagram',
      refuse: () => stream.destroy(),
      abort: () => stream.destroy(),
      onClosed: (call) => stream.once('close', call),
      trust: (isMember) => stream.trust(isMember),
      handshake(acceptance) {
        stream.on('error', () => stream.destroy());
        take(stream, acceptance);
      },
    };
  }

  const { commons, cookies, sourceOf, onTrouble } = options;
  const server = await openDatagramServer(listen, {
    commons,
    cookies,
    sourceOf,
    onStream: (stream) => options.onIncoming(incoming(stream)),
    onLost: onTrouble,
  });
  return { port: () => server.port, close: () => server.close() };
}
