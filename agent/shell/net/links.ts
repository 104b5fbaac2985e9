/**
 * The links of this node: those that others opened, and those that it keeps open itself.
 *
 * One link a node. When a second stream to the same node comes up, terms.ts decides which of the
 * two goes on, the same one on both sides. A link that loses goes down before the other comes up.
 *
 * Members are always dialled with their committee key (tls.ts says what a key proves); of two
 * members, the one with the larger key waits a moment first, so that a double dial is rare.
 *
 * Overload. When `emit` says that enough of a link waits for the core, its stream is not read until
 * `resume`; what waits then, waits in the sender's window. The other streams go on.
 */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { toHex } from '../../core/base/bytes.ts';
import type { Close, LinkId, Send } from '../../core/io.ts';
import type { Member } from '../../core/network/committee.ts';
import type { Place } from '../standing.ts';
import { type Caller, createAcceptor, type Listen, type Listening } from './acceptor.ts';
import { type Address, createSourceNames } from './address.ts';
import { findPlace, type LinkKind, type Newcomer } from './admission.ts';
import { createCommons } from './datagram/commons.ts';
import { createDialer, type Dialled } from './dialer.ts';
import { type LinkFault, type LinkFaultCode, linkFault } from './fault.ts';
import type { Identity } from './identity.ts';
import { DATAGRAM_LIMITS, NET_LIMITS, type NetLimits } from './limits.ts';
import {
  isFoundLink,
  isWanted,
  type Link,
  type LinkCounts,
  type LinkEvent,
  type LinkReport,
  newTraffic,
} from './link.ts';
import {
  addressesOf,
  createPeerTable,
  isLinked,
  type LinkedState,
  type MovedPeer,
  type Peer,
  type PeerState,
  type PeerView,
} from './peers.ts';
import { openStream, type Stream, type Traffic, turnAway } from './stream.ts';
import { createTerms } from './terms.ts';
import type { TransportChoice } from './transport.ts';
import { type TwinFinding, Twins, twinFault } from './twins.ts';
import { createWants, type FoundNode, type WantedPeer } from './wants.ts';

export interface LinksOptions {
  /** Network id, 32 bytes. */
  readonly network: Uint8Array;
  /** Undefined: an anonymous wallet, which listens nowhere. */
  readonly identity: Identity | undefined;
  /** The committee. All of them are wanted. */
  readonly members: readonly Member[];
  readonly listen: readonly Listen[];
  readonly wanted: readonly WantedPeer[];
  /** How many nodes that are no members may be dialled because they were found. */
  readonly dialFound: number;
  /**
   * Takes an event, and whose share it is served from. False: no more frames of this link now;
   * `resume` will be called for it.
   */
  readonly emit: (event: LinkEvent, place: Place) => boolean;
  readonly report?: (report: LinkReport) => void;
  /** Hears of every change of a peer's state, in the middle of it: must not call back. */
  readonly onPeer?: (peer: MovedPeer, from: PeerState) => void;
  readonly limits?: Partial<NetLimits>;
  /** Over what streams travel; "auto" if left out. */
  readonly transport?: TransportChoice;
  /** Monotonic milliseconds; for tests. */
  readonly nowMs?: () => number;
}

export interface Links {
  /** Listens and dials. Rejects when an address is in use or not allowed. */
  start(): Promise<void>;
  /**
   * Hands a frame to a link; one that is gone loses it. `cause`: the link whose frame led to it.
   */
  send(send: Send, cause?: LinkId): void;
  /** Ends a link whose other side broke the protocol. */
  close(close: Close): void;
  /** A link may be read again. */
  resume(link: LinkId): void;
  /** A frame of this link cost so much for signatures, and brought nothing. */
  fruitless(link: LinkId, cost: number): void;
  /** Replaces what the operator wants. */
  want(wanted: readonly WantedPeer[]): void;
  found(node: FoundNode): void;
  /** The caller's knowledge of how far the comparison with a linked peer has come. */
  progress(key: Uint8Array, state: LinkedState): void;
  peers(): readonly PeerView[];
  counts(): LinkCounts;
  /** Keys with which two nodes run, this node's own among them. */
  twins(): readonly TwinFinding[];
  listening(): readonly Listening[];
  /** Closes everything. */
  stop(): Promise<void>;
}

export function createLinks(options: LinksOptions): Links {
  const limits: NetLimits = { ...NET_LIMITS, ...options.limits };
  const nowMs = options.nowMs ?? (() => performance.now());
  const { identity, members } = options;
  const self = identity?.publicKey;
  const terms = createTerms(limits, self, members, nowMs);
  const sourceOf = createSourceNames(options.network);
  const twins = new Twins(identity);
  const tls = {
    network: options.network,
    identity,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
  };

  const table = createPeerTable(limits, nowMs, options.onPeer);
  const links = new Map<LinkId, Link>();
  const linkOfKey = new Map<string, Link>();
  /** Dialled, secured, and not accepted yet. */
  const opening = new Set<Stream>();
  const refused = new Map<LinkFaultCode, number>();
  let stopped = false;
  let sweeper: NodeJS.Timeout | undefined;
  let sweptAtMs = nowMs();

  const transport = options.transport ?? 'auto';
  const commons = createCommons(DATAGRAM_LIMITS, nowMs);
  const dialer = createDialer({
    tls,
    limits,
    commons,
    transport,
    table,
    nowMs,
    random: Math.random,
    onSecured: openDialled,
    onFailed: (peer, fault, address) => {
      options.report?.({ what: 'dial_failed', address, key: peer.key, fault });
    },
  });
  const wants = createWants({
    limits,
    table,
    dialer,
    self,
    dialFound: options.dialFound,
    foundLinks: () => [...links.values()].filter(isFoundLink).length,
  });
  const acceptor = createAcceptor({
    listen: options.listen,
    tls,
    limits,
    commons,
    transport,
    nowMs,
    isMemberSource,
    onSecured: accept,
    onRefused: (fault, from) => count(fault, from, undefined),
  });

  function isMemberSource(source: string): boolean {
    for (const peer of table.all()) {
      if (!peer.isMember) continue;
      if (addressesOf(peer).some((address) => address.host === source)) return true;
      if (isLinked(peer.state) && peer.address?.host === source) return true;
    }
    return false;
  }

  function count(fault: LinkFault, address: Address, key: Uint8Array | undefined): void {
    refused.set(fault.code, (refused.get(fault.code) ?? 0) + 1);
    options.report?.({ what: 'refused', address, key, fault });
  }

  // ---- streams that become links -------------------------------------------------------------

  function accept(
    socket: TLSSocket,
    key: Uint8Array | undefined,
    { address: from, transport, instance, listen, trust }: Caller,
  ): void {
    const kind = terms.kindOf(key);
    const twin = key === undefined ? undefined : lookForTwin(key, instance, from);
    const fault =
      (stopped ? linkFault('stopping') : (twin ?? terms.whyNot(kind, key, listen.admits))) ??
      (isBeaten(key, false) ? linkFault('duplicate') : undefined) ??
      makePlace({ kind, source: sourceOf(from.host), dialled: false, wanted: isDemanded(key) });
    if (fault !== undefined) {
      if (fault.code !== 'duplicate') count(fault, from, key);
      turnAway(socket, fault, limits.goodbyeMs);
      return;
    }
    trust(kind === 'member');
    const peer = key === undefined ? undefined : peerOfCaller(key, kind);
    open(socket, key, { address: from, transport }, false, peer);
  }

  /** Notes which process it is. A fault, if it is another one with this node's own key. */
  function lookForTwin(key: Uint8Array, instance = '', at: Address): LinkFault | undefined {
    const isSelf = terms.isSelf(key);
    if (!isSelf && terms.kindOf(key) !== 'member' && !isDemanded(key)) return undefined;
    const found = twins.saw(key, instance, at);
    if (found !== undefined) {
      options.report?.({ what: 'twin', address: at, key, fault: twinFault(found) });
    }
    return isSelf && instance !== identity?.instance ? twinFault(found) : undefined;
  }

  /** Takes another link's place if need be; a fault, if there is none. */
  function makePlace(newcomer: Newcomer): LinkFault | undefined {
    const place = findPlace(limits, members.length, links.values(), newcomer, nowMs());
    if (place !== undefined && 'code' in place) return place;
    place?.stream.close(linkFault('evicted'));
    return undefined;
  }

  function isDemanded(key: Uint8Array | undefined): boolean {
    return key !== undefined && table.byKey(key)?.demanded === true;
  }

  /** Whether there is a link to this node that goes on in place of a new stream. */
  function isBeaten(key: Uint8Array | undefined, dialled: boolean): boolean {
    const existing = key === undefined ? undefined : linkOfKey.get(toHex(key));
    return key !== undefined && existing !== undefined && !terms.replaces(key, existing, dialled);
  }

  function peerOfCaller(key: Uint8Array, kind: LinkKind): Peer | undefined {
    const isMember = kind === 'member';
    return table.byKey(key) ?? table.add({ key, pinned: true, isMember, demanded: false });
  }

  function openDialled(dialled: Peer, socket: TLSSocket, key: Uint8Array, at: Dialled): () => void {
    const twin = lookForTwin(key, at.instance, at.address);
    if (terms.isSelf(key)) {
      const fault = twin ?? linkFault('own_key');
      turnAway(socket, fault, limits.goodbyeMs);
      dialer.failed(dialled, fault);
      return () => undefined;
    }
    const known = linkOfKey.get(toHex(key));
    if (known !== undefined && known.peer !== dialled) {
      turnAway(socket, linkFault('duplicate'), limits.goodbyeMs);
      dialer.accepted(dialled);
      rest(dialled);
      addAlias(known, dialled);
      return () => undefined;
    }
    let abandoned = false;
    const stream = open(socket, key, at, true, dialled, () => abandoned);
    return () => {
      abandoned = true;
      stream.close(linkFault('duplicate'));
    };
  }

  /** Makes a stream; it becomes a link at once, or, if dialled, when the other side accepts. */
  function open(
    socket: TLSSocket,
    key: Uint8Array | undefined,
    { address, transport }: Pick<Dialled, 'address' | 'transport'>,
    dialled: boolean,
    asked: Peer | undefined,
    isAbandoned: () => boolean = () => false,
  ): Stream {
    const kind = terms.kindOf(key);
    const source = sourceOf(address.host);
    const traffic: Traffic = asked?.traffic ?? newTraffic();
    let link: Link | undefined;
    const stream = openStream({
      socket,
      dialled,
      alive: dialled || kind !== 'anonymous',
      limits,
      ...terms.boundsOf(kind, source),
      traffic,
      nowMs,
      onOpen() {
        opening.delete(stream);
        if (asked === undefined || key === undefined) return;
        dialer.accepted(asked);
        if (isBeaten(key, true)) {
          rest(asked);
          addAlias(linkOfKey.get(toHex(key)), asked);
          stream.close(linkFault('duplicate'));
          return;
        }
        makePlace({ kind, source, dialled: true, wanted: asked.demanded });
        link = enter(peerOfAnswer(asked, key));
      },
      onFrame(bytes) {
        if (link === undefined) return;
        if (!options.emit({ kind: 'frame', link: link.id, bytes }, link.place)) stream.hold(true);
      },
      onEnd(fault) {
        if (link !== undefined) leave(link, fault);
        else if (opening.delete(stream) && asked !== undefined && !isAbandoned()) {
          options.report?.({ what: 'dial_failed', address, key, fault });
          dialer.failed(asked, fault);
        }
      },
    });

    function enter(peer: Peer | undefined): Link {
      const made: Link = {
        id: newLinkId(),
        stream,
        key,
        kind,
        peer,
        address,
        transport,
        source,
        dialled,
        upAtMs: nowMs(),
        aliases: new Set(asked === undefined ? [] : [asked]),
        wanted: false,
        place: terms.placeOf(kind, source, key, false),
        lastFrameMs: stream.lastFrameMs,
      };
      register(made);
      return made;
    }

    if (dialled) opening.add(stream);
    else link = enter(asked);
    return stream;
  }

  /**
   * The peer that a dialled stream belongs to: the one that was dialled, or, if that was known by
   * its address only, the one that has this key; the address is then another name for it.
   */
  function peerOfAnswer(dialled: Peer, key: Uint8Array): Peer {
    if (dialled.pinned) return dialled;
    const known = table.byKey(key);
    if (known === dialled) return dialled;
    if (known !== undefined) {
      rest(dialled);
      return known;
    }
    table.setKey(dialled, key);
    return dialled;
  }

  // ---- links ---------------------------------------------------------------------------------

  function newLinkId(): LinkId {
    const id = randomBytes(8).readBigUInt64BE() as LinkId;
    return links.has(id) ? newLinkId() : id;
  }

  function register(link: Link): void {
    const { key, peer, address } = link;
    const name = key === undefined ? undefined : toHex(key);
    const older = name === undefined ? undefined : linkOfKey.get(name);
    // First: its node may have started anew, and is then no longer what the old link showed.
    const twin = key === undefined ? undefined : twins.of(key);
    older?.stream.close(twin === undefined ? linkFault('duplicate') : twinFault(twin));
    links.set(link.id, link);
    if (name !== undefined) linkOfKey.set(name, link);
    if (peer !== undefined) {
      peer.address = address;
      if (!isLinked(peer.state)) {
        if (peer.state !== 'authenticating') table.move(peer, 'authenticating');
        table.move(peer, terms.selfIsMember && peer.isMember ? 'syncing' : 'connected');
      }
      // An attempt of our own that would lose against this link is pointless.
      if (link.dialled || !wouldWin(peer, link)) dialer.cancel(peer);
    }
    options.report?.({ what: 'up', address, key, fault: undefined });
    tellUp(link);
  }

  /** A link turns out to be the one that this peer was dialled for. */
  function addAlias(link: Link | undefined, peer: Peer): void {
    if (link === undefined) return;
    link.aliases.add(peer);
    tellWanted(link);
  }

  /** Tells the core when an open link is wanted now, or no longer. */
  function tellWanted(link: Link): void {
    if (link.wanted === isWanted(link)) return;
    tellUp(link);
  }

  function tellUp(link: Link): void {
    const { id, kind, source, key } = link;
    link.wanted = isWanted(link);
    link.place = terms.placeOf(kind, source, key, link.wanted);
    options.emit({ kind: 'link_up', link: id, peerKey: key, wanted: link.wanted }, link.place);
  }

  function wouldWin(peer: Peer, link: Link): boolean {
    return peer.key !== undefined && terms.replaces(peer.key, link, true);
  }

  function leave(link: Link, fault: LinkFault): void {
    links.delete(link.id);
    if (link.key !== undefined) linkOfKey.delete(toHex(link.key));
    options.report?.({ what: 'down', address: link.address, key: link.key, fault });
    options.emit({ kind: 'link_down', link: link.id }, link.place);
    const { peer } = link;
    if (peer === undefined) return;
    peer.roundTripMs = undefined;
    if (nowMs() - link.upAtMs >= limits.silenceMs) dialer.forgiven(peer);
    table.move(peer, peer.demanded ? 'reconnecting' : 'disconnected', fault);
    if (peer.demanded && !stopped) dialer.again(peer);
    for (const alias of table.all()) if (isResting(alias)) dialer.again(alias);
  }

  // Wanted by its address, which is another name of a linked node: waits until that link is gone.
  // It may have a link itself by now, to the node that it was at that address before.
  function rest(alias: Peer): void {
    if (!isLinked(alias.state)) table.move(alias, 'disconnected', linkFault('duplicate'));
  }

  function isResting(peer: Peer): boolean {
    return peer.demanded && peer.state === 'disconnected' && !stopped;
  }

  function streams(): readonly Stream[] {
    return [...opening, ...[...links.values()].map((link) => link.stream)];
  }

  function sweep(): void {
    const now = nowMs();
    // After a pause of this process its peers' words are still unread: not their silence.
    const onTime = now - sweptAtMs < limits.pingEveryMs;
    sweptAtMs = now;
    if (onTime) for (const stream of streams()) stream.tend(now);
  }

  return {
    async start() {
      wants.addMembers(members);
      await acceptor.start();
      sweeper = setInterval(sweep, limits.pingEveryMs / 2).unref();
      wants.want(options.wanted);
    },
    send({ link, bytes }, cause) {
      const from = cause === undefined || cause === link ? undefined : links.get(cause);
      const causedBy = from && { link: from.id, place: from.place };
      links.get(link)?.stream.send(bytes, causedBy);
    },
    close: ({ link, reason }) => links.get(link)?.stream.close(linkFault('protocol', reason)),
    resume: (link) => links.get(link)?.stream.hold(false),
    fruitless: (link, cost) => links.get(link)?.stream.payFruitless(cost),
    want(wanted) {
      wants.want(wanted);
      for (const link of links.values()) tellWanted(link);
    },
    found: wants.found,
    progress(key, state) {
      const peer = table.byKey(key);
      if (peer !== undefined && isLinked(peer.state)) table.move(peer, state);
    },
    peers() {
      return [...table.all()].map((peer) => {
        const link = peer.key === undefined ? undefined : linkOfKey.get(toHex(peer.key));
        return {
          ...peer,
          transport: link?.transport,
          roundTripMs: link?.stream.roundTripMs(),
        };
      });
    },
    counts() {
      const counts = { member: 0, node: 0, anonymous: 0 };
      for (const { kind } of links.values()) counts[kind] += 1;
      return { ...counts, handshakes: acceptor.handshakes(), refused };
    },
    twins: () => twins.all(),
    listening: () => acceptor.listening(),
    async stop() {
      stopped = true;
      wants.stop();
      clearInterval(sweeper);
      dialer.stop();
      const closed = acceptor.stop();
      const closing = streams();
      for (const stream of closing) stream.close(linkFault('stopping'));
      await Promise.all([closed, ...closing.map((stream) => stream.gone)]);
    },
  };
}
