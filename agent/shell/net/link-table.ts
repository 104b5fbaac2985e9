/**
 * The rules of links, without sockets: which stream becomes a link, which gives way, whose peer it
 * is, what the core is told, and what changes when the committee does. Events in, acts out, to be
 * done in their order (links.ts does them). No clock, no timer, no randomness but what is handed
 * in.
 *
 * Safety: one link a node. When a second stream to the same node comes up, terms.ts decides which
 * of the two goes on, the same one on both sides; a link that loses is down before the other is up.
 * What a key is worth is judged by the committee of now: a link of a member that was removed loses
 * what a member has, its place and its rates with it, and one of a new member gains it.
 * Liveness: whoever is asked for and loses its link is dialled again, and so is everybody who
 * waited because its node was linked under another name.
 */

import { toHex } from '../../core/base/bytes.ts';
import type { LinkId } from '../../core/base/units.ts';
import type { Place } from '../place.ts';
import type { Listen } from './acceptor.ts';
import type { Address } from './address.ts';
import { findPlace, type LinkKind, type Newcomer } from './admission.ts';
import type { DialOrder } from './dialer.ts';
import { type LinkFault, type LinkFaultCode, linkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { isFoundLink, isWanted, type Link, type LinkEvent, type LinkReport } from './link.ts';
import { isLinked } from './peer-state.ts';
import { addressesOf, newTraffic, type Peer, type PeerTable } from './peers.ts';
import type { Terms } from './terms.ts';
import type { Transport } from './transport.ts';
import { type Twins, twinFault } from './twins.ts';

export interface LinkTableSetup {
  readonly limits: NetLimits;
  readonly terms: Terms;
  readonly peers: PeerTable;
  readonly twins: Twins;
  /** Which process this is (identity.ts), if it has a key. */
  readonly instance: string | undefined;
  /** Whose share an address is (address.ts). */
  readonly sourceOf: (host: string) => string;
  readonly nowMs: () => number;
  /** Draws an id; one that is taken is drawn again. */
  readonly drawId: () => LinkId;
}

/** Something that the table wants done. */
export type LinkAct =
  | { readonly act: 'tell'; readonly event: LinkEvent; readonly place: Place }
  | { readonly act: 'report'; readonly report: LinkReport }
  /** Its stream is to end; to the table, it is down already. */
  | { readonly act: 'end'; readonly link: LinkId; readonly fault: LinkFault }
  /** Its stream may use more or less from now on. */
  | { readonly act: 'rebind'; readonly link: Link }
  | { readonly act: 'dial'; readonly peer: Peer; readonly order: DialOrder };

/** Who proved what, and where. */
export interface Proven {
  readonly key: Uint8Array | undefined;
  readonly address: Address;
  readonly transport: Transport;
  /** Which process proved the key, if one was. */
  readonly instance: string | undefined;
}

/** What becomes of a stream: a link, or why not. */
export type LinkEntry =
  | { readonly link: Link; readonly acts: readonly LinkAct[] }
  | { readonly fault: LinkFault; readonly acts: readonly LinkAct[] };

export class LinkTable {
  readonly #setup: LinkTableSetup;
  readonly #links = new Map<LinkId, Link>();
  readonly #byKey = new Map<string, Link>();
  readonly #refused = new Map<LinkFaultCode, number>();
  #hasStopped = false;
  /** What is to be done for the event that is being taken in. */
  #acts: LinkAct[] = [];

  constructor(setup: LinkTableSetup) {
    this.#setup = setup;
  }

  get(id: LinkId): Link | undefined {
    return this.#links.get(id);
  }

  ofKey(key: Uint8Array): Link | undefined {
    return this.#byKey.get(toHex(key));
  }

  all(): Iterable<Link> {
    return this.#links.values();
  }

  /** Links to nodes that were dialled because they were found. */
  foundLinks(): number {
    return [...this.#links.values()].filter(isFoundLink).length;
  }

  counts(): Readonly<Record<LinkKind, number>> {
    const counts = { member: 0, node: 0, anonymous: 0 };
    for (const { kind } of this.#links.values()) counts[kind] += 1;
    return counts;
  }

  refused(): ReadonlyMap<LinkFaultCode, number> {
    return this.#refused;
  }

  isMemberSource(host: string): boolean {
    for (const peer of this.#setup.peers.all()) {
      if (!peer.isMember) continue;
      if (addressesOf(peer).some((address) => address.host === host)) return true;
      if (isLinked(peer.state) && peer.address?.host === host) return true;
    }
    return false;
  }

  /** What a stream is by what was proven on it, and whose share it has. */
  standsAs({ key, address }: Proven): Pick<Link, 'kind' | 'source'> {
    const { terms, sourceOf } = this.#setup;
    return { kind: terms.kindOf(key), source: sourceOf(address.host) };
  }

  // ---- events ----------------------------------------------------------------------------------

  /** A connection did not come through its handshake. */
  refuse(fault: LinkFault, address: Address, key?: Uint8Array): readonly LinkAct[] {
    this.#count(fault, address, key);
    return this.#takeActs();
  }

  /** Somebody came in at an address of this node that is for `admits`. */
  called(caller: Proven, admits: Listen['admits']): LinkEntry {
    const { terms } = this.#setup;
    const { key, address } = caller;
    const { kind, source } = this.standsAs(caller);
    const fault =
      (this.#hasStopped ? linkFault('stopping') : undefined) ??
      this.#lookForTwin(caller) ??
      terms.whyNot(kind, key, admits) ??
      (this.#isBeaten(key, false) ? linkFault('duplicate') : undefined) ??
      this.#makePlace({ kind, source, dialled: false, wanted: this.#isDemanded(key) });
    if (fault !== undefined) {
      if (fault.code !== 'duplicate') this.#count(fault, address, key);
      return { fault, acts: this.#takeActs() };
    }
    const peer = key === undefined ? undefined : this.#peerOfCaller(key, kind);
    return this.#enter(caller, { peer, asked: undefined, admits });
  }

  /**
   * A peer that was dialled proved its key. Without a fault the stream waits to be accepted; then
   * comes `opened`, or `failed`.
   */
  answered(
    peer: Peer,
    at: Proven,
  ): { readonly fault: LinkFault | undefined; readonly acts: readonly LinkAct[] } {
    const twin = this.#lookForTwin(at);
    let fault: LinkFault | undefined;
    if (this.#setup.terms.isSelf(at.key)) {
      fault = twin ?? linkFault('own_key');
      this.#order(peer, { what: 'failed', fault });
    } else {
      const known = at.key === undefined ? undefined : this.ofKey(at.key);
      if (known !== undefined && known.peer !== peer) {
        fault = linkFault('duplicate');
        this.#order(peer, { what: 'accepted' });
        this.#rest(peer);
        this.#addAlias(known, peer);
      }
    }
    return { fault, acts: this.#takeActs() };
  }

  /** The other side accepted a stream to `asked`. */
  opened(asked: Peer, at: Proven & { readonly key: Uint8Array }): LinkEntry {
    const { key } = at;
    this.#order(asked, { what: 'accepted' });
    if (this.#isBeaten(key, true)) {
      this.#rest(asked);
      this.#addAlias(this.ofKey(key), asked);
      return { fault: linkFault('duplicate'), acts: this.#takeActs() };
    }
    const { kind, source } = this.standsAs(at);
    // One that is dialled is never refused: there are no more of them than are asked for.
    this.#makePlace({ kind, source, dialled: true, wanted: asked.demanded });
    return this.#enter(at, { peer: this.#peerOfAnswer(asked, key), asked, admits: 'anyone' });
  }

  /** A stream to `asked` ended before it was accepted. */
  failed(asked: Peer, at: Proven, fault: LinkFault): readonly LinkAct[] {
    const { address, key } = at;
    this.#report({ what: 'dial_failed', address, key, fault });
    this.#order(asked, { what: 'failed', fault });
    return this.#takeActs();
  }

  /** A frame came; undefined: its link is gone. */
  heard(id: LinkId): Place | undefined {
    const link = this.#links.get(id);
    if (link === undefined) return undefined;
    link.lastFrameMs = this.#setup.nowMs();
    return link.place;
  }

  /** The stream of a link ended. Harmless when the table ended it itself. */
  down(id: LinkId, fault: LinkFault): readonly LinkAct[] {
    const link = this.#links.get(id);
    if (link !== undefined) this.#leave(link, fault);
    return this.#takeActs();
  }

  /** Peers are demanded or not since the last event (wants.ts). */
  wantsChanged(): readonly LinkAct[] {
    for (const link of this.#links.values()) this.#tellIfChanged(link);
    return this.#takeActs();
  }

  /** The committee is another one: to `terms` and to the peers it is already. */
  membersChanged(): readonly LinkAct[] {
    for (const link of [...this.#links.values()]) {
      if (this.#links.has(link.id)) this.#judgeAgain(link);
    }
    return this.#takeActs();
  }

  /** From now on nobody comes in, and nobody is dialled again. */
  stop(): void {
    this.#hasStopped = true;
  }

  // ---- streams that become links ---------------------------------------------------------------

  /** Notes which process it is. A fault, if it is another one with this node's own key. */
  #lookForTwin({ key, instance = '', address }: Proven): LinkFault | undefined {
    if (key === undefined) return undefined;
    const { terms, twins } = this.#setup;
    const isSelf = terms.isSelf(key);
    if (!isSelf && terms.kindOf(key) !== 'member' && !this.#isDemanded(key)) return undefined;
    const found = twins.saw(key, instance, address);
    if (found !== undefined) {
      this.#report({ what: 'twin', address, key, fault: twinFault(found) });
    }
    return isSelf && instance !== this.#setup.instance ? twinFault(found) : undefined;
  }

  /** Takes another link's place if need be; a fault, if there is none. */
  #makePlace(newcomer: Newcomer, except?: Link): LinkFault | undefined {
    const { limits, terms, nowMs } = this.#setup;
    const others = [...this.#links.values()].filter((link) => link !== except);
    const place = findPlace(limits, terms.memberCount, others, newcomer, nowMs());
    if (place !== undefined && 'code' in place) return place;
    if (place !== undefined) this.#end(place, linkFault('evicted'));
    return undefined;
  }

  #isDemanded(key: Uint8Array | undefined): boolean {
    return key !== undefined && this.#setup.peers.byKey(key)?.demanded === true;
  }

  /** Whether there is a link to this node that goes on in place of a new stream. */
  #isBeaten(key: Uint8Array | undefined, dialled: boolean): boolean {
    const existing = key === undefined ? undefined : this.ofKey(key);
    if (key === undefined || existing === undefined) return false;
    return !this.#setup.terms.replaces(key, existing, dialled);
  }

  #peerOfCaller(key: Uint8Array, kind: LinkKind): Peer | undefined {
    const { peers } = this.#setup;
    const isMember = kind === 'member';
    return peers.byKey(key) ?? peers.add({ key, pinned: true, isMember, demanded: false });
  }

  /**
   * The peer that a dialled stream belongs to: the one that was dialled, or, if that was known by
   * its address only, the one that has this key; the address is then another name for it.
   */
  #peerOfAnswer(dialled: Peer, key: Uint8Array): Peer {
    if (dialled.pinned) return dialled;
    const known = this.#setup.peers.byKey(key);
    if (known === dialled) return dialled;
    if (known !== undefined) {
      this.#rest(dialled);
      return known;
    }
    this.#setup.peers.setKey(dialled, key);
    return dialled;
  }

  #enter(
    at: Proven,
    from: {
      readonly peer: Peer | undefined;
      readonly asked: Peer | undefined;
      readonly admits: Listen['admits'];
    },
  ): LinkEntry {
    const { terms, nowMs } = this.#setup;
    const { key, address, transport } = at;
    const { peer, asked, admits } = from;
    const { kind, source } = this.standsAs(at);
    const link: Link = {
      id: this.#newId(),
      key,
      kind,
      peer,
      address,
      transport,
      admits,
      source,
      dialled: asked !== undefined,
      traffic: (asked ?? peer)?.traffic ?? newTraffic(),
      upAtMs: nowMs(),
      lastFrameMs: nowMs(),
      aliases: new Set(asked === undefined ? [] : [asked]),
      wanted: false,
      place: terms.placeOf(kind, source, key, false),
    };
    this.#register(link);
    return { link, acts: this.#takeActs() };
  }

  #newId(): LinkId {
    let id = this.#setup.drawId();
    while (this.#links.has(id)) id = this.#setup.drawId();
    return id;
  }

  // ---- links -----------------------------------------------------------------------------------

  #register(link: Link): void {
    const { key, address } = link;
    const older = key === undefined ? undefined : this.ofKey(key);
    if (key !== undefined && older !== undefined) {
      // Its node may have started anew, and is then no longer what the old link showed.
      const twin = this.#setup.twins.of(key);
      this.#end(older, twin === undefined ? linkFault('duplicate') : twinFault(twin));
    }
    this.#links.set(link.id, link);
    if (key !== undefined) this.#byKey.set(toHex(key), link);
    if (link.peer !== undefined) this.#bindPeer(link, link.peer);
    this.#report({ what: 'up', address, key, fault: undefined });
    this.#tellUp(link);
  }

  #bindPeer(link: Link, peer: Peer): void {
    const { peers } = this.#setup;
    peer.address = link.address;
    if (!isLinked(peer.state)) {
      if (peer.state !== 'authenticating') peers.move(peer, 'authenticating');
      peers.move(peer, this.#isCompared(peer) ? 'syncing' : 'connected');
    }
    // An attempt of our own that would lose against this link is pointless.
    if (link.dialled || !this.#wouldWin(peer, link)) this.#order(peer, { what: 'cancel' });
  }

  /** Whether there are ledgers to compare. */
  #isCompared(peer: Peer): boolean {
    return this.#setup.terms.selfIsMember && peer.isMember;
  }

  #wouldWin(peer: Peer, link: Link): boolean {
    return peer.key !== undefined && this.#setup.terms.replaces(peer.key, link, true);
  }

  /** A link turns out to be the one that this peer was dialled for. */
  #addAlias(link: Link | undefined, peer: Peer): void {
    if (link === undefined) return;
    link.aliases.add(peer);
    this.#tellIfChanged(link);
  }

  /** By the committee of now. */
  #judgeAgain(link: Link): void {
    const { terms, peers } = this.#setup;
    const { key, source, dialled } = link;
    const kind = terms.kindOf(key);
    const wanted = isWanted(link);
    const fault =
      terms.whyNot(kind, key, link.admits) ??
      (kind === link.kind ? undefined : this.#makePlace({ kind, source, dialled, wanted }, link));
    if (fault !== undefined) {
      this.#end(link, fault);
      return;
    }
    if (kind !== link.kind) {
      link.kind = kind;
      this.#acts.push({ act: 'rebind', link });
    }
    if (link.peer === undefined && key !== undefined) {
      link.peer = peers.byKey(key);
      if (link.peer !== undefined) this.#bindPeer(link, link.peer);
    }
    const { peer } = link;
    if (peer !== undefined && isLinked(peer.state)) {
      const isCompared = this.#isCompared(peer);
      if (isCompared && peer.state === 'connected') peers.move(peer, 'syncing');
      if (!isCompared) peers.move(peer, 'connected');
    }
    this.#tellIfChanged(link);
  }

  /** Tells the core when it knows of an open link what is not so any more. */
  #tellIfChanged(link: Link): void {
    const { kind, source, key, place } = link;
    const now = this.#setup.terms.placeOf(kind, source, key, isWanted(link));
    // Of one link, the standing says the source as well.
    const isSame = place.standing === now.standing && link.wanted === isWanted(link);
    if (!isSame) this.#tellUp(link);
  }

  #tellUp(link: Link): void {
    const { id, kind, source, key } = link;
    link.wanted = isWanted(link);
    link.place = this.#setup.terms.placeOf(kind, source, key, link.wanted);
    const event: LinkEvent = { kind: 'link_up', link: id, peerKey: key, wanted: link.wanted };
    this.#acts.push({ act: 'tell', event, place: link.place });
  }

  /** Ends a link of which the other side does not know yet. */
  #end(link: Link, fault: LinkFault): void {
    this.#leave(link, fault);
    this.#acts.push({ act: 'end', link: link.id, fault });
  }

  #leave(link: Link, fault: LinkFault): void {
    const { peers, limits, nowMs } = this.#setup;
    const { id, key, address, place, peer } = link;
    this.#links.delete(id);
    if (key !== undefined) this.#byKey.delete(toHex(key));
    this.#report({ what: 'down', address, key, fault });
    this.#acts.push({ act: 'tell', event: { kind: 'link_down', link: id }, place });
    if (peer === undefined) return;
    peer.roundTripMs = undefined;
    if (nowMs() - link.upAtMs >= limits.silenceMs) this.#order(peer, { what: 'forgiven' });
    peers.move(peer, peer.demanded ? 'reconnecting' : 'disconnected', fault);
    if (this.#hasStopped) return;
    if (peer.demanded) this.#order(peer, { what: 'again' });
    for (const alias of peers.all()) {
      if (alias.demanded && alias.state === 'disconnected') this.#order(alias, { what: 'again' });
    }
  }

  /**
   * Wanted by its address, which is another name of a linked node: waits until that link is gone.
   * It may have a link itself by now, to the node that it was at that address before.
   */
  #rest(alias: Peer): void {
    if (isLinked(alias.state)) return;
    this.#setup.peers.move(alias, 'disconnected', linkFault('duplicate'));
  }

  // ---- acts ------------------------------------------------------------------------------------

  #count(fault: LinkFault, address: Address, key: Uint8Array | undefined): void {
    this.#refused.set(fault.code, (this.#refused.get(fault.code) ?? 0) + 1);
    this.#report({ what: 'refused', address, key, fault });
  }

  #report(report: LinkReport): void {
    this.#acts.push({ act: 'report', report });
  }

  #order(peer: Peer, order: DialOrder): void {
    this.#acts.push({ act: 'dial', peer, order });
  }

  #takeActs(): readonly LinkAct[] {
    const acts = this.#acts;
    this.#acts = [];
    return acts;
  }
}
