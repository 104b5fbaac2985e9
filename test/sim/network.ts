/**
 * Streams between nodes over the mesh. A stream is two ends that each think it open for themselves:
 * one side may have died without the other knowing. Frames take time per hop, and by the weather
 * they are lost, doubled or overtaken; a real stream would repeat and order them, but the core must
 * not lean on that. A pair that belongs together is joined anew whenever it is apart.
 */
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Agenda } from './agenda.ts';
import type { Prng } from './prng.ts';
import type { Reach } from './reach.ts';

/** What the network needs of a node. */
export interface Station {
  readonly index: number;
  readonly isUp: boolean;
  /** Up, but nothing moves in it. */
  readonly isPaused: boolean;
  /** The key that it proves in the handshake; wallets prove none. */
  readonly shownKey: Uint8Array | undefined;
  /** Extra time that this node takes for everything. */
  readonly lagMs: number;
  readonly linkUp: (link: LinkId, peerKey: Uint8Array | undefined, wanted: boolean) => void;
  readonly linkDown: (link: LinkId) => void;
  readonly frame: (link: LinkId, bytes: Uint8Array) => void;
}

/** One side of a stream. */
interface End {
  readonly station: Station;
  readonly link: LinkId;
  peer: End | undefined;
  isOpen: boolean;
  /** When the frame sent last arrives: without overtaking, none arrives earlier. */
  lastArrivalMs: number;
  inFlight: number;
}

interface Pair<S extends Station> {
  readonly a: S;
  readonly b: S;
  /** Which of their operators asked for the other; where none did, they met by chance. */
  readonly askedBy: readonly [boolean, boolean];
  isTrying: boolean;
}

/** How frames fare on each hop, in shares of a thousand and milliseconds. */
export interface Weather {
  hopMs: number;
  jitterMs: number;
  lossPerMille: number;
  doublePerMille: number;
  overtakePerMille: number;
}

/** Frames that one stream has on their way before the shell gives up on a slow reader. */
const MOST_IN_FLIGHT = 4_000;

/** How frames fare while a storm lasts. */
export type Storm = Pick<Weather, 'lossPerMille' | 'doublePerMille' | 'overtakePerMille'>;

/** `S`: the nodes that it joins. */
export class Network<S extends Station = Station> {
  readonly weather: Weather;
  readonly counts = { sent: 0, lost: 0, doubled: 0, overtaken: 0, clogged: 0 };
  readonly #agenda: Agenda;
  readonly #prng: Prng;
  readonly #reach: Reach;
  readonly #pairs: Pair<S>[] = [];
  readonly #ends = new Map<Station, Map<LinkId, End>>();
  /** Who was joined by each link that ever was: for the stories of failed runs. */
  readonly #peers = new Map<LinkId, S>();
  readonly #clogs = new Map<number, number>();
  /** The weather between storms, and the storms that are on: the latest one is what is felt. */
  #fair: Weather;
  #storms: Storm[] = [];

  constructor(agenda: Agenda, prng: Prng, reach: Reach, weather: Weather) {
    this.#agenda = agenda;
    this.#prng = prng;
    this.#reach = reach;
    this.weather = weather;
    this.#fair = { ...weather };
  }

  /** From now on these two look for each other. */
  pair(a: S, b: S, askedBy: readonly [boolean, boolean]): void {
    const pair = { a, b, askedBy, isTrying: false };
    this.#pairs.push(pair);
    this.#try(pair, this.#prng.below(20));
  }

  /** Hands a frame to a stream. Lost when the stream or the way is not there. */
  send(from: Station, link: LinkId, bytes: Uint8Array): void {
    const end = this.#ends.get(from)?.get(link);
    this.counts.sent++;
    if (end?.peer === undefined || !end.isOpen) return this.#lose();
    if (!this.#hears(end.peer.station, from)) return this.#lose();
    const copies = this.#copiesOver(this.#reach.hops(from.index, end.peer.station.index));
    if (copies === 0) return this.#lose();
    if (end.inFlight >= MOST_IN_FLIGHT) return this.close(from, link);
    this.#carry(end, bytes);
    if (copies === 1) return;
    this.counts.doubled++;
    this.#carry(end, bytes);
  }

  /** One side ends a stream; the other notices later. */
  close(station: Station, link: LinkId): void {
    const end = this.#ends.get(station)?.get(link);
    if (end === undefined) return;
    this.#notice(end, 0);
    this.#notice(end.peer, this.#prng.between(1, 50));
  }

  /** A node is gone. Some of its peers see it at once, others only when nothing answers. */
  gone(station: Station): void {
    for (const end of [...(this.#ends.get(station)?.values() ?? [])]) {
      this.#forget(end);
      const isReset = this.#prng.perMille(700);
      const lateMs = isReset ? this.#prng.between(1, 30) : this.#prng.between(2_000, 10_000);
      this.#notice(end.peer, lateMs);
    }
  }

  /** All streams of a node break while it does not look. Its peers see it when nothing answers. */
  drop(station: Station): void {
    for (const end of [...(this.#ends.get(station)?.values() ?? [])]) {
      this.#notice(end, 0);
      this.#notice(end.peer, this.#prng.between(2_000, 10_000));
    }
  }

  /** A node is there: its pairs are joined. */
  came(station: Station): void {
    for (const pair of this.#pairs) {
      if (pair.a === station || pair.b === station) this.#try(pair, this.#prng.below(300));
    }
  }

  /** Streams over ways that are cut are given up after a while. */
  noticeCuts(): void {
    for (const ends of this.#ends.values()) {
      for (const end of ends.values()) this.#noticeCut(end);
    }
  }

  /**
   * Everything between two nodes takes `byMs` longer, added to what it took; negative to end it.
   */
  clog(a: number, b: number, byMs: number): void {
    for (const key of [clogKey(a, b), clogKey(b, a)]) {
      this.#clogs.set(key, (this.#clogs.get(key) ?? 0) + byMs);
    }
  }

  /** Begins a storm; what is returned ends it. Others may begin and end meanwhile. */
  storm(storm: Storm): () => void {
    this.#storms.push(storm);
    Object.assign(this.weather, storm);
    return () => {
      this.#storms = this.#storms.filter((other) => other !== storm);
      Object.assign(this.weather, this.#fair, this.#storms.at(-1));
    };
  }

  /** All the ways are free again. */
  heal(weather: Weather): void {
    this.#fair = { ...weather };
    this.#storms = [];
    Object.assign(this.weather, weather);
    this.#clogs.clear();
  }

  /** The pairs that have a stream now, in the order in which they were paired. */
  joined(): [S, S][] {
    return this.#pairs.filter(({ a, b }) => this.isJoined(a, b)).map(({ a, b }) => [a, b]);
  }

  /** Whether a stream is open between two nodes. */
  isJoined(a: Station, b: Station): boolean {
    const [there, back] = [this.linkBetween(a, b), this.linkBetween(b, a)];
    if (there === undefined || back === undefined) return false;
    return this.#ends.get(a)?.get(there)?.peer?.link === back;
  }

  /** Breaks a stream between two nodes, if there is one. */
  flap(a: Station, b: Station): void {
    for (const end of [...(this.#ends.get(a)?.values() ?? [])]) {
      if (end.peer?.station === b) this.close(a, end.link);
    }
  }

  /** The open streams of a node. */
  linksOf(station: Station): LinkId[] {
    return [...(this.#ends.get(station)?.keys() ?? [])];
  }

  /** The node at the other end of a link, also of one that has ended; none if it never was. */
  peerOf(link: LinkId): S | undefined {
    return this.#peers.get(link);
  }

  /** The open stream from one node to another, the newest. */
  linkBetween(from: Station, to: Station): LinkId | undefined {
    const ends = [...(this.#ends.get(from)?.values() ?? [])];
    return ends.findLast((end) => end.peer?.station === to)?.link;
  }

  #hears(to: Station, from: Station): boolean {
    return this.#reach.hears(to.index, from.index);
  }

  #carry(end: End, bytes: Uint8Array): void {
    const { peer } = end;
    if (peer === undefined) return;
    const { weather } = this;
    const agenda = this.#agenda;
    const hops = this.#reach.hops(end.station.index, peer.station.index);
    const clogMs = this.#clogs.get(clogKey(end.station.index, peer.station.index)) ?? 0;
    if (clogMs > 0) this.counts.clogged++;
    const wayMs = hops * (weather.hopMs + this.#prng.below(weather.jitterMs + 1));
    let atMs = agenda.nowMs + wayMs + clogMs + end.station.lagMs + peer.station.lagMs;
    if (this.#prng.perMille(weather.overtakePerMille)) {
      this.counts.overtaken++;
      atMs += this.#prng.between(0, 20 * (weather.jitterMs + 1));
    } else {
      atMs = Math.max(atMs, end.lastArrivalMs);
      end.lastArrivalMs = atMs;
    }
    end.inFlight++;
    agenda.after(atMs - agenda.nowMs, () => {
      end.inFlight--;
      if (peer.isOpen && peer.station.isUp) peer.station.frame(peer.link, bytes);
      else this.#lose();
    });
  }

  /** Copies of a frame that arrive, 0 to 2: each hop may lose it, and each may double it. */
  #copiesOver(hops: number): number {
    const { lossPerMille, doublePerMille } = this.weather;
    let copies = 1;
    for (let hop = 0; hop < hops; hop++) {
      if (this.#prng.perMille(lossPerMille)) return 0;
      if (this.#prng.perMille(doublePerMille)) copies = 2;
    }
    return copies;
  }

  #lose(): void {
    this.counts.lost++;
  }

  #try(pair: Pair<S>, delayMs: number): void {
    if (pair.isTrying) return;
    pair.isTrying = true;
    this.#agenda.after(delayMs, () => {
      pair.isTrying = false;
      const { a, b } = pair;
      if (!a.isUp || !b.isUp || this.isJoined(a, b)) return;
      const isReachable = this.#hears(a, b) && this.#hears(b, a);
      if (isReachable && !a.isPaused && !b.isPaused) this.#join(pair);
      else this.#try(pair, this.#prng.between(300, 2_000));
    });
  }

  #join({ a, b, askedBy }: Pair<S>): void {
    const [one, other] = [this.#newEnd(a), this.#newEnd(b)];
    one.peer = other;
    other.peer = one;
    this.#peers.set(one.link, b).set(other.link, a);
    a.linkUp(one.link, b.shownKey, askedBy[0]);
    if (b.isUp) b.linkUp(other.link, a.shownKey, askedBy[1]);
  }

  #newEnd(station: Station): End {
    const link = this.#prng.u64() as LinkId;
    const end = { station, link, peer: undefined, isOpen: true, lastArrivalMs: 0, inFlight: 0 };
    const ends = this.#ends.get(station) ?? new Map<LinkId, End>();
    this.#ends.set(station, ends.set(link, end));
    return end;
  }

  #forget(end: End): void {
    end.isOpen = false;
    this.#ends.get(end.station)?.delete(end.link);
  }

  #notice(end: End | undefined, lateMs: number): void {
    if (end === undefined) return;
    this.#agenda.after(lateMs, () => {
      if (!end.isOpen) return;
      this.#forget(end);
      if (end.station.isUp) end.station.linkDown(end.link);
      this.#retry(end.station, end.peer?.station);
    });
  }

  #noticeCut(end: End): void {
    const { peer } = end;
    if (peer === undefined) return;
    const isDead = () => !this.#hears(peer.station, end.station);
    if (!isDead()) return;
    this.#agenda.after(this.#prng.between(2_000, 10_000), () => {
      if (!end.isOpen || !isDead()) return;
      this.#notice(end, 0);
      this.#notice(peer, this.#prng.between(0, 5_000));
    });
  }

  #retry(a: Station, b: Station | undefined): void {
    const isOurs = (pair: Pair<S>) =>
      (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a);
    const pair = this.#pairs.find(isOurs);
    if (pair !== undefined) this.#try(pair, this.#prng.between(200, 1_500));
  }
}

function clogKey(from: number, to: number): number {
  return from * 1_000 + to;
}
