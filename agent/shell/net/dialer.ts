/**
 * Dialling: for each peer that should be linked, one attempt at a time, over its addresses in
 * turn, with pauses that double from `dialFirstMs` to `dialLastMs` and are shortened at random by
 * up to half, so that nodes which lost each other at once do not come back at once. An attempt
 * lasts until the other side accepts (stream.ts) and at most `handshakeTimeoutMs`, over TCP and
 * datagrams (dial.ts).
 */
import type { TLSSocket } from 'node:tls';
import type { Address } from './address.ts';
import { type DialSetup, dialAddress } from './dial.ts';
import { type LinkFault, linkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { isLinked } from './peer-state.ts';
import { addressesOf, type Peer, type PeerTable } from './peers.ts';
import type { Transport } from './transport.ts';

export interface DialerOptions extends DialSetup {
  readonly table: PeerTable;
  readonly nowMs: () => number;
  /** 0 to below 1. */
  readonly random: () => number;
  /**
   * The other side proved `key`. The attempt goes on until `accepted` or `failed` is called for
   * the peer. Returns the way to give the stream up, which must not call either.
   */
  readonly onSecured: (peer: Peer, socket: TLSSocket, key: Uint8Array, at: Dialled) => () => void;
  readonly onFailed: (peer: Peer, fault: LinkFault, at: Address) => void;
}

/** Where and how a peer was reached. */
export interface Dialled {
  readonly address: Address;
  readonly transport: Transport;
  /** Which process proved the key there (twins.ts). */
  readonly instance: string;
}

/**
 * What link-table.ts wants of a dialler: the attempt under way came to a stream (`accepted`), or it
 * did not (`failed`: dials again after a pause, if the peer is wanted); the link is gone (`again`:
 * dials after a pause, unless an attempt is under way); after a link that held, the pauses begin
 * with the shortest again (`forgiven`); gives up the attempt or the pause (`cancel`).
 */
export type DialOrder =
  | { readonly what: 'accepted' | 'again' | 'forgiven' | 'cancel' }
  | { readonly what: 'failed'; readonly fault: LinkFault };

/** The pause before attempt number `attempt` (from 0), in milliseconds. */
export function pauseMs(limits: NetLimits, attempt: number, random: number): number {
  const longest = Math.min(limits.dialLastMs, limits.dialFirstMs * 2 ** Math.min(attempt, 20));
  return Math.round(longest * (1 - random / 2));
}

interface Attempt {
  readonly timer: NodeJS.Timeout;
  /** When it begins; undefined: it is under way. */
  readonly beginsAtMs: number | undefined;
  readonly abort: () => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #attempts = new Map<Peer, Attempt>();
  /** Attempts that have begun since the pauses were the shortest. */
  readonly #counts = new WeakMap<Peer, number>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Dials the peer after `delayMs`, unless it is being dialled or waits for less. */
  dial(peer: Peer, delayMs: number): void {
    const pending = this.#attempts.get(peer);
    const beginsAtMs = this.#options.nowMs() + delayMs;
    if (pending !== undefined) {
      if (pending.beginsAtMs === undefined || pending.beginsAtMs <= beginsAtMs) return;
      clearTimeout(pending.timer);
    }
    const timer = setTimeout(() => this.#begin(peer), delayMs);
    this.#attempts.set(peer, { timer, beginsAtMs, abort: () => undefined });
  }

  obey(peer: Peer, order: DialOrder): void {
    switch (order.what) {
      case 'accepted':
        this.#forget(peer);
        break;
      case 'failed':
        this.#fail(peer, order.fault);
        break;
      case 'again':
        this.#dialAgain(peer);
        break;
      case 'forgiven':
        this.#counts.delete(peer);
        break;
      case 'cancel':
        this.#forget(peer)?.abort();
    }
  }

  /** Attempts and pauses of peers that nobody asked for. */
  undemanded(): number {
    return [...this.#attempts.keys()].filter((peer) => !peer.demanded).length;
  }

  stop(): void {
    for (const peer of [...this.#attempts.keys()]) this.obey(peer, { what: 'cancel' });
  }

  #forget(peer: Peer): Attempt | undefined {
    const attempt = this.#attempts.get(peer);
    this.#attempts.delete(peer);
    clearTimeout(attempt?.timer);
    return attempt;
  }

  #begin(peer: Peer): void {
    const { table, limits } = this.#options;
    if (isLinked(peer.state)) {
      this.#attempts.delete(peer);
      return;
    }
    const addresses = addressesOf(peer);
    const count = this.#counts.get(peer) ?? 0;
    const address = addresses[count % Math.max(1, addresses.length)];
    if (address === undefined) {
      this.#attempts.delete(peer);
      table.move(peer, 'discovering');
      return;
    }
    this.#counts.set(peer, count + 1);
    peer.address = address;
    this.#move(peer, 'connecting');
    const abort = this.#attempt(peer, address);
    const timer = setTimeout(() => {
      abort();
      this.#giveUp(peer, address, linkFault('handshake_timeout'));
    }, limits.handshakeTimeoutMs);
    this.#attempts.set(peer, { timer, beginsAtMs: undefined, abort });
  }

  /** Returns the way to give it up. */
  #attempt(peer: Peer, address: Address): () => void {
    let abort = dialAddress(this.#options, address, peer.pinned ? peer.key : undefined, {
      onConnected: () => this.#move(peer, 'authenticating'),
      onSecured: (socket, key, by) => {
        abort = this.#options.onSecured(peer, socket, key, { address, ...by });
      },
      onFailed: (fault) => this.#giveUp(peer, address, fault),
    });
    return () => abort();
  }

  #giveUp(peer: Peer, address: Address, fault: LinkFault): void {
    this.#options.onFailed(peer, fault, address);
    this.#fail(peer, fault);
  }

  /** While another link to the peer is up, an attempt says nothing about the peer's state. */
  #move(peer: Peer, state: 'connecting' | 'authenticating'): void {
    if (!isLinked(peer.state)) this.#options.table.move(peer, state);
  }

  #fail(peer: Peer, fault: LinkFault): void {
    const { table } = this.#options;
    this.#forget(peer);
    if (isLinked(peer.state)) return;
    if (!peer.demanded) {
      table.move(peer, 'disconnected', fault);
      return;
    }
    if (peer.state !== 'discovering') table.move(peer, 'reconnecting', fault);
    this.#dialAgain(peer);
  }

  /** The pauses grow when all addresses have been tried once more. */
  #dialAgain(peer: Peer): void {
    const { limits, random } = this.#options;
    const count = this.#counts.get(peer) ?? 1;
    const rounds = (count - 1) / Math.max(1, addressesOf(peer).length);
    this.dial(peer, pauseMs(limits, Math.floor(rounds), random()));
  }
}
