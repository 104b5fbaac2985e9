/**
 * The peer table: every node that this one keeps in touch with, or would, and how that stands
 * (peer-state.ts). A peer that this node did not ask for (discovered, or come by itself) gives way
 * when the table is full, the one heard of longest ago first.
 */
import { invariant } from '../../core/base/assert.ts';
import { toHex } from '../../core/base/bytes.ts';
import { type Address, sameAddress } from './address.ts';
import type { LinkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { mayMove, type PeerState } from './peer-state.ts';
import type { Traffic } from './stream.ts';
import type { Transport } from './transport.ts';

/** A peer as people see it. */
export interface KnownPeer {
  /** Its key, as soon as it is known. */
  readonly key: Uint8Array | undefined;
  readonly name: string | undefined;
  readonly isMember: boolean;
  readonly state: PeerState;
  readonly sinceMs: number;
  readonly lastFault: LinkFault | undefined;
  /** Where it is linked, or was tried last. */
  readonly address: Address | undefined;
  /** How its link travels; undefined: there is none. */
  readonly transport: Transport | undefined;
  readonly traffic: Readonly<Traffic>;
  readonly roundTripMs: number | undefined;
}

/** What is to be told of a peer whose state has just changed. */
export type MovedPeer = Pick<KnownPeer, 'key' | 'name' | 'state' | 'lastFault' | 'address'>;

export interface Peer extends KnownPeer {
  key: Uint8Array | undefined;
  isMember: boolean;
  /** Whether any other key at its address is an impostor. */
  readonly pinned: boolean;
  name: string | undefined;
  /** Somebody asked for it: kept, and dialled again for ever. */
  demanded: boolean;
  state: PeerState;
  sinceMs: number;
  lastFault: LinkFault | undefined;
  address: Address | undefined;
  transport: Transport | undefined;
  traffic: Traffic;
  roundTripMs: number | undefined;
  /** Where to dial: what the operator wrote, and what was heard since, the latest first. */
  configured: readonly Address[];
  heard: Address[];
  heardMs: number;
}

/** All addresses to try, the best first. */
export function addressesOf(peer: Peer): readonly Address[] {
  return [...peer.heard, ...peer.configured];
}

export interface NewPeer {
  readonly key: Uint8Array | undefined;
  readonly pinned: boolean;
  readonly name?: string | undefined;
  readonly isMember: boolean;
  readonly demanded: boolean;
}

/** `onMove` hears of every change of state, when it has been made. */
export class PeerTable {
  readonly #limits: NetLimits;
  readonly #nowMs: () => number;
  readonly #onMove: (peer: MovedPeer, from: PeerState) => void;
  readonly #peers = new Set<Peer>();
  readonly #keyed = new Map<string, Peer>();

  constructor(
    limits: NetLimits,
    nowMs: () => number,
    onMove: (peer: MovedPeer, from: PeerState) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#onMove = onMove;
  }

  all(): Iterable<Peer> {
    return this.#peers;
  }

  byKey(key: Uint8Array): Peer | undefined {
    return this.#keyed.get(toHex(key));
  }

  /** Adds a peer; may push out another that nobody asked for, or fail for want of such. */
  add({ key, pinned, name, isMember, demanded }: NewPeer): Peer | undefined {
    if (!demanded && !this.#makeRoom()) return undefined;
    const nowMs = this.#nowMs();
    const peer: Peer = {
      key,
      pinned,
      name,
      isMember,
      demanded,
      state: 'disconnected',
      sinceMs: nowMs,
      lastFault: undefined,
      address: undefined,
      transport: undefined,
      traffic: newTraffic(),
      roundTripMs: undefined,
      configured: [],
      heard: [],
      heardMs: nowMs,
    };
    this.#peers.add(peer);
    if (key !== undefined) this.#keyed.set(toHex(key), peer);
    return peer;
  }

  remove(peer: Peer): void {
    this.#peers.delete(peer);
    const name = peer.key && toHex(peer.key);
    if (name !== undefined && this.#keyed.get(name) === peer) this.#keyed.delete(name);
  }

  /** Gives an unpinned peer the key that it proved. */
  setKey(peer: Peer, key: Uint8Array): void {
    invariant(!peer.pinned, 'a pinned peer keeps its key');
    if (peer.key !== undefined) this.#keyed.delete(toHex(peer.key));
    peer.key = key;
    this.#keyed.set(toHex(key), peer);
  }

  /** Changes the state; a change that peer-state.ts does not know is a fault of ours. */
  move(peer: Peer, state: PeerState, fault?: LinkFault): void {
    if (fault !== undefined) peer.lastFault = fault;
    if (peer.state === state) return;
    const from = peer.state;
    invariant(mayMove(from, state), `a peer does not go from ${from} to ${state}`);
    peer.state = state;
    peer.sinceMs = this.#nowMs();
    this.#onMove(peer, from);
  }

  /** Notes an address to dial first from now on. True if it was not known. */
  addAddress(peer: Peer, address: Address): boolean {
    peer.heardMs = this.#nowMs();
    if (peer.configured.some((known) => sameAddress(known, address))) return false;
    const others = peer.heard.filter((known) => !sameAddress(known, address));
    const isNew = others.length === peer.heard.length;
    peer.heard = [address, ...others].slice(0, this.#limits.addressesPerPeer);
    return isNew;
  }

  /** Makes room for a peer that nobody asked for. */
  #makeRoom(): boolean {
    let count = 0;
    let stalest: Peer | undefined;
    for (const peer of this.#peers) {
      if (peer.demanded) continue;
      count += 1;
      const idle = peer.state === 'disconnected' || peer.state === 'reconnecting';
      if (idle && (stalest === undefined || peer.heardMs < stalest.heardMs)) stalest = peer;
    }
    if (count < this.#limits.undemandedPeers) return true;
    if (stalest === undefined) return false;
    this.remove(stalest);
    return true;
  }
}

export function newTraffic(): Traffic {
  return { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
}
