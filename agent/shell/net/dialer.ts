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
import { addressesOf, isLinked, type Peer, type PeerTable } from './peers.ts';
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

export interface Dialer {
  /** Dials the peer after `delayMs`, unless it is being dialled or waits for less. */
  dial(peer: Peer, delayMs: number): void;
  /** The attempt under way came to a stream. */
  accepted(peer: Peer): void;
  /** It did not: dials again after a pause, if the peer is wanted. */
  failed(peer: Peer, fault: LinkFault): void;
  /** The link is gone: dials after a pause, unless an attempt is under way. */
  again(peer: Peer): void;
  /** After a link that held, the pauses begin with the shortest again. */
  forgiven(peer: Peer): void;
  /** Gives up the attempt or the pause. */
  cancel(peer: Peer): void;
  /** Attempts under way to peers that nobody asked for. */
  undemanded(): number;
  stop(): void;
}

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

export function createDialer(options: DialerOptions): Dialer {
  const { limits, table } = options;
  const attempts = new Map<Peer, Attempt>();
  const counts = new WeakMap<Peer, number>();

  function move(peer: Peer, state: 'connecting' | 'authenticating'): void {
    // While another link to the peer is up, an attempt says nothing about the peer's state.
    if (!isLinked(peer.state)) table.move(peer, state);
  }

  function begin(peer: Peer): void {
    if (isLinked(peer.state)) {
      attempts.delete(peer);
      return;
    }
    const addresses = addressesOf(peer);
    const count = counts.get(peer) ?? 0;
    const address = addresses[count % Math.max(1, addresses.length)];
    if (address === undefined) {
      attempts.delete(peer);
      table.move(peer, 'discovering');
      return;
    }
    counts.set(peer, count + 1);
    peer.address = address;
    move(peer, 'connecting');
    let abort = dialAddress(options, address, peer.pinned ? peer.key : undefined, {
      onConnected: () => move(peer, 'authenticating'),
      onSecured(socket, key, by) {
        abort = options.onSecured(peer, socket, key, { address, ...by });
      },
      onFailed: (fault) => give(fault),
    });
    const giveUp = () => abort();
    const timer = setTimeout(() => {
      giveUp();
      give(linkFault('handshake_timeout'));
    }, limits.handshakeTimeoutMs);
    attempts.set(peer, { timer, beginsAtMs: undefined, abort: giveUp });

    function give(fault: LinkFault): void {
      options.onFailed(peer, fault, address ?? { host: '', port: 0 });
      failed(peer, fault);
    }
  }

  function dial(peer: Peer, delayMs: number): void {
    const pending = attempts.get(peer);
    const beginsAtMs = options.nowMs() + delayMs;
    if (pending !== undefined) {
      if (pending.beginsAtMs === undefined || pending.beginsAtMs <= beginsAtMs) return;
      clearTimeout(pending.timer);
    }
    const timer = setTimeout(() => begin(peer), delayMs);
    attempts.set(peer, { timer, beginsAtMs, abort: () => undefined });
  }

  function cancel(peer: Peer): void {
    const attempt = attempts.get(peer);
    if (attempt === undefined) return;
    attempts.delete(peer);
    clearTimeout(attempt.timer);
    attempt.abort();
  }

  function failed(peer: Peer, fault: LinkFault): void {
    const attempt = attempts.get(peer);
    if (attempt !== undefined) clearTimeout(attempt.timer);
    attempts.delete(peer);
    if (isLinked(peer.state)) return;
    if (!peer.demanded) {
      table.move(peer, 'disconnected', fault);
      return;
    }
    if (peer.state !== 'discovering') table.move(peer, 'reconnecting', fault);
    again(peer);
  }

  /** The pauses grow when all addresses have been tried once more. */
  function again(peer: Peer): void {
    const rounds = ((counts.get(peer) ?? 1) - 1) / Math.max(1, addressesOf(peer).length);
    dial(peer, pauseMs(limits, Math.floor(rounds), options.random()));
  }

  return {
    dial,
    accepted(peer) {
      const attempt = attempts.get(peer);
      if (attempt !== undefined) clearTimeout(attempt.timer);
      attempts.delete(peer);
    },
    failed,
    again,
    forgiven(peer) {
      counts.delete(peer);
    },
    cancel,
    undemanded: () => [...attempts.keys()].filter((peer) => !peer.demanded).length,
    stop() {
      for (const peer of [...attempts.keys()]) cancel(peer);
    },
  };
}
