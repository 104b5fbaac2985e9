/**
 * The sending half: cuts the stream into segments, remembers what is on its way, and says what to
 * send next.
 *
 * A segment is cut when it is sent, so that small writes share one, and never cut again. It is
 * repeated
 *   - when a packet that was sent clearly later has arrived and it has not (RACK, RFC 8985);
 *   - when no answer came for an interval (round-trip.ts);
 *   - after a few milliseconds already, while copies of everything are sent (loss.ts).
 * A packet of repeats has to be allowed: so many a second, and not to each connection as many
 * (connection.ts).
 */
import type { DatagramLimits } from '../limits.ts';
import { MAX_SEGMENT_BYTES, SEGMENT_HEAD_BYTES, type Segment, segmentSize } from './packet.ts';

interface Sent extends Segment {
  sentAtMs: number;
  sends: number;
  arrived: boolean;
  lost: boolean;
}

/** How the way is at the moment. */
export interface Way {
  /** Segments that may be unacknowledged. */
  readonly window: number;
  readonly copies: number;
  readonly intervalMs: number;
  readonly smoothedMs: number;
}

export interface Gathered {
  readonly segments: readonly Segment[];
  /** One of them because no answer came. */
  readonly timedOut: boolean;
}

/** What the other side said of what it has. */
export interface Acknowledgement {
  readonly next: number;
  readonly window: number;
  readonly have: Uint8Array;
  /** When the latest packet was sent that it got, if it said so. */
  readonly arrivedSentMs: number | undefined;
}

export interface Outbound {
  /** Takes a copy. */
  write(bytes: Uint8Array): void;
  /** Nothing will be written any more. */
  finish(): void;
  /** Bytes that wait to be sent for the first time. */
  waitingBytes(): number;
  /** How many are newly acknowledged; undefined: it speaks of some that were never sent. */
  acknowledge(ack: Acknowledgement, reorderMs: number): number | undefined;
  /** Takes what is to be sent now, into so many bytes. */
  gather(room: number, nowMs: number, way: Way): Gathered;
  /** When `gather` has something; Infinity: when something is written or acknowledged. */
  dueAtMs(way: Way): number;
  /** Everything on its way is to be sent again at once. */
  expire(): void;
  inFlight(): number;
  /** There is something to send, and the other side offers no room for it. */
  isBlocked(): boolean;
  /** Everything has arrived, the end included. */
  isDone(): boolean;
  drop(): void;
}

export function createOutbound(
  limits: DatagramLimits,
  mayRepeat: (nowMs: number) => boolean,
): Outbound {
  let flight: Sent[] = [];
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let base = 0;
  let nextSequence = 0;
  // What every receiver offers at first.
  let edge = limits.firstWindow;
  let inFlight = 0;
  let finishing = false;
  let finSent = false;
  let deniedUntilMs = 0;

  function hasNew(): boolean {
    return waitingBytes > 0 || (finishing && !finSent);
  }

  function maySendNew(way: Way): boolean {
    return hasNew() && nextSequence < edge && inFlight < way.window;
  }

  /** A piece that is smaller, though there is more, is not worth its head. */
  function leastPiece(): number {
    return Math.min(waitingBytes, MAX_SEGMENT_BYTES / 2);
  }

  /** Views where a piece lies in one write, which is nearly always; else a copy. */
  function takeBytes(most: number): Uint8Array {
    const length = Math.min(most, waitingBytes);
    const [first] = waiting;
    waitingBytes -= length;
    if (first !== undefined && first.length >= length) {
      if (first.length === length) waiting.shift();
      else waiting[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const next = waiting.shift();
      if (next === undefined) break;
      const part = next.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part.length < next.length) waiting.unshift(next.subarray(part.length));
    }
    return bytes;
  }

  function cut(most: number, nowMs: number): Sent {
    const bytes = takeBytes(Math.min(MAX_SEGMENT_BYTES, most));
    const fin = finishing && waitingBytes === 0;
    if (fin) finSent = true;
    const piece = { sequence: nextSequence, fin, bytes };
    const sent: Sent = { ...piece, sentAtMs: nowMs, sends: 0, arrived: false, lost: false };
    nextSequence += 1;
    inFlight += 1;
    flight.push(sent);
    return sent;
  }

  function segmentDueAtMs(sent: Sent, way: Way): number {
    if (sent.lost) return 0;
    const isCopyDue = sent.sends % way.copies !== 0;
    return sent.sentAtMs + (isCopyDue ? limits.copySpacingMs : way.intervalMs);
  }

  function markArrived(sent: Sent): number {
    if (sent.arrived) return 0;
    sent.arrived = true;
    inFlight -= 1;
    return 1;
  }

  function isForged({ next, have }: Acknowledgement): boolean {
    const last = have[have.length - 1];
    const bits = last === undefined ? 0 : 8 * have.length - (Math.clz32(last) - 24);
    return next + bits >= nextSequence + (bits === 0 ? 1 : 0);
  }

  return {
    write(bytes) {
      waiting.push(new Uint8Array(bytes));
      waitingBytes += bytes.length;
    },
    finish() {
      finishing = true;
    },
    waitingBytes: () => waitingBytes,

    acknowledge(ack, reorderMs) {
      if (isForged(ack)) return undefined;
      if (ack.next < base) return 0;
      let count = 0;
      edge = Math.max(edge, ack.next + ack.window);
      for (const sent of flight) {
        const bit = sent.sequence - ack.next - 1;
        const has = bit >= 0 && ((ack.have[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
        if (sent.sequence < ack.next || has) count += markArrived(sent);
        else if (ack.arrivedSentMs !== undefined && !sent.arrived) {
          if (sent.sentAtMs + reorderMs < ack.arrivedSentMs) sent.lost = true;
        }
      }
      flight.splice(0, ack.next - base);
      base = ack.next;
      return count;
    },

    gather(room, nowMs, way) {
      const chosen: Sent[] = [];
      let left = room;
      let timedOut = false;
      const choose = (sent: Sent): void => {
        left -= segmentSize(sent);
        chosen.push(sent);
      };
      const due = (sent: Sent): boolean =>
        !sent.arrived && segmentDueAtMs(sent, way) <= nowMs && segmentSize(sent) <= left;
      if (nowMs >= deniedUntilMs && flight.some(due)) {
        if (!mayRepeat(nowMs)) deniedUntilMs = nowMs + limits.repeatDeniedMs;
        else {
          for (const sent of flight) {
            if (!due(sent)) continue;
            timedOut ||= !sent.lost && sent.sends % way.copies === 0;
            choose(sent);
          }
        }
      }
      while (maySendNew(way) && left - SEGMENT_HEAD_BYTES >= leastPiece()) {
        choose(cut(left - SEGMENT_HEAD_BYTES, nowMs));
      }
      if (chosen.length > 0 && way.copies > 1) {
        // What is left costs nothing more: others that are overdue by the usual round trip.
        for (const sent of flight) {
          const old = !sent.arrived && sent.sentAtMs + way.smoothedMs < nowMs;
          if (old && segmentSize(sent) <= left && !chosen.includes(sent)) choose(sent);
        }
      }
      for (const sent of chosen) {
        sent.sends += 1;
        sent.sentAtMs = nowMs;
        sent.lost = false;
      }
      return { segments: chosen, timedOut };
    },

    dueAtMs(way) {
      if (maySendNew(way)) return 0;
      let dueAtMs = Infinity;
      for (const sent of flight) {
        if (!sent.arrived) dueAtMs = Math.min(dueAtMs, segmentDueAtMs(sent, way));
      }
      return Math.max(dueAtMs, deniedUntilMs);
    },

    expire() {
      for (const sent of flight) if (!sent.arrived) sent.lost = true;
    },
    inFlight: () => inFlight,
    isBlocked: () => hasNew() && inFlight === 0 && nextSequence >= edge,
    isDone: () => finSent && inFlight === 0,
    drop() {
      flight = [];
      waiting = [];
      waitingBytes = 0;
      inFlight = 0;
      finishing = false;
    },
  };
}
