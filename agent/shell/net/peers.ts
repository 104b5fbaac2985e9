/**
 * The peer table: every node that this one keeps in touch with, or would, and how that stands.
 *
 *   disconnected   nothing under way
 *   discovering    wanted, but no address is known yet
 *   connecting     an address is being tried
 *   authenticating it answered; keys are being proven, and the other side's acceptance is awaited
 *   syncing        linked; the ledgers are being compared
 *   connected      linked; a node that there is nothing to compare with
 *   ready          linked, and the ledgers were found to be the same
 *   reconnecting   between two attempts
 *
 * `TRANSITIONS` is all that may happen. A peer that this node did not ask for (discovered, or come
 * by itself) gives way when the table is full, the one heard of longest ago first.
 */
import { invariant } from '../../core/base/assert.ts';
import { toHex } from '../../core/base/bytes.ts';
import { type Address, sameAddress } from './address.ts';
import type { LinkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import type { Traffic } from './stream.ts';
import type { Transport } from './transport.ts';

const TRANSITIONS = {
  disconnected: ['discovering', 'connecting', 'authenticating', 'reconnecting'],
  discovering: ['connecting', 'authenticating', 'disconnected'],
  connecting: ['authenticating', 'reconnecting', 'disconnected'],
  authenticating: ['syncing', 'connected', 'reconnecting', 'disconnected'],
  syncing: ['ready', 'connected', 'reconnecting', 'disconnected'],
  connected: ['syncing', 'ready', 'reconnecting', 'disconnected'],
  ready: ['syncing', 'connected', 'reconnecting', 'disconnected'],
  reconnecting: ['discovering', 'connecting', 'authenticating', 'disconnected'],
} as const satisfies Record<string, readonly string[]>;

export type PeerState = keyof typeof TRANSITIONS;
/** The states of a peer with a link. */
export type LinkedState = 'syncing' | 'connected' | 'ready';

/** Whether a peer may go from one state to another. */
export function mayMove(from: PeerState, to: PeerState): boolean {
  const allowed: readonly PeerState[] = TRANSITIONS[from];
  return allowed.includes(to);
}

export function isLinked(state: PeerState): state is LinkedState {
  return state === 'syncing' || state === 'connected' || state === 'ready';
}

/** A peer as people see it. */
export interface PeerView {
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
export type MovedPeer = Pick<PeerView, 'key' | 'name' | 'state' | 'lastFault' | 'address'>;

export interface Peer extends PeerView {
  key: Uint8Array | undefined;
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

export interface PeerTable {
  all(): Iterable<Peer>;
  byKey(key: Uint8Array): Peer | undefined;
  /** Adds a peer; may push out another that nobody asked for, or fail for want of such. */
  add(peer: NewPeer): Peer | undefined;
  remove(peer: Peer): void;
  /** Gives an unpinned peer the key that it proved. */
  setKey(peer: Peer, key: Uint8Array): void;
  /** Changes the state; a change that the table does not know is a fault of ours. */
  move(peer: Peer, state: PeerState, fault?: LinkFault): void;
  /** Notes an address to dial first from now on. True if it was not known. */
  addAddress(peer: Peer, address: Address): boolean;
}

/** `onMove` hears of every change of state, when it has been made. */
export function createPeerTable(
  limits: NetLimits,
  nowMs: () => number,
  onMove: (peer: MovedPeer, from: PeerState) => void = () => undefined,
): PeerTable {
  const peers = new Set<Peer>();
  const keyed = new Map<string, Peer>();

  function remove(peer: Peer): void {
    peers.delete(peer);
    if (peer.key !== undefined && keyed.get(toHex(peer.key)) === peer)
      keyed.delete(toHex(peer.key));
  }

  /** Makes room for a peer that nobody asked for. */
  function makeRoom(): boolean {
    let count = 0;
    let stalest: Peer | undefined;
    for (const peer of peers) {
      if (peer.demanded) continue;
      count += 1;
      const idle = peer.state === 'disconnected' || peer.state === 'reconnecting';
      if (idle && (stalest === undefined || peer.heardMs < stalest.heardMs)) stalest = peer;
    }
    if (count < limits.undemandedPeers) return true;
    if (stalest === undefined) return false;
    remove(stalest);
    return true;
  }

  return {
    all: () => peers,
    byKey: (key) => keyed.get(toHex(key)),
    add({ key, pinned, name, isMember, demanded }) {
      if (!demanded && !makeRoom()) return undefined;
      const peer: Peer = {
        key,
        pinned,
        name,
        isMember,
        demanded,
        state: 'disconnected',
        sinceMs: nowMs(),
        lastFault: undefined,
        address: undefined,
        transport: undefined,
        traffic: { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 },
        roundTripMs: undefined,
        configured: [],
        heard: [],
        heardMs: nowMs(),
      };
      peers.add(peer);
      if (key !== undefined) keyed.set(toHex(key), peer);
      return peer;
    },
    remove,
    setKey(peer, key) {
      invariant(!peer.pinned, 'a pinned peer keeps its key');
      if (peer.key !== undefined) keyed.delete(toHex(peer.key));
      peer.key = key;
      keyed.set(toHex(key), peer);
    },
    move(peer, state, fault) {
      if (fault !== undefined) peer.lastFault = fault;
      if (peer.state === state) return;
      const from = peer.state;
      invariant(mayMove(from, state), `a peer does not go from ${from} to ${state}`);
      peer.state = state;
      peer.sinceMs = nowMs();
      onMove(peer, from);
    },
    addAddress(peer, address) {
      peer.heardMs = nowMs();
      if (peer.configured.some((known) => sameAddress(known, address))) return false;
      const others = peer.heard.filter((known) => !sameAddress(known, address));
      const isNew = others.length === peer.heard.length;
      peer.heard = [address, ...others].slice(0, limits.addressesPerPeer);
      return isNew;
    },
  };
}
