/**
 * The loop that keeps a mesh as it is wanted: observe, plan, apply; again after every event that
 * may have changed something, and at a slow pace without one. There is one turn at a time; events
 * during a turn lead to one more. What fails is tried again after a pause that doubles up to a
 * minute, so that unplugged hardware costs nothing, and an event ends that pause. But if commands
 * were run and failed, the events are their echo, and heeding them would mean trying without end:
 * then events do not count, except the arrival of a radio, and the pause doubles up to hours as
 * long as the failure stays the same. Commands that succeed again and again without bringing the
 * host to the wanted state count as failed too.
 *
 * Where a try takes the operator's own networks down, because it is rolled back or because the body
 * builds all networks of a radio together, tries are rare; a mesh that comes up by itself meanwhile
 * is noticed.
 *
 * The loop has no clock: `Scheduler` brings time in, so that tests turn it by hand.
 */
import { type HostCommand, transcript } from './command.ts';
import { type Fault, fault } from './fault.ts';
import {
  MOST_CHANGES,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
  ROLLED_BACK_FIRST_MS,
  SETTLE_MS,
  STEADY_INTERVAL_MS,
  TRIED_MAX_MS,
} from './limits.ts';
import type { MeshStatus, Platform, Revival } from './platform.ts';
import type { RadioEvent, Watch } from './radio.ts';
import type { MeshSettings } from './settings.ts';
import { Turns } from './turns.ts';

export interface Scheduler {
  /** Calls once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, callback: () => void): () => void;
}

export const REAL_TIME: Scheduler = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export type Turn =
  | { readonly state: 'steady'; readonly status: MeshStatus }
  /** Commands were applied; the next turn looks at what they did. */
  | { readonly state: 'changed'; readonly transcript: readonly string[] }
  /** Nothing can be done now: no radio, a channel that is not allowed, a command that failed. */
  | {
      readonly state: 'waiting';
      readonly faults: readonly Fault[];
      /** Commands were run, and one of them failed. */
      readonly tried: boolean;
    };

export class Reconciler<Observed> implements Watch {
  readonly #platform: Platform<Observed>;
  readonly #settings: MeshSettings;
  readonly #report: (turn: Turn) => void;
  readonly #scheduler: Scheduler;
  /** Shared by the radios of one node. */
  readonly #turns: Turns;
  #cancel: () => void = () => {};
  #watch: Watch | undefined;
  #running: Promise<void> | undefined;
  #nudged = false;
  #closed = false;
  #failures = 0;
  /** What failed last. */
  #failure = '';
  /** Until the next try, once a turn is reported. */
  #pauseMs = 0;
  #changes = 0;
  /** Until the pause is over, events do not count. */
  #deaf = false;
  /** A person asked while a turn was under way. */
  #again = false;
  /** What is to be started anew, if all else is as wanted. */
  #revival: Revival | undefined;
  /** Of a long pause, what is left of it after the next look. */
  #restMs = 0;

  constructor(
    platform: Platform<Observed>,
    settings: MeshSettings,
    report: (turn: Turn) => void,
    scheduler: Scheduler = REAL_TIME,
    turns: Turns = new Turns(),
  ) {
    this.#turns = turns;
    this.#platform = platform;
    this.#settings = settings;
    this.#report = report;
    this.#scheduler = scheduler;
  }

  /** Subscribes to events and makes the first turn. Without events the slow pace remains. */
  async start(onEvent: (event: RadioEvent) => void = () => {}): Promise<void> {
    const watch = await this.#platform.watch((event) => {
      onEvent(event);
      if (event.kind === 'phy_added') this.#hear();
      if (concerns(event)) this.nudge();
    });
    if (watch.ok) this.#watch = watch.value;
    if (this.#closed) this.#watch?.close();
    else await this.#turn();
  }

  /** How long nothing is tried after the turn that was reported last. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Ends a pause in which events do not count. */
  #hear(): void {
    if (this.#running !== undefined) return;
    this.#deaf = false;
    this.#restMs = 0;
  }

  /** Look again soon. */
  nudge(): void {
    if (this.#closed || this.#deaf) return;
    if (this.#running !== undefined) this.#nudged = true;
    else this.#schedule(SETTLE_MS);
  }

  /**
   * Try now, whatever the pause, because a person has mended something. A turn that is under way is
   * finished first; if it fails, that was the old try, and it is not reported.
   */
  retry(): void {
    if (this.#closed) return;
    this.#failures = 0;
    this.#changes = 0;
    this.#restMs = 0;
    this.#deaf = false;
    if (this.#running === undefined) this.#schedule(0);
    else this.#again = true;
  }

  /** Start a part of the mesh anew, in the next turn that finds all as it is wanted. */
  revive(what: Revival): void {
    if (this.#closed) return;
    this.#revival = what;
    this.nudge();
  }

  /** Ends the loop, after the turn that is under way. The mesh stays as it is. */
  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#watch?.close();
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.#scheduler.after(delayMs, () => void this.#turn());
  }

  #turn(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    if (this.#restMs > 0 && !(await this.#isThere())) return this.#pause(this.#restMs);
    this.#nudged = false;
    this.#deaf = false;
    this.#restMs = 0;
    const turn = this.#braked(await this.#turns.take(() => this.#step()));
    if (this.#closed) return;
    const isOld = this.#again && turn.state === 'waiting';
    this.#again = false;
    if (isOld) return this.#schedule(0);
    this.#count(turn);
    this.#deaf = turn.state === 'waiting' && turn.tried;
    const soon = this.#nudged && !this.#deaf;
    this.#pauseMs = soon ? SETTLE_MS : this.#delayAfter(turn);
    this.#report(turn);
    this.#pause(this.#pauseMs);
  }

  /** Another failure is a first one again, unless trying is dear. */
  #count(turn: Turn): void {
    const faults = turn.state === 'waiting' ? turn.faults : [];
    const failure = faults.map(({ code, field }) => `${code} ${field}`).join();
    const goesOn = failure === this.#failure || this.#isCostly(faults);
    this.#failures = faults.length === 0 ? 0 : goesOn ? this.#failures + 1 : 1;
    this.#failure = failure;
  }

  /** A long pause is one of several looks. */
  #pause(delayMs: number): void {
    if (this.#closed) return;
    const lookMs = Math.min(delayMs, RETRY_MAX_MS);
    this.#restMs = delayMs - lookMs;
    this.#schedule(lookMs);
  }

  /** Whether what was tried in vain has come by itself. */
  async #isThere(): Promise<boolean> {
    const observed = await this.#platform.observe(this.#settings);
    return observed.ok && this.#platform.status(this.#settings, observed.value).joined;
  }

  #braked(turn: Turn): Turn {
    this.#changes = turn.state === 'changed' ? this.#changes + 1 : 0;
    if (turn.state !== 'changed' || this.#changes <= MOST_CHANGES) return turn;
    const found = `after ${this.#changes} turns again: ${turn.transcript.join('; ')}`;
    const { interfaceName } = this.#settings;
    const unsettled = fault('unsettled', interfaceName, 'a host that stays as it was made', found);
    this.#changes = MOST_CHANGES;
    return { state: 'waiting', faults: [unsettled], tried: true };
  }

  async #step(): Promise<Turn> {
    const observed = await this.#platform.observe(this.#settings);
    if (!observed.ok) return { state: 'waiting', faults: [observed.fault], tried: false };
    const plan = this.#platform.plan(this.#settings, observed.value);
    if (!plan.ok) return { state: 'waiting', faults: plan.faults, tried: false };
    // What has to be made as wanted is started anew by that.
    const revival = this.#revival;
    this.#revival = undefined;
    if (plan.commands.length === 0 && revival !== undefined) {
      const commands = this.#platform.revive(this.#settings, observed.value, revival);
      if (commands.length > 0) return this.#apply(commands);
    }
    if (plan.commands.length === 0) {
      return { state: 'steady', status: this.#platform.status(this.#settings, observed.value) };
    }
    return this.#apply(plan.commands);
  }

  async #apply(commands: readonly HostCommand[]): Promise<Turn> {
    const applied = await this.#platform.apply(commands);
    if (!applied.ok) return { state: 'waiting', faults: [applied.fault], tried: true };
    return { state: 'changed', transcript: transcript(commands) };
  }

  #delayAfter(turn: Turn): number {
    switch (turn.state) {
      case 'steady':
        return STEADY_INTERVAL_MS;
      case 'changed':
        return SETTLE_MS;
      case 'waiting': {
        const firstMs = this.#isCostly(turn.faults) ? ROLLED_BACK_FIRST_MS : RETRY_FIRST_MS;
        const maxMs = turn.tried ? TRIED_MAX_MS : RETRY_MAX_MS;
        return Math.min(firstMs * 2 ** Math.min(this.#failures - 1, 30), maxMs);
      }
    }
  }

  /** Whether the operator's own networks went down with the try. */
  #isCostly(faults: readonly Fault[]): boolean {
    const { takesOthersDown } = this.#platform;
    return faults.some(
      ({ code }) => code === 'rolled_back' || (takesOthersDown && code === 'mesh_not_up'),
    );
  }
}

/** Neighbours come and go all the time; they do not change what is to be done. */
function concerns(event: RadioEvent): boolean {
  switch (event.kind) {
    case 'peer_candidate':
    case 'station_added':
    case 'scan_started':
    case 'scan_ended':
      return false;
    default:
      return true;
  }
}
