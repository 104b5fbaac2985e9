/** Real nodes on loopback for the tests of the network: their links, and what they heard. */

import type { Duplex } from 'node:stream';
import { after } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { LinkId, MemberIndex } from '../../../agent/core/base/units.ts';
import type { Member } from '../../../agent/core/network/committee.ts';
import type { Listen } from '../../../agent/shell/net/acceptor.ts';
import type { Address } from '../../../agent/shell/net/address.ts';
import { createCommons } from '../../../agent/shell/net/datagram/commons.ts';
import { dialDatagram } from '../../../agent/shell/net/datagram/dial.ts';
import { DATAGRAM_LIMITS } from '../../../agent/shell/net/datagram/limits.ts';
import { type Identity, identityFromSeed } from '../../../agent/shell/net/identity.ts';
import type { LinkEvent, LinkReport } from '../../../agent/shell/net/link.ts';
import { createLinks, type Links, type LinksOptions } from '../../../agent/shell/net/links.ts';
import { protocolName } from '../../../agent/shell/net/tls.ts';
import type { TransportChoice } from '../../../agent/shell/net/transport.ts';
import { until } from '../../support/wait.ts';

/** Over what nodes and raw clients of these tests are linked: links-datagram.test.ts changes it. */
export const over: { transport: TransportChoice } = { transport: 'auto' };

export const NETWORK = new Uint8Array(32).fill(0x4d);

const COMMONS = createCommons(DATAGRAM_LIMITS, () => performance.now());

/** The identity number `n` (1 to 255) of all tests. */
export function identityOf(n: number): Identity {
  return identityFromSeed(new Uint8Array(32).fill(n));
}

export function memberOf(identity: Identity, name: string): Member {
  return { number: 0 as MemberIndex, name, key: identity.publicKey };
}

export interface TestNode {
  readonly links: Links;
  readonly identity: Identity | undefined;
  readonly events: LinkEvent[];
  readonly reports: LinkReport[];
  /** Links that are up, in order. */
  up(): readonly LinkId[];
  frames(): readonly Uint8Array[];
  /** What the core was told last of a link. */
  wanted(link: LinkId): boolean | undefined;
  /** Where it listens. */
  at(): Address;
  stop(): Promise<void>;
}

/** A `startNode` for a file of tests, at the end of which all its nodes are stopped. */
export function stoppingAtTheEnd(): typeof startNode {
  const running: TestNode[] = [];
  after(async () => {
    await Promise.all(running.map((node) => node.stop()));
  });
  return async (identity, options) => {
    const node = await startNode(identity, options);
    running.push(node);
    return node;
  };
}

/** Starts a node that listens on loopback (unless told otherwise) and records everything. */
export async function startNode(
  identity: Identity | undefined,
  options: Partial<LinksOptions> = {},
): Promise<TestNode> {
  const events: LinkEvent[] = [];
  const reports: LinkReport[] = [];
  const listen: readonly Listen[] = identity === undefined ? [] : [{ host: '127.0.0.1', port: 0 }];
  const links = createLinks({
    network: NETWORK,
    identity,
    members: [],
    listen,
    wanted: [],
    dialFound: 0,
    transport: over.transport,
    report: (report) => reports.push(report),
    ...options,
    emit(event, place) {
      events.push(event);
      return options.emit?.(event, place) ?? true;
    },
    // Quick to give up and to come back; the bounds under test are set by each test.
    limits: { dialFirstMs: 20, dialLastMs: 200, goodbyeMs: 200, ...options.limits },
  });
  await links.start();
  return {
    links,
    identity,
    events,
    reports,
    up: () => linksUp(events),
    wanted: (link) => events.findLast((event) => isUp(event, link))?.wanted,
    frames: () => events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : [])),
    at() {
      const [first] = links.listening();
      if (first === undefined) throw new Error('listens nowhere');
      return first.address;
    },
    stop: () => links.stop(),
  };
}

type LinkUp = Extract<LinkEvent, { readonly kind: 'link_up' }>;

function isUp(event: LinkEvent, link: LinkId): event is LinkUp {
  return event.kind === 'link_up' && event.link === link;
}

function linksUp(events: readonly LinkEvent[]): readonly LinkId[] {
  const up = new Set<LinkId>();
  for (const event of events) {
    if (event.kind === 'link_up') up.add(event.link);
    if (event.kind === 'link_down') up.delete(event.link);
  }
  return [...up];
}

/** The fault codes of reports of one kind, in order. */
export function faults(node: TestNode, what: LinkReport['what']): readonly string[] {
  return node.reports.flatMap((report) =>
    report.what === what && report.fault !== undefined ? [report.fault.code] : [],
  );
}

/** The only link of a node that has one. */
export function onlyLink(node: TestNode): LinkId {
  const [link, ...others] = node.up();
  if (link === undefined || others.length > 0) throw new Error(`has ${node.up().length} links`);
  return link;
}

/** A client of our own making: TLS as the protocol wants it, and nothing behind it. */
export function rawClient(
  at: Address,
  options: { readonly identity?: Identity; readonly protocol?: string | undefined } = {},
): Promise<TLSSocket> {
  const { identity } = options;
  const protocols = 'protocol' in options ? options.protocol : protocolName(NETWORK);
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...(over.transport === 'datagram'
        ? { socket: dialDatagram(at, COMMONS) }
        : { host: at.host, port: at.port }),
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
      ...(protocols === undefined ? {} : { ALPNProtocols: [protocols] }),
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      servername: '',
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Resolves when a socket is closed, by whomever; fails when it stays open. */
export async function closed(socket: Duplex): Promise<void> {
  let isClosed = socket.closed;
  socket.once('close', () => {
    isClosed = true;
  });
  await until(() => isClosed, 'the end of a connection');
}
