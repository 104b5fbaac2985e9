/**
 * The loop (ARCHITECTURE.md, the doorway): stamps events, gives them to the core one after the
 * other, and lets nothing out before it is on disk.
 *
 * Safety: no send, question, close or notice of a step leaves before all durable writes of that
 * step and of all steps before it are on disk, and they leave in the order of the steps. What a
 * step puts out is kept with the newest batch that it, or a step before it, wrote to; a batch lets
 * go only when it is committed, and batches are committed one after the other. After a failed
 * commit nothing leaves.
 *
 * Speed: while one batch is being committed, steps go on against the overlay and their writes
 * gather in the next, which is committed as soon as the disk is free: the slower the disk, the
 * larger the batches. A step that writes nothing while nothing is waiting puts out at once.
 *
 * Bounds: events wait within bounds of each link, and are taken in turn (event-queue.ts); steps
 * wait when too much is held back, those of strangers first; when a turn has cost MAX_TURN_COST the
 * sockets get theirs. What a step cost is counted after it and charged to the link that caused it.
 */

import { invariant } from '../core/base/assert.ts';
import type { LinkId } from '../core/base/units.ts';
import type { Ask, Close, Event, Read, Send, Stamp, Step } from '../core/io.ts';
import type { Notice } from '../core/notice.ts';
import type { Clock } from './clock.ts';
import { EventQueue, type Intake } from './event-queue.ts';
import {
  DRAIN_TIMEOUT_MS,
  HELD_SHARES,
  KIB_COST,
  MAX_TURN_COST,
  MAX_UNCOMMITTED_BYTES,
  MAX_UNCOMMITTED_STEPS,
  READ_COST,
  STEP_COST,
} from './limits.ts';
import type { Place, Standing } from './place.ts';
import { RECORD_CACHE_BYTES } from './store/limits.ts';
import { Overlay } from './store/overlay.ts';
import type { Store } from './store/store.ts';

export interface LoopOptions {
  /** The core (core/node.ts). What it throws is a broken invariant of ours. */
  readonly step: (event: Event, stamp: Stamp, read: Read) => Step;
  readonly store: Pick<Store, 'get' | 'commit'>;
  readonly clock: Clock;
  /** What signatures have cost so far (meter.ts). */
  readonly spent?: () => number;
  /**
   * Where a step's output goes once it may leave. None of them may throw. `cause`: the link whose
   * frame it was, if it was one.
   */
  readonly onSend: (send: Send, cause: LinkId | undefined) => void;
  /**
   * Who asks the outside, and offers a `told` with the answer. Without it nothing may ask: to ask
   * nobody would be to wait for ever.
   */
  readonly onAsk?: (ask: Ask) => void;
  readonly onClose: (close: Close) => void;
  readonly onNotice: (notice: Notice) => void;
  /** A link that was asked to pause may go on. */
  readonly onRelief: (link: LinkId) => void;
  /** A frame of this link cost so much for signatures, and nothing was written for it. */
  readonly onFruitless?: (link: LinkId, cost: number) => void;
  /**
   * A commit or the core itself failed: the process must end. Called once; the loop stands still.
   */
  readonly fatal: (error: unknown) => void;
}

export interface LoopStatistics {
  readonly steps: number;
  readonly commits: number;
  /** Frames and commands that were refused because there was no room for them. */
  readonly refused: number;
  readonly queued: number;
  /** Steps whose output waits for the disk. */
  readonly held: number;
}

/** How a stop ended: everything done and on disk; given up; or the loop had failed. */
export type StopResult = 'clean' | 'timed_out' | 'failed';

export interface Loop {
  /**
   * Hands an event in. `place`: of an event of a link, whose share it is served from. See `Intake`
   * for what the link has to do.
   */
  offer(event: Event, place?: Place): Intake;
  statistics(): LoopStatistics;
  /**
   * Resolves when all that was taken so far is done and on disk; rejects if the loop ends before.
   */
  settled(): Promise<void>;
  /** Takes no more events, finishes those it has, and resolves within DRAIN_TIMEOUT_MS. */
  stop(): Promise<StopResult>;
}

/** Makes a loop. It stands still until the first event, which is the caller's `start`. */
export function createLoop(options: LoopOptions): Loop {
  return new CommittingLoop(options);
}

/**
 * What a step puts out, and the link whose frame it took in. Its writes are not kept: the overlay
 * has them, and what many held steps keep, the garbage collector copies.
 */
interface Taken extends Omit<Step, 'writes' | 'wakeAtMs'> {
  readonly cause: LinkId | undefined;
}

/** Steps that may not put out yet, and the bytes that they keep in memory. */
class Held {
  readonly steps: Taken[] = [];
  /** Of durable writes, sends and questions. */
  bytes = 0;

  add(step: Taken): void {
    this.steps.push(step);
    this.bytes += bytesOf(step.sends);
    for (const { key, body } of step.asks) this.bytes += key.length + body.length;
  }
}

/**
 * Somebody who waits until some events have been taken, and the steps of that moment have put out.
 */
interface Waiter {
  /** Those that were not taken yet. */
  events: Set<Event>;
  /** Steps up to the last of them. */
  steps: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class CommittingLoop implements Loop {
  readonly #options: LoopOptions;
  readonly #queue = new EventQueue();
  readonly #overlay: Overlay;
  /** What waits for the batch that is being committed, and for the one after it. */
  #committing = new Held();
  #waiting = new Held();
  #isCommitting = false;
  #isTurnDue = false;
  #hasHalted = false;
  #lastNowMs = 0;
  #wakeAtMs: number | undefined;
  #armedAtMs: number | undefined;
  #disarm: (() => void) | undefined;
  #stopping: Promise<StopResult> | undefined;
  #stopped: ((result: StopResult) => void) | undefined;
  #counts = { steps: 0, commits: 0, refused: 0 };
  /** Steps that have put out. */
  #released = 0;
  #waiters: Waiter[] = [];

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#overlay = new Overlay(options.store, RECORD_CACHE_BYTES);
  }

  statistics(): LoopStatistics {
    return { ...this.#counts, queued: this.#queue.length, held: this.#heldSteps };
  }

  offer(event: Event, place?: Place): Intake {
    const intake = this.#isOpen ? this.#queue.offer(event, place) : 'refused';
    if (intake === 'refused') this.#counts.refused += 1;
    else this.#scheduleTurn();
    // What was left of a link that is gone may be gone with it.
    if (event.kind === 'link_down') this.#waitOnlyForQueued();
    return intake;
  }

  settled(): Promise<void> {
    const { steps } = this.#counts;
    const events = new Set(this.#queue.waiting());
    return new Promise((resolve, reject) => {
      this.#waiters.push({ events, steps, resolve, reject });
      this.#tellWaiters();
      if (this.#hasHalted) this.#rejectWaiters(new Error('the loop has ended'));
    });
  }

  stop(): Promise<StopResult> {
    this.#stopping ??= new Promise((resolve) => {
      const disarm = this.#options.clock.after(DRAIN_TIMEOUT_MS, () => this.#halt('timed_out'));
      this.#stopped = (result) => {
        disarm();
        resolve(result);
      };
      this.#disarm?.();
      if (this.#hasHalted) this.#stopped('failed');
      else this.#scheduleTurn();
    });
    return this.#stopping;
  }

  get #isOpen(): boolean {
    return !this.#hasHalted && this.#stopping === undefined;
  }

  get #heldSteps(): number {
    return this.#committing.steps.length + this.#waiting.steps.length;
  }

  /** Whether a step of this standing may be held back as well; without one, of any. */
  #mayStep(standing: Standing = 'local'): boolean {
    const bytes = this.#committing.bytes + this.#waiting.bytes;
    const share = HELD_SHARES[standing];
    return this.#heldSteps < share * MAX_UNCOMMITTED_STEPS && bytes < share * MAX_UNCOMMITTED_BYTES;
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue || this.#hasHalted) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      if (!this.#hasHalted) this.#guard(() => this.#turn());
    });
  }

  /** One turn: some steps, a commit if the disk is free, the timer. */
  #turn(): void {
    const mayStep = (standing: Standing): boolean => this.#mayStep(standing);
    let isBehind = true;
    for (let cost = 0; cost < MAX_TURN_COST && isBehind; ) {
      const event = this.#mayStep() ? this.#queue.take(mayStep) : undefined;
      if (event === undefined) isBehind = false;
      else cost += this.#step(event);
    }
    this.#commit();
    this.#arm();
    for (const link of this.#queue.takeRelief()) this.#options.onRelief(link);
    if (this.#queue.length > 0 && isBehind) this.#scheduleTurn();
    const isDone = this.#queue.length === 0 && this.#heldSteps === 0 && !this.#isCommitting;
    if (isDone && this.#stopping !== undefined) this.#halt('clean');
  }

  /** Takes an event in, and returns what it cost. */
  #step(event: Event): number {
    const { spent = () => 0 } = this.#options;
    const before = spent();
    const readsBefore = this.#overlay.storeReads;
    const step = this.#options.step(event, this.#stamp(), this.#overlay);
    const written = this.#overlay.write(step.writes);
    const signatures = spent() - before;
    const frame = event.kind === 'frame' ? event : undefined;
    const bytes = (frame?.bytes.length ?? 0) + bytesOf(step.sends) + written;
    const reads = this.#overlay.storeReads - readsBefore;
    const cost = STEP_COST + signatures + READ_COST * reads + KIB_COST * Math.floor(bytes / 1024);
    this.#queue.charge(cost);
    if (frame !== undefined && signatures > 0 && written === 0) {
      this.#options.onFruitless?.(frame.link, signatures);
    }
    this.#counts.steps += 1;
    this.#waiting.bytes += written;
    this.#wakeAtMs = step.wakeAtMs;
    for (const waiter of this.#waiters) {
      if (waiter.events.delete(event)) waiter.steps = this.#counts.steps;
    }
    const { sends, asks, closes, notices } = step;
    const taken: Taken = { sends, asks, closes, notices, cause: frame?.link };
    if (this.#overlay.hasPending) this.#waiting.add(taken);
    else if (this.#isCommitting) this.#committing.add(taken);
    else this.#release(taken);
    return cost;
  }

  #release(step: Taken): void {
    for (const send of step.sends) this.#options.onSend(send, step.cause);
    for (const ask of step.asks) this.#ask(ask);
    for (const close of step.closes) this.#options.onClose(close);
    for (const notice of step.notices) this.#options.onNotice(notice);
    this.#released += 1;
    this.#tellWaiters();
  }

  #ask(ask: Ask): void {
    const { onAsk } = this.#options;
    invariant(onAsk !== undefined, `somebody is there to be asked: ${ask.kind}`);
    onAsk(ask);
  }

  #tellWaiters(): void {
    if (this.#waiters.length === 0) return;
    // Steps put out in their order.
    const isOver = ({ events, steps }: Waiter) => events.size === 0 && steps <= this.#released;
    const over = this.#waiters.filter(isOver);
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }

  #waitOnlyForQueued(): void {
    if (this.#waiters.length === 0) return;
    const queued = new Set(this.#queue.waiting());
    for (const waiter of this.#waiters) {
      waiter.events = new Set([...waiter.events].filter((event) => queued.has(event)));
    }
    this.#tellWaiters();
  }

  #rejectWaiters(error: unknown): void {
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters = [];
  }

  #commit(): void {
    if (this.#isCommitting || !this.#overlay.hasPending) return;
    this.#isCommitting = true;
    this.#committing = this.#waiting;
    this.#waiting = new Held();
    this.#options.store.commit(this.#overlay.beginCommit()).then(
      () => this.#guard(() => this.#committed()),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The batch is on disk. */
  #committed(): void {
    if (this.#hasHalted) return;
    const { steps } = this.#committing;
    this.#overlay.endCommit();
    this.#committing = new Held();
    this.#isCommitting = false;
    this.#counts.commits += 1;
    for (const step of steps) this.#release(step);
    this.#commit();
    this.#scheduleTurn();
  }

  #stamp(): Stamp {
    const { nowMs, wallMs } = this.#options.clock.stamp();
    this.#lastNowMs = Math.max(this.#lastNowMs, nowMs);
    return { nowMs: this.#lastNowMs, wallMs };
  }

  /** Sets the one timer to what the last step asked for. */
  #arm(): void {
    if (this.#armedAtMs === this.#wakeAtMs || !this.#isOpen) return;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedAtMs = this.#wakeAtMs;
    if (this.#armedAtMs === undefined) return;
    const delayMs = Math.max(1, this.#armedAtMs - this.#stamp().nowMs);
    this.#disarm = this.#options.clock.after(delayMs, () => {
      this.#armedAtMs = undefined;
      this.#disarm = undefined;
      this.offer({ kind: 'tick' });
    });
  }

  /** Runs what may meet a broken invariant, a damaged record or a failing outlet. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#hasHalted) return;
    this.#halt('failed', error);
    this.#options.fatal(error);
  }

  /** From here on nothing happens any more. */
  #halt(result: StopResult, error?: unknown): void {
    this.#hasHalted = true;
    this.#disarm?.();
    this.#rejectWaiters(error ?? new Error(`the loop ended: ${result}`));
    this.#stopped?.(result);
  }
}

function bytesOf(sends: readonly Send[]): number {
  let sum = 0;
  for (const { bytes } of sends) sum += bytes.length;
  return sum;
}
