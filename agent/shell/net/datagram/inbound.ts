/**
 * The receiving half: puts segments in order, and says what is there and what is welcome.
 *
 * Bounds. A segment beyond what was offered is not taken, so a connection holds at most
 * `receiveBytes`. When all connections of the node together hold more than their budget, each
 * offers only a few segments; an offer that was made is kept.
 */
import type { DatagramLimits } from '../../limits.ts';
import { MAX_SEGMENT_BYTES, type Segment } from './packet.ts';

/** What a segment costs beside its bytes: without it, many tiny ones would be almost free. */
const SEGMENT_COST_BYTES = 128;
export const MAX_SEGMENT_COST_BYTES = MAX_SEGMENT_BYTES + SEGMENT_COST_BYTES;
const NOTHING = new Uint8Array();

function costOf(bytes: Uint8Array): number {
  return bytes.length + SEGMENT_COST_BYTES;
}

/** Bytes that all connections of a node hold for their readers. */
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
  /** Gives back what it holds. */
  drop(): void;
}

export function createInbound(limits: DatagramLimits, budget: ReceiveBudget): Inbound {
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

  function offer(): number {
    const room = Math.floor((limits.receiveBytes - readyBytes) / MAX_SEGMENT_COST_BYTES);
    const most = budget.used > budget.most ? limits.leastWindow : limits.windowSegments;
    edge = Math.max(edge, next + Math.max(0, Math.min(room, most)));
    return edge - next;
  }

  function append({ bytes, fin }: Segment): void {
    next += 1;
    ready.push(bytes);
    readyBytes += costOf(bytes);
    if (fin) finished = true;
  }

  /** Own memory: what came is a view into a larger piece. */
  function owned({ sequence, fin, bytes }: Segment): Segment {
    hold(costOf(bytes));
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
    drop() {
      if (dropped) return;
      dropped = true;
      for (const { bytes } of ahead.values()) hold(-costOf(bytes));
      for (const bytes of ready) hold(-costOf(bytes));
      ahead.clear();
      ready = [];
      readyBytes = 0;
    },
  };
}
