/** The body for OpenWrt: describes the mesh in UCI, lets netifd build it, watches through ubus. */
import { type HostCommand, run } from '../command.ts';
import { type Fault, failure, fault, type Result, success } from '../fault.ts';
import { keepFollowing } from '../follow.ts';
import { HostBody, lastWords } from '../host-body.ts';
import { saeFailures } from '../linux/supplicant.ts';
import type { MeshPlan, MeshStatus, Platform, Revival } from '../platform.ts';
import type { RadioEvent, Watch } from '../radio.ts';
import { readText } from '../runner.ts';
import type { MeshScope, MeshSettings } from '../settings.ts';
import {
  countryFaults,
  ipv6Faults,
  ipv6State,
  programFaults,
  type SupplicantProgram,
  supplicantFaults,
  survey,
  surveyStatus,
} from '../survey.ts';
import {
  BATCH_FILE,
  BEFORE_FILE,
  CONFIGS,
  findScraps,
  type OpenwrtConfigured,
  type OpenwrtObserved,
  PACKAGES,
  PROGRAMS,
  parseWirelessStatus,
  readOpenwrtBefore,
  TRIAL_FILE,
} from './observed.ts';
import { BATCH, planOpenwrt, rebuildRadio, restoreOpenwrt, SUPPLICANT_WANTED } from './plan.ts';
import { committedIn, pathsIn, unmetIn } from './read-back.ts';
import { SECTION } from './sections.ts';
import { parseUciShow, stagedPaths, type UciConfig } from './uci.ts';

/** Of what a failed batch left otherwise. */
const MOST_NAMED = 5;
const CONTROL_FOLDER = '/var/run/wpa_supplicant';

export class OpenwrtPlatform extends HostBody implements Platform<OpenwrtObserved> {
  readonly kind = 'openwrt';
  /** netifd takes all networks of a radio down to build one of them. */
  readonly takesOthersDown = true;
  /**
   * Device folders by phy, and whether the supplicant has mesh: a look every two seconds is dear.
   */
  readonly #folders = new Map<string, string>();
  #programWithMesh = false;

  async observe(scope: MeshScope): Promise<Result<OpenwrtObserved>> {
    const surveyed = await survey(this.reader, this.runner, scope);
    if (!surveyed.ok) return surveyed;
    const configured = await this.#configured();
    if (!configured.ok) return configured;
    const log = await this.#text('logread', '-e', 'MESH-');
    const phys = [...surveyed.value.phys].sort((left, right) => left.index - right.index);
    const names = phys.map(({ name }) => name);
    return success({
      ...surveyed.value,
      ...configured.value,
      devicePaths: await this.#devicePaths(names),
      phyAddresses: await this.#phyAddresses(names),
      missing: await this.missing(PROGRAMS),
      supplicant: await this.#supplicant(),
      saeFailures: log.ok ? saeFailures(log.value, scope.interfaceName) : [],
    });
  }

  plan(settings: MeshSettings, observed: OpenwrtObserved): MeshPlan {
    return planOpenwrt(settings, observed);
  }

  restore(scope: MeshScope, observed: OpenwrtObserved): MeshPlan {
    if (scope.isFurther === true) return { ok: true, commands: [] };
    return restoreOpenwrt(observed);
  }

  revive(settings: MeshSettings, observed: OpenwrtObserved, what: Revival): readonly HostCommand[] {
    const call = this.supplicantCall(settings.interfaceName);
    if (what === 'interface') return rebuildRadio(settings, observed);
    return ['disconnect', 'reconnect'].map((verb) => run(...call, verb));
  }

  status(settings: MeshSettings, observed: OpenwrtObserved): MeshStatus {
    const { interfaceName } = settings;
    return {
      ...surveyStatus(settings, observed),
      supplicantRunning: Object.values(observed.radios).some(
        ({ up, interfaceNames }) => up && interfaceNames[SECTION] === interfaceName,
      ),
      saeFailures: observed.saeFailures,
      warnings: countryFaults(settings, observed),
    };
  }

  /**
   * A plan whose mesh does not come up is taken back: the radio may be the operator's only way to
   * this router. Such a plan waits for the mesh and ends by throwing its mark away.
   */
  override async apply(commands: readonly HostCommand[]): Promise<Result<undefined>> {
    let isTrial =
      commands.some(({ kind }) => kind === 'await') &&
      commands.some((command) => command.kind === 'remove' && command.path === TRIAL_FILE);
    let changed = false;
    let text = '';
    for (const command of commands) {
      changed ||= command.kind === 'run' && ['uci', 'wifi'].includes(command.argv[0]);
      if (command.kind === 'write' && command.path === BATCH_FILE) text = command.content;
      const done = await this.runner.perform(command);
      const isBatch = command.kind === 'run' && command.argv.join(' ') === BATCH.join(' ');
      const held = done.ok && isBatch ? await this.#readBack(text) : done;
      if (!held.ok) {
        const told = await this.#withLog(held.fault);
        return isTrial && changed ? this.#rollBack(told) : failure(told);
      }
      if (command.kind === 'remove' && command.path === TRIAL_FILE) isTrial = false;
    }
    return success(undefined);
  }

  /** Radio events, and netifd's own: a reload by anyone shows as a changed interface. */
  override async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    const radio = await super.watch(listener);
    if (!radio.ok) return radio;
    const onLine = (line: string) => {
      const name = /"network\.interface":.*"interface":\s*"([^"]+)"/.exec(line)?.[1];
      if (name === undefined) return;
      listener({ kind: 'interface_changed', interfaceName: name, phyIndex: undefined });
    };
    const call = ['ubus', 'listen', 'network.interface'] as const;
    const ubus = keepFollowing(this.runner, call, onLine, () => listener({ kind: 'lost' }));
    return success({
      close: () => {
        ubus.close();
        radio.value.close();
      },
    });
  }

  protected async hostFaults(): Promise<readonly Fault[]> {
    return [
      ...supplicantFaults(await this.#supplicant(), SUPPLICANT_WANTED),
      ...programFaults(await this.missing(PROGRAMS), PACKAGES),
      ...ipv6Faults(await ipv6State(this.runner, undefined)),
    ];
  }

  protected supplicantCall(interfaceName: string): readonly [string, ...string[]] {
    return ['wpa_cli', '-p', CONTROL_FOLDER, '-i', interfaceName];
  }

  async #rollBack({ field, expected, found }: Fault): Promise<Result<undefined>> {
    const configured = await this.#configured();
    const taken = configured.ok ? await this.#takeBack(configured.value) : configured;
    if (taken.ok) return failure(fault('rolled_back', field, expected, found));
    const why = `${found}; then putting it back: ${taken.fault.found}`;
    return failure(fault('mesh_not_up', field, expected, why));
  }

  async #takeBack(configured: OpenwrtConfigured): Promise<Result<undefined>> {
    const plan = restoreOpenwrt(configured);
    if (plan.ok) return this.apply(plan.commands);
    const [first] = plan.faults;
    return first === undefined ? success(undefined) : failure(first);
  }

  /** A mesh that did not come up: why, stands in the log of the router alone. */
  async #withLog({ code, field, expected, found }: Fault): Promise<Fault> {
    const [, name] = /^\/sys\/class\/net\/([^/]+)/.exec(field) ?? [];
    if (name === undefined) return fault(code, field, expected, found);
    const log = await this.#text('logread', '-e', name);
    const words = log.ok ? `; ${lastWords(`"logread -e ${name}"`, log.value)}` : '';
    return fault(code, field, expected, `${found}${words}`);
  }

  /** A batch that did not become true leaves nothing behind that looks as if it had. */
  async #readBack(text: string): Promise<Result<undefined>> {
    const configs: Record<string, UciConfig> = {};
    const staged: string[] = [];
    for (const config of committedIn(text)) {
      const changes = await this.#text('uci', 'changes', config);
      if (changes.ok && changes.value.trim() !== '') staged.push(`${config} (not committed)`);
      const show = await this.#text('uci', 'show', config);
      if (!show.ok) return show;
      configs[config] = parseUciShow(show.value);
    }
    const wrong = [...staged, ...unmetIn(text, configs)];
    if (wrong.length === 0) return success(undefined);
    // Only what the batch names: what somebody staged meanwhile stays staged.
    for (const path of pathsIn(text)) await this.#text('uci', 'revert', path);
    const expected = 'a configuration that is as it was written: is there free space?';
    const found = `otherwise: ${wrong.slice(0, MOST_NAMED).join(', ')}`;
    return failure(fault('command_failed', `command ${BATCH.join(' ')}`, expected, found));
  }

  async #configured(): Promise<Result<OpenwrtConfigured>> {
    const shown = await this.#text('uci', 'show', 'wireless');
    // A router on which nobody has run `wifi config` yet.
    const isAbsent = !shown.ok && shown.fault.found.includes('Entry not found');
    const wireless = isAbsent ? success('') : shown;
    if (!wireless.ok) return wireless;
    const network = await this.#text('uci', 'show', 'network');
    if (!network.ok) return network;
    const firewall = await this.#text('uci', 'show', 'firewall');
    const staged: string[] = [];
    for (const config of CONFIGS) {
      const changes = await this.#text('uci', 'changes', config);
      // Without its package a configuration has no changes either.
      if (changes.ok) staged.push(...stagedPaths(changes.value));
    }
    const status = await this.#text('ubus', 'call', 'network.wireless', 'status');
    if (!status.ok) return status;
    const radios = parseWirelessStatus(status.value);
    if (radios === undefined) {
      // Its text is never shown: keys of all networks are in it.
      const found = `${status.value.length} characters of something else`;
      return failure(fault('output_unreadable', 'network.wireless', 'its status', found));
    }
    return success({
      wireless: parseUciShow(wireless.value),
      network: parseUciShow(network.value),
      // The package is not part of every router.
      firewall: firewall.ok ? parseUciShow(firewall.value) : undefined,
      staged,
      radios,
      before: readOpenwrtBefore(await readText(this.runner, BEFORE_FILE)),
      scraps: await findScraps((folder) => this.runner.list(folder)),
    });
  }

  async #text(...argv: readonly [string, ...string[]]): Promise<Result<string>> {
    const output = await this.runner.output(argv);
    if (!output.ok) return output;
    const { status, stdout, stderr } = output.value;
    if (status === 0) return success(stdout);
    const found = `exit ${status}: ${stderr.trim().slice(0, 200)}`;
    return failure(fault('command_failed', `command ${argv.join(' ')}`, 'exit 0', found));
  }

  async #devicePaths(names: readonly string[]): Promise<Record<string, string>> {
    const paths: Record<string, string> = {};
    for (const name of names) {
      const folder = this.#folders.get(name) ?? (await this.#deviceFolder(name));
      if (folder !== undefined) paths[name] = folder;
    }
    for (const name of this.#folders.keys()) if (!names.includes(name)) this.#folders.delete(name);
    return paths;
  }

  async #phyAddresses(names: readonly string[]): Promise<Record<string, string>> {
    const addresses: Record<string, string> = {};
    for (const name of names) {
      const text = await readText(this.runner, `/sys/class/ieee80211/${name}/macaddress`);
      if (text !== undefined) addresses[name] = text.trim().toLowerCase();
    }
    return addresses;
  }

  async #deviceFolder(name: string): Promise<string | undefined> {
    const text = await this.#text('readlink', '-f', `/sys/class/ieee80211/${name}/device`);
    const folder = text.ok ? text.value.trim() : undefined;
    if (folder !== undefined) this.#folders.set(name, folder);
    return folder;
  }

  /** OpenWrt's wpad answers `-vmesh` with its exit code. */
  async #supplicant(): Promise<SupplicantProgram> {
    if (this.#programWithMesh) return { installed: true, mesh: true };
    const output = await this.runner.output(['wpa_supplicant', '-vmesh']);
    this.#programWithMesh = output.ok && output.value.status === 0;
    return { installed: output.ok, mesh: this.#programWithMesh };
  }
}
