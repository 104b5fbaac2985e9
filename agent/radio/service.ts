/**
 * meshpay-radio at work: keeps the mesh as the configuration wants it (platform/reconcile.ts),
 * watches the neighbours (platform/guard.ts), and reports once a second. The mesh stays up when this
 * ends: it is taken down only when a person holds it (`meshpay radio down`).
 */
import { existsSync } from 'node:fs';
import { type Command, transcript } from '../../platform/command.ts';
import { describeFault, type Fault, type Result } from '../../platform/fault.ts';
import { type GuardReport, NeighbourGuard } from '../../platform/guard.ts';
import { DEFAULT_LIVENESS } from '../../platform/liveness.ts';
import type { MeshStatus } from '../../platform/platform.ts';
import type { RadioEvent, Station } from '../../platform/radio.ts';
import { REAL_TIME, Reconciler, type Turn } from '../../platform/reconcile.ts';
import { HostRunner, type Runner, readText } from '../../platform/runner.ts';
import type { Log } from '../shell/logs.ts';
import type { Gated } from '../shell/radio/body.ts';
import {
  heldFile,
  RADIO_REPORT_EVERY_MS,
  RADIO_REPORT_FORMAT,
  type RadioReport,
  type RadioState,
  uptimeMs,
} from '../shell/radio/report.ts';
import { inConfigWords, type RadioSetup } from '../shell/radio/settings.ts';
import { duplicatesIn } from './duplicates.ts';

export interface RadioServiceOptions<Observed> {
  readonly platform: Gated<Observed>;
  readonly setup: RadioSetup;
  readonly statusFile: string;
  readonly log: Log;
}

/** The guard looks four times a second; what it saw last is news enough for a report. */
const STATIONS_MAY_BE_OLD_MS = 1_000;
/** A person who switches the mesh off or on does not wait long. */
const HELD_LOOK_MS = 500;
const MAX_FORGOTTEN_TOLD = 16;
const ADDRESS_TABLE = '/proc/net/if_inet6';

export class RadioService<Observed> {
  readonly #options: RadioServiceOptions<Observed>;
  readonly #runner: Runner = new HostRunner();
  #state: RadioState = 'starting';
  #sinceMs = uptimeMs();
  #faults: readonly Fault[] = [];
  #mesh: MeshStatus | null = null;
  #forgotten: RadioReport['forgotten'] = [];
  #reconciler: Reconciler<Observed> | undefined;
  #guard: NeighbourGuard | undefined;
  #tick: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #stopped = false;
  #reportedMs = 0;
  #reported: RadioState | undefined;
  #seen: { readonly atMs: number; readonly stations: Result<readonly Station[]> } | undefined;

  constructor(options: RadioServiceOptions<Observed>) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (const note of this.#options.setup.notes) this.#options.log.warn('radio', { note });
    await this.#report();
    this.#look();
    if (!this.#isHeld()) await this.#up();
  }

  /** Ends the watch; what is under way comes to its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#tick);
    await this.#ticking;
    this.#reconciler?.close();
    this.#guard?.close();
    await this.#options.platform.shut();
  }

  #look(): void {
    if (this.#stopped) return;
    this.#tick = setTimeout(() => {
      this.#ticking = this.#turn().finally(() => this.#look());
    }, HELD_LOOK_MS);
  }

  async #turn(): Promise<void> {
    const held = this.#isHeld();
    if (held && this.#reconciler !== undefined) await this.#down();
    if (held && this.#state !== 'down') await this.#restore();
    if (!held && this.#reconciler === undefined) void this.#up();
    const isDue = performance.now() - this.#reportedMs >= RADIO_REPORT_EVERY_MS;
    if (isDue || this.#state !== this.#reported) await this.#report();
  }

  #isHeld(): boolean {
    return existsSync(heldFile(this.#options.statusFile));
  }

  async #up(): Promise<void> {
    const { platform, setup, log } = this.#options;
    const { settings } = setup;
    platform.open();
    this.#become('starting');
    const stations = async (name: string) => {
      const seen = await platform.stations(name);
      this.#seen = { atMs: performance.now(), stations: seen };
      return seen;
    };
    const guard = new NeighbourGuard({
      platform: { ...platform, stations },
      interfaceName: settings.interfaceName,
      liveness: { ...DEFAULT_LIVENESS, beaconIntervalTu: settings.beaconIntervalTu },
      scheduler: REAL_TIME,
      nowMs: () => performance.now(),
      report: (report) => this.#judged(report),
    });
    const reconciler = new Reconciler(platform, settings, (turn) => this.#turned(turn));
    this.#guard = guard;
    this.#reconciler = reconciler;
    guard.start();
    await reconciler.start((event) => {
      guard.onEvent(event);
      tellEvent(log, event);
    });
  }

  async #down(): Promise<void> {
    this.#reconciler?.close();
    this.#guard?.close();
    this.#reconciler = undefined;
    this.#guard = undefined;
    await this.#options.platform.shut();
    this.#mesh = null;
  }

  /** What was there before the first plan comes back. Fails visibly, and is tried again. */
  async #restore(): Promise<void> {
    const { platform, setup, log } = this.#options;
    const observed = await platform.observe(setup.settings);
    if (!observed.ok) return this.#become('waiting', [observed.fault]);
    const plan = platform.restore(setup.settings, observed.value);
    if (!plan.ok) return this.#become('waiting', plan.faults);
    platform.open();
    const applied = await platform.apply(plan.commands);
    await platform.shut();
    this.#told(plan.commands);
    if (!applied.ok) return this.#become('waiting', [applied.fault]);
    log.info('the mesh was taken down');
    this.#become('down');
  }

  async #stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    const seen = this.#seen;
    const isNew = seen !== undefined && performance.now() - seen.atMs < STATIONS_MAY_BE_OLD_MS;
    return isNew ? seen.stations : this.#options.platform.stations(interfaceName);
  }

  #told(commands: readonly Command[]): void {
    if (commands.length > 0) this.#options.log.info('ran', { commands: transcript(commands) });
  }

  #turned(turn: Turn): void {
    const { log } = this.#options;
    switch (turn.state) {
      case 'steady':
        this.#mesh = turn.status;
        return this.#become(turn.status.joined ? 'up' : 'changing');
      case 'changed':
        log.info('ran', { commands: turn.transcript });
        return this.#become('changing');
      case 'waiting':
        log.warn('the mesh waits', { why: turn.faults.map(inConfigWords).map(describeFault) });
        this.#mesh = null;
        return this.#become('waiting', turn.faults);
    }
  }

  #judged({ verdict, fault }: GuardReport): void {
    const { address, state, was, act, inactiveMs } = verdict;
    const why = fault === undefined ? undefined : describeFault(fault);
    const { log } = this.#options;
    log[act === undefined ? 'debug' : 'info']('neighbour', {
      address,
      state,
      was,
      act,
      inactiveMs,
      why,
    });
    if (act !== 'forget') return;
    this.#forgotten = [...this.#forgotten, { address, atMs: uptimeMs() }].slice(
      -MAX_FORGOTTEN_TOLD,
    );
  }

  #become(state: RadioState, faults: readonly Fault[] = []): void {
    this.#faults = faults.map(inConfigWords);
    if (state === this.#state) return;
    this.#options.log.info('radio', { from: this.#state, to: state });
    this.#state = state;
    this.#sinceMs = uptimeMs();
  }

  async #report(): Promise<void> {
    const { platform, setup, statusFile, log } = this.#options;
    const { interfaceName, meshId, country, frequencyMhz, addresses } = setup.settings;
    const there = this.#mesh?.exists === true;
    const stations = there ? await this.#stations(interfaceName) : undefined;
    const paths = there ? await platform.paths(interfaceName) : undefined;
    const table = (await readText(this.#runner, ADDRESS_TABLE)) ?? '';
    this.#reportedMs = performance.now();
    this.#reported = this.#state;
    const report: RadioReport = {
      format: RADIO_REPORT_FORMAT,
      pid: process.pid,
      uptimeMs: uptimeMs(),
      sinceMs: this.#sinceMs,
      state: this.#state,
      body: platform.kind,
      wanted: { interfaceName, meshId, country, frequencyMhz, addresses },
      notes: setup.notes,
      faults: this.#faults,
      mesh: this.#mesh,
      stations: stations?.ok === true ? stations.value : [],
      paths: paths?.ok === true ? paths.value : [],
      forgotten: this.#forgotten,
      duplicates: duplicatesIn(table, interfaceName),
    };
    const written = await writeReport(this.#runner, statusFile, report);
    if (!written.ok) log.error('the report was not written', { why: describeFault(written.fault) });
  }
}

/** Writes it whole or not at all. */
export function writeReport(runner: Runner, path: string, report: RadioReport) {
  const content = `${JSON.stringify(report)}\n`;
  return runner.perform({ kind: 'write', path, mode: 0o644, content, secret: false });
}

function tellEvent(log: Log, event: RadioEvent): void {
  log.debug('event', { ...event });
}
