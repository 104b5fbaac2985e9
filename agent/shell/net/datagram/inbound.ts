/**
 * The receiving half: puts segments in order, and says what is there and what is welcome.
 *
 * Bounds. A segment beyond what was offered is not taken, so a connection holds at most
 * `receiveBytes`. An offer that was made is kept, so what is offered counts as if it were held:
 * when the connections of a standing (commons.ts) together have come to their budget, each offers
 * only a few segments. The first offer is small and grows by what was brought, as fast as the
 * window of a sender does, so that whoever says little has little set aside for it.
 */
import type { DatagramLimits } from '../limits.ts';
import { MAX_SEGMENT_BYTES, type Segment } from './packet.ts';

/** What a segment costs beside its bytes: without it, many tiny ones would be almost free. */
const SEGMENT_COST_BYTES = 128;
export const MAX_SEGMENT_COST_BYTES = MAX_SEGMENT_BYTES + SEGMENT_COST_BYTES;
const NOTHING = new Uint8Array();

function costOf(bytes: Uint8Array): number {
  return bytes.length + SEGMENT_COST_BYTES;
}

/** Bytes that all connections of a standing hold for their readers, or have offered to. */
export interface ReceiveBudget {
  used: number;
  readonly most: number;
}

export interface Inbound {
  /** 'next': it continues the stream; 'ahead': kept; 'known': it was here; 'refused': unwelcome. */
  take(segment: Segment): 'next' | 'ahead' | 'known' | 'refused';
  next(): number;
  have(): Uint8Array;
  window(): number;
  /** The next bytes in order; none where a segment had none. */
  read(): Uint8Array | undefined;
  /** Everything up to the end of the stream came. */
  isComplete(): boolean;
  /** And was read. */
  ended(): boolean;
  /** From now on another budget has to do with what it holds and has offered. */
  move(to: ReceiveBudget): void;
  /** Gives back what it holds. */
  drop(): void;
}

export function createInbound(limits: DatagramLimits, first: ReceiveBudget): Inbound {
  let budget = first;
  const ahead = new Map<number, Segment>();
  let ready: Uint8Array[] = [];
  let readyBytes = 0;
  let next = 0;
  let edge = 0;
  let finished = false;
  let dropped = false;

  function hold(bytes: number): void {
    budget.used += bytes;
  }

  function heldBytes(): number {
    return (edge - next) * MAX_SEGMENT_COST_BYTES + readyBytes;
  }

  function offer(): number {
    const room = Math.floor((limits.receiveBytes - readyBytes) / MAX_SEGMENT_COST_BYTES);
    const welcome = Math.min(room, limits.windowSegments, limits.firstWindow + next + ahead.size);
    const left = Math.floor((budget.most - budget.used) / MAX_SEGMENT_COST_BYTES);
    const affordable = Math.max(edge + Math.max(0, left), next + limits.leastWindow);
    const moved = Math.max(0, Math.min(next + welcome, affordable) - edge);
    edge += moved;
    hold(moved * MAX_SEGMENT_COST_BYTES);
    return edge - next;
  }

  /** What was offered is held from here on; what came ahead stays a part of the offer. */
  function append({ bytes, fin }: Segment): void {
    next += 1;
    ready.push(bytes);
    readyBytes += costOf(bytes);
    hold(costOf(bytes) - MAX_SEGMENT_COST_BYTES);
    if (fin) finished = true;
  }

  /** Own memory: what came is a view into a larger piece. */
  function owned({ sequence, fin, bytes }: Segment): Segment {
    return { sequence, fin, bytes: new Uint8Array(bytes) };
  }

  return {
    take(segment) {
      const { sequence } = segment;
      if (sequence < next || ahead.has(sequence)) return 'known';
      if (dropped || finished || sequence >= next + offer()) return 'refused';
      if (sequence !== next) {
        ahead.set(sequence, owned(segment));
        return 'ahead';
      }
      append(owned(segment));
      for (;;) {
        const following = ahead.get(next);
        if (following === undefined || finished) break;
        ahead.delete(next);
        append(following);
      }
      return 'next';
    },
    next: () => next,
    have() {
      if (ahead.size === 0) return NOTHING;
      let last = -1;
      const bits = new Uint8Array(8);
      for (const sequence of ahead.keys()) {
        const bit = sequence - next - 1;
        const index = bit >> 3;
        if (index >= bits.length) continue;
        bits[index] = (bits[index] ?? 0) | (1 << (bit & 7));
        last = Math.max(last, index);
      }
      return bits.subarray(0, last + 1);
    },
    window: () => (dropped ? 0 : offer()),
    read() {
      const bytes = ready.shift();
      if (bytes === undefined) return undefined;
      readyBytes -= costOf(bytes);
      hold(-costOf(bytes));
      return bytes;
    },
    isComplete: () => finished,
    ended: () => finished && ready.length === 0,
    move(to) {
      const bytes = dropped ? 0 : heldBytes();
      hold(-bytes);
      budget = to;
      hold(bytes);
    },
    drop() {
      if (dropped) return;
      dropped = true;
      hold(-heldBytes());
      ahead.clear();
      ready = [];
      readyBytes = 0;
    },
  };
}
