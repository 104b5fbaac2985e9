/**
 * The receiving half: puts segments in order, and says what is there and what is welcome.
 *
 * Bounds. A segment beyond what was offered is not taken, so a connection holds at most
 * `receiveBytes`. When all connections of the node together hold more than their budget, each
 * offers only a few segments; an offer that was made is kept.
 */
import type { DatagramLimits } from '../../limits.ts';
import { MAX_SEGMENT_BYTES, type Segment } from './packet.ts';

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
  /** The next bytes in order. */
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
    const room = Math.floor((limits.receiveBytes - readyBytes) / MAX_SEGMENT_BYTES);
    const most = budget.used > budget.most ? limits.leastWindow : limits.windowSegments;
    edge = Math.max(edge, next + Math.max(0, Math.min(room, most)));
    return edge - next;
  }

  function append({ bytes, fin }: Segment): void {
    next += 1;
    if (bytes.length > 0) ready.push(bytes);
    readyBytes += bytes.length;
    if (fin) finished = true;
  }

  /** Own memory: what came is a view into a larger piece. */
  function owned(segment: Segment): Segment {
    hold(segment.bytes.length);
    return { ...segment, bytes: Uint8Array.from(segment.bytes) };
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
      readyBytes -= bytes.length;
      hold(-bytes.length);
      return bytes;
    },
    isComplete: () => finished,
    ended: () => finished && ready.length === 0,
    drop() {
      if (dropped) return;
      dropped = true;
      for (const { bytes } of ahead.values()) hold(-bytes.length);
      for (const bytes of ready) hold(-bytes.length);
      ahead.clear();
      ready = [];
      readyBytes = 0;
    },
  };
}
