/**
 * One link as link-table.ts keeps it, and what is told of links.
 */
import type { LinkId } from '../../core/base/units.ts';
import type { Event } from '../../core/io.ts';
import type { Place } from '../place.ts';
import type { Listen } from './acceptor.ts';
import type { Address } from './address.ts';
import type { LinkKind, Placed } from './admission.ts';
import type { LinkFault, LinkFaultCode } from './fault.ts';
import type { Peer } from './peers.ts';
import type { Traffic } from './stream.ts';
import type { Transport } from './transport.ts';

/** What the core hears of links. */
export type LinkEvent = Extract<Event, { readonly kind: 'link_up' | 'link_down' | 'frame' }>;

/** Something to log. */
export interface LinkReport {
  readonly what: 'refused' | 'dial_failed' | 'up' | 'down' | 'twin';
  readonly address: Address;
  readonly key: Uint8Array | undefined;
  readonly fault: LinkFault | undefined;
}

export interface LinkCounts {
  readonly member: number;
  readonly node: number;
  readonly anonymous: number;
  readonly handshakes: number;
  /** Connections that did not become links, by reason, since the start. */
  readonly refused: ReadonlyMap<LinkFaultCode, number>;
}

export interface Link extends Placed {
  readonly id: LinkId;
  readonly key: Uint8Array | undefined;
  /** By the committee of now, as all that follows from it. */
  kind: LinkKind;
  peer: Peer | undefined;
  readonly address: Address;
  readonly transport: Transport;
  /** For whom the address is that it came in at; of a dialled link, for anyone. */
  readonly admits: Listen['admits'];
  readonly traffic: Traffic;
  readonly upAtMs: number;
  lastFrameMs: number;
  /** Peers that somebody asked for by addresses at which this node answered. */
  readonly aliases: Set<Peer>;
  /** As the core was told. */
  wanted: boolean;
  /** Whose share what comes over it is served from. */
  place: Place;
}

/** A link to a node that is a member or that the operator wrote down, whoever dialled. */
export function isWanted({ peer, aliases }: Link): boolean {
  return peer?.demanded === true || [...aliases].some(({ demanded }) => demanded);
}

/** A link to a node that was dialled because it was found. */
export function isFoundLink({ dialled, peer }: Link): boolean {
  return dialled && peer?.demanded === false;
}
