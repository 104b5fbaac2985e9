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
import { type Handshake, HandshakeGate } from './admission.ts';
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

/** Where a stream came from, and at which of the listening addresses it came in. */
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

export class Acceptor {
  readonly #gate: HandshakeGate;
  readonly #places: readonly ListeningPlace[];

  constructor(options: AcceptorOptions) {
    const { listen, tls, commons, limits, nowMs } = options;
    this.#gate = new HandshakeGate(limits, nowMs());
    const shared: SharedByPlaces = {
      gate: this.#gate,
      cookies: createCookies(randomBytes(32), commons.limits.cookieEpochMs),
      sourceOf: createSourceNames(tls.network),
    };
    this.#places = listen.map((one) => new ListeningPlace(one, shared, options));
  }

  /** Opens all addresses; rejects if one is in use or not allowed. */
  async start(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.open()));
  }

  listening(): readonly Listening[] {
    return this.#places.map((place) => place.state());
  }

  handshakes(): number {
    return this.#gate.size();
  }

  /** Closes the addresses and the handshakes; resolves when all connections are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.close()));
  }
}

interface SharedByPlaces {
  readonly gate: HandshakeGate;
  readonly cookies: Cookies;
  readonly sourceOf: (host: string) => string;
}

/** One listening address: a socket of each kind that it takes. */
class ListeningPlace {
  readonly #listen: Listen;
  readonly #shared: SharedByPlaces;
  readonly #options: AcceptorOptions;
  /** Handshakes under way. */
  readonly #waiting = new Set<Handshake>();
  readonly #zone: string | undefined;
  #listeners: readonly Listener[] = [];
  #retry: NodeJS.Timeout | undefined;
  /** Which one the interface was when the address was opened last. */
  #index: number | undefined;
  #watch: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(listen: Listen, shared: SharedByPlaces, options: AcceptorOptions) {
    this.#listen = listen;
    this.#shared = shared;
    this.#options = options;
    this.#zone = listen.host.split('%')[1];
  }

  state(): Listening {
    const { host, port } = this.#listen;
    const open = this.#listeners.length > 0;
    return { address: { host, port: this.#listeners[0]?.port() ?? port }, open };
  }

  async open(): Promise<void> {
    const zone = this.#zone;
    if (zone !== undefined) {
      this.#index = this.#indexOf(zone);
      const { listenRetryMs } = this.#options.limits;
      this.#watch ??= setInterval(() => this.#look(zone), listenRetryMs).unref();
    }
    try {
      const opened = await this.#listenOn(this.#listen.port, PORT_TRIES);
      if (this.#isClosed) await Promise.all(opened.map((listener) => listener.close()));
      else this.#listeners = opened;
    } catch (error) {
      if (!(error instanceof Error) || !isAway(error, zone)) throw error;
      if (!this.#isClosed) this.#tryLater();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    for (const handshake of this.#waiting) handshake.abort();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /** Gives a connection its place and its handshake, or turns it away. */
  #take(incoming: Incoming): void {
    const { address, transport, trust, abort } = incoming;
    const { gate, sourceOf } = this.#shared;
    const options = this.#options;
    const handshake: Handshake = {
      source: sourceOf(address.host),
      ofMember: options.isMemberSource(address.host),
      sinceMs: options.nowMs(),
      abort,
    };
    const refused = gate.enter(handshake);
    if (refused !== undefined) {
      incoming.refuse();
      options.onRefused(refused, address);
      return;
    }
    const leave = (): void => {
      gate.leave(handshake);
      this.#waiting.delete(handshake);
    };
    this.#waiting.add(handshake);
    incoming.onClosed(leave);
    const listen = this.#listen;
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

  /** A port that the system chose for the one may be taken for the other: then it chooses again. */
  async #listenOn(port: number, triesLeft: number): Promise<readonly Listener[]> {
    const options = this.#options;
    const { cookies, sourceOf } = this.#shared;
    const onIncoming = (incoming: Incoming): void => this.#take(incoming);
    const onTrouble = (error: Error): void => this.#report(error);
    const opened: Listener[] = [];
    try {
      // Datagrams first: whoever finds TCP open may take it that nothing else is still to come.
      if (takes(options.transport, 'datagram')) {
        const onLost = (error: Error): void => this.#lose(error);
        const setup = { ...options, cookies, sourceOf, onIncoming, onTrouble: onLost };
        opened.push(await openDatagramListener({ ...this.#listen, port }, setup));
      }
      if (takes(options.transport, 'tcp')) {
        // The port that the system chose for the one is the port of the other.
        const same = { ...this.#listen, port: opened[0]?.port() ?? port };
        opened.push(await openTcpListener(same, { ...options, onIncoming, onTrouble }));
      }
      return opened;
    } catch (error) {
      await Promise.all(opened.map((listener) => listener.close()));
      if (port !== 0 || triesLeft === 0 || !isInUse(error)) throw error;
      return this.#listenOn(port, triesLeft - 1);
    }
  }

  #report(error: Error): void {
    this.#options.onRefused(linkFault('lost', error.message), this.#listen);
  }

  /** The socket failed as a whole: as at the start, an address may come back. */
  #lose(error: Error): void {
    this.#report(error);
    this.#renew();
  }

  #renew(): void {
    const old = this.#listeners;
    this.#listeners = [];
    Promise.all(old.map((listener) => listener.close())).catch((error: Error) => {
      this.#report(error);
    });
    if (!this.#isClosed) this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.open().catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        this.#options.onRefused(linkFault('unreachable', detail), this.#listen);
        if (!this.#isClosed) this.#tryLater();
      });
    }, this.#options.limits.listenRetryMs).unref();
  }

  /** While the interface is away the sockets stay: they are good if it only was down. */
  #look(zone: string): void {
    const now = this.#indexOf(zone);
    if (this.#listeners.length > 0 && now !== undefined && now !== this.#index) this.#renew();
  }

  #indexOf(zone: string): number | undefined {
    const { interfaceIndex: indexNow = interfaceIndex } = this.#options;
    return indexNow(zone);
  }
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
