/**
 * The loop (DESIGN 2): stamps events, gives them to the core one after the other, and lets nothing
 * out before it is on disk.
 *
 * Safety: no send, close or notice of a step leaves before all durable writes of that step and of
 * all steps before it are on disk, and they leave in the order of the steps. What a step puts out is
 * kept with the newest batch that it, or a step before it, wrote to; a batch lets go only when it is
 * committed, and batches are committed one after the other. After a failed commit nothing leaves.
 *
 * Speed: while one batch is being committed, steps go on against the overlay and their writes gather
 * in the next, which is committed as soon as the disk is free: the slower the disk, the larger the
 * batches. A step that writes nothing while nothing is waiting puts out at once.
 *
 * Bounds: events wait in a queue with a limit, and sources are asked to pause before it; steps wait
 * when too much is held back; after MAX_STEPS_PER_TURN steps the sockets get their turn.
 */
import type { Close, Event, Read, Send, Stamp, Step, Write } from '../core/io.ts';
import type { Notice } from '../core/notice.ts';
import type { Clock } from './clock.ts';
import { EventQueue, type Intake } from './event-queue.ts';
import {
  MAX_STEPS_PER_TURN,
  MAX_UNCOMMITTED_BYTES,
  MAX_UNCOMMITTED_STEPS,
  RECORD_CACHE_BYTES,
  STOP_TIMEOUT_MS,
} from './limits.ts';
import { Overlay } from './store/overlay.ts';
import type { Store } from './store/store.ts';

export interface LoopOptions {
  /** The core (core/node.ts). What it throws is a broken invariant of ours. */
  readonly step: (event: Event, stamp: Stamp, read: Read) => Step;
  readonly store: Pick<Store, 'get' | 'commit'>;
  readonly clock: Clock;
  /** Memory records to begin with, as `recover` rebuilt them. */
  readonly memory?: readonly Write[];
  /** Where a step's output goes once it may leave. None of them may throw. */
  readonly onSend: (send: Send) => void;
  readonly onClose: (close: Close) => void;
  readonly onNotice: (notice: Notice) => void;
  /** Sources that were asked to pause may go on. */
  readonly onRelief: () => void;
  /** A commit or the core itself failed: the process must end. Called once; the loop stands still. */
  readonly fatal: (error: unknown) => void;
}

export interface LoopStatistics {
  readonly steps: number;
  readonly commits: number;
  /** Frames and commands that were refused because sources did not pause. */
  readonly refused: number;
  readonly queued: number;
  /** Steps whose output waits for the disk. */
  readonly held: number;
}

/** How a stop ended: everything done and on disk; given up; or the loop had failed. */
export type StopResult = 'clean' | 'timed_out' | 'failed';

export interface Loop {
  /** Hands an event in. See `Intake` for what the source has to do. */
  offer(event: Event): Intake;
  readonly isOverloaded: boolean;
  statistics(): LoopStatistics;
  /** Resolves when all that was taken so far is done and on disk; rejects if the loop ends before. */
  settled(): Promise<void>;
  /** Takes no more events, finishes those it has, and resolves within STOP_TIMEOUT_MS. */
  stop(): Promise<StopResult>;
}

/** Makes a loop. It stands still until the first event, which is the caller's `start`. */
export function createLoop(options: LoopOptions): Loop {
  return new CommittingLoop(options);
}

/** Steps that may not put out yet, and the bytes that they keep in memory. */
class Held {
  readonly steps: Step[] = [];
  /** Of durable writes and sends. */
  bytes = 0;

  add(step: Step): void {
    this.steps.push(step);
    for (const { bytes } of step.sends) this.bytes += bytes.length;
  }
}

/** Somebody who waits until so many steps have put out. */
interface Waiter {
  readonly steps: number;
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
    this.#overlay.write(options.memory ?? []);
  }

  get isOverloaded(): boolean {
    return this.#queue.isPaused;
  }

  statistics(): LoopStatistics {
    return { ...this.#counts, queued: this.#queue.length, held: this.#heldSteps };
  }

  offer(event: Event): Intake {
    const intake = this.#isOpen ? this.#queue.offer(event) : 'refused';
    if (intake === 'refused') this.#counts.refused += 1;
    else this.#scheduleTurn();
    return intake;
  }

  settled(): Promise<void> {
    // Every event is one step, and steps put out in their order.
    const steps = this.#counts.steps + this.#queue.length;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ steps, resolve, reject });
      this.#tellWaiters();
      if (this.#hasHalted) this.#rejectWaiters(new Error('the loop has ended'));
    });
  }

  stop(): Promise<StopResult> {
    this.#stopping ??= new Promise((resolve) => {
      const disarm = this.#options.clock.after(STOP_TIMEOUT_MS, () => this.#halt('timed_out'));
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

  get #mayStep(): boolean {
    const bytes = this.#committing.bytes + this.#waiting.bytes;
    return this.#heldSteps < MAX_UNCOMMITTED_STEPS && bytes < MAX_UNCOMMITTED_BYTES;
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
    for (let steps = 0; steps < MAX_STEPS_PER_TURN && this.#mayStep; steps++) {
      const event = this.#queue.take();
      if (event === undefined) break;
      this.#step(event);
    }
    this.#commit();
    this.#arm();
    if (this.#queue.takeRelief()) this.#options.onRelief();
    if (this.#queue.length > 0 && this.#mayStep) this.#scheduleTurn();
    const isDone = this.#queue.length === 0 && this.#heldSteps === 0 && !this.#isCommitting;
    if (isDone && this.#stopping !== undefined) this.#halt('clean');
  }

  #step(event: Event): void {
    const step = this.#options.step(event, this.#stamp(), this.#overlay);
    this.#counts.steps += 1;
    this.#waiting.bytes += this.#overlay.write(step.writes);
    this.#wakeAtMs = step.wakeAtMs;
    if (this.#overlay.hasPending) this.#waiting.add(step);
    else if (this.#isCommitting) this.#committing.add(step);
    else this.#release(step);
  }

  #release(step: Step): void {
    for (const send of step.sends) this.#options.onSend(send);
    for (const close of step.closes) this.#options.onClose(close);
    for (const notice of step.notices) this.#options.onNotice(notice);
    this.#released += 1;
    this.#tellWaiters();
  }

  #tellWaiters(): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].steps <= this.#released) {
      this.#waiters.shift()?.resolve();
    }
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
