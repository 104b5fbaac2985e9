/**
 * The processor of a simulated process, where a run has a cost model: every step takes time, more
 * for each signature that is checked or made in it, and what comes meanwhile waits in the shell's
 * own queue (agent/shell/event-queue.ts), to be served in turn. So whoever makes others work takes
 * time from them.
 */
import type { Event, Step } from '../../agent/core/io.ts';
import { EventQueue, type Intake } from '../../agent/shell/event-queue.ts';
import { KIB_COST, STEP_COST } from '../../agent/shell/limits.ts';
import type { Place } from '../../agent/shell/place.ts';
import type { Agenda } from './agenda.ts';

/**
 * Milliseconds of a unit of cost (agent/shell/limits.ts), some fifty times what the machine of the
 * benchmarks needs: a signature takes four.
 */
const UNIT_MS = 1;

export interface ProcessorPort {
  readonly agenda: Agenda;
  /** Carries out an event; undefined: the process ended of it. */
  readonly step: (event: Event) => Step | undefined;
  /** What signatures have cost so far. */
  readonly spent: () => number;
  /** Does something when the process runs, if it stands still now. */
  readonly whenRunning: (action: () => void) => void;
}

export class Processor {
  readonly #port: ProcessorPort;
  readonly #queue = new EventQueue();
  #isBusy = false;
  #isOff = false;

  constructor(port: ProcessorPort) {
    this.#port = port;
  }

  offer(event: Event, place?: Place): Intake {
    const intake = this.#queue.offer(event, place);
    if (!this.#isBusy) this.#serve();
    return intake;
  }

  /** The process is gone, and what waits with it. */
  off(): void {
    this.#isOff = true;
  }

  #serve(): void {
    const event = this.#isOff ? undefined : this.#queue.take();
    this.#isBusy = event !== undefined;
    if (event === undefined) return;
    const { agenda, step, spent, whenRunning } = this.#port;
    const before = spent();
    const made = step(event);
    const bytes = (event.kind === 'frame' ? event.bytes.length : 0) + bytesOf(made);
    const cost = STEP_COST + spent() - before + KIB_COST * Math.floor(bytes / 1024);
    this.#queue.charge(cost);
    // Nobody holds back here: what comes over a link that should pause is taken up to its bound.
    this.#queue.takeRelief();
    agenda.after(cost * UNIT_MS, () => whenRunning(() => this.#serve()));
  }
}

/** What a step puts out and writes. */
function bytesOf(step: Step | undefined): number {
  const sent = step?.sends.reduce((sum, { bytes }) => sum + bytes.length, 0) ?? 0;
  return sent + (step?.writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) ?? 0);
}
