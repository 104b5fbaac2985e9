/**
 * meshpay-radio at work: keeps the mesh as the configuration wants it (platform/reconcile.ts),
 * watches the neighbours (platform/guard.ts), and reports once a second. The mesh stays up when
 * this ends: it is taken down only when a person holds it (`meshpay radio down`).
 */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostCommand, transcript } from '../../platform/command.ts';
import { describeFault, type Fault, fault, type Result } from '../../platform/fault.ts';
import { type GuardReport, NeighbourGuard } from '../../platform/guard.ts';
import { RETRY_FIRST_MS, RETRY_MAX_MS, SILENT_MS } from '../../platform/limits.ts';
import { DEFAULT_LIVENESS, isHeard } from '../../platform/liveness.ts';
import {
  changesPerHour,
  NO_PATHS,
  type PathHistory,
  recordPaths,
} from '../../platform/path-history.ts';
import type { MeshStatus } from '../../platform/platform.ts';
import type { RadioEvent, Station } from '../../platform/radio.ts';
import { REAL_TIME, Reconciler, type Turn } from '../../platform/reconcile.ts';
import { HostRunner, type Runner, readText } from '../../platform/runner.ts';
import { Turns } from '../../platform/turns.ts';
import type { Log, Logs } from '../shell/log/logs.ts';
import type { Gated } from '../shell/radio/body.ts';
import {
  askedFile,
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
  readonly log: Log & Pick<Logs, 'health'>;
  /** Shared by the radios of this node. */
  readonly turns?: Turns;
  /** What else disturbs: told with what the platform warns of. */
  readonly warnings?: () => readonly Fault[];
}

/** The guard looks four times a second; what it saw last is news enough for a report. */
const STATIONS_MAY_BE_OLD_MS = 1_000;
/** A person who switches the mesh off or on does not wait long. */
const HELD_LOOK_MS = 500;
const MAX_FORGOTTEN_TOLD = 16;
const ADDRESS_TABLE = '/proc/net/if_inet6';

export class RadioService<Observed> {
  readonly #options: RadioServiceOptions<Observed>;
  readonly #turns: Turns;
  readonly #runner: Runner = new HostRunner();
  #state: RadioState = 'starting';
  #sinceMs = uptimeMs();
  #faults: readonly Fault[] = [];
  #nextTryMs: number | null = null;
  #mesh: MeshStatus | null = null;
  #forgotten: RadioReport['forgotten'] = [];
  #reconciler: Reconciler<Observed> | undefined;
  #guard: NeighbourGuard | undefined;
  #tick: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #pathHistory: PathHistory = NO_PATHS;
  #stopped = false;
  /** Restorations that failed in a row, and when the next one is due. */
  #failedDowns = 0;
  #downAtMs = 0;
  #reportedMs = 0;
  #reported: RadioState | undefined;
  #seen: { readonly atMs: number; readonly stations: Result<readonly Station[]> } | undefined;

  constructor(options: RadioServiceOptions<Observed>) {
    this.#options = options;
    this.#turns = options.turns ?? new Turns();
  }

  async start(): Promise<void> {
    rmSync(askedFile(this.#options.statusFile), { force: true });
    for (const note of this.#options.setup.notes) this.#options.log.warn('radio', { note });
    await this.#report();
    this.#look();
    if (!this.#isHeld()) await this.#up();
  }

  /** Whether a neighbour is heard on a mesh that is up. */
  get hearsNeighbours(): boolean {
    const stations = this.#seen?.stations;
    const isHere = this.#state === 'up' && stations?.ok === true;
    return isHere && stations.value.some((station) => isHeard(station));
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
    // Asked is looked at first: who asks has changed the held file before.
    if (existsSync(askedFile(this.#options.statusFile))) await this.#answer();
    const held = this.#isHeld();
    if (held && this.#reconciler !== undefined) await this.#telling(this.#down());
    if (held && this.#state !== 'down' && performance.now() >= this.#downAtMs) {
      await this.#telling(this.#restore());
    }
    if (!held && this.#reconciler === undefined) void this.#up();
    if (this.#isDue() || this.#state !== this.#reported) await this.#report();
  }

  #isDue(): boolean {
    return performance.now() - this.#reportedMs >= RADIO_REPORT_EVERY_MS;
  }

  /** Reports while something takes its time: a report that is old means that nobody is here. */
  async #telling(work: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const { signal } = ended;
    const done = work.finally(() => ended.abort());
    // Told at once, and not to end the program: whoever waits for it hears of it below.
    done.catch(() => undefined);
    while (!signal.aborted) {
      if (this.#isDue() || this.#state !== this.#reported) await this.#report();
      await sleep(HELD_LOOK_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
    await done;
  }

  /** Forgets what failed before, says so, and tries at once. */
  async #answer(): Promise<void> {
    if (this.#state === 'waiting') this.#become('changing');
    this.#failedDowns = 0;
    this.#downAtMs = 0;
    await this.#report();
    rmSync(askedFile(this.#options.statusFile), { force: true });
    this.#reconciler?.retry();
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
      revive: (what) => {
        log.warn('nobody is heard any more', { restarting: what });
        this.#reconciler?.revive(what);
      },
    });
    const onTurn = (turn: Turn) => this.#turned(turn);
    const reconciler = new Reconciler(platform, settings, onTurn, REAL_TIME, this.#turns);
    this.#guard = guard;
    this.#reconciler = reconciler;
    guard.start();
    await reconciler.start((event) => {
      guard.onEvent(event);
      tellEvent(log, event);
    });
  }

  /** What is being applied comes to its end first, which may take a minute. */
  async #down(): Promise<void> {
    this.#become('changing');
    this.#failedDowns = 0;
    this.#downAtMs = 0;
    this.#reconciler?.close();
    this.#guard?.close();
    this.#reconciler = undefined;
    this.#guard = undefined;
    await this.#options.platform.shut();
    this.#mesh = null;
  }

  /** What was there before the first plan comes back. Fails visibly, and is tried again. */
  async #restore(): Promise<void> {
    const faults = await this.#restored();
    if (faults.length === 0) {
      this.#options.log.info('the mesh was taken down');
      return this.#become('down');
    }
    this.#become('waiting', faults);
    const pauseMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(this.#failedDowns, 30), RETRY_MAX_MS);
    this.#failedDowns += 1;
    this.#downAtMs = performance.now() + pauseMs;
  }

  #restored(): Promise<readonly Fault[]> {
    return this.#turns.take(() => this.#putBack());
  }

  async #putBack(): Promise<readonly Fault[]> {
    const { platform, setup } = this.#options;
    const observed = await platform.observe(setup.settings);
    if (!observed.ok) return [observed.fault];
    const plan = platform.restore(setup.settings, observed.value);
    if (!plan.ok) return plan.faults;
    platform.open();
    const applied = await platform.apply(plan.commands);
    await platform.shut();
    this.#told(plan.commands);
    return applied.ok ? [] : [applied.fault];
  }

  /** With what only time tells. */
  #meshStatus(): MeshStatus | null {
    if (this.#mesh === null) return null;
    const others = this.#options.warnings?.() ?? [];
    const mesh = { ...this.#mesh, warnings: [...this.#mesh.warnings, ...others] };
    if (this.#guard?.isDeaf !== true) return mesh;
    const minutes = Math.round((3 * SILENT_MS) / 60_000);
    const found = `nobody for ${minutes} minutes and longer`;
    const deaf = fault('radio_deaf', mesh.interfaceName, 'a neighbour', found);
    return { ...mesh, warnings: [deaf, ...mesh.warnings] };
  }

  async #stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    const seen = this.#seen;
    const isNew = seen !== undefined && performance.now() - seen.atMs < STATIONS_MAY_BE_OLD_MS;
    return isNew ? seen.stations : this.#options.platform.stations(interfaceName);
  }

  #told(commands: readonly HostCommand[]): void {
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
        this.#become('waiting', turn.faults);
        this.#nextTryMs = uptimeMs() + (this.#reconciler?.pauseMs ?? 0);
    }
  }

  #judged({ verdict, fault: refused }: GuardReport): void {
    const { address, state, was, act, inactiveMs } = verdict;
    const why = refused === undefined ? undefined : describeFault(refused);
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
    this.#nextTryMs = null;
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
    const nowMs = performance.now();
    this.#pathHistory = recordPaths(
      this.#pathHistory,
      nowMs,
      paths?.ok === true ? paths.value : [],
    );
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
      nextTryMs: this.#nextTryMs,
      mesh: this.#meshStatus(),
      stations: stations?.ok === true ? stations.value : [],
      paths: (paths?.ok === true ? paths.value : []).map((path) => ({
        ...path,
        changesPerHour: changesPerHour(this.#pathHistory, nowMs, path.destination),
      })),
      forgotten: this.#forgotten,
      duplicates: duplicatesIn(table, interfaceName, addresses),
      log: log.health,
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
