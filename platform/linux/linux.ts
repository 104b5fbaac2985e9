/** The body for Debian and Raspberry Pi OS: observes, performs, joins the pure parts together. */
import type { Command } from '../command.ts';
import { fault, type Result, success } from '../fault.ts';
import { type MeshStatus, type Plan, type Platform, type Probe, radioFaults } from '../platform.ts';
import type { MeshPath, RadioEvent, RadioReader, Station, Watch } from '../radio.ts';
import { domainOf } from '../radio.ts';
import { countryRules } from '../regulatory-database.ts';
import { performAll, type Runner, readText } from '../runner.ts';
import type { MeshSettings } from '../settings.ts';
import { MANAGERS, type ObservedManager } from './managers.ts';
import {
  type LinuxObserved,
  linuxPaths,
  type ObservedSupplicant,
  type RadioBlock,
  readBefore,
} from './observed.ts';
import { isJoined, isUp, planLinux, restoreLinux } from './plan.ts';
import { saeFailures } from './supplicant.ts';

const REGULATORY_DATABASE = '/lib/firmware/regulatory.db';
const RFKILL = '/sys/class/rfkill';
/** Sent by the supplicant when a mesh starts: a word that only builds with mesh contain. */
const MESH_WORD = 'MESH-GROUP-STARTED';
const SUPPLICANT = ['/usr/sbin/wpa_supplicant', '/sbin/wpa_supplicant'] as const;

export class LinuxPlatform implements Platform<LinuxObserved> {
  readonly kind = 'linux';
  readonly #reader: RadioReader;
  readonly #runner: Runner;
  readonly #readerName: Probe['reader'];
  /** Reading a program of megabytes is not for every turn; one with mesh does not lose it. */
  #programWithMesh = false;

  constructor(reader: RadioReader, runner: Runner, readerName: Probe['reader']) {
    this.#reader = reader;
    this.#runner = runner;
    this.#readerName = readerName;
  }

  async probe(): Promise<Result<Probe>> {
    const phys = await this.#reader.phys();
    if (!phys.ok) return phys;
    const domains = await this.#reader.regulatory();
    if (!domains.ok) return domains;
    const { installed, mesh } = await this.#supplicantProgram();
    const field = 'command wpa_supplicant';
    const missing = fault('supplicant_missing', field, 'the program', 'none');
    const meshless = fault('supplicant_without_mesh', field, 'a build with CONFIG_MESH', 'none');
    return success({
      reader: this.#readerName,
      radios: phys.value.map((phy) => ({
        phy,
        country: domainOf(domains.value, phy.index),
        faults: radioFaults(phy),
      })),
      faults: installed ? (mesh ? [] : [meshless]) : [missing],
    });
  }

  async observe(settings: MeshSettings): Promise<Result<LinuxObserved>> {
    const { interfaceName, country } = settings;
    const phys = await this.#reader.phys();
    if (!phys.ok) return phys;
    const interfaces = await this.#reader.interfaces();
    if (!interfaces.ok) return interfaces;
    const domains = await this.#reader.regulatory();
    if (!domains.ok) return domains;
    const links = await this.#reader.links();
    if (!links.ok) return links;
    const isMesh = interfaces.value.some(
      ({ name, type }) => name === interfaceName && type === 'mesh point',
    );
    // Between two looks the interface may have gone; then it has no parameters either.
    const parameters = isMesh ? await this.#reader.meshParameters(interfaceName) : success({});
    const database = await this.#runner.read(REGULATORY_DATABASE);
    return success({
      phys: phys.value,
      interfaces: interfaces.value,
      domains: domains.value,
      links: links.value,
      parameters: parameters.ok ? parameters.value : {},
      rules: database === undefined ? undefined : countryRules(database, country),
      blocks: await this.#blocks(),
      supplicant: await this.#supplicant(interfaceName),
      managers: await this.#managers(),
      before: readBefore(await readText(this.#runner, linuxPaths(interfaceName).before)),
    });
  }

  plan(settings: MeshSettings, observed: LinuxObserved): Plan {
    return planLinux(settings, observed);
  }

  restore(settings: MeshSettings, observed: LinuxObserved): Plan {
    return restoreLinux(settings, observed);
  }

  status(settings: MeshSettings, observed: LinuxObserved): MeshStatus {
    const { interfaceName } = settings;
    const current = observed.interfaces.find(({ name }) => name === interfaceName);
    const link = observed.links.find(({ name }) => name === interfaceName);
    return {
      interfaceName,
      phyName: observed.phys.find(({ index }) => index === current?.phyIndex)?.name,
      address: current?.address,
      ipv6: (link?.ipv6 ?? []).map(({ address }) => address),
      exists: current !== undefined,
      up: isUp(settings, observed),
      joined: isJoined(settings, observed),
      frequencyMhz: current?.frequencyMhz,
      country: domainOf(observed.domains, current?.phyIndex ?? -1)?.country,
      supplicantRunning: observed.supplicant.process !== undefined,
      parameters: observed.parameters,
      saeFailures: saeFailures(observed.supplicant.log),
    };
  }

  apply(commands: readonly Command[]): Promise<Result<undefined>> {
    return performAll(this.#runner, commands);
  }

  stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#reader.stations(interfaceName);
  }

  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#reader.paths(interfaceName);
  }

  watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    return this.#reader.watch(listener);
  }

  forgetStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    const argv = ['iw', 'dev', interfaceName, 'station', 'del', address] as const;
    return this.#runner.perform({ kind: 'run', argv });
  }

  resetPeering(interfaceName: string, address: string): Promise<Result<undefined>> {
    const { control } = linuxPaths(interfaceName);
    const call = ['wpa_cli', '-p', control, '-i', interfaceName] as const;
    return this.#runner.perform({ kind: 'run', argv: [...call, 'mesh_peer_remove', address] });
  }

  close(): void {
    this.#reader.close();
  }

  async #supplicant(interfaceName: string): Promise<ObservedSupplicant> {
    const paths = linuxPaths(interfaceName);
    const pid = Number((await readText(this.#runner, paths.pid))?.trim());
    const found = Number.isInteger(pid) && pid > 1 ? await this.#runner.process(pid) : undefined;
    // A pid file outlives its process, and the number may have been given to another.
    const process = found?.argv.includes(paths.configuration) ? found : undefined;
    return {
      ...(await this.#supplicantProgram()),
      process: process && { pid: process.pid, ageMs: process.ageMs },
      configuration: await readText(this.#runner, paths.configuration),
      log: (await readText(this.#runner, paths.log)) ?? '',
    };
  }

  async #supplicantProgram(): Promise<{ installed: boolean; mesh: boolean }> {
    if (this.#programWithMesh) return { installed: true, mesh: true };
    for (const path of SUPPLICANT) {
      const search = await this.#runner.output(['grep', '-q', '-a', MESH_WORD, path]);
      // grep: 0 found, 1 not found, 2 no such file.
      if (!search.ok || search.value.status > 1) continue;
      this.#programWithMesh = search.value.status === 0;
      return { installed: true, mesh: this.#programWithMesh };
    }
    return { installed: false, mesh: false };
  }

  async #managers(): Promise<readonly ObservedManager[]> {
    const found: ObservedManager[] = [];
    for (const { name, folder, runtime, file } of MANAGERS) {
      const inFolder = await this.#runner.list(folder);
      const content = await readText(this.#runner, file);
      if (inFolder.length === 0 && content === undefined) continue;
      const running = (await this.#runner.list(runtime)).length > 0;
      found.push({ name, running, content });
    }
    return found;
  }

  async #blocks(): Promise<readonly RadioBlock[]> {
    const blocks: RadioBlock[] = [];
    for (const entry of await this.#runner.list(RFKILL)) {
      const folder = `${RFKILL}/${entry}`;
      const phyName = (await readText(this.#runner, `${folder}/name`))?.trim();
      const type = (await readText(this.#runner, `${folder}/type`))?.trim();
      if (phyName === undefined || type !== 'wlan') continue;
      blocks.push({
        phyName,
        switchIndex: Number(entry.replace('rfkill', '')),
        soft: (await readText(this.#runner, `${folder}/soft`))?.trim() === '1',
        hard: (await readText(this.#runner, `${folder}/hard`))?.trim() === '1',
      });
    }
    return blocks;
  }
}
