/**
 * A queue whose items are served in turn: first by the standing of the link that they came over,
 * then by source, then by link (PROTOCOL: Bounds). Keys and links cost nothing, so a share belongs
 * to what costs something: a standing that strangers cannot have, an address.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) on each of the three levels: whoever has been
 * served least, by cost and weight, is next. What an item costs is known when it has been served,
 * so it is charged afterwards. Whoever comes back after a rest is at most `credit` ahead of those
 * who stayed: one payment is served at once, and no rest is saved up for more.
 *
 * Safety: whatever others offer, whoever waits is served at least its share of the cost.
 * Liveness: something that waits is next unless `isAdmitted` excludes its standing.
 * Pure: no clock, no sockets; the shell and the simulator use the same.
 */
import { invariant } from '../core/base/assert.ts';
import { MAX_QUEUE_SOURCES, SERVICE_CREDIT, STANDING_WEIGHTS } from './limits.ts';
import type { Place, Standing } from './place.ts';

/** Somebody who takes turns with others. */
class Flow {
  readonly weight: number;
  /** What it was served so far, by weight, on the scale of those that it takes turns with. */
  at = 0;

  constructor(weight: number) {
    this.weight = weight;
  }
}

/** Those who wait on one level. */
class Turns<F extends Flow> {
  /** In the order in which they came. */
  readonly #waiting = new Set<F>();
  /** Where the one stood that was served last: nobody who waits is far behind it. */
  #nowAt = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  join(flow: F): void {
    if (this.#waiting.has(flow)) return;
    flow.at = Math.max(flow.at, this.#nowAt - SERVICE_CREDIT / flow.weight);
    this.#waiting.add(flow);
  }

  leave(flow: F): void {
    this.#waiting.delete(flow);
  }

  /** Whoever was served least; of several, who has waited longest. */
  next(isAdmitted?: (flow: F) => boolean): F | undefined {
    let least: F | undefined;
    for (const flow of this.#waiting) {
      if (least !== undefined && flow.at >= least.at) continue;
      if (isAdmitted === undefined || isAdmitted(flow)) least = flow;
    }
    return least;
  }

  serve(flow: F): void {
    this.#nowAt = Math.max(this.#nowAt, flow.at);
  }

  /** Whether a flow has had more than whoever would join now: it must not begin anew. */
  isAhead(flow: F): boolean {
    return flow.at > this.#nowAt - SERVICE_CREDIT / flow.weight;
  }
}

class StandingFlow<K, T> extends Flow {
  readonly name: Standing;
  readonly turns = new Turns<SourceFlow<K, T>>();
  readonly sources = new Map<string, SourceFlow<K, T>>();
  bytes = 0;

  constructor(name: Standing) {
    super(STANDING_WEIGHTS[name]);
    this.name = name;
  }
}

class SourceFlow<K, T> extends Flow {
  readonly standing: StandingFlow<K, T>;
  readonly name: string;
  readonly turns = new Turns<Lane<K, T>>();
  lanes = 0;

  constructor(standing: StandingFlow<K, T>, name: string) {
    super(1);
    this.standing = standing;
    this.name = name;
  }
}

interface Item<T> {
  readonly value: T;
  readonly bytes: number;
}

/** What waits of one link. */
class Lane<K, T> extends Flow {
  readonly key: K;
  source: SourceFlow<K, T>;
  items: Item<T>[] = [];
  bytes = 0;

  constructor(key: K, source: SourceFlow<K, T>) {
    super(1);
    this.key = key;
    this.source = source;
  }
}

/** What `shift` gives: an item and the lane that it waited in. */
export interface Served<K, T> {
  readonly key: K;
  readonly value: T;
}

export class FairQueue<K, T> {
  readonly #standings: Readonly<Record<Standing, StandingFlow<K, T>>>;
  readonly #turns = new Turns<StandingFlow<K, T>>();
  readonly #lanes = new Map<K, Lane<K, T>>();
  #served: Lane<K, T> | undefined;
  #length = 0;
  #bytes = 0;

  constructor() {
    this.#standings = {
      local: new StandingFlow('local'),
      trusted: new StandingFlow('trusted'),
      node: new StandingFlow('node'),
      anonymous: new StandingFlow('anonymous'),
    };
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Sources of a standing that are remembered: those with a lane, and some that had much. */
  sourcesOf(standing: Standing): number {
    return this.#standings[standing].sources.size;
  }

  bytesOf(standing: Standing): number {
    return this.#standings[standing].bytes;
  }

  lengthOfLane(key: K): number {
    return this.#lanes.get(key)?.items.length ?? 0;
  }

  bytesOfLane(key: K): number {
    return this.#lanes.get(key)?.bytes ?? 0;
  }

  placeOf(key: K): Place | undefined {
    const source = this.#lanes.get(key)?.source;
    return source && { standing: source.standing.name, source: source.name };
  }

  /** Opens a lane, or moves one with what waits in it to another place. */
  place(key: K, { standing, source: name }: Place): void {
    const lane = this.#lanes.get(key);
    const { source } = lane ?? {};
    if (source?.standing.name === standing && source.name === name) return;
    const next = this.#sourceOf(this.#standings[standing], name);
    next.lanes += 1;
    if (lane === undefined) {
      this.#lanes.set(key, new Lane(key, next));
      return;
    }
    const isWaiting = lane.items.length > 0;
    this.#leave(lane);
    lane.source.standing.bytes -= lane.bytes;
    this.#release(lane.source);
    lane.source = next;
    next.standing.bytes += lane.bytes;
    if (isWaiting) this.#join(lane);
  }

  /** Closes a lane; what waits in it is gone. */
  remove(key: K): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    this.#lanes.delete(key);
    this.#leave(lane);
    this.#length -= lane.items.length;
    this.#bytes -= lane.bytes;
    lane.source.standing.bytes -= lane.bytes;
    this.#release(lane.source);
  }

  /** Adds to a lane, which must be there. */
  push(key: K, value: T, bytes: number): void {
    const lane = this.#lanes.get(key);
    invariant(lane !== undefined, 'a lane has its place before anything waits in it');
    lane.items.push({ value, bytes });
    this.#count(lane, 1, bytes);
    this.#join(lane);
  }

  /** Takes what is next, at a cost of 1; `charge` adds what it cost beyond that. */
  shift(isAdmitted?: (standing: Standing) => boolean): Served<K, T> | undefined {
    const admits = isAdmitted && ((flow: StandingFlow<K, T>) => isAdmitted(flow.name));
    const standing = this.#turns.next(admits);
    const source = standing?.turns.next();
    const lane = source?.turns.next();
    const item = lane?.items.shift();
    if (standing === undefined || source === undefined) return undefined;
    if (lane === undefined || item === undefined) return undefined;
    this.#turns.serve(standing);
    standing.turns.serve(source);
    source.turns.serve(lane);
    this.#count(lane, -1, -item.bytes);
    if (lane.items.length === 0) this.#leave(lane);
    this.#served = lane;
    this.charge(1);
    return { key: lane.key, value: item.value };
  }

  /** Adds to what the item cost that was taken last. */
  charge(cost: number): void {
    const lane = this.#served;
    if (lane === undefined) return;
    const { source } = lane;
    for (const flow of [lane, source, source.standing]) flow.at += cost / flow.weight;
  }

  /** What is charged from now on, until the next `shift`, is nobody's. */
  rest(): void {
    this.#served = undefined;
  }

  /** The lanes that there are. */
  keys(): Iterable<K> {
    return this.#lanes.keys();
  }

  /** All that waits. */
  *values(): Iterable<T> {
    for (const { items } of this.#lanes.values()) for (const { value } of items) yield value;
  }

  #count(lane: Lane<K, T>, items: number, bytes: number): void {
    lane.bytes += bytes;
    lane.source.standing.bytes += bytes;
    this.#length += items;
    this.#bytes += bytes;
  }

  #join(lane: Lane<K, T>): void {
    const { source } = lane;
    source.turns.join(lane);
    source.standing.turns.join(source);
    this.#turns.join(source.standing);
  }

  #leave(lane: Lane<K, T>): void {
    const { source } = lane;
    const { standing } = source;
    source.turns.leave(lane);
    if (source.turns.isEmpty) standing.turns.leave(source);
    if (standing.turns.isEmpty) this.#turns.leave(standing);
  }

  #sourceOf(standing: StandingFlow<K, T>, name: string): SourceFlow<K, T> {
    const known = standing.sources.get(name);
    if (known !== undefined) return known;
    const made = new SourceFlow(standing, name);
    standing.sources.set(name, made);
    if (standing.sources.size > MAX_QUEUE_SOURCES) this.#forget(standing, made);
    return made;
  }

  /** A source without a lane is remembered while it has had more than its share. */
  #release(source: SourceFlow<K, T>): void {
    const { standing } = source;
    source.lanes -= 1;
    if (source.lanes > 0 || standing.turns.isAhead(source)) return;
    standing.sources.delete(source.name);
  }

  #forget(standing: StandingFlow<K, T>, except: SourceFlow<K, T>): void {
    let oldest: SourceFlow<K, T> | undefined;
    for (const source of standing.sources.values()) {
      if (source.lanes > 0 || source === except) continue;
      oldest ??= source;
      if (!standing.turns.isAhead(source)) standing.sources.delete(source.name);
    }
    if (standing.sources.size <= MAX_QUEUE_SOURCES || oldest === undefined) return;
    standing.sources.delete(oldest.name);
  }
}
