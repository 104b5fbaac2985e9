/** The body for OpenWrt: describes the mesh in UCI, lets netifd build it, watches through ubus. */
import type { Command } from '../command.ts';
import { failure, fault, type Result, success } from '../fault.ts';
import { saeFailures } from '../linux/supplicant.ts';
import { type MeshStatus, type Plan, type Platform, type Probe, radioFaults } from '../platform.ts';
import {
  domainOf,
  type MeshPath,
  type RadioEvent,
  type RadioReader,
  type Station,
  type Watch,
} from '../radio.ts';
import { countryRules } from '../regulatory-database.ts';
import { performAll, type Runner, readText } from '../runner.ts';
import type { MeshSettings } from '../settings.ts';
import {
  BATCH_FILE,
  BEFORE_FILE,
  type OpenwrtObserved,
  parseWirelessStatus,
  readOpenwrtBefore,
} from './observed.ts';
import { planOpenwrt, restoreOpenwrt, rollbackCommands, SECTION } from './plan.ts';
import { parseUciShow } from './uci.ts';

const REGULATORY_DATABASE = '/lib/firmware/regulatory.db';
const CONTROL_FOLDER = '/var/run/wpa_supplicant';

export class OpenwrtPlatform implements Platform<OpenwrtObserved> {
  readonly kind = 'openwrt';
  readonly #reader: RadioReader;
  readonly #runner: Runner;
  readonly #readerName: Probe['reader'];

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
    const { installed, mesh } = await this.#supplicant();
    const code = installed ? 'supplicant_without_mesh' : 'supplicant_missing';
    const lacking = fault(code, 'command wpa_supplicant', 'wpad-mesh-*', 'none');
    return success({
      reader: this.#readerName,
      radios: phys.value.map((phy) => ({
        phy,
        country: domainOf(domains.value, phy.index),
        faults: radioFaults(phy),
      })),
      faults: mesh ? [] : [lacking],
    });
  }

  async observe(settings: MeshSettings): Promise<Result<OpenwrtObserved>> {
    const { interfaceName, country } = settings;
    const phys = await this.#reader.phys();
    if (!phys.ok) return phys;
    const interfaces = await this.#reader.interfaces();
    if (!interfaces.ok) return interfaces;
    const domains = await this.#reader.regulatory();
    if (!domains.ok) return domains;
    const links = await this.#reader.links();
    if (!links.ok) return links;
    const wireless = await this.#text('uci', 'show', 'wireless');
    if (!wireless.ok) return wireless;
    const network = await this.#text('uci', 'show', 'network');
    if (!network.ok) return network;
    const status = await this.#text('ubus', 'call', 'network.wireless', 'status');
    if (!status.ok) return status;
    const radios = parseWirelessStatus(status.value);
    if (radios === undefined) {
      const found = status.value.slice(0, 120);
      return failure(fault('output_unreadable', 'network.wireless', 'its status', found));
    }
    const isMesh = interfaces.value.some(({ name }) => name === interfaceName);
    const parameters = isMesh ? await this.#reader.meshParameters(interfaceName) : success({});
    const database = await this.#runner.read(REGULATORY_DATABASE);
    const log = await this.#text('logread', '-e', 'MESH-');
    return success({
      phys: phys.value,
      interfaces: interfaces.value,
      domains: domains.value,
      links: links.value,
      parameters: parameters.ok ? parameters.value : {},
      rules: database === undefined ? undefined : countryRules(database, country),
      wireless: parseUciShow(wireless.value),
      network: parseUciShow(network.value),
      devicePaths: await this.#devicePaths(phys.value.map(({ name }) => name)),
      radios,
      supplicant: await this.#supplicant(),
      saeFailures: log.ok ? saeFailures(log.value) : [],
      before: readOpenwrtBefore(await readText(this.#runner, BEFORE_FILE)),
    });
  }

  plan(settings: MeshSettings, observed: OpenwrtObserved): Plan {
    return planOpenwrt(settings, observed);
  }

  restore(_settings: MeshSettings, observed: OpenwrtObserved): Plan {
    return restoreOpenwrt(observed);
  }

  status(settings: MeshSettings, observed: OpenwrtObserved): MeshStatus {
    const { interfaceName } = settings;
    const current = observed.interfaces.find(({ name }) => name === interfaceName);
    const link = observed.links.find(({ name }) => name === interfaceName);
    return {
      interfaceName,
      phyName: observed.phys.find(({ index }) => index === current?.phyIndex)?.name,
      address: current?.address,
      ipv6: (link?.ipv6 ?? []).map(({ address }) => address),
      exists: current !== undefined,
      up: link?.up ?? false,
      joined: current?.frequencyMhz !== undefined && link?.carrier === true,
      frequencyMhz: current?.frequencyMhz,
      country: domainOf(observed.domains, current?.phyIndex ?? -1)?.country,
      supplicantRunning: Object.values(observed.radios).some(
        ({ up, interfaceNames }) => up && interfaceNames[SECTION] === interfaceName,
      ),
      parameters: observed.parameters,
      saeFailures: observed.saeFailures,
    };
  }

  /**
   * A plan whose mesh does not come up is taken back whole: the radio may be the operator's only
   * way to this router.
   */
  async apply(commands: readonly Command[]): Promise<Result<undefined>> {
    const applied = await performAll(this.#runner, commands);
    const changes = commands.some(({ kind }) => kind === 'write');
    if (applied.ok || !changes) return applied;
    const { field, expected, found } = applied.fault;
    const taken = await performAll(this.#runner, [
      { kind: 'remove', path: BATCH_FILE },
      ...rollbackCommands(),
    ]);
    const outcome = taken.ok ? 'rolled back' : `rollback failed: ${taken.fault.found}`;
    return failure(fault('mesh_not_up', field, expected, `${found}; ${outcome}`));
  }

  stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#reader.stations(interfaceName);
  }

  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#reader.paths(interfaceName);
  }

  /** Radio events, and netifd's own: a reload by anyone shows as a changed interface. */
  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    const radio = await this.#reader.watch(listener);
    if (!radio.ok) return radio;
    let closed = false;
    const onLine = (line: string) => {
      const name = /"network\.interface":.*"interface":\s*"([^"]+)"/.exec(line)?.[1];
      if (name === undefined || closed) return;
      listener({ kind: 'interface_changed', interfaceName: name, phyIndex: undefined });
    };
    const ubus = this.#runner.follow(['ubus', 'listen', 'network.interface'], onLine, () => {
      if (!closed) listener({ kind: 'lost' });
    });
    return success({
      close: () => {
        closed = true;
        ubus.close();
        radio.value.close();
      },
    });
  }

  forgetStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    const argv = ['iw', 'dev', interfaceName, 'station', 'del', address] as const;
    return this.#runner.perform({ kind: 'run', argv });
  }

  resetPeering(interfaceName: string, address: string): Promise<Result<undefined>> {
    const call = ['wpa_cli', '-p', CONTROL_FOLDER, '-i', interfaceName] as const;
    return this.#runner.perform({ kind: 'run', argv: [...call, 'mesh_peer_remove', address] });
  }

  close(): void {
    this.#reader.close();
  }

  async #text(...argv: readonly [string, ...string[]]): Promise<Result<string>> {
    const output = await this.#runner.output(argv);
    if (!output.ok) return output;
    const { status, stdout, stderr } = output.value;
    if (status === 0) return success(stdout);
    const found = `exit ${status}: ${stderr.trim().slice(0, 200)}`;
    return failure(fault('command_failed', `command ${argv.join(' ')}`, 'exit 0', found));
  }

  async #devicePaths(names: readonly string[]): Promise<Record<string, string>> {
    const paths: Record<string, string> = {};
    for (const name of names) {
      const folder = await this.#text('readlink', '-f', `/sys/class/ieee80211/${name}/device`);
      if (folder.ok) paths[name] = folder.value.trim();
    }
    return paths;
  }

  /** OpenWrt's wpad answers `-vmesh` with its exit code. */
  async #supplicant(): Promise<{ installed: boolean; mesh: boolean }> {
    const output = await this.#runner.output(['wpa_supplicant', '-vmesh']);
    return { installed: output.ok, mesh: output.ok && output.value.status === 0 };
  }
}
