/** The body for Debian and Raspberry Pi OS: observes, performs, joins the pure parts together. */
import { basename, dirname } from 'node:path';
import type { HostCommand } from '../command.ts';
import { type Fault, failure, fault, type Result, success } from '../fault.ts';
import { HostBody, lastWords } from '../host-body.ts';
import { LOG_MAX_BYTES } from '../limits.ts';
import type { MeshPlan, MeshStatus, Platform, Probe, Revival } from '../platform.ts';
import type { Phy, RadioReader } from '../radio.ts';
import { type Process, type Runner, readText } from '../runner.ts';
import type { MeshScope, MeshSettings } from '../settings.ts';
import {
  countryFaults,
  ipv6Faults,
  ipv6State,
  programFaults,
  type SupplicantProgram,
  type Survey,
  supplicantFaults,
  survey,
  surveyStatus,
} from '../survey.ts';
import { beaconIntervals } from './access-points.ts';
import { ManagerLook, strangers } from './manager-look.ts';
import {
  MANAGERS,
  managerFaults,
  markOf,
  type ObservedFile,
  type ObservedManager,
  reloadPrograms,
} from './managers.ts';
import {
  type Before,
  DEFAULT_FOLDER,
  type Leftover,
  type LinuxObserved,
  leftoverNames,
  linuxPaths,
  type ObservedSupplicant,
  PACKAGES,
  PROGRAMS,
  type RadioBlock,
  readBefore,
} from './observed.ts';
import { planLinux, restoreLinux, reviveLinux } from './plan.ts';
import { SUPPLICANT_WANTED, saeFailures } from './supplicant.ts';

/** Looked for where no configuration names another. */
const DEFAULT_INTERFACE = 'mesh0';
const RFKILL = '/sys/class/rfkill';
const RADIOS = '/sys/class/ieee80211';
const LINKS = '/sys/class/net';
/** NET_NAME_RENAMED, include/uapi/linux/netdevice.h. */
const RENAMED = '4';
const NO_MASK = '00:00:00:00:00:00';
/** Sent by the supplicant when a mesh starts: a word that only builds with mesh contain. */
const MESH_WORD = 'MESH-GROUP-STARTED';
/** The fields of faults about a supplicant that did not start, or whose mesh did not come up. */
const SUPPLICANT_FAILED = /^(?:command wpa_supplicant .*-i |\/sys\/class\/net\/)([^\s/]+)/;
const SUPPLICANT = ['/usr/sbin/wpa_supplicant', '/sbin/wpa_supplicant'] as const;

export class LinuxPlatform extends HostBody implements Platform<LinuxObserved> {
  readonly kind = 'linux';
  readonly takesOthersDown = false;
  /** Everything that this body keeps; one folder is one mesh. */
  readonly #folder: string;
  /** Reading a program of megabytes is not for every turn; one with mesh does not lose it. */
  #programWithMesh = false;
  readonly #managerLook: ManagerLook;

  constructor(
    reader: RadioReader,
    runner: Runner,
    readerName: Probe['reader'],
    folder = DEFAULT_FOLDER,
  ) {
    super(reader, runner, readerName);
    this.#folder = folder;
    this.#managerLook = new ManagerLook(runner);
  }

  async observe(scope: MeshScope): Promise<Result<LinuxObserved>> {
    const surveyed = await survey(this.reader, this.runner, scope);
    if (!surveyed.ok) return surveyed;
    const { interfaceName, siblings = [] } = scope;
    const paths = linuxPaths(this.#folder, interfaceName);
    const blocks = await this.#blocks();
    const switches = blocks.some(({ soft }) => soft) ? ['rfkill'] : [];
    const managers = await this.#managers(surveyed.value, interfaceName);
    const names = surveyed.value.interfaces.map(({ name }) => name);
    const reloads = reloadPrograms(managers);
    const before = readBefore(await readText(this.runner, paths.before));
    return success({
      ...surveyed.value,
      folder: this.#folder,
      blocks,
      beaconIntervals: await beaconIntervals(this.runner),
      soleAddresses: await this.#soleAddresses(surveyed.value.phys),
      missing: await this.missing([...PROGRAMS, ...switches, ...reloads]),
      supplicant: await this.#supplicant(interfaceName),
      managers,
      strangers: await strangers(this.runner, [interfaceName, ...names]),
      askedCountry: (await readText(this.runner, paths.country))?.trim(),
      multicastRateMbps: readNumber(await readText(this.runner, paths.multicast)),
      before,
      siblingNotes: await this.#notesOf(siblings),
      renamed: await this.#renamed(surveyed.value, [interfaceName, ...siblings], before),
      leftovers: await this.#leftovers([interfaceName, ...siblings]),
    });
  }

  /** What failed names the supplicant's log and its last line: the cause stands nowhere else. */
  override async apply(commands: readonly HostCommand[]): Promise<Result<undefined>> {
    const applied = await super.apply(commands);
    if (applied.ok) return applied;
    const { code, field, expected, found } = applied.fault;
    const [, name] = SUPPLICANT_FAILED.exec(field) ?? [];
    if (name === undefined) return applied;
    const { log } = linuxPaths(this.#folder, name);
    const text = byteText(await this.runner.readEnd(log, LOG_MAX_BYTES)) ?? '';
    return failure(fault(code, field, expected, `${found}; ${lastWords(log, text)}`));
  }

  plan(settings: MeshSettings, observed: LinuxObserved): MeshPlan {
    return planLinux(settings, observed);
  }

  restore(scope: MeshScope, observed: LinuxObserved): MeshPlan {
    return restoreLinux(scope, observed);
  }

  revive(settings: MeshSettings, observed: LinuxObserved, what: Revival): readonly HostCommand[] {
    return reviveLinux(settings, observed, what);
  }

  status(settings: MeshSettings, observed: LinuxObserved): MeshStatus {
    return {
      ...surveyStatus(settings, observed),
      supplicantRunning: observed.supplicant.process !== undefined,
      saeFailures: saeFailures(observed.supplicant.log),
      warnings: [
        ...managerFaults(observed.managers, settings.interfaceName),
        ...observed.strangers,
        ...countryFaults(settings, observed),
      ],
    };
  }

  protected async hostFaults(): Promise<readonly Fault[]> {
    return [
      ...supplicantFaults(await this.#supplicantProgram(), SUPPLICANT_WANTED),
      ...programFaults(await this.missing(PROGRAMS), PACKAGES),
      ...ipv6Faults(await ipv6State(this.runner, undefined)),
    ];
  }

  protected override async hostWarnings(): Promise<readonly Fault[]> {
    const interfaces = await this.reader.interfaces();
    const names = interfaces.ok ? interfaces.value.map(({ name }) => name) : [];
    return strangers(this.runner, [DEFAULT_INTERFACE, ...names]);
  }

  /**
   * The socket for the answer lies in our own folder (-s), not in /tmp: a supplicant that an
   * earlier start of the unit left running sees the private /tmp of that start, and could not
   * answer there.
   */
  protected supplicantCall(interfaceName: string): readonly [string, ...string[]] {
    const { control } = linuxPaths(this.#folder, interfaceName);
    return ['wpa_cli', '-p', control, '-s', this.#folder, '-i', interfaceName];
  }

  async #supplicant(interfaceName: string): Promise<ObservedSupplicant> {
    const paths = linuxPaths(this.#folder, interfaceName);
    const process = await this.#process(interfaceName);
    return {
      ...(await this.#supplicantProgram()),
      process: process && { pid: process.pid, ageMs: process.ageMs },
      configuration: await readText(this.runner, paths.configuration),
      log: byteText(await this.runner.readEnd(paths.log, LOG_MAX_BYTES)) ?? '',
    };
  }

  async #process(interfaceName: string): Promise<Process | undefined> {
    const paths = linuxPaths(this.#folder, interfaceName);
    const pid = Number((await readText(this.runner, paths.pid))?.trim());
    const found = Number.isInteger(pid) && pid > 1 ? await this.runner.process(pid) : undefined;
    // A pid file outlives its process, and the number may have been given to another.
    return found?.argv.includes(paths.configuration) ? found : undefined;
  }

  async #notesOf(names: readonly string[]): Promise<readonly Before[]> {
    const notes: Before[] = [];
    for (const name of names) {
      const path = linuxPaths(this.#folder, name).before;
      const note = readBefore(await readText(this.runner, path));
      if (note !== undefined) notes.push(note);
    }
    return notes;
  }

  /** Meshes of ours under another name: the configuration has changed while nobody watched. */
  async #leftovers(ours: readonly string[]): Promise<readonly Leftover[]> {
    const names = leftoverNames(await this.runner.list(this.#folder), ours);
    return Promise.all(
      names.map(async (name) => {
        const { before } = linuxPaths(this.#folder, name);
        return {
          interfaceName: name,
          pid: (await this.#process(name))?.pid,
          before: readBefore(await readText(this.runner, before)),
        };
      }),
    );
  }

  /**
   * Mesh interfaces that are younger than our note, that have been renamed since they were made,
   * and that nobody has brought up: ours, and udev was quicker.
   */
  async #renamed(
    { interfaces, links }: Survey,
    ours: readonly string[],
    before: Before | undefined,
  ): Promise<readonly string[]> {
    if (before === undefined) return [];
    const up = links.filter((link) => link.up).map(({ name }) => name);
    const found: string[] = [];
    for (const { name, type, index } of interfaces) {
      const isYoung = type === 'mesh point' && index > before.newestIndex && !ours.includes(name);
      if (!isYoung || up.includes(name)) continue;
      const origin = await readText(this.runner, `${LINKS}/${name}/name_assign_type`);
      if (origin?.trim() === RENAMED) found.push(name);
    }
    return found;
  }

  async #supplicantProgram(): Promise<SupplicantProgram> {
    if (this.#programWithMesh) return { installed: true, mesh: true };
    for (const path of SUPPLICANT) {
      const search = await this.runner.output(['grep', '-q', '-a', MESH_WORD, path]);
      // grep: 0 found, 1 not found, 2 no such file.
      if (!search.ok || search.value.status > 1) continue;
      this.#programWithMesh = search.value.status === 0;
      return { installed: true, mesh: this.#programWithMesh };
    }
    return { installed: false, mesh: false };
  }

  async #managers(
    { interfaces }: Survey,
    interfaceName: string,
  ): Promise<readonly ObservedManager[]> {
    const found: ObservedManager[] = [];
    const index = interfaces.find(({ name }) => name === interfaceName)?.index;
    for (const { name, folder, runtime, files } of MANAGERS) {
      const inFolder = await this.runner.list(folder);
      const observed = await this.#files(files);
      const running = await this.#runs(runtime);
      const mark = markOf(this.#folder, name);
      const isKnown = inFolder.length > 0 || observed?.some(hasContent) === true;
      // One that is told what to do elsewhere, as networkd by netplan, has an empty folder.
      if (observed === undefined || (!isKnown && !running)) continue;
      const isMarked = (await this.runner.read(mark)) !== undefined;
      const key = JSON.stringify([index, observed, isMarked]);
      const holding =
        running && index !== undefined
          ? await this.#managerLook.holding(name, interfaceName, key)
          : undefined;
      found.push({ name, running, files: observed, mark, isMarked, holding });
    }
    return found;
  }

  /** Undefined where one is there and cannot be read: that is not overwritten. */
  async #files(paths: readonly string[]): Promise<readonly ObservedFile[] | undefined> {
    const files: ObservedFile[] = [];
    for (const path of paths) {
      const content = byteText(await this.runner.read(path));
      if (content === undefined && (await this.#isThere(path))) return undefined;
      files.push({ path, content, isWritable: await this.runner.isWritable(path) });
    }
    return files;
  }

  async #isThere(path: string): Promise<boolean> {
    return (await this.runner.list(dirname(path))).includes(basename(path));
  }

  async #runs(runtime: string | readonly string[]): Promise<boolean> {
    if (typeof runtime === 'string') {
      // Where we tell it what to do is no sign that it is there.
      return (await this.runner.list(runtime)).some((name) => name !== 'conf.d');
    }
    for (const path of runtime) {
      const pid = Number((await readText(this.runner, path))?.trim());
      const found = Number.isInteger(pid) && pid > 1 ? await this.runner.process(pid) : undefined;
      // Since 9 it calls itself "dhcpcd: [manager] [ip4] [ip6]".
      if (found?.argv[0]?.includes('dhcpcd') === true) return true;
    }
    return false;
  }

  /** What each new interface gets where the driver has neither a list of addresses nor a mask. */
  async #soleAddresses(phys: readonly Phy[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { name } of phys) {
      const folder = `${RADIOS}/${name}`;
      const addresses = (await readText(this.runner, `${folder}/addresses`))?.trim().split('\n');
      const mask = (await readText(this.runner, `${folder}/address_mask`))?.trim();
      const [only] = addresses ?? [];
      if (only === undefined || addresses?.length !== 1 || mask !== NO_MASK) continue;
      found[name] = only;
    }
    return found;
  }

  async #blocks(): Promise<readonly RadioBlock[]> {
    const blocks: RadioBlock[] = [];
    for (const entry of await this.runner.list(RFKILL)) {
      const folder = `${RFKILL}/${entry}`;
      const phyName = (await readText(this.runner, `${folder}/name`))?.trim();
      const type = (await readText(this.runner, `${folder}/type`))?.trim();
      if (phyName === undefined || type !== 'wlan') continue;
      blocks.push({
        phyName,
        switchIndex: Number(entry.replace('rfkill', '')),
        soft: (await readText(this.runner, `${folder}/soft`))?.trim() === '1',
        hard: (await readText(this.runner, `${folder}/hard`))?.trim() === '1',
      });
    }
    return blocks;
  }
}

function hasContent({ content }: ObservedFile): boolean {
  return content !== undefined;
}

/** A character a byte: of a file that is not ours nothing is lost, and a length is one of bytes. */
function byteText(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
}

function readNumber(text: string | undefined): number | undefined {
  const value = Number.parseFloat(text ?? '');
  return Number.isNaN(value) ? undefined : value;
}
