/**
 * Events that wait for the core, first come, first served, within bounds. Frames and commands can be
 * turned away, since whoever sends them repeats them or can be told. What tells of the node's own
 * sockets and clock cannot, and needs no bound: links are bounded where they are made, and one tick
 * is due at a time.
 */
import type { Event } from '../core/io.ts';
import {
  MAX_QUEUED_BYTES,
  MAX_QUEUED_EVENTS,
  QUEUE_PAUSE_BYTES,
  QUEUE_PAUSE_EVENTS,
  QUEUE_RELIEF_BYTES,
  QUEUE_RELIEF_EVENTS,
} from './limits.ts';

/**
 * What became of an event: `taken`; `pause`, taken, but no more please until there is relief;
 * `refused`, not taken, since sources went on all the same.
 */
export type Intake = 'taken' | 'pause' | 'refused';

export class EventQueue {
  #events: Event[] = [];
  /** Events before this place were taken. */
  #head = 0;
  #bytes = 0;
  #isPaused = false;

  get length(): number {
    return this.#events.length - this.#head;
  }

  /** Whether sources should hold back. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  offer(event: Event): Intake {
    const isOptional = event.kind === 'frame' || event.kind === 'command';
    const bytes = this.#bytes + bytesOf(event);
    if (isOptional && (this.length >= MAX_QUEUED_EVENTS || bytes > MAX_QUEUED_BYTES)) {
      return 'refused';
    }
    this.#events.push(event);
    this.#bytes = bytes;
    if (this.length >= QUEUE_PAUSE_EVENTS || bytes >= QUEUE_PAUSE_BYTES) this.#isPaused = true;
    return this.#isPaused ? 'pause' : 'taken';
  }

  take(): Event | undefined {
    const event = this.#events[this.#head];
    if (event === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= bytesOf(event);
    // Half of the places at a time, so that an event is moved once on average.
    if (this.#head > 64 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  /** Whether a pause is over with this call. */
  takeRelief(): boolean {
    const isLow = this.length <= QUEUE_RELIEF_EVENTS && this.#bytes <= QUEUE_RELIEF_BYTES;
    if (!this.#isPaused || !isLow) return false;
    this.#isPaused = false;
    return true;
  }
}

function bytesOf(event: Event): number {
  return event.kind === 'frame' ? event.bytes.length : 0;
}
