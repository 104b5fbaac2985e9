/**
 * What OpenWrt's firewall has to let in on the mesh. It rejects whatever comes in on an interface
 * that is in no zone (firewall4, `option input REJECT` of the defaults), even neighbour
 * solicitations. So the mesh gets a zone of its own. It lets in nodes and wallets, beacons, and
 * what IPv6 itself needs (RFC 4890 4.4); it lets everything out, and forwards nothing to other
 * networks.
 */
import type { MeshSettings } from '../settings.ts';
import { SECTION, wholeSection } from './sections.ts';
import { batch, option, type UciConfig, type UciValue } from './uci.ts';

/** What the shell's configuration has where nothing is set. */
const DEFAULT_PORTS = { nodes: [7420], beacons: 7421 } as const;

const ICMP_TYPES = [
  'echo-request',
  'echo-reply',
  'destination-unreachable',
  'packet-too-big',
  'time-exceeded',
  'bad-header',
  'unknown-header-type',
  'neighbour-solicitation',
  'neighbour-advertisement',
];

const NAMES = [SECTION, `${SECTION}_nodes`, `${SECTION}_beacons`, `${SECTION}_neighbours`] as const;
type Name = (typeof NAMES)[number];
type Options = Readonly<Record<string, UciValue>>;

/** Lines after which the firewall lets the mesh in; none without a firewall. */
export function firewallLines(
  settings: MeshSettings,
  firewall: UciConfig | undefined,
): readonly string[] {
  if (firewall === undefined) return [];
  // The operator has put the mesh into a zone of his own: then he says what it lets in.
  if (isInOtherZone(firewall)) return firewallRestoration(firewall);
  return Object.entries(wantedSections(settings)).flatMap(([name, options]) => {
    const type = name === SECTION ? 'zone' : 'rule';
    return wholeSection(`firewall.${name}`, type, options, firewall.get(name));
  });
}

/** Lines after which nothing of ours is in it. */
export function firewallRestoration(firewall: UciConfig | undefined): readonly string[] {
  const present = NAMES.filter((name) => firewall?.has(name) === true);
  return present.map((name) => batch.delete(`firewall.${name}`));
}

function isInOtherZone(firewall: UciConfig): boolean {
  return [...firewall].some(([name, section]) => {
    if (name === SECTION || section.type !== 'zone') return false;
    return option(section, 'network')?.split(' ').includes(SECTION) === true;
  });
}

function wantedSections({ ports = DEFAULT_PORTS }: MeshSettings): Readonly<Record<Name, Options>> {
  const rule = (name: string, options: Options): Options => {
    return {
      name: `Allow-MeshPay-${name}`,
      src: SECTION,
      family: 'ipv6',
      ...options,
      target: 'ACCEPT',
    };
  };
  const nodePorts = ports.nodes.join(' ');
  return {
    [SECTION]: {
      name: SECTION,
      network: [SECTION],
      input: 'REJECT',
      output: 'ACCEPT',
      forward: 'REJECT',
    },
    [`${SECTION}_nodes`]: rule('Nodes', { proto: 'tcp udp', dest_port: nodePorts }),
    [`${SECTION}_beacons`]: rule('Beacons', { proto: 'udp', dest_port: `${ports.beacons}` }),
    [`${SECTION}_neighbours`]: rule('ICMPv6', { proto: 'icmp', icmp_type: ICMP_TYPES }),
  } as Readonly<Record<Name, Options>>;
}
