/**
 * The links of this node: those that others opened, and those that it keeps open itself. Here are
 * the streams; which of them are links and what follows from it is link-table.ts, who is wanted is
 * wants.ts, who is dialled when is dialer.ts.
 *
 * Members are always dialled with their committee key (tls.ts says what a key proves); of two
 * members, the one with the larger key waits a moment first, so that a double dial is rare.
 *
 * Overload. When `emit` says that enough of a link waits for the core, its stream is not read until
 * `resume`; what waits then, waits in the sender's window. The other streams go on.
 */

import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { LinkId } from '../../core/base/units.ts';
import type { Close, Send } from '../../core/io.ts';
import type { Member } from '../../core/network/committee.ts';
import type { Place } from '../place.ts';
import { Acceptor, type Caller, type Listen, type Listening } from './acceptor.ts';
import { createSourceNames } from './address.ts';
import { createCommons } from './datagram/commons.ts';
import { DATAGRAM_LIMITS } from './datagram/limits.ts';
import { Dialer, type Dialled } from './dialer.ts';
import { type LinkFault, linkFault } from './fault.ts';
import type { Identity } from './identity.ts';
import { NET_LIMITS, type NetLimits } from './limits.ts';
import type { Link, LinkCounts, LinkEvent, LinkReport } from './link.ts';
import { type LinkAct, LinkTable } from './link-table.ts';
import { isLinked, type LinkedState, type PeerState } from './peer-state.ts';
import { type KnownPeer, type MovedPeer, type Peer, PeerTable } from './peers.ts';
import { Stream, type StreamOptions, turnAway } from './stream.ts';
import { Terms } from './terms.ts';
import type { TransportChoice } from './transport.ts';
import { type TwinFinding, Twins } from './twins.ts';
import { type FoundNode, type WantedPeer, Wants } from './wants.ts';

export interface LinksOptions {
  /** Network id, 32 bytes. */
  readonly network: Uint8Array;
  /** Undefined: an anonymous wallet, which listens nowhere. */
  readonly identity: Identity | undefined;
  /** The committee of the start (`setMembers`). All of them are wanted. */
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
  /** Replaces the committee: links and peers are judged by this one from now on. */
  setMembers(members: readonly Member[]): void;
  /** Replaces what the operator wants. */
  want(wanted: readonly WantedPeer[]): void;
  found(node: FoundNode): void;
  /** The caller's knowledge of how far the comparison with a linked peer has come. */
  progress(key: Uint8Array, state: LinkedState): void;
  peers(): readonly KnownPeer[];
  counts(): LinkCounts;
  /** Keys with which two nodes run, this node's own among them. */
  twins(): readonly TwinFinding[];
  listening(): readonly Listening[];
  /** Closes everything. */
  stop(): Promise<void>;
}

/** Makes the links of a node. Nothing is listened on and nobody dialled before `start`. */
export function createLinks(options: LinksOptions): Links {
  return new NodeLinks(options);
}

class NodeLinks implements Links {
  readonly #options: LinksOptions;
  readonly #limits: NetLimits;
  readonly #nowMs: () => number;
  readonly #terms: Terms;
  readonly #twins: Twins;
  readonly #peers: PeerTable;
  readonly #table: LinkTable;
  readonly #dialer: Dialer;
  readonly #wants: Wants;
  readonly #acceptor: Acceptor;
  /** Of links that are up. */
  readonly #streams = new Map<LinkId, Stream>();
  /** Of those that came in: how to say what its other side is now (`Caller`). */
  readonly #trusts = new Map<LinkId, (isMember: boolean) => void>();
  /** Dialled, secured, and not accepted yet. */
  readonly #opening = new Set<Stream>();
  #sweeper: NodeJS.Timeout | undefined;
  #sweptAtMs: number;

  constructor(options: LinksOptions) {
    const { network, identity, members, transport = 'auto' } = options;
    const limits = { ...NET_LIMITS, ...options.limits };
    const nowMs = options.nowMs ?? (() => performance.now());
    const self = identity?.publicKey;
    this.#options = options;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#sweptAtMs = nowMs();
    this.#terms = new Terms(limits, self, members, nowMs);
    this.#twins = new Twins(identity);
    this.#peers = new PeerTable(limits, nowMs, options.onPeer);
    const table = new LinkTable({
      limits,
      terms: this.#terms,
      peers: this.#peers,
      twins: this.#twins,
      instance: identity?.instance,
      sourceOf: createSourceNames(network),
      nowMs,
      drawId: () => randomBytes(8).readBigUInt64BE() as LinkId,
    });
    this.#table = table;
    const { handshakeTimeoutMs } = limits;
    const commons = createCommons(DATAGRAM_LIMITS, nowMs);
    const shared = {
      tls: { network, identity, handshakeTimeoutMs },
      limits,
      commons,
      transport,
      nowMs,
    };
    this.#dialer = new Dialer({
      ...shared,
      table: this.#peers,
      random: Math.random,
      onSecured: (peer, socket, key, at) => this.#answered(peer, socket, { ...at, key }),
      onFailed: (peer, fault, address) => {
        options.report?.({ what: 'dial_failed', address, key: peer.key, fault });
      },
    });
    this.#wants = new Wants({
      limits,
      table: this.#peers,
      dialer: this.#dialer,
      self,
      dialFound: options.dialFound,
      foundLinks: () => table.foundLinks(),
    });
    this.#acceptor = new Acceptor({
      ...shared,
      listen: options.listen,
      isMemberSource: (host) => table.isMemberSource(host),
      onSecured: (socket, key, caller) => this.#called(socket, key, caller),
      onRefused: (fault, from) => this.#do(table.refuse(fault, from)),
    });
    this.#wants.want(options.wanted);
    this.#wants.setMembers(members);
  }

  async start(): Promise<void> {
    await this.#acceptor.start();
    this.#sweeper = setInterval(() => this.#sweep(), this.#limits.pingEveryMs / 2).unref();
    this.#wants.begin();
  }

  send({ link, bytes }: Send, cause?: LinkId): void {
    const from = cause === undefined || cause === link ? undefined : this.#table.get(cause);
    const causedBy = from && { link: from.id, place: from.place };
    this.#streams.get(link)?.send(bytes, causedBy);
  }

  close({ link, reason }: Close): void {
    this.#streams.get(link)?.close(linkFault('protocol', reason));
  }

  resume(link: LinkId): void {
    this.#streams.get(link)?.hold(false);
  }

  fruitless(link: LinkId, cost: number): void {
    this.#streams.get(link)?.payFruitless(cost);
  }

  setMembers(members: readonly Member[]): void {
    this.#terms.setMembers(members);
    this.#wants.setMembers(members);
    this.#do(this.#table.membersChanged());
  }

  want(wanted: readonly WantedPeer[]): void {
    this.#wants.want(wanted);
    this.#do(this.#table.wantsChanged());
  }

  found(node: FoundNode): void {
    this.#wants.found(node);
  }

  progress(key: Uint8Array, state: LinkedState): void {
    const peer = this.#peers.byKey(key);
    if (peer !== undefined && isLinked(peer.state)) this.#peers.move(peer, state);
  }

  peers(): readonly KnownPeer[] {
    return [...this.#peers.all()].map((peer) => {
      const link = peer.key === undefined ? undefined : this.#table.ofKey(peer.key);
      const stream = link && this.#streams.get(link.id);
      return { ...peer, transport: link?.transport, roundTripMs: stream?.roundTripMs() };
    });
  }

  counts(): LinkCounts {
    const [handshakes, refused] = [this.#acceptor.handshakes(), this.#table.refused()];
    return { ...this.#table.counts(), handshakes, refused };
  }

  twins(): readonly TwinFinding[] {
    return this.#twins.all();
  }

  listening(): readonly Listening[] {
    return this.#acceptor.listening();
  }

  async stop(): Promise<void> {
    this.#table.stop();
    this.#wants.stop();
    clearInterval(this.#sweeper);
    this.#dialer.stop();
    const closed = this.#acceptor.stop();
    const closing = this.#allStreams();
    for (const stream of closing) stream.close(linkFault('stopping'));
    await Promise.all([closed, ...closing.map((stream) => stream.gone)]);
  }

  /** Somebody came in. */
  #called(socket: TLSSocket, key: Uint8Array | undefined, caller: Caller): void {
    const { address, transport, instance, listen, trust } = caller;
    const entry = this.#table.called({ key, address, transport, instance }, listen.admits);
    if ('fault' in entry) {
      this.#do(entry.acts);
      turnAway(socket, entry.fault, this.#limits.goodbyeMs);
      return;
    }
    const { link, acts } = entry;
    trust(link.kind === 'member');
    const stream = this.#open(socket, link, {
      onOpen: () => undefined,
      onFrame: (bytes) => this.#takeFrame(link, stream, bytes),
      onEnd: (fault) => this.#ended(link, fault),
    });
    this.#streams.set(link.id, stream);
    this.#trusts.set(link.id, trust);
    this.#do(acts);
  }

  /**
   * A peer that was dialled answered; it becomes a link when it accepts. Returns how to give up.
   */
  #answered(peer: Peer, socket: TLSSocket, at: Dialled & { readonly key: Uint8Array }): () => void {
    const { fault, acts } = this.#table.answered(peer, at);
    if (fault !== undefined) turnAway(socket, fault, this.#limits.goodbyeMs);
    this.#do(acts);
    if (fault !== undefined) return () => undefined;
    let link: Link | undefined;
    let isAbandoned = false;
    const stream = this.#open(
      socket,
      { ...this.#table.standsAs(at), dialled: true, traffic: peer.traffic },
      {
        onOpen: () => {
          this.#opening.delete(stream);
          const entry = this.#table.opened(peer, at);
          if ('link' in entry) {
            link = entry.link;
            this.#streams.set(link.id, stream);
          }
          this.#do(entry.acts);
          if ('fault' in entry) stream.close(entry.fault);
        },
        onFrame: (bytes) => link && this.#takeFrame(link, stream, bytes),
        onEnd: (why) => {
          if (link !== undefined) this.#ended(link, why);
          else if (this.#opening.delete(stream) && !isAbandoned) {
            this.#do(this.#table.failed(peer, at, why));
          }
        },
      },
    );
    this.#opening.add(stream);
    return () => {
      isAbandoned = true;
      stream.close(linkFault('duplicate'));
    };
  }

  #open(
    socket: TLSSocket,
    { kind, source, dialled, traffic }: Pick<Link, 'kind' | 'source' | 'dialled' | 'traffic'>,
    hear: Pick<StreamOptions, 'onOpen' | 'onFrame' | 'onEnd'>,
  ): Stream {
    return new Stream({
      socket,
      dialled,
      alive: dialled || kind !== 'anonymous',
      limits: this.#limits,
      bounds: this.#terms.boundsOf(kind, source),
      traffic,
      nowMs: this.#nowMs,
      ...hear,
    });
  }

  #takeFrame({ id }: Link, stream: Stream, bytes: Uint8Array): void {
    const place = this.#table.heard(id);
    if (place === undefined) return;
    if (!this.#options.emit({ kind: 'frame', link: id, bytes }, place)) stream.hold(true);
  }

  #ended({ id }: Link, fault: LinkFault): void {
    this.#streams.delete(id);
    this.#trusts.delete(id);
    this.#do(this.#table.down(id, fault));
  }

  #do(acts: readonly LinkAct[]): void {
    for (const one of acts) {
      switch (one.act) {
        case 'tell':
          this.#options.emit(one.event, one.place);
          break;
        case 'report':
          this.#options.report?.(one.report);
          break;
        case 'end':
          this.#streams.get(one.link)?.close(one.fault);
          break;
        case 'rebind': {
          const { id, kind, source } = one.link;
          this.#streams.get(id)?.rebind(this.#terms.boundsOf(kind, source));
          this.#trusts.get(id)?.(kind === 'member');
          break;
        }
        case 'dial':
          this.#dialer.obey(one.peer, one.order);
      }
    }
  }

  #allStreams(): readonly Stream[] {
    return [...this.#opening, ...this.#streams.values()];
  }

  #sweep(): void {
    const now = this.#nowMs();
    // After a pause of this process its peers' words are still unread: not their silence.
    const onTime = now - this.#sweptAtMs < this.#limits.pingEveryMs;
    this.#sweptAtMs = now;
    if (onTime) for (const stream of this.#allStreams()) stream.tend(now);
  }
}
