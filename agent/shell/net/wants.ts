/**
 * Which peers should be linked: the members of the committee always, what the operator wrote, and,
 * as far as there is use for them, nodes that discovery found.
 *
 * A peer that is wanted by its key is pinned to it. One that is wanted by its address alone may
 * turn out to be anybody (tls.ts, rule 4).
 */
import { compareBytes, equalBytes } from '../../core/base/bytes.ts';
import type { Member } from '../../core/network/committee.ts';
import { type Address, sameAddress } from './address.ts';
import type { Dialer } from './dialer.ts';
import type { NetLimits } from './limits.ts';
import { isLinked } from './peer-state.ts';
import type { Peer, PeerTable } from './peers.ts';

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
  readonly dialer: Pick<Dialer, 'dial' | 'obey' | 'undemanded'>;
  readonly self: Uint8Array | undefined;
  /** How many nodes that are no members may be dialled because they were found. */
  readonly dialFound: number;
  /** How many links there are to such nodes now. */
  readonly foundLinks: () => number;
}

export class Wants {
  readonly #options: WantsOptions;
  #selfIsMember = false;
  #wanted: readonly WantedPeer[] = [];
  #isDialling = false;

  constructor(options: WantsOptions) {
    this.#options = options;
  }

  /** From now on whoever is wanted is dialled. */
  begin(): void {
    this.#isDialling = true;
    this.want(this.#wanted);
  }

  /** Nobody is dialled any more. */
  stop(): void {
    this.#isDialling = false;
  }

  /** The committee, all of whom are wanted; who is in it no more is not, but for the operator. */
  setMembers(members: readonly Member[]): void {
    const { table } = this.#options;
    this.#selfIsMember = members.some(({ key }) => this.#isSelf(key));
    for (const peer of table.all()) {
      if (!peer.isMember) continue;
      peer.isMember = false;
      peer.name = undefined;
    }
    for (const { key, name } of members) {
      if (this.#isSelf(key)) continue;
      const known = table.byKey(key);
      if (known === undefined) {
        table.add({ key, name, pinned: true, isMember: true, demanded: true });
      } else {
        Object.assign(known, { isMember: true, demanded: true, name });
      }
    }
    this.want(this.#wanted);
  }

  /** Replaces what the operator wants. */
  want(wanted: readonly WantedPeer[]): void {
    this.#wanted = wanted;
    const addresses = new Map<Peer, Address[]>();
    const unwanted = new Set<Peer>();
    for (const peer of this.#options.table.all()) {
      if (peer.isMember) addresses.set(peer, []);
      else if (peer.demanded) unwanted.add(peer);
    }
    for (const { key, host, port } of wanted) {
      if (this.#isSelf(key)) continue;
      const peer = key === undefined ? this.#unpinned({ host, port }) : this.#pinned(key);
      if (peer === undefined) continue;
      unwanted.delete(peer);
      const known = addresses.get(peer) ?? [];
      const isKnown = known.some((address) => sameAddress(address, { host, port }));
      addresses.set(peer, isKnown ? known : [...known, { host, port }]);
    }
    for (const peer of unwanted) this.#abandon(peer);
    for (const [peer, configured] of addresses) {
      peer.configured = configured;
      if (!isLinked(peer.state)) this.#dial(peer, this.#firstDelayMs(peer));
    }
  }

  found({ key, address }: FoundNode): void {
    const { table, dialer, limits, foundLinks, dialFound } = this.#options;
    if (!this.#isDialling || this.#isSelf(key)) return;
    const peer =
      table.byKey(key) ?? table.add({ key, pinned: true, isMember: false, demanded: false });
    if (peer === undefined) return;
    const isNew = table.addAddress(peer, address);
    if (isLinked(peer.state)) return;
    if (peer.demanded) {
      // A beacon is a reason to try now; the same one again, only not to wait for long.
      if (isNew) dialer.obey(peer, { what: 'forgiven' });
      this.#dial(peer, isNew ? this.#firstDelayMs(peer) : limits.dialFirstMs);
    } else if (foundLinks() + dialer.undemanded() < dialFound) {
      this.#dial(peer, 0);
    }
  }

  #isSelf(key: Uint8Array | undefined): boolean {
    const { self } = this.#options;
    return key !== undefined && self !== undefined && equalBytes(key, self);
  }

  #dial(peer: Peer, delayMs: number): void {
    if (this.#isDialling) this.#options.dialer.dial(peer, delayMs);
  }

  /** Of two members, the one with the larger key leaves the first attempt to the other. */
  #firstDelayMs({ isMember, key }: Peer): number {
    const { self, limits } = this.#options;
    if (!isMember || !this.#selfIsMember || key === undefined || self === undefined) return 0;
    return compareBytes(self, key) < 0 ? 0 : 2 * limits.dialFirstMs;
  }

  #pinned(key: Uint8Array): Peer | undefined {
    const { table } = this.#options;
    const known = table.byKey(key);
    if (known === undefined) {
      return table.add({ key, pinned: true, isMember: false, demanded: true });
    }
    known.demanded = true;
    return known;
  }

  #unpinned({ host, port }: Address): Peer | undefined {
    const { table } = this.#options;
    for (const peer of table.all()) {
      const [known] = peer.configured;
      if (!peer.pinned && known !== undefined && sameAddress(known, { host, port })) return peer;
    }
    const peer = table.add({ key: undefined, pinned: false, isMember: false, demanded: true });
    if (peer !== undefined) peer.configured = [{ host, port }];
    return peer;
  }

  #abandon(peer: Peer): void {
    peer.demanded = false;
    peer.configured = [];
    this.#options.dialer.obey(peer, { what: 'cancel' });
    if (!isLinked(peer.state)) this.#options.table.remove(peer);
  }
}
