/**
 * Who gets a place. Before a handshake nobody knows who is calling, so places are given by source
 * (address.ts); after it, by what was proven.
 *
 * Handshakes. So many at a time, in all and for one source, and so many begun in a second; whoever
 * has not called for a while has further ones, so that those who call all the time leave room. When
 * all places are taken, the source that holds most of them loses its oldest to a newcomer from
 * another source; and any handshake that has taken longer than honest ones do gives way when it has
 * to. Addresses at which a committee member is known have further places and no rate, so that
 * strangers cannot keep members apart; and members dial each other in both directions.
 *
 * Links. Each member has its place. Nodes and anonymous links share the others, kind by kind; when
 * a kind is full, the source with most links of it gives up its oldest to a newcomer from one that
 * will not have more. A source that has its share gives up its own oldest. For a source without
 * any, where no other has several, the link that has been silent longest gives way: to one that is
 * asked for at once, to others if it has been silent for long. Those that are asked for stay.
 */

import { type LinkFault, linkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { FairRate } from './token-bucket.ts';

/** One handshake under way. */
export interface Handshake {
  readonly source: string;
  readonly ofMember: boolean;
  readonly sinceMs: number;
  /** Ends it; called when its place goes to another. */
  readonly abort: () => void;
}

export class HandshakeGate {
  readonly #limits: NetLimits;
  readonly #rate: FairRate;
  /** In the order of arrival, as members. */
  readonly #strangers = new Set<Handshake>();
  readonly #members = new Set<Handshake>();

  constructor(limits: NetLimits, nowMs: number) {
    const { handshakesPerSecond: perSecond, handshakesPerSource: perSourcePerSecond } = limits;
    const { bucketMs, sources } = limits;
    this.#limits = limits;
    this.#rate = new FairRate({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs);
  }

  /** Gives the handshake a place, or says why not. */
  enter(handshake: Handshake): LinkFault | undefined {
    if (this.#enterAsMember(handshake)) return undefined;
    const { source, sinceMs } = handshake;
    if (!this.#rate.tryPay(source, sinceMs)) {
      return linkFault('too_many_links', 'handshakes in a second');
    }
    const place = this.#strangerPlace(handshake);
    if (place !== undefined && 'code' in place) return place;
    if (place !== undefined) this.#evict(place);
    this.#strangers.add(handshake);
    return undefined;
  }

  /** Gives the place back. Harmless when it has none. */
  leave(handshake: Handshake): void {
    this.#strangers.delete(handshake);
    this.#members.delete(handshake);
  }

  /** Handshakes under way. */
  size(): number {
    return this.#strangers.size + this.#members.size;
  }

  /** Whose place a stranger takes: nobody's, another's, or there is none to be had. */
  #strangerPlace({ source, sinceMs }: Handshake): Handshake | LinkFault | undefined {
    const { handshakesPerSource, handshakes } = this.#limits;
    const bySource = this.#groups();
    const own = bySource.get(source) ?? [];
    if (own.length >= handshakesPerSource) {
      const fault = linkFault('too_many_links', 'handshakes of one address');
      return this.#overdue(own[0], sinceMs) ?? fault;
    }
    if (this.#strangers.size < handshakes) return undefined;
    let largest = own;
    for (const group of bySource.values()) if (group.length > largest.length) largest = group;
    if (largest.length > own.length + 1) return largest[0];
    const [oldest] = this.#strangers;
    return this.#overdue(oldest, sinceMs) ?? linkFault('too_many_links', 'handshakes');
  }

  #enterAsMember(handshake: Handshake): boolean {
    if (!handshake.ofMember) return false;
    if (this.#members.size >= this.#limits.memberHandshakes) {
      const [oldest] = this.#members;
      const victim = this.#overdue(oldest, handshake.sinceMs);
      if (victim === undefined) return false;
      this.#evict(victim);
    }
    this.#members.add(handshake);
    return true;
  }

  /** The strangers by source, each group in the order of arrival. */
  #groups(): Map<string, Handshake[]> {
    const bySource = new Map<string, Handshake[]>();
    for (const handshake of this.#strangers) {
      const group = bySource.get(handshake.source);
      if (group === undefined) bySource.set(handshake.source, [handshake]);
      else group.push(handshake);
    }
    return bySource;
  }

  /** The oldest of these, if it has taken longer than honest handshakes do. */
  #overdue(oldest: Handshake | undefined, nowMs: number): Handshake | undefined {
    if (oldest === undefined) return undefined;
    return nowMs - oldest.sinceMs >= this.#limits.handshakePatienceMs ? oldest : undefined;
  }

  #evict(handshake: Handshake): void {
    this.leave(handshake);
    handshake.abort();
  }
}

/** What a link is, by what its other side proved. */
export type LinkKind = 'member' | 'node' | 'anonymous';

/** What decides over the place of a link. */
export interface Newcomer {
  readonly kind: LinkKind;
  readonly source: string;
  /** This node dialled it, because somebody asked for it or because it was found. */
  readonly dialled: boolean;
  /** Somebody asked for this node, whoever dialled. */
  readonly wanted: boolean;
}

/** What admission needs to know of a link that has a place. */
export interface Placed extends Newcomer {
  /** When its last frame came. */
  readonly lastFrameMs: number;
}

/**
 * Finds a place for a newcomer among `links`, the oldest first: undefined, there is one; a link, it
 * has to go first; a fault, there is none, which is never said to one that is asked for.
 */
export function findPlace<L extends Placed>(
  limits: NetLimits,
  memberCount: number,
  links: Iterable<L>,
  newcomer: Newcomer,
  nowMs: number,
): L | LinkFault | undefined {
  const { kind, source } = newcomer;
  if (kind === 'member') return undefined;
  const all = [...links].filter((link) => link.kind !== 'member');
  const ofKind = all.filter((link) => link.kind === kind);
  const ofSource = ofKind.filter((link) => link.source === source);
  if (kind === 'anonymous' && ofSource.length >= limits.anonymousPerSource) {
    return ofSource.find((link) => !isAskedFor(link));
  }
  const bound = kind === 'node' ? limits.nodeLinks : limits.anonymousLinks;
  const isFull = all.length >= limits.links - memberCount;
  const isKindFull = ofKind.length >= bound;
  if (!isKindFull && !isFull) return undefined;
  if (isAskedFor(newcomer)) return giveUp(ofKind) ?? (isFull ? giveUp(all) : undefined);
  const candidates = isKindFull ? ofKind : all;
  const [oldest, ...more] = largestSource(candidates);
  if (oldest !== undefined && more.length > ofSource.length) return oldest;
  const own = ofSource.find((link) => !isAskedFor(link));
  if (own !== undefined) return own;
  const silent = mostSilent(candidates);
  if (silent !== undefined && nowMs - silent.lastFrameMs >= limits.evictableAfterMs) return silent;
  return linkFault('too_many_links', `${kind} links`);
}

/** The oldest of the source with most of these; where none has more than one, the most silent. */
function giveUp<L extends Placed>(links: readonly L[]): L | undefined {
  const largest = largestSource(links);
  return largest.length > 1 ? largest[0] : mostSilent(links);
}

/** Of these, those of the source that has most, the oldest first; of what is asked for, none. */
function largestSource<L extends Placed>(links: readonly L[]): readonly L[] {
  const groups = new Map<string, L[]>();
  let largest: readonly L[] = [];
  for (const link of links) {
    if (isAskedFor(link)) continue;
    const name = `${link.kind} ${link.source}`;
    const group = groups.get(name) ?? [];
    group.push(link);
    groups.set(name, group);
    if (group.length > largest.length) largest = group;
  }
  return largest;
}

/** The one of these whose last frame is the oldest. Those that are asked for never give way. */
function mostSilent<L extends Placed>(links: readonly L[]): L | undefined {
  let found: L | undefined;
  for (const link of links) {
    if (isAskedFor(link)) continue;
    if (found === undefined || link.lastFrameMs < found.lastFrameMs) found = link;
  }
  return found;
}

/** There are no more of these than the operator wrote down and wants to be found. */
function isAskedFor({ dialled, wanted }: Newcomer): boolean {
  return dialled || wanted;
}
