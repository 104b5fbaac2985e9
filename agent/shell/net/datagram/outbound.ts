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
import type { DatagramLimits } from './limits.ts';
import { MAX_SEGMENT_BYTES, SEGMENT_HEAD_BYTES, type Segment, segmentSize } from './packet.ts';

interface Sent extends Segment {
  sentAtMs: number;
  sends: number;
  arrived: boolean;
  lost: boolean;
}

/** How the way is at the moment. */
export interface Conditions {
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

export class Outbound {
  readonly #limits: DatagramLimits;
  readonly #mayRepeat: (nowMs: number) => boolean;
  #flight: Sent[] = [];
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #base = 0;
  #nextSequence = 0;
  #edge: number;
  #inFlight = 0;
  #isFinishing = false;
  #isFinSent = false;
  #deniedUntilMs = 0;

  constructor(limits: DatagramLimits, mayRepeat: (nowMs: number) => boolean) {
    this.#limits = limits;
    this.#mayRepeat = mayRepeat;
    // What every receiver offers at first.
    this.#edge = limits.firstWindow;
  }

  /** Takes a copy. */
  write(bytes: Uint8Array): void {
    this.#waiting.push(new Uint8Array(bytes));
    this.#waitingBytes += bytes.length;
  }

  /** Nothing will be written any more. */
  finish(): void {
    this.#isFinishing = true;
  }

  /** Bytes that wait to be sent for the first time. */
  waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** How many are newly acknowledged; undefined: it speaks of some that were never sent. */
  acknowledge(ack: Acknowledgement, reorderMs: number): number | undefined {
    if (this.#isForged(ack)) return undefined;
    if (ack.next < this.#base) return 0;
    let count = 0;
    this.#edge = Math.max(this.#edge, ack.next + ack.window);
    for (const sent of this.#flight) {
      const bit = sent.sequence - ack.next - 1;
      const has = bit >= 0 && ((ack.have[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
      if (sent.sequence < ack.next || has) count += this.#markArrived(sent);
      else if (ack.arrivedSentMs !== undefined && !sent.arrived) {
        if (sent.sentAtMs + reorderMs < ack.arrivedSentMs) sent.lost = true;
      }
    }
    this.#flight.splice(0, ack.next - this.#base);
    this.#base = ack.next;
    return count;
  }

  /** Takes what is to be sent now, into so many bytes. */
  gather(room: number, nowMs: number, way: Conditions): Gathered {
    const chosen: Sent[] = [];
    let left = room;
    const choose = (sent: Sent): void => {
      left -= segmentSize(sent);
      chosen.push(sent);
    };
    let timedOut = false;
    const isDue = (sent: Sent): boolean =>
      !sent.arrived && this.#segmentDueAtMs(sent, way) <= nowMs && segmentSize(sent) <= left;
    if (this.#mayRepeatAny(isDue, nowMs)) {
      for (const sent of this.#flight) {
        if (!isDue(sent)) continue;
        timedOut ||= !sent.lost && sent.sends % way.copies === 0;
        choose(sent);
      }
    }
    while (this.#maySendNew(way) && left - SEGMENT_HEAD_BYTES >= this.#leastPiece()) {
      choose(this.#cut(left - SEGMENT_HEAD_BYTES, nowMs));
    }
    if (chosen.length > 0 && way.copies > 1) {
      // What is left costs nothing more: others that are overdue by the usual round trip.
      for (const sent of this.#flight) {
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
  }

  /** When `gather` has something; Infinity: when something is written or acknowledged. */
  dueAtMs(way: Conditions): number {
    if (this.#maySendNew(way)) return 0;
    let dueAtMs = Infinity;
    for (const sent of this.#flight) {
      if (!sent.arrived) dueAtMs = Math.min(dueAtMs, this.#segmentDueAtMs(sent, way));
    }
    return Math.max(dueAtMs, this.#deniedUntilMs);
  }

  /** Everything on its way is to be sent again at once. */
  expire(): void {
    for (const sent of this.#flight) if (!sent.arrived) sent.lost = true;
  }

  inFlight(): number {
    return this.#inFlight;
  }

  /** There is something to send, and the other side offers no room for it. */
  isBlocked(): boolean {
    return this.#hasNew() && this.#inFlight === 0 && this.#nextSequence >= this.#edge;
  }

  /** Everything has arrived, the end included. */
  isDone(): boolean {
    return this.#isFinSent && this.#inFlight === 0;
  }

  drop(): void {
    this.#flight = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#inFlight = 0;
    this.#isFinishing = false;
  }

  #hasNew(): boolean {
    return this.#waitingBytes > 0 || (this.#isFinishing && !this.#isFinSent);
  }

  #maySendNew(way: Conditions): boolean {
    return this.#hasNew() && this.#nextSequence < this.#edge && this.#inFlight < way.window;
  }

  /** Whether something is due again and may be; a refusal holds for a moment. */
  #mayRepeatAny(isDue: (sent: Sent) => boolean, nowMs: number): boolean {
    if (nowMs < this.#deniedUntilMs || !this.#flight.some(isDue)) return false;
    if (this.#mayRepeat(nowMs)) return true;
    this.#deniedUntilMs = nowMs + this.#limits.repeatDeniedMs;
    return false;
  }

  /** A piece that is smaller, though there is more, is not worth its head. */
  #leastPiece(): number {
    return Math.min(this.#waitingBytes, MAX_SEGMENT_BYTES / 2);
  }

  /** Views where a piece lies in one write, which is nearly always; else a copy. */
  #takeBytes(most: number): Uint8Array {
    const waiting = this.#waiting;
    const length = Math.min(most, this.#waitingBytes);
    const [first] = waiting;
    this.#waitingBytes -= length;
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

  #cut(most: number, nowMs: number): Sent {
    const bytes = this.#takeBytes(Math.min(MAX_SEGMENT_BYTES, most));
    const fin = this.#isFinishing && this.#waitingBytes === 0;
    if (fin) this.#isFinSent = true;
    const piece = { sequence: this.#nextSequence, fin, bytes };
    const sent: Sent = { ...piece, sentAtMs: nowMs, sends: 0, arrived: false, lost: false };
    this.#nextSequence += 1;
    this.#inFlight += 1;
    this.#flight.push(sent);
    return sent;
  }

  #segmentDueAtMs(sent: Sent, way: Conditions): number {
    if (sent.lost) return 0;
    const isCopyDue = sent.sends % way.copies !== 0;
    return sent.sentAtMs + (isCopyDue ? this.#limits.copySpacingMs : way.intervalMs);
  }

  #markArrived(sent: Sent): number {
    if (sent.arrived) return 0;
    sent.arrived = true;
    this.#inFlight -= 1;
    return 1;
  }

  #isForged({ next, have }: Acknowledgement): boolean {
    const last = have[have.length - 1];
    const bits = last === undefined ? 0 : 8 * have.length - (Math.clz32(last) - 24);
    return next + bits >= this.#nextSequence + (bits === 0 ? 1 : 0);
  }
}
