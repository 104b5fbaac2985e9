/**
 * The receiving half: puts segments in order, and says what is there and what is welcome.
 *
 * Bounds. A segment beyond what was offered is not taken, so a connection holds at most
 * `receiveBytes`. An offer that was made is kept, so what is offered counts as if it were held:
 * when the connections of a standing (commons.ts) together have come to their budget, each offers
 * only a few segments. The first offer is small and grows by what was brought, as fast as the
 * window of a sender does, so that whoever says little has little set aside for it.
 */
import { type DatagramLimits, MAX_SEGMENT_COST_BYTES, SEGMENT_COST_BYTES } from './limits.ts';
import { MAX_HAVE_BYTES, type Segment } from './packet.ts';

const NOTHING = new Uint8Array();

function costOf(bytes: Uint8Array): number {
  return bytes.length + SEGMENT_COST_BYTES;
}

/** Bytes that all connections of a standing hold for their readers, or have offered to. */
export interface ReceiveBudget {
  used: number;
  readonly most: number;
}

export class Inbound {
  readonly #limits: DatagramLimits;
  readonly #ahead = new Map<number, Segment>();
  #budget: ReceiveBudget;
  #ready: Uint8Array[] = [];
  #readyBytes = 0;
  #next = 0;
  #edge = 0;
  #isFinished = false;
  #isDropped = false;

  constructor(limits: DatagramLimits, budget: ReceiveBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** 'next': it continues the stream; 'ahead': kept; 'known': it was here; 'refused': unwelcome. */
  take(segment: Segment): 'next' | 'ahead' | 'known' | 'refused' {
    const { sequence } = segment;
    const ahead = this.#ahead;
    if (sequence < this.#next || ahead.has(sequence)) return 'known';
    if (this.#isDropped || this.#isFinished || sequence >= this.#next + this.#offer()) {
      return 'refused';
    }
    if (sequence !== this.#next) {
      ahead.set(sequence, owned(segment));
      return 'ahead';
    }
    this.#append(owned(segment));
    for (;;) {
      const following = ahead.get(this.#next);
      if (following === undefined || this.#isFinished) break;
      ahead.delete(this.#next);
      this.#append(following);
    }
    return 'next';
  }

  next(): number {
    return this.#next;
  }

  have(): Uint8Array {
    if (this.#ahead.size === 0) return NOTHING;
    let last = -1;
    const bits = new Uint8Array(MAX_HAVE_BYTES);
    for (const sequence of this.#ahead.keys()) {
      const bit = sequence - this.#next - 1;
      const index = bit >> 3;
      if (index >= bits.length) continue;
      bits[index] = (bits[index] ?? 0) | (1 << (bit & 7));
      last = Math.max(last, index);
    }
    return bits.subarray(0, last + 1);
  }

  window(): number {
    return this.#isDropped ? 0 : this.#offer();
  }

  /** The next bytes in order; none where a segment had none. */
  read(): Uint8Array | undefined {
    const bytes = this.#ready.shift();
    if (bytes === undefined) return undefined;
    this.#readyBytes -= costOf(bytes);
    this.#hold(-costOf(bytes));
    return bytes;
  }

  /** Everything up to the end of the stream came. */
  isComplete(): boolean {
    return this.#isFinished;
  }

  /** And was read. */
  ended(): boolean {
    return this.#isFinished && this.#ready.length === 0;
  }

  /** From now on another budget has to do with what it holds and has offered. */
  move(to: ReceiveBudget): void {
    const bytes = this.#isDropped ? 0 : this.#heldBytes();
    this.#hold(-bytes);
    this.#budget = to;
    this.#hold(bytes);
  }

  /** Gives back what it holds. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#hold(-this.#heldBytes());
    this.#ahead.clear();
    this.#ready = [];
  }

  #hold(bytes: number): void {
    this.#budget.used += bytes;
  }

  #heldBytes(): number {
    return (this.#edge - this.#next) * MAX_SEGMENT_COST_BYTES + this.#readyBytes;
  }

  #offer(): number {
    const { receiveBytes, windowSegments, firstWindow, leastWindow } = this.#limits;
    const { used, most } = this.#budget;
    const next = this.#next;
    const room = Math.floor((receiveBytes - this.#readyBytes) / MAX_SEGMENT_COST_BYTES);
    const welcome = Math.min(room, windowSegments, firstWindow + next + this.#ahead.size);
    const left = Math.floor((most - used) / MAX_SEGMENT_COST_BYTES);
    const affordable = Math.max(this.#edge + Math.max(0, left), next + leastWindow);
    const moved = Math.max(0, Math.min(next + welcome, affordable) - this.#edge);
    this.#edge += moved;
    this.#hold(moved * MAX_SEGMENT_COST_BYTES);
    return this.#edge - next;
  }

  /** What was offered is held from here on; what came ahead stays a part of the offer. */
  #append({ bytes, fin }: Segment): void {
    this.#next += 1;
    this.#ready.push(bytes);
    this.#readyBytes += costOf(bytes);
    this.#hold(costOf(bytes) - MAX_SEGMENT_COST_BYTES);
    if (fin) this.#isFinished = true;
  }
}

/** Own memory: what came is a view into a larger piece. */
function owned({ sequence, fin, bytes }: Segment): Segment {
  return { sequence, fin, bytes: new Uint8Array(bytes) };
}
