/**
 * A simulated OpenWrt router: `uci`, `ubus`, `wifi` and `logread` in the words of the real ones,
 * and a netifd that builds what the committed configuration describes.
 */
import { failure, fault, type Result, success } from '../../platform/fault.ts';
import type { MeshParameters } from '../../platform/mesh-parameters.ts';
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

type Section = { type: string; options: Record<string, string | string[]> };

const DEVICE = '/sys/devices/platform/soc/18000000.wifi';
/** As `wifi config` makes it: the radio is off, its open access point has no word of that. */
const INITIAL = {
  wireless: {
    radio0: {
      type: 'wifi-device',
      options: {
        type: 'mac80211',
        path: 'platform/soc/18000000.wifi',
        channel: 'auto',
        band: '2g',
        disabled: '1',
      },
    },
    default_radio0: {
      type: 'wifi-iface',
      options: { device: 'radio0', network: 'lan', mode: 'ap', ssid: "Ada's", encryption: 'none' },
    },
  },
  network: { lan: { type: 'interface', options: { device: 'br-lan', dns: ['::1', '::2'] } } },
  firewall: {
    '@defaults[0]': { type: 'defaults', options: { input: 'REJECT', forward: 'REJECT' } },
    '@zone[0]': { type: 'zone', options: { name: 'lan', network: ['lan'], input: 'ACCEPT' } },
  },
} satisfies Record<string, Record<string, Section>>;

export class FakeOpenwrt implements RadioReader {
  readonly host = new MemoryHost((argv) => this.#program(argv));
  phyList: readonly Phy[] = [PHY_WITHOUT_MESH, PHY];
  config: Record<string, Record<string, Section>> = structuredClone(INITIAL);
  /** netifd accepts the configuration but the mesh does not start. */
  broken = false;
  meshBuild = true;
  /** The overlay is full: a commit fails, and its changes stay staged. */
  full = false;
  /** Lines of a batch about this path fail; `uci batch` says nothing of it. */
  refused: string | undefined;
  #committed: Record<string, Record<string, Section>> | undefined;
  /** What a person set and has not committed: shown, and made true by anybody's commit. */
  staged: { readonly path: string; readonly value: string }[] = [];
  /** What netifd says instead of its status. */
  statusText: string | undefined;
  /** A program that fails, by its whole line. */
  failing: { line: string; status: number; stderr: string } | undefined;
  mesh: { name: string; addresses: readonly string[] } | undefined;
  /** What the router's log says of the mesh interface. */
  log = '';
  /** Of the mesh interface, as the kernel has them. */
  parameters: Record<string, number> = {};
  country = '00';
  neighbours: Station[] = [];
  readonly #listeners = new Set<(event: RadioEvent) => void>();

  constructor() {
    for (const program of ['iw', 'wpa_cli']) this.host.files.set(`/usr/sbin/${program}`, '');
  }

  emit(event: RadioEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async phys(): Promise<Result<readonly Phy[]>> {
    return success(this.phyList);
  }

  async interfaces(): Promise<Result<readonly RadioInterface[]>> {
    const { mesh } = this;
    if (mesh === undefined) return success([]);
    const address = '02:00:00:00:00:0a';
    const type = 'mesh point';
    return success([{ index: 9, name: mesh.name, phyIndex: 0, type, address, frequencyMhz: 2412 }]);
  }

  async regulatory(): Promise<Result<readonly RegulatoryDomain[]>> {
    const { country } = this;
    return success([{ country, dfsRegion: 'unset', phyIndex: undefined, selfManaged: false }]);
  }

  async links(): Promise<Result<readonly NetworkInterface[]>> {
    const { mesh } = this;
    if (mesh === undefined) return success([]);
    const ipv6 = mesh.addresses.map((address) => ({ address, scope: 'global' as const }));
    const { name } = mesh;
    return success([{ index: 9, name, up: true, carrier: true, address: '', mtu: 1500, ipv6 }]);
  }

  async stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#onMesh(interfaceName, [...this.neighbours]);
  }

  async paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#onMesh(interfaceName, []);
  }

  async meshParameters(interfaceName: string): Promise<Result<MeshParameters>> {
    return this.#onMesh(interfaceName, { ...this.parameters });
  }

  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    this.#listeners.add(listener);
    return success({ close: () => this.#listeners.delete(listener) });
  }

  async removeStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    this.neighbours = this.neighbours.filter((each) => each.address !== address);
    return this.#onMesh(interfaceName, undefined);
  }

  close(): void {}

  /** The interface goes, and nobody builds it again by himself. */
  loseMesh(): void {
    if (this.mesh !== undefined) this.host.files.delete(`/sys/class/net/${this.mesh.name}/carrier`);
    this.mesh = undefined;
    this.neighbours = [];
  }

  set(section: string, option: string, text: string): void {
    const options = this.config['wireless']?.[section]?.options;
    if (options !== undefined) options[option] = text;
  }

  unset(section: string, option: string): void {
    delete this.config['wireless']?.[section]?.options[option];
  }

  #onMesh<T>(name: string, value: T): Result<T> {
    if (this.mesh?.name === name) return success(value);
    return failure(fault('interface_missing', name, 'a wireless interface', 'none'));
  }

  #program(
    argv: readonly string[],
  ): { status?: number; stdout?: string; stderr?: string } | undefined {
    const line = argv.join(' ');
    if (this.failing?.line === line) return this.failing;
    switch (line) {
      case 'uci show wireless':
        return { stdout: show('wireless', this.#shown('wireless') ?? {}) };
      case 'uci show network':
        return { stdout: show('network', this.#shown('network') ?? {}) };
      case 'uci show firewall': {
        const sections = this.#shown('firewall');
        return sections === undefined ? { status: 1 } : { stdout: show('firewall', sections) };
      }
      case '/etc/init.d/firewall reload':
        return {};
      case 'ubus call network.wireless status':
        return { stdout: this.statusText ?? JSON.stringify(this.#status(), null, '\t') };
      case 'wpa_supplicant -vmesh':
        return { status: this.meshBuild ? 0 : 1 };
      case 'uci changes wireless':
      case 'uci changes network':
      case 'uci changes firewall':
        return { stdout: this.#changes(argv[2] ?? '') };
      case 'wifi reload':
      case 'wifi up radio0':
      case 'wifi up radio1':
      case 'wifi up radio7':
        this.#netifd();
        return {};
      case 'logread -e MESH-':
        return {
          stdout:
            'Sat Nov 21 08:00:00 2026 daemon.notice wpa_supplicant[812]: mesh0: ' +
            'MESH-SAE-AUTH-FAILURE addr=42:00:00:00:03:00\n',
        };
    }
    const [program, ...rest] = argv;
    if (program === 'readlink') {
      const folder = line.includes('phy7') ? `${DEVICE}7` : DEVICE;
      return { stdout: `${folder}\n` };
    }
    if (program === 'uci' && rest[0] === 'revert') {
      this.config = this.#committed ?? this.config;
      this.#committed = undefined;
      this.staged = this.staged.filter(({ path }) => !path.startsWith(rest[1] ?? ''));
      return {};
    }
    if (program === 'uci' && rest[0] === '-f') return this.#batch(rest[1] ?? '');
    if (program === 'sysctl') return this.#sysctl(rest.slice(2));
    if (program === 'wpa_cli') return {};
    const [, name = '', value] = /^iw dev mesh0 set mesh_param (\w+)=(\d+)$/.exec(line) ?? [];
    if (value !== undefined) {
      this.parameters[name] = Number(value);
      return {};
    }
    if (line === 'logread -e mesh0') return { stdout: this.log };
    return undefined;
  }

  #changes(config: string): string {
    const own = this.#committed === undefined ? [] : [`${config}.meshpay='wifi-iface'`];
    const others = this.staged.filter(({ path }) => path.startsWith(`${config}.`));
    return [...own, ...others.map(({ path, value }) => `${path}='${value}'`), ''].join('\n');
  }

  /** The sections of a configuration as `uci show` has them. */
  #shown(config: string): Record<string, Section> | undefined {
    const sections = structuredClone(this.config[config]);
    this.#addStaged(config, sections);
    return sections;
  }

  #addStaged(config: string, sections: Record<string, Section> | undefined): void {
    for (const { path, value } of this.staged) {
      const [of, section = '', option = ''] = path.split('.');
      const options = of === config ? sections?.[section]?.options : undefined;
      if (options !== undefined) options[option] = value;
    }
  }

  #commit(config: string): void {
    this.#addStaged(config, this.config[config]);
    this.staged = this.staged.filter(({ path }) => !path.startsWith(`${config}.`));
  }

  #status(): object {
    const interfaces = this.mesh && [
      { section: 'meshpay', ifname: this.mesh.name, config: { mode: 'mesh' }, stations: [] },
    ];
    const common = { pending: false, autostart: true, disabled: false, retry_setup_failed: false };
    return { radio0: { up: true, ...common, config: {}, interfaces: interfaces ?? [] } };
  }

  #batch(path: string): { status?: number } {
    if (this.full) this.#committed = structuredClone(this.config);
    for (const line of String(this.host.files.get(path) ?? '').split('\n')) {
      const [, verb = '', target = '', value = ''] = /^(\w+) ([^=]+)(?:=(.*))?$/.exec(line) ?? [];
      if (this.refused !== undefined && target.startsWith(this.refused)) continue;
      const [config = '', section = '', option] = target.split('.');
      const sections = this.config[config] ?? {};
      const word = value.slice(1, -1).replaceAll("'\\''", "'");
      if (verb === 'commit' && !this.full) this.#commit(target.trim());
      else if (verb === 'delete' && option === undefined) delete sections[section];
      else if (verb === 'delete' && option !== undefined) delete sections[section]?.options[option];
      else if (verb === 'set' && option === undefined)
        sections[section] = { type: word, options: {} };
      else if (verb === 'set' && option !== undefined)
        (sections[section]?.options ?? {})[option] = word;
      else if (verb === 'add_list' && option !== undefined) {
        const options = sections[section]?.options ?? {};
        options[option] = [options[option] ?? []].flat().concat(word);
      }
    }
    return {};
  }

  #sysctl(words: readonly string[]): { status?: number } {
    for (const word of words) {
      const [, name = '', key = '', value = ''] =
        /^net\.ipv6\.neigh\.([^.]+)\.(\w+)=(\d+)$/.exec(word) ?? [];
      if (name !== this.mesh?.name) return { status: 1 };
      showNeighbours(this.host, name, { [key]: value });
    }
    return {};
  }

  #netifd(): void {
    if (this.mesh !== undefined) hideNeighbours(this.host, this.mesh.name);
    const options = this.config['wireless']?.['meshpay']?.options;
    this.mesh = undefined;
    this.neighbours = [];
    this.host.files.delete('/sys/class/net/mesh0/carrier');
    this.country = `${this.config['wireless']?.['radio0']?.options['country'] ?? '00'}`;
    if (options === undefined || this.broken) return;
    const name = `${options['ifname']}`;
    const addresses = [this.config['network']?.['meshpay']?.options['ip6addr'] ?? []].flat();
    this.mesh = { name, addresses };
    showNeighbours(this.host, name);
    this.neighbours = [station('02:00:00:00:00:0b', 100)];
    this.host.files.set(`/sys/class/net/${name}/carrier`, '1');
  }
}

function show(config: string, sections: Record<string, Section>): string {
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  return Object.entries(sections)
    .flatMap(([name, { type, options }]) => [
      `${config}.${name}=${type}`,
      ...Object.entries(options).map(
        ([option, value]) => `${config}.${name}.${option}=${[value].flat().map(quote).join(' ')}`,
      ),
    ])
    .join('\n');
}
