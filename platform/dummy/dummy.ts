/**
 * The body without a radio: for development on machines that have none, and for tests of what is
 * above the port. One imaginary radio; commands change only this object.
 */
import { type HostCommand, run } from '../command.ts';
import { failure, fault, type Result, success } from '../fault.ts';
import { normalizePrefix } from '../ipv6.ts';
import {
  chooseRadio,
  type MeshPlan,
  type MeshStatus,
  type Platform,
  type Probe,
  type Revival,
  radioFaults,
  refuse,
} from '../platform.ts';
import type { MeshPath, Phy, RadioEvent, Station, Watch } from '../radio.ts';
import { checkChannel, checkSettings, type MeshScope, type MeshSettings } from '../settings.ts';

export interface DummyObserved {
  readonly phys: readonly Phy[];
  /** What the imaginary mesh runs with, as one word; the passphrase is only counted. */
  readonly running: string | undefined;
}

export class DummyPlatform implements Platform<DummyObserved> {
  readonly kind = 'dummy';
  readonly takesOthersDown = false;
  readonly #phys: readonly Phy[];
  readonly #neighbours: readonly Station[];
  readonly #listeners = new Set<(event: RadioEvent) => void>();
  readonly #forgotten = new Set<string>();
  readonly #revived: string[] = [];
  #running: string | undefined;

  constructor(phys: readonly Phy[], neighbours: readonly Station[] = []) {
    this.#phys = phys;
    this.#neighbours = neighbours;
  }

  /** What the imaginary mesh runs with, undefined while there is none. */
  get running(): string | undefined {
    return this.#running;
  }

  /** What was started anew, in order. */
  get revived(): readonly string[] {
    return this.#revived;
  }

  async probe(): Promise<Result<Probe>> {
    const radios = this.#phys.map((phy) => ({
      phy,
      driver: undefined,
      country: undefined,
      faults: radioFaults(phy),
    }));
    return success({ radios, faults: [], warnings: [], reader: 'none' });
  }

  async observe(): Promise<Result<DummyObserved>> {
    return success({ phys: this.#phys, running: this.#running });
  }

  plan(settings: MeshSettings, observed: DummyObserved): MeshPlan {
    const refused = refuse(checkSettings(settings));
    if (refused !== undefined) return refused;
    const choice = chooseRadio(observed.phys, settings);
    if ('faults' in choice) return { ok: false, faults: choice.faults };
    const notAllowed = refuse(checkChannel(settings, choice.phy, settings.country, undefined));
    if (notAllowed !== undefined) return notAllowed;
    const word = wordOf(settings);
    return { ok: true, commands: observed.running === word ? [] : [run('dummy', 'up', word)] };
  }

  restore(_scope: MeshScope, observed: DummyObserved): MeshPlan {
    return { ok: true, commands: observed.running === undefined ? [] : [run('dummy', 'down')] };
  }

  revive(_settings: MeshSettings, _observed: DummyObserved, what: Revival): readonly HostCommand[] {
    return [run('dummy', 'revive', what)];
  }

  status(settings: MeshSettings, observed: DummyObserved): MeshStatus {
    const up = observed.running === wordOf(settings);
    return {
      interfaceName: settings.interfaceName,
      phyName: up ? observed.phys[0]?.name : undefined,
      address: undefined,
      ipv6: up ? settings.addresses.map((address) => normalizePrefix(address) ?? address) : [],
      exists: up,
      up,
      joined: up,
      frequencyMhz: up ? settings.frequencyMhz : undefined,
      country: up ? settings.country : undefined,
      indoorOnly: false,
      supplicantRunning: up,
      parameters: up ? settings.parameters : {},
      saeFailures: [],
      warnings: [],
    };
  }

  async apply(commands: readonly HostCommand[]): Promise<Result<undefined>> {
    for (const command of commands) {
      const [program, verb, word] = command.kind === 'run' ? command.argv : [];
      if (program !== 'dummy') {
        return failure(fault('command_failed', 'command', 'one of this body', command.kind));
      }
      if (verb === 'revive') this.#revived.push(word ?? '');
      else this.#running = verb === 'up' ? word : undefined;
      this.#forgotten.clear();
    }
    return success(undefined);
  }

  async stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#onMesh(
      interfaceName,
      this.#neighbours.filter(({ address }) => !this.#forgotten.has(address)),
    );
  }

  async paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#onMesh(interfaceName, []);
  }

  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    this.#listeners.add(listener);
    return success({ close: () => this.#listeners.delete(listener) });
  }

  async forgetStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    this.#forgotten.add(address);
    return this.#onMesh(interfaceName, undefined);
  }

  async resetPeering(interfaceName: string): Promise<Result<undefined>> {
    return this.#onMesh(interfaceName, undefined);
  }

  close(): void {
    this.#listeners.clear();
  }

  /** Lets something happen. */
  emit(event: RadioEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #onMesh<T>(interfaceName: string, value: T): Result<T> {
    if (this.#running?.startsWith(`${interfaceName}/`)) return success(value);
    return failure(fault('interface_missing', interfaceName, 'the dummy mesh', 'not up'));
  }
}

function wordOf(settings: MeshSettings): string {
  const { interfaceName, meshId, passphrase, country, frequencyMhz } = settings;
  const { parameters, beaconIntervalTu, multicastRateMbps, addresses } = settings;
  const rest = { parameters, beaconIntervalTu, multicastRateMbps, addresses };
  const words = [meshId, passphrase.length, country, frequencyMhz, JSON.stringify(rest)];
  return `${interfaceName}/${words.join('/')}`;
}
