/**
 * The half of a body that is the same on every real host: it reads through a `RadioReader`, acts
 * through a `Runner`, and treats neighbours alike. linux/ and openwrt/ add who owns the radio.
 */
import type { HostCommand } from './command.ts';
import { type Fault, type Result, success } from './fault.ts';
import { type Probe, radioFaults } from './platform.ts';
import {
  domainOf,
  type MeshPath,
  type RadioEvent,
  type RadioReader,
  type Station,
  type Watch,
} from './radio.ts';
import { performAll, type Runner, readText } from './runner.ts';
import { missingPrograms } from './survey.ts';

const MAX_WORDS = 160;

/** What a log that is named says at its end, for the `found` of a fault. */
export function lastWords(log: string, text: string): string {
  const last = text.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? `${log} is empty` : `${log} ends: ${last.slice(-MAX_WORDS)}`;
}

export abstract class HostBody {
  protected readonly reader: RadioReader;
  protected readonly runner: Runner;
  readonly #readerName: Probe['reader'];
  /** Programs do not go away again: only those that were missing are looked for at every turn. */
  readonly #present = new Set<string>();

  constructor(reader: RadioReader, runner: Runner, readerName: Probe['reader']) {
    this.reader = reader;
    this.runner = runner;
    this.#readerName = readerName;
  }

  /** What the host lacks, whichever radio is taken. */
  protected abstract hostFaults(): Promise<readonly Fault[]>;

  /** What may disturb a mesh on this host. */
  protected async hostWarnings(): Promise<readonly Fault[]> {
    return [];
  }

  /** How `wpa_cli` is called for an interface, before the command. */
  protected abstract supplicantCall(interfaceName: string): readonly [string, ...string[]];

  async probe(): Promise<Result<Probe>> {
    const phys = await this.reader.phys();
    if (!phys.ok) return phys;
    const domains = await this.reader.regulatory();
    if (!domains.ok) return domains;
    const radios = phys.value.map(async (phy) => ({
      phy,
      driver: await this.#driver(phy.name),
      country: domainOf(domains.value, phy.index),
      faults: radioFaults(phy),
    }));
    return success({
      reader: this.#readerName,
      radios: await Promise.all(radios),
      faults: await this.hostFaults(),
      warnings: await this.hostWarnings(),
    });
  }

  apply(commands: readonly HostCommand[]): Promise<Result<undefined>> {
    return performAll(this.runner, commands);
  }

  stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.reader.stations(interfaceName);
  }

  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.reader.paths(interfaceName);
  }

  watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    return this.reader.watch(listener);
  }

  forgetStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    return this.reader.removeStation(interfaceName, address);
  }

  resetPeering(interfaceName: string, address: string): Promise<Result<undefined>> {
    const argv = [...this.supplicantCall(interfaceName), 'mesh_peer_remove', address] as const;
    return this.runner.perform({ kind: 'run', argv });
  }

  close(): void {
    this.reader.close();
  }

  protected async missing(names: readonly string[]): Promise<readonly string[]> {
    const wanted = names.filter((name) => !this.#present.has(name));
    const missing = await missingPrograms(this.runner, wanted);
    for (const name of wanted) if (!missing.includes(name)) this.#present.add(name);
    return missing;
  }

  async #driver(phyName: string): Promise<string | undefined> {
    const uevent = await readText(this.runner, `/sys/class/ieee80211/${phyName}/device/uevent`);
    return /^DRIVER=(\S+)$/m.exec(uevent ?? '')?.[1];
  }
}
