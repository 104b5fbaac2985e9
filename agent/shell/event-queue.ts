/**
 * Events that wait for the core, within bounds. Frames wait in a lane of their link, and are served
 * in turn by standing, source and cost (fair-queue.ts); commands and answers to what this node
 * asked are one more lane. What tells of the node's own sockets and clock comes first and in its
 * order, and needs no bound here: links are bounded where they are made, and one tick is due at a
 * time.
 *
 * Safety: a lane that is full holds back its own link alone. The frames of one link keep their
 * order, except that its end overtakes what still waits of it: to the core, a frame of a link that
 * is gone. Liveness: a link that was asked to pause is told when its lane has room again.
 *
 * Of links that are gone only so much is kept; beyond it, what came from one source most goes.
 */

import type { LinkId } from '../core/base/units.ts';
import type { Event } from '../core/io.ts';
import { FairQueue } from './fair-queue.ts';
import {
  LANE_BOUNDS,
  MAX_LEFT_BYTES,
  MAX_LEFT_EVENTS,
  MAX_QUEUED_COMMANDS,
  STANDING_PAUSE_BYTES,
} from './limits.ts';
import type { Place, Standing } from './place.ts';

/**
 * What became of an event: `taken`; `pause`, taken, but no more of this link please until there is
 * relief; `refused`, not taken, since the link went on all the same.
 */
export type Intake = 'taken' | 'pause' | 'refused';

/** Who is asked for nothing and known for nothing. */
const STRANGER: Place = { standing: 'anonymous', source: '' };
const OWN: Place = { standing: 'local', source: '' };
const COMMANDS = 'commands';

export class EventQueue {
  /** What has no bound, and goes first. */
  readonly #first: Event[] = [];
  readonly #rest = new FairQueue<LinkId | typeof COMMANDS, Event>();
  /** Links that are up. */
  readonly #up = new Set<LinkId>();
  /** Links that are gone, and of which something waits. */
  readonly #left = new Set<LinkId>();
  readonly #paused = new Set<LinkId>();

  constructor() {
    this.#rest.place(COMMANDS, OWN);
  }

  get length(): number {
    return this.#first.length + this.#rest.length;
  }

  /** Bytes of the frames that wait. */
  get bytes(): number {
    return this.#rest.bytes;
  }

  /** `place`: whose share it is, of what comes over a link; a stranger's if it is not said. */
  offer(event: Event, place?: Place): Intake {
    switch (event.kind) {
      case 'frame':
        return this.#offerFrame(event, place);
      case 'command':
      case 'told':
        if (this.#rest.lengthOfLane(COMMANDS) >= MAX_QUEUED_COMMANDS) return 'refused';
        this.#rest.push(COMMANDS, event, 0);
        return 'taken';
      case 'link_up':
        this.#up.add(event.link);
        this.#rest.place(event.link, place ?? STRANGER);
        break;
      case 'link_down':
        this.#close(event.link);
        break;
      default:
    }
    this.#first.push(event);
    return 'taken';
  }

  /** The next event; of standings that `isAdmitted` excludes, none. */
  take(isAdmitted?: (standing: Standing) => boolean): Event | undefined {
    const first = this.#first.shift();
    this.#rest.rest();
    if (first !== undefined) return first;
    const served = this.#rest.shift(isAdmitted);
    if (served === undefined) return undefined;
    const { key, value } = served;
    if (key !== COMMANDS && !this.#up.has(key) && this.#rest.lengthOfLane(key) === 0) {
      this.#left.delete(key);
      this.#rest.remove(key);
    }
    return value;
  }

  /**
   * What the event cost that was taken last, if it came over a link or was a command; at least 1.
   */
  charge(cost: number): void {
    this.#rest.charge(cost - 1);
  }

  /** Whose share a link's events are served from, as long as it is up or something of it waits. */
  placeOf(link: LinkId): Place | undefined {
    return this.#rest.placeOf(link);
  }

  /** Links that were asked to pause and may go on now; each is told once. */
  takeRelief(): readonly LinkId[] {
    const relieved: LinkId[] = [];
    for (const link of this.#paused) {
      if (!this.#isRelieved(link)) continue;
      this.#paused.delete(link);
      relieved.push(link);
    }
    return relieved;
  }

  /** All that waits. */
  *waiting(): Iterable<Event> {
    yield* this.#first;
    yield* this.#rest.values();
  }

  #offerFrame(event: Extract<Event, { readonly kind: 'frame' }>, place?: Place): Intake {
    const { link, bytes } = event;
    if (!this.#up.has(link)) {
      this.#rest.place(link, place ?? this.#rest.placeOf(link) ?? STRANGER);
      this.#left.add(link);
    }
    const { standing } = this.#rest.placeOf(link) ?? STRANGER;
    const { pauseEvents, pauseBytes, mostEvents, mostBytes } = LANE_BOUNDS[standing];
    const events = this.#rest.lengthOfLane(link) + 1;
    const laneBytes = this.#rest.bytesOfLane(link) + bytes.length;
    if (events > mostEvents || laneBytes > mostBytes) return 'refused';
    this.#rest.push(link, event, bytes.length);
    const isStandingFull = this.#rest.bytesOf(standing) >= STANDING_PAUSE_BYTES[standing];
    if (events < pauseEvents && laneBytes < pauseBytes && !isStandingFull) return 'taken';
    this.#paused.add(link);
    return 'pause';
  }

  #isRelieved(link: LinkId): boolean {
    const events = this.#rest.lengthOfLane(link);
    if (events === 0) return true;
    const { standing } = this.#rest.placeOf(link) ?? STRANGER;
    const { pauseEvents, pauseBytes } = LANE_BOUNDS[standing];
    if (this.#rest.bytesOf(standing) >= STANDING_PAUSE_BYTES[standing]) return false;
    return 2 * events <= pauseEvents && 2 * this.#rest.bytesOfLane(link) <= pauseBytes;
  }

  #close(link: LinkId): void {
    this.#up.delete(link);
    this.#paused.delete(link);
    if (this.#rest.lengthOfLane(link) === 0) {
      this.#rest.remove(link);
      return;
    }
    this.#left.add(link);
    while (this.#isLeftTooMuch()) this.#dropLeft();
  }

  #isLeftTooMuch(): boolean {
    let events = 0;
    let bytes = 0;
    for (const link of this.#left) {
      events += this.#rest.lengthOfLane(link);
      bytes += this.#rest.bytesOfLane(link);
    }
    return events > MAX_LEFT_EVENTS || bytes > MAX_LEFT_BYTES;
  }

  /** Of the source of which most is left, drops the oldest link's. */
  #dropLeft(): void {
    const bySource = new Map<string, { events: number; readonly oldest: LinkId }>();
    for (const link of this.#left) {
      const { standing, source } = this.#rest.placeOf(link) ?? STRANGER;
      const name = `${standing} ${source}`;
      const known = bySource.get(name) ?? { events: 0, oldest: link };
      known.events += this.#rest.lengthOfLane(link);
      bySource.set(name, known);
    }
    const [most] = [...bySource.values()].sort((a, b) => b.events - a.events);
    if (most === undefined) return;
    this.#left.delete(most.oldest);
    this.#rest.remove(most.oldest);
  }
}
