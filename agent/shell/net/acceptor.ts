/**
 * Listening: takes TCP connections and datagram streams on the configured addresses, the same port
 * number for both, gives handshakes their places (admission.ts), and hands on what came through
 * TLS. An address that is not there yet, because the mesh is down, is tried again until it is; any
 * other failure to listen is the operator's to mend. An interface that went and came back is
 * another one to the kernel, and sockets of before hear nothing on it: an address with a zone is
 * opened again then. Nothing is listened on but what was asked for.
 */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { type Address, createSourceNames } from './address.ts';
import { createHandshakeGate, type Handshake, type HandshakeGate } from './admission.ts';
import type { DatagramCommons } from './datagram/commons.ts';
import { type Cookies, createCookies } from './datagram/cookie.ts';
import { type LinkFault, linkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { type Incoming, type Listener, openDatagramListener, openTcpListener } from './listener.ts';
import { interfaceIndex } from './multicast.ts';
import type { TlsParameters } from './tls.ts';
import { type Transport, type TransportChoice, takes } from './transport.ts';

/** Where to listen, and for whom. */
export interface Listen extends Address {
  /** Default: anyone. */
  readonly admits?: 'anyone' | 'nodes' | 'members';
}

/** Where a stream came from, and through which door. */
export interface Caller {
  readonly address: Address;
  readonly transport: Transport;
  /** Which process proved the key (twins.ts), if one was. */
  readonly instance: string | undefined;
  readonly listen: Listen;
  /** To be called when it gets a place as a link. */
  readonly trust: (isMember: boolean) => void;
}

export interface AcceptorOptions {
  readonly listen: readonly Listen[];
  readonly tls: TlsParameters;
  readonly limits: NetLimits;
  readonly commons: DatagramCommons;
  readonly transport: TransportChoice;
  readonly nowMs: () => number;
  /** Whether a committee member is known at this source address. */
  readonly isMemberSource: (source: string) => boolean;
  readonly onSecured: (socket: TLSSocket, key: Uint8Array | undefined, caller: Caller) => void;
  /** A connection that did not become a stream. */
  readonly onRefused: (fault: LinkFault, from: Address) => void;
  /** Which one an interface of this name is now; for tests. */
  readonly interfaceIndex?: (name: string) => number | undefined;
}

const PORT_TRIES = 20;

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
  const cookies = createCookies(randomBytes(32), options.commons.limits.cookieEpochMs);
  const sourceOf = createSourceNames(options.tls.network);
  const doors = options.listen.map((listen) => {
    return createDoor(listen, { gate, cookies, sourceOf }, options);
  });
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

/** What all doors of a node have together. */
interface Hall {
  readonly gate: HandshakeGate;
  readonly cookies: Cookies;
  readonly sourceOf: (host: string) => string;
}

function createDoor(
  listen: Listen,
  { gate, cookies, sourceOf }: Hall,
  options: AcceptorOptions,
): Door {
  const { limits } = options;
  const waiting = new Set<Handshake>();
  let listeners: readonly Listener[] = [];
  let retry: NodeJS.Timeout | undefined;
  const [, zone] = listen.host.split('%');
  const indexNow = options.interfaceIndex ?? interfaceIndex;
  let index: number | undefined;
  let watch: NodeJS.Timeout | undefined;
  let closed = false;

  /** Gives a connection its place and its handshake, or turns it away. */
  function onIncoming(incoming: Incoming): void {
    const { address, transport, trust, abort } = incoming;
    const place: Handshake = {
      source: sourceOf(address.host),
      ofMember: options.isMemberSource(address.host),
      sinceMs: options.nowMs(),
      abort,
    };
    const refused = gate.enter(place);
    if (refused !== undefined) {
      incoming.refuse();
      options.onRefused(refused, address);
      return;
    }
    const leave = (): void => {
      gate.leave(place);
      waiting.delete(place);
    };
    waiting.add(place);
    incoming.onClosed(leave);
    incoming.handshake({
      onSecured(socket, key, instance) {
        leave();
        options.onSecured(socket, key, { address, transport, instance, listen, trust });
      },
      onFailed(fault, socket) {
        options.onRefused(fault, address);
        socket.destroy();
      },
    });
  }

  function onTrouble(error: Error): void {
    options.onRefused(linkFault('lost', error.message), listen);
  }

  /** A port that the system chose for the one may be taken for the other: then it chooses again. */
  async function listenOn(port: number, triesLeft = PORT_TRIES): Promise<readonly Listener[]> {
    const opened: Listener[] = [];
    try {
      // Datagrams first: whoever finds TCP open may take it that nothing else is still to come.
      if (takes(options.transport, 'datagram')) {
        const setup = { ...options, cookies, sourceOf, onIncoming, onTrouble: onLost };
        opened.push(await openDatagramListener({ ...listen, port }, setup));
      }
      if (takes(options.transport, 'tcp')) {
        // The port that the system chose for the one is the port of the other.
        const same = { ...listen, port: opened[0]?.port() ?? port };
        opened.push(await openTcpListener(same, { ...options, onIncoming, onTrouble }));
      }
      return opened;
    } catch (error) {
      await Promise.all(opened.map((listener) => listener.close()));
      if (port !== 0 || triesLeft === 0 || !isInUse(error)) throw error;
      return listenOn(port, triesLeft - 1);
    }
  }

  /** The socket failed as a whole: as at the start, an address may come back. */
  function onLost(error: Error): void {
    onTrouble(error);
    renew();
  }

  function renew(): void {
    const old = listeners;
    listeners = [];
    Promise.all(old.map((listener) => listener.close())).catch(onTrouble);
    if (!closed) tryLater();
  }

  function tryLater(): void {
    clearTimeout(retry);
    retry = setTimeout(() => {
      open().catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        options.onRefused(linkFault('unreachable', detail), listen);
        if (!closed) tryLater();
      });
    }, limits.listenRetryMs).unref();
  }

  /** While the interface is away the sockets stay: they are good if it only was down. */
  function look(name: string): void {
    const now = indexNow(name);
    if (listeners.length > 0 && now !== undefined && now !== index) renew();
  }

  async function open(): Promise<void> {
    if (zone !== undefined) {
      index = indexNow(zone);
      watch ??= setInterval(look, limits.listenRetryMs, zone).unref();
    }
    try {
      const opened = await listenOn(listen.port);
      if (closed) await Promise.all(opened.map((listener) => listener.close()));
      else listeners = opened;
    } catch (error) {
      if (!(error instanceof Error) || !isAway(error, zone)) throw error;
      if (!closed) tryLater();
    }
  }

  return {
    open,
    state() {
      const port = listeners[0]?.port() ?? listen.port;
      return { address: { host: listen.host, port }, open: listeners.length > 0 };
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      clearInterval(watch);
      for (const handshake of waiting) handshake.abort();
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** The address belongs to an interface that is not there, or not up, for now. */
function isAway(error: Error, zone: string | undefined): boolean {
  if (!('code' in error)) return false;
  // A zone that is not there is left out of the address, which the kernel then cannot do without.
  if (error.code === 'EINVAL') return zone !== undefined;
  return error.code === 'EADDRNOTAVAIL' || error.code === 'ENODEV';
}
