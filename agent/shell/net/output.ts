/**
 * What leaves over one link. Frames of one turn of the event loop leave as one write. While the
 * other side reads more slowly than is written, they wait here and leave in turn (fair-queue.ts):
 * the words of this node, and what it passes on, link by link from which it came.
 *
 * Safety: what is passed on never costs the link itself; where there is no room for it, whoever has
 * most waiting loses that. Every sender repeats (core/io.ts), nothing is lost for good.
 * Only this node's own words make a reader too slow.
 */

import { MAX_FRAME_BYTES } from '../../core/base/limits.ts';
import type { LinkId } from '../../core/base/units.ts';
import { FairQueue } from '../fair-queue.ts';
import type { Place } from '../place.ts';
import { wordBytes } from './framing.ts';
import { FORWARD_LANE_BYTES, OUTPUT_AHEAD_BYTES } from './limits.ts';

/** Whose frame it is that is passed on: the link that it came over, and its share. */
export interface Cause {
  readonly link: LinkId;
  readonly place: Place;
}

/** Bytes that wait in all links that share it. */
export interface OutputBudget {
  used: number;
  readonly most: number;
}

export interface OutputOptions {
  /** Writes a batch; `done` when it has left this process. */
  readonly write: (batch: Buffer, done: () => void) => void;
  /** Bytes of this node's own words that may wait. What is passed on has half as much. */
  readonly mostBytes: number;
  /** What it shares with others. */
  readonly budget: OutputBudget | undefined;
  /** Calls at the end of this turn of the event loop; returns how not to. */
  readonly defer?: (call: () => void) => () => void;
}

/** Bytes of one turn that are written without waiting for its end. */
const FLUSH_BYTES = 64 * 1024;
const OWN: Place = { standing: 'local', source: '' };

export class Output {
  readonly #options: OutputOptions;
  readonly #waiting = new FairQueue<LinkId | 'own', Uint8Array>();
  #mostBytes: number;
  #budget: OutputBudget | undefined;
  /** Bytes that are accounted for in the budget, or would be if there were one. */
  #counted = 0;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #undefer: (() => void) | undefined;
  #writing = 0;
  /** Nothing is said any more; then, nothing is accounted for any more. */
  #isOver = false;
  #isSettled = false;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#mostBytes = options.mostBytes;
    this.#budget = options.budget;
    this.#waiting.place('own', OWN);
  }

  /** Other bounds from now on; what waits counts in the other budget. */
  rebind(mostBytes: number, budget: OutputBudget | undefined): void {
    const counted = this.#counted;
    this.#count(-counted);
    this.#mostBytes = mostBytes;
    this.#budget = budget;
    this.#count(counted);
  }

  /** Bytes that wait, written or not; of frames that are passed on, those that were written. */
  get ownBytes(): number {
    return this.#batchBytes + this.#writing + this.#waiting.bytesOfLane('own');
  }

  /** Sends a word of the stream (framing.ts), ahead of what waits. */
  word(bytes: Uint8Array): void {
    this.#count(bytes.length);
    this.#put(bytes);
  }

  /** Sends a frame of this node. False: the reader is too slow to go on with. */
  send(frame: Uint8Array): boolean {
    this.#add('own', frame);
    const [mostBytes, budget] = [this.#mostBytes, this.#budget];
    const isFair =
      budget === undefined || budget.used <= budget.most || this.ownBytes <= MAX_FRAME_BYTES;
    return this.ownBytes <= mostBytes && isFair;
  }

  /** Passes a frame on, or loses it or another one where there is no room. */
  forward(frame: Uint8Array, { link, place }: Cause): void {
    const [mostBytes, budget] = [this.#mostBytes, this.#budget];
    const size = frame.length + 4;
    if (this.#waiting.bytesOfLane(link) + size > FORWARD_LANE_BYTES) return;
    if (budget !== undefined && budget.used > budget.most && this.#isBehind) return;
    while (this.#forwardBytes + size > mostBytes / 2 && this.#forwardBytes > 0) this.#dropMost();
    this.#waiting.place(link, place);
    this.#add(link, frame);
  }

  /** Writes what is ready without waiting for the end of the turn. */
  flush(): void {
    this.#undefer?.();
    this.#undefer = undefined;
    if (this.#batch.length === 0) return;
    const batch = Buffer.concat(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing += batch.length;
    this.#options.write(batch, () => {
      this.#writing -= batch.length;
      this.#count(-batch.length);
      this.#refill();
    });
  }

  /** Says a last word after all of this node's own, or, to a reader that does not read, none. */
  end(lastWord: Uint8Array | undefined): void {
    this.#drop(lastWord === undefined);
    if (lastWord !== undefined) this.word(lastWord);
    this.flush();
    this.#isOver = true;
  }

  /** The stream is gone, and with it all that waited. */
  settle(): void {
    this.#undefer?.();
    this.#drop(true);
    this.#count(-this.#writing);
    this.#isOver = true;
    this.#isSettled = true;
  }

  get #isBehind(): boolean {
    const aheadBytes = Math.min(OUTPUT_AHEAD_BYTES, this.#mostBytes / 2);
    return this.#batchBytes + this.#writing >= aheadBytes;
  }

  get #forwardBytes(): number {
    return this.#waiting.bytes - this.#waiting.bytesOfLane('own');
  }

  #add(lane: LinkId | 'own', frame: Uint8Array): void {
    if (this.#isOver) return;
    this.#count(frame.length + 4);
    if (this.#waiting.length === 0 && !this.#isBehind) {
      this.#put(wordBytes(frame.length), frame);
      if (lane !== 'own') this.#waiting.remove(lane);
    } else this.#waiting.push(lane, frame, frame.length + 4);
  }

  #put(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#batch.push(part);
      this.#batchBytes += part.length;
    }
    const { defer = atTheEnd } = this.#options;
    if (this.#batchBytes >= FLUSH_BYTES) this.flush();
    else this.#undefer ??= defer(() => this.flush());
  }

  /** What has waited goes on as far as the other side reads. */
  #refill(): void {
    while (!this.#isOver && !this.#isBehind) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const { key, value } = next;
      this.#waiting.charge(value.length >> 10);
      this.#put(wordBytes(value.length), value);
      if (key !== 'own' && this.#waiting.lengthOfLane(key) === 0) this.#waiting.remove(key);
    }
  }

  /** Drops what waits of the link of which most does. */
  #dropMost(): void {
    let most: LinkId | undefined;
    let bytes = 0;
    for (const key of this.#waiting.keys()) {
      if (key === 'own' || this.#waiting.bytesOfLane(key) < bytes) continue;
      most = key;
      bytes = this.#waiting.bytesOfLane(key);
    }
    if (most === undefined) return;
    this.#count(-bytes);
    this.#waiting.remove(most);
  }

  /** Drops what waits; what this node says itself only if it is not to be said any more. */
  #drop(own: boolean): void {
    if (own) {
      this.#count(-this.#batchBytes);
      this.#batch = [];
      this.#batchBytes = 0;
    }
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (own || next.key !== 'own') this.#count(-next.value.length - 4);
      else this.#put(wordBytes(next.value.length), next.value);
    }
  }

  /** Keeps account in the budget that is shared. */
  #count(bytes: number): void {
    if (this.#isSettled) return;
    this.#counted += bytes;
    if (this.#budget !== undefined) this.#budget.used += bytes;
  }
}

function atTheEnd(call: () => void): () => void {
  const immediate = setImmediate(call);
  return () => clearImmediate(immediate);
}
