/**
 * Listening: takes TCP connections on the configured addresses, gives handshakes their places
 * (admission.ts), and hands on what came through TLS. An address that is not there yet, because
 * the mesh is down, is tried again until it is; any other failure to listen is the operator's to
 * mend. Nothing is listened on but what was asked for.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import type { NetLimits } from '../limits.ts';
import { type Address, formatAddress, remoteAddressOf } from './address.ts';
import { createHandshakeGate, type Handshake, type HandshakeGate } from './admission.ts';
import { type LinkFault, linkFault } from './fault.ts';
import { createTlsServer, type TlsParameters, tuneSocket } from './tls.ts';

/** Where to listen, and for whom. */
export interface Listen extends Address {
  /** Default: anyone. */
  readonly admits?: 'anyone' | 'nodes' | 'members';
}

export interface AcceptorOptions {
  readonly listen: readonly Listen[];
  readonly tls: TlsParameters;
  readonly limits: NetLimits;
  readonly nowMs: () => number;
  /** Whether a committee member is known at this source address. */
  readonly isMemberSource: (source: string) => boolean;
  readonly onSecured: (
    socket: TLSSocket,
    key: Uint8Array | undefined,
    from: Address,
    listen: Listen,
  ) => void;
  /** A connection that did not become a stream. */
  readonly onRefused: (fault: LinkFault, from: Address) => void;
}

/** A listening address; not `open` while its interface is away. */
export interface Listening {
  readonly address: Address;
  readonly open: boolean;
}

export interface Acceptor {
  /** Opens all addresses; rejects if one is in use or not allowed. */
  start(): Promise<void>;
  listening(): readonly Listening[];
  handshakes(): number;
  /** Closes the addresses and the handshakes; resolves when all connections are gone. */
  stop(): Promise<void>;
}

export function createAcceptor(options: AcceptorOptions): Acceptor {
  const gate = createHandshakeGate(options.limits, options.nowMs());
  const doors = options.listen.map((listen) => createDoor(listen, gate, options));
  return {
    async start() {
      await Promise.all(doors.map((door) => door.open()));
    },
    listening: () => doors.map((door) => door.state()),
    handshakes: () => gate.size(),
    async stop() {
      await Promise.all(doors.map((door) => door.close()));
    },
  };
}

interface Door {
  open(): Promise<void>;
  state(): Listening;
  close(): Promise<void>;
}

function createDoor(listen: Listen, gate: HandshakeGate, options: AcceptorOptions): Door {
  const { limits } = options;
  const waiting = new Map<string, Handshake>();
  const tls: TlsServer = createTlsServer(options.tls, onSecured, (fault, socket) => {
    options.onRefused(fault, remoteAddressOf(socket));
    socket.destroy();
  });
  let server: Server | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function onSecured(socket: TLSSocket, key: Uint8Array | undefined): void {
    const from = remoteAddressOf(socket);
    const name = formatAddress(from);
    const handshake = waiting.get(name);
    if (handshake !== undefined) gate.leave(handshake);
    waiting.delete(name);
    options.onSecured(socket, key, from, listen);
  }

  function onConnection(socket: Socket): void {
    const from = remoteAddressOf(socket);
    const handshake: Handshake = {
      source: from.host,
      ofMember: options.isMemberSource(from.host),
      sinceMs: options.nowMs(),
      abort: () => socket.destroy(),
    };
    const refused = gate.enter(handshake);
    if (refused !== undefined) {
      // A reset leaves nothing behind in the kernel either.
      socket.resetAndDestroy();
      options.onRefused(refused, from);
      return;
    }
    const name = formatAddress(from);
    waiting.set(name, handshake);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      gate.leave(handshake);
      waiting.delete(name);
    });
    tuneSocket(socket);
    tls.emit('connection', socket);
  }

  function open(): Promise<void> {
    const candidate = createServer(onConnection);
    return new Promise((resolve, reject) => {
      candidate.once('error', (error) => {
        if (!isAway(error)) return reject(error);
        if (!closed) retry = setTimeout(tryAgain, limits.listenRetryMs).unref();
        resolve();
      });
      candidate.listen({ host: listen.host, port: listen.port }, () => {
        candidate.removeAllListeners('error');
        // What fails from now on is one connection, not the listening.
        candidate.on('error', (error) =>
          options.onRefused(linkFault('lost', error.message), listen),
        );
        if (closed) candidate.close();
        else server = candidate;
        resolve();
      });
    });
  }

  function tryAgain(): void {
    open().catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      options.onRefused(linkFault('unreachable', detail), listen);
      if (!closed) retry = setTimeout(tryAgain, limits.listenRetryMs).unref();
    });
  }

  return {
    open,
    state() {
      const bound = server?.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
      return { address: { host: listen.host, port }, open: server !== undefined };
    },
    close() {
      closed = true;
      clearTimeout(retry);
      for (const handshake of waiting.values()) handshake.abort();
      return new Promise((resolve) => {
        if (server === undefined) resolve();
        else server.close(() => resolve());
      });
    },
  };
}

/** The address belongs to an interface that is not there, or not up, for now. */
function isAway(error: Error): boolean {
  return 'code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'ENODEV');
}
