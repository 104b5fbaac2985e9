/**
 * A simulated Linux host for the Linux body: it understands exactly the commands that plans are
 * made of, and shows their effects to the radio reader.
 */
import assert from 'node:assert/strict';
import { failure, fault, type Result, success } from '../../platform/fault.ts';
import { DEFAULT_FOLDER, linuxPaths } from '../../platform/linux/observed.ts';
import { isMeshParameterName, type MeshParameters } from '../../platform/mesh-parameters.ts';
import type {
  MeshPath,
  NetworkInterface,
  Phy,
  RadioEvent,
  RadioInterface,
  RadioReader,
  RegulatoryDomain,
  Station,
  Watch,
} from '../../platform/radio.ts';
import { MemoryHost } from './host.ts';
import { hideNeighbours, showNeighbours } from './neighbour-files.ts';
import { PHY, PHY_WITHOUT_MESH, station } from './samples.ts';

interface World {
  phys: readonly Phy[];
  interfaces: RadioInterface[];
  links: NetworkInterface[];
  country: string;
  multicastRate: number | undefined;
  parameters: Record<string, number>;
  stations: Station[];
}

export class FakeLinux implements RadioReader {
  readonly host = new MemoryHost((argv) => this.#program(argv));
  readonly world: World;
  readonly #listeners = new Set<(event: RadioEvent) => void>();
  /** The supplicant starts, and the mesh never comes up. */
  deaf = false;
  /** The kernel has no 802.11. */
  bare = false;
  /** What the kernel makes of every country, as with a radio that has one of its own. */
  ownCountry: string | undefined;
  /** Called whenever an interface was made. */
  onAdd: (name: string) => void = () => {};
  /** What the supplicant writes into its log. */
  words = '';
  /** Called whenever an address is set. */
  onAddress: () => void = () => {};
  #nextIndex = 10;
  #nextPid = 100;

  constructor(phys: readonly Phy[] = [PHY_WITHOUT_MESH, PHY]) {
    this.world = {
      phys,
      interfaces: [wireless('wlan0', 3, phys[0]?.index ?? 0)],
      links: [link('lo', 1), link('wlan0', 3)],
      country: '00',
      multicastRate: undefined,
      parameters: {},
      stations: [],
    };
    this.host.files.set('/usr/sbin/wpa_supplicant', 'MESH-GROUP-STARTED');
    for (const program of ['ip', 'iw', 'wpa_cli', 'rfkill', 'nmcli', 'networkctl', 'dhcpcd']) {
      this.host.files.set(`/usr/sbin/${program}`, '');
    }
    this.host.onStop = () => this.#leave();
  }

  emit(event: RadioEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async phys(): Promise<Result<readonly Phy[]>> {
    if (!this.bare) return success(this.world.phys);
    return failure(fault('radio_missing', 'radio', 'a radio', 'a kernel without 802.11'));
  }

  async interfaces(): Promise<Result<readonly RadioInterface[]>> {
    assert.ok(!this.bare, 'who is told that there is no 802.11 asks no more of it');
    return success([...this.world.interfaces]);
  }

  async regulatory(): Promise<Result<readonly RegulatoryDomain[]>> {
    const { country } = this.world;
    return success([{ country, dfsRegion: 'FCC', phyIndex: undefined, selfManaged: false }]);
  }

  async links(): Promise<Result<readonly NetworkInterface[]>> {
    return success([...this.world.links]);
  }

  async stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#existing(interfaceName, () => [...this.world.stations]);
  }

  async paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#existing(interfaceName, () => []);
  }

  async meshParameters(interfaceName: string): Promise<Result<MeshParameters>> {
    return this.#existing(interfaceName, () => ({ ...this.world.parameters }));
  }

  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    this.#listeners.add(listener);
    return success({ close: () => this.#listeners.delete(listener) });
  }

  async removeStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    this.world.stations = this.world.stations.filter((each) => each.address !== address);
    return this.#existing(interfaceName, () => undefined);
  }

  close(): void {}

  /** The supplicant dies: the kernel leaves the mesh that its socket owned. */
  killSupplicant(): void {
    this.host.processes.clear();
    this.#leave();
  }

  /** How long the supplicants have been running. */
  age(ageMs: number): void {
    for (const [pid, process] of this.host.processes)
      this.host.processes.set(pid, { ...process, ageMs });
  }

  /** Appends to a file, where it is there. */
  edit(path: string, more: string): void {
    const content = this.host.files.get(path);
    if (content !== undefined) this.host.files.set(path, `${content}${more}`);
  }

  lose(path: string): void {
    this.host.files.delete(path);
  }

  /** A soft switch before the radio that can do mesh. */
  block(): void {
    const name = this.world.phys.at(-1)?.name;
    for (const [file, content] of Object.entries({ name, type: 'wlan', soft: 1, hard: 0 })) {
      this.host.files.set(`/sys/class/rfkill/rfkill3/${file}`, `${content}\n`);
    }
  }

  /** As udev does: the kernel remembers that a name was given later. */
  rename(from: string, to: string): void {
    const named = <T extends { readonly name: string }>(each: T): T =>
      each.name === from ? { ...each, name: to } : each;
    this.world.interfaces = this.world.interfaces.map(named);
    this.world.links = this.world.links.map(named);
    hideNeighbours(this.host, from);
    showNeighbours(this.host, to);
    this.host.files.set(`/sys/class/net/${to}/name_assign_type`, '4\n');
  }

  #existing<T>(name: string, value: () => T): Result<T> {
    if (this.world.interfaces.some((each) => each.name === name)) return success(value());
    return failure(fault('interface_missing', name, 'a wireless interface', 'none'));
  }

  #program(argv: readonly string[]): { status?: number; stderr?: string } | undefined {
    const line = argv.join(' ');
    const [program = ''] = argv;
    if (program === 'grep') {
      const content = this.host.files.get(argv.at(-1) ?? '');
      if (content === undefined) return { status: 2 };
      return { status: String(content).includes(argv.at(-2) ?? '') ? 0 : 1 };
    }
    if (program === 'iw' && this.bare) return { status: 1, stderr: 'nl80211 not found.' };
    if (program === 'wpa_supplicant') return this.#start(argv);
    const rules: readonly [RegExp, (first: string, second: string) => void][] = [
      [/^iw reg set (\S\S)$/, (country) => (this.world.country = this.ownCountry ?? country)],
      [/^iw phy (\S+) interface add (\S+) type mp$/, (phy, name) => this.#add(phy, name)],
      [/^iw phy \S+ set coverage \d+$/, () => {}],
      [/^iw dev (\S+) del$/, (name) => this.#delete(name)],
      [/^iw dev \S+ set mesh_param (\w+)=(-?\d+)$/, (name, value) => this.#set(name, value)],
      [/^wpa_cli -p \S+ -s \S+ -i \S+ mesh_peer_remove \S+$/, () => {}],
      [
        /^ip link set (\S+) (up|down)$/,
        (name, state) => this.#change(name, { up: state === 'up' }),
      ],
      [
        /^ip link set (\S+) address (\S+)$/,
        (name, address) => {
          this.world.interfaces = this.world.interfaces.map((each) =>
            each.name === name ? { ...each, address } : each,
          );
        },
      ],
      [/^ip link set (\S+) name (\S+)$/, (from, to) => this.rename(from, to)],
      [/^iw dev \S+ set mcast_rate (\S+)$/, (rate) => (this.world.multicastRate = Number(rate))],
      [/^ip -6 address replace (\S+) dev (\S+)$/, (address, name) => this.#address(address, name)],
      [/^ip -6 address del (\S+) dev (\S+)$/, (address, name) => this.#drop(address, name)],
      [
        /^ip ntable change name ndisc_cache dev (\S+) (.+)$/,
        (name, words) => this.#neighbours(name, words),
      ],
      [/^truncate --size=0 (\S+)$/, (path) => this.host.files.set(path, '')],
      [/^rfkill (un)?block (\d+)$/, (un, index) => this.#switch(index, un === '')],
      [/^(?:nmcli general reload conf|networkctl reload|dhcpcd --rebind)$/, () => {}],
    ];
    for (const [pattern, act] of rules) {
      const match = pattern.exec(line);
      if (match === null) continue;
      act(match[1] ?? '', match[2] ?? '');
      return {};
    }
    return undefined;
  }

  #start(argv: readonly string[]): { status?: number; stderr?: string } {
    const name = argv[argv.indexOf('-i') + 1] ?? '';
    const paths = linuxPaths(DEFAULT_FOLDER, name);
    if (!this.host.files.has(paths.configuration)) return { status: 255, stderr: 'no file' };
    if (this.words !== '') this.host.files.set(paths.log, this.words);
    if (!this.world.interfaces.some((each) => each.name === name)) return { status: 255 };
    const pid = this.#nextPid++;
    this.host.processes.set(pid, { pid, argv, ageMs: 60_000 });
    this.host.files.set(paths.pid, `${pid}\n`);
    if (this.deaf || this.#isTwin(name)) return {};
    this.host.files.set(`/sys/class/net/${name}/carrier`, '1');
    this.#change(name, { up: true, carrier: true });
    this.world.interfaces = this.world.interfaces.map((each) =>
      each.name === name ? { ...each, frequencyMhz: 2412 } : each,
    );
    this.world.parameters = { mesh_ttl: 31, mesh_fwding: 0 };
    this.world.multicastRate = undefined;
    this.world.stations = [station('02:00:00:00:00:0b', 100)];
    return {};
  }

  /** The kernel does not bring up a second interface of a radio with one address. */
  #isTwin(name: string): boolean {
    const { interfaces, links } = this.world;
    const own = interfaces.find((each) => each.name === name);
    const up = links.filter((each) => each.up && each.name !== name).map((each) => each.name);
    return interfaces.some((each) => up.includes(each.name) && each.address === own?.address);
  }

  #leave(): void {
    this.world.stations = [];
    this.world.interfaces = this.world.interfaces.map((each) =>
      each.type === 'mesh point' ? { ...each, frequencyMhz: undefined } : each,
    );
    for (const { name, type } of this.world.interfaces) {
      if (type !== 'mesh point') continue;
      this.#change(name, { carrier: false });
      this.host.files.delete(`/sys/class/net/${name}/carrier`);
    }
  }

  #add(phyName = '', name = ''): void {
    const phy = this.world.phys.find((each) => each.name === phyName);
    const index = this.#nextIndex++;
    const made = { ...wireless(name, index, phy?.index ?? 0), type: 'mesh point' as const };
    const sole = this.host.files.get(`/sys/class/ieee80211/${phyName}/addresses`);
    if (sole !== undefined) made.address = String(sole).trim();
    this.world.interfaces.push(made);
    showNeighbours(this.host, name);
    this.world.links.push(link(name, index));
    this.onAdd(name);
  }

  #delete(name = ''): void {
    this.world.interfaces = this.world.interfaces.filter((each) => each.name !== name);
    this.world.links = this.world.links.filter((each) => each.name !== name);
    hideNeighbours(this.host, name);
    this.emit({ kind: 'interface_removed', interfaceName: name, phyIndex: 0 });
  }

  /** `ip` has words of its own for what /proc shows, and counts in milliseconds. */
  #neighbours(name: string, words: string): void {
    const value = (word: string): string => new RegExp(`\\b${word} (\\d+)`).exec(words)?.[1] ?? '';
    showNeighbours(this.host, name, {
      mcast_solicit: value('mcast_probes'),
      ucast_solicit: value('ucast_probes'),
      retrans_time_ms: value('retrans'),
      delay_first_probe_time: `${Number(value('delay_probe')) / 1_000}`,
    });
  }

  #set(name = '', value = ''): void {
    if (isMeshParameterName(name)) this.world.parameters[name] = Number(value);
  }

  #drop(address: string, name: string): void {
    const found = this.world.links.find((each) => each.name === name);
    const ipv6 = (found?.ipv6 ?? []).filter((each) => each.address !== address);
    this.#change(name, { ipv6 });
  }

  #switch(index: string, blocked: boolean): void {
    this.host.files.set(`/sys/class/rfkill/rfkill${index}/soft`, blocked ? '1\n' : '0\n');
  }

  #address(address = '', name = ''): void {
    const found = this.world.links.find((each) => each.name === name);
    const ipv6 = [...(found?.ipv6 ?? []), { address, scope: 'global' as const }];
    this.#change(name, { ipv6 });
    this.onAddress();
  }

  #change(name = '', change: Partial<NetworkInterface>): void {
    this.world.links = this.world.links.map((each) =>
      each.name === name ? { ...each, ...change } : each,
    );
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function wireless(name: string, index: number, phyIndex: number): Mutable<RadioInterface> {
  return {
    index,
    name,
    phyIndex,
    type: 'managed',
    address: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
    frequencyMhz: undefined,
  };
}

function link(name: string, index: number): NetworkInterface {
  return { index, name, up: false, carrier: false, address: '', mtu: 1500, ipv6: [] };
}
