/**
 * Which peers should be linked: the members of the committee always, what the operator wrote, and,
 * as far as there is use for them, nodes that discovery found.
 *
 * A peer that is wanted by its key is pinned to it. One that is wanted by its address alone may
 * turn out to be anybody (tls.ts, rule 4).
 */
import { compareBytes, equalBytes } from '../../core/base/bytes.ts';
import type { Member } from '../../core/network/committee.ts';
import type { Address } from './address.ts';
import type { Dialer } from './dialer.ts';
import type { NetLimits } from './limits.ts';
import { isLinked, type Peer, type PeerTable } from './peers.ts';

/** A node that the operator wants a link to. */
export interface WantedPeer extends Address {
  /** Its key (32 bytes), to accept no other at this address. */
  readonly key?: Uint8Array | undefined;
}

/** A node that discovery found; its key is proven only by the handshake. */
export interface FoundNode {
  readonly key: Uint8Array;
  readonly address: Address;
}

export interface WantsOptions {
  readonly limits: NetLimits;
  readonly table: PeerTable;
  readonly dialer: Dialer;
  readonly self: Uint8Array | undefined;
  /** How many nodes that are no members may be dialled because they were found. */
  readonly dialFound: number;
  /** How many links there are to such nodes now. */
  readonly foundLinks: () => number;
}

export interface Wants {
  /** Once, before anything else. */
  addMembers(members: readonly Member[]): void;
  /** Replaces what the operator wants. */
  want(wanted: readonly WantedPeer[]): void;
  found(node: FoundNode): void;
  stop(): void;
}

export function createWants(options: WantsOptions): Wants {
  const { limits, table, dialer, self } = options;
  let selfIsMember = false;
  let stopped = false;

  function isSelf(key: Uint8Array | undefined): boolean {
    return key !== undefined && self !== undefined && equalBytes(key, self);
  }

  /** Of two members, the one with the larger key leaves the first attempt to the other. */
  function firstDelayMs({ isMember, key }: Peer): number {
    if (!isMember || !selfIsMember || key === undefined || self === undefined) return 0;
    return compareBytes(self, key) < 0 ? 0 : 2 * limits.dialFirstMs;
  }

  function pinned(key: Uint8Array): Peer | undefined {
    const known = table.byKey(key);
    if (known === undefined) {
      return table.add({ key, pinned: true, isMember: false, demanded: true });
    }
    known.demanded = true;
    return known;
  }

  function unpinned({ host, port }: Address): Peer | undefined {
    for (const peer of table.all()) {
      const [address] = peer.configured;
      if (!peer.pinned && address?.host === host && address.port === port) return peer;
    }
    return table.add({ key: undefined, pinned: false, isMember: false, demanded: true });
  }

  function abandon(peer: Peer): void {
    peer.demanded = false;
    peer.configured = [];
    dialer.cancel(peer);
    if (!isLinked(peer.state)) table.remove(peer);
  }

  return {
    addMembers(members) {
      selfIsMember = members.some(({ key }) => isSelf(key));
      for (const { key, name } of members) {
        if (!isSelf(key)) table.add({ key, name, pinned: true, isMember: true, demanded: true });
      }
    },

    want(wanted) {
      const addresses = new Map<Peer, Address[]>();
      const unwanted = new Set<Peer>();
      for (const peer of table.all()) {
        if (peer.isMember) addresses.set(peer, []);
        else if (peer.demanded) unwanted.add(peer);
      }
      for (const { key, host, port } of wanted) {
        if (isSelf(key)) continue;
        const peer = key === undefined ? unpinned({ host, port }) : pinned(key);
        if (peer === undefined) continue;
        unwanted.delete(peer);
        addresses.set(peer, [...(addresses.get(peer) ?? []), { host, port }]);
      }
      for (const peer of unwanted) abandon(peer);
      for (const [peer, configured] of addresses) {
        peer.configured = configured;
        if (!isLinked(peer.state) && !stopped) dialer.dial(peer, firstDelayMs(peer));
      }
    },

    found({ key, address }) {
      if (stopped || isSelf(key)) return;
      const peer =
        table.byKey(key) ?? table.add({ key, pinned: true, isMember: false, demanded: false });
      if (peer === undefined) return;
      const isNew = table.addAddress(peer, address);
      if (isLinked(peer.state)) return;
      if (peer.demanded) {
        // A beacon is a reason to try now; the same one again, only not to wait for long.
        if (isNew) dialer.forgiven(peer);
        dialer.dial(peer, isNew ? firstDelayMs(peer) : limits.dialFirstMs);
      } else if (options.foundLinks() + dialer.undemanded() < options.dialFound) {
        dialer.dial(peer, 0);
      }
    },

    stop() {
      stopped = true;
    },
  };
}
