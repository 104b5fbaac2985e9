/**
 * The configuration of a node: one table. The checker, `meshpayd --check-config`, the files that
 * `meshpay network create` writes and the manual's reference are all made from it.
 *
 * A field is named as it stands in the file: "control.socket" is `socket` in the table `[control]`.
 * `reload`: a SIGHUP puts a new value in force; the others keep theirs until a restart.
 */
import type { MeshParameters } from '../../../platform/mesh-parameters.ts';
import {
  DEFAULT_BEACON_INTERVAL_TU,
  DEFAULT_MULTICAST_RATE_MBPS,
} from '../../../platform/settings.ts';
import { MAX_MEMBERS } from '../../core/base/limits.ts';
import { LOG_LEVELS, type LogLevel } from '../log/levels.ts';
import type { Address } from '../net/address.ts';
import { NET_LIMITS } from '../net/limits.ts';
import { TRANSPORT_CHOICES, type TransportChoice } from '../net/transport.ts';
import {
  address,
  choice,
  flag,
  integer,
  type Kind,
  list,
  meshParameters,
  otherRadio,
  path,
  type StaticPeer,
  staticPeer,
  text,
} from './config-kinds.ts';

import { type LedgerSetting, ledgerTable } from './config-ledgers.ts';

export const DEFAULT_CONFIG_FILE = '/etc/meshpay/meshpayd.toml';
export const DEFAULT_CONTROL_SOCKET = '/run/meshpay/control.sock';
export const DEFAULT_PORT = 7420;
export const DEFAULT_RADIO_STATUS = '/run/meshpay-radio/status.json';

const RADIO_BODIES = ['none', 'auto', 'linux', 'openwrt'] as const;
export type RadioBody = (typeof RADIO_BODIES)[number];
const RADIO_BANDS = ['2.4', '5', '6'] as const;
export type RadioBand = (typeof RADIO_BANDS)[number];

/** A path of a Unix socket has to fit sockaddr_un, with its closing zero (unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107;

interface Field<T> {
  readonly kind: Kind<T>;
  /** Left out: the field must be in the file. Null: without it, there is no such thing. */
  readonly default?: T | null;
  readonly unit?: string;
  readonly reload: boolean;
  readonly doc: string;
}

/** Keeps the value's type while the row is checked. */
function field<T, D extends { readonly default?: T | null }>(row: Field<T> & D): Field<T> & D {
  return row;
}

const noParameters: MeshParameters = {};
const noRates: readonly number[] = [];
const noTexts: readonly string[] = [];
const noPeers: readonly StaticPeer[] = [];
const noLedgers: readonly LedgerSetting[] = [];
const loopback: readonly Address[] = [{ host: '127.0.0.1', port: DEFAULT_PORT }];

const interfaceName = text(
  /^[^\s/:]{1,15}$/,
  'the name of a network interface, 1 to 15 characters',
);

/** The fields that each radio of a node has for itself. */
export const RADIO_ROWS = {
  interface: field({
    kind: text(
      /^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/,
      'the name of a network interface: 1 to 15 letters, digits, . - and _, a letter first',
    ),
    default: 'mesh0',
    reload: false,
    doc: 'The mesh interface. It is made, and beacons go over it without being configured.',
  }),
  phy: field({
    kind: text(/^[^\s/]{1,32}$/, 'the name of a radio, such as "phy0"'),
    default: null,
    reload: false,
    doc: 'The radio to use; without it, the first that can carry a secured mesh.',
  }),
  band: field({
    kind: choice(RADIO_BANDS),
    default: '2.4' as RadioBand,
    unit: 'GHz',
    reload: false,
    doc: 'The band of the channel. 2.4 reaches furthest; the same on every node of the mesh.',
  }),
  channel: field({
    kind: integer(1, 233),
    default: 1,
    reload: false,
    doc: 'The channel, 20 MHz wide; the same on every node of the mesh.',
  }),
  allow_radar: field({
    kind: flag(),
    default: false,
    reload: false,
    doc: 'Accept a channel that is shared with radar (DFS), where the radio listens first for up to ten minutes.',
  }),
  mcast_rate: field({
    kind: integer(1, 54),
    default: DEFAULT_MULTICAST_RATE_MBPS,
    unit: 'Mbit/s',
    reload: false,
    doc: 'At which rate multicast is sent: higher costs less airtime and does not reach as far.',
  }),
  beacon_interval: field({
    kind: integer(20, 1000),
    default: DEFAULT_BEACON_INTERVAL_TU,
    unit: 'units of 1.024 ms',
    reload: false,
    doc: 'Time between two beacons of the radio; seven missing ones tell that a good neighbour is dead.',
  }),
  parameters: field({
    kind: meshParameters(),
    default: noParameters,
    reload: false,
    doc: 'Parameters of the mesh by their names in the kernel and iw: { mesh_rssi_threshold = -80 }.',
  }),
  distance: field({
    kind: integer(0, 114_750),
    default: null,
    unit: 'm',
    reload: false,
    doc: 'Between the two nodes furthest apart: for how long answers are waited for (coverage class).',
  }),
  basic_rates: field({
    kind: list(integer(1, 54), 12),
    default: noRates,
    unit: 'Mbit/s',
    reload: false,
    doc: 'Rates that every node of the mesh has to receive; without any, those of wpa_supplicant.',
  }),
} as const;

const noRadios: readonly OtherRadio[] = [];

/** In the order of the file: TOML wants what stands in no table first. */
export const CONFIG_FIELDS = {
  name: field({
    kind: text(
      /^[a-z][a-z0-9-]{0,31}$/,
      '1 to 32 small letters, digits and hyphens, a letter first',
    ),
    reload: false,
    doc: 'What people call this node; for an authority, its name in the genesis document.',
  }),
  role: field({
    kind: choice(['authority', 'relay']),
    reload: false,
    doc: 'Whether this node holds balances and votes, or only passes frames on; an authority does both.',
  }),
  genesis: field({
    kind: path(),
    default: 'genesis.json',
    reload: false,
    doc: 'The genesis document of the network. Relative paths start at the folder of this file.',
  }),
  node_key: field({
    kind: path(),
    default: 'node.key',
    reload: false,
    doc: "The file with this node's secret key, which only its owner may read (mode 0600).",
  }),
  peers: field({
    kind: list(staticPeer(), 2 * MAX_MEMBERS),
    default: noPeers,
    reload: true,
    doc: 'Nodes to keep a link to: address and, to accept no other key there, its node name.',
  }),
  ledger: field({
    kind: list(ledgerTable(), 16),
    default: noLedgers,
    reload: false,
    doc: 'Outer ledgers that this node serves as a gateway: name, kind "cashbook", folder; also [[ledger]].',
  }),
  'store.folder': field({
    kind: path(),
    default: '/var/lib/meshpay',
    reload: false,
    doc: 'Where the ledger is kept. It must survive a power cut.',
  }),
  'store.allow_volatile': field({
    kind: flag(),
    default: false,
    reload: false,
    doc: 'Accept a store.folder in memory (tmpfs). For trials: a reboot loses all votes.',
  }),
  'listen.addresses': field({
    kind: list(address('listen'), 16),
    default: loopback,
    reload: false,
    doc: 'Where other nodes and wallets connect to; "[::]:7420" for every interface.',
  }),
  'links.transport': field({
    kind: choice(TRANSPORT_CHOICES),
    default: 'auto' as TransportChoice,
    reload: false,
    doc: 'How streams travel: over TCP, over datagrams (for meshes that lose packets), or as it fits.',
  }),
  'discovery.on': field({
    kind: flag(),
    default: false,
    reload: true,
    doc: 'Send and hear signed beacons, so that neighbours find each other; on a mesh always.',
  }),
  'discovery.interfaces': field({
    kind: list(interfaceName, 8),
    default: noTexts,
    reload: true,
    doc: 'Interfaces for beacons; one that is not there yet is waited for.',
  }),
  'discovery.port': field({
    kind: integer(1, 65_535),
    default: 7421,
    reload: false,
    doc: 'UDP port of beacons; the same on every node of the network.',
  }),
  'discovery.dial': field({
    kind: integer(0, 64),
    default: 8,
    unit: 'nodes',
    reload: false,
    doc: 'How many nodes that beacons told of, and that are no members, to keep a link to.',
  }),
  'radio.body': field({
    kind: choice(RADIO_BODIES),
    default: 'none' as RadioBody,
    reload: false,
    doc: 'Who builds the mesh: netifd ("openwrt"), meshpay-radio itself ("linux"), whichever fits, or nobody.',
  }),
  'radio.interface': RADIO_ROWS.interface,
  'radio.phy': RADIO_ROWS.phy,
  'radio.mesh_id': field({
    kind: text(/^\P{Cc}{1,64}$/u, '1 to 32 bytes without control characters'),
    default: null,
    reload: false,
    doc: 'What the mesh is called on the air; without it, as the network is in the genesis document.',
  }),
  'radio.passphrase_file': field({
    kind: path(),
    default: '/etc/meshpay/mesh.passphrase',
    reload: false,
    doc: 'The file with the passphrase of the mesh in its first line, 8 to 63 characters (mode 0600).',
  }),
  'radio.country': field({
    kind: text(/^[a-zA-Z0-9]{2}$/, 'two letters, such as "DE"'),
    default: null,
    reload: false,
    doc: 'The country in which the radio stands (ISO 3166-1). Without it nothing is sent.',
  }),
  'radio.band': RADIO_ROWS.band,
  'radio.channel': RADIO_ROWS.channel,
  'radio.allow_radar': RADIO_ROWS.allow_radar,
  'radio.mcast_rate': RADIO_ROWS.mcast_rate,
  'radio.beacon_interval': RADIO_ROWS.beacon_interval,
  'radio.parameters': RADIO_ROWS.parameters,
  'radio.distance': RADIO_ROWS.distance,
  'radio.basic_rates': RADIO_ROWS.basic_rates,
  'radio.others': field({
    kind: list(otherRadio<OtherRadio>(RADIO_ROWS), 3),
    default: noRadios,
    reload: false,
    doc: 'Further radios, each with an interface of its own; the same as further tables [[radio]].',
  }),
  'radio.led': field({
    kind: text(/^(?!\.{1,2}$)[^\s/]{1,64}$/, 'the name of an LED in /sys/class/leds'),
    default: null,
    reload: false,
    doc: 'An LED that shows how this node stands: a flash (no mesh), blinking (no quorum), steady (quorum).',
  }),
  'radio.status_file': field({
    kind: path(),
    default: DEFAULT_RADIO_STATUS,
    reload: false,
    doc: 'Where meshpay-radio says how the mesh stands; everybody may read it.',
  }),
  'control.socket': field({
    kind: path(`a path of at most ${MAX_SOCKET_PATH_BYTES} bytes`, MAX_SOCKET_PATH_BYTES),
    default: DEFAULT_CONTROL_SOCKET,
    reload: false,
    doc: 'The Unix socket over which meshpay talks to this node (mode 0660).',
  }),
  'control.group': field({
    kind: text(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a group'),
    default: null,
    reload: false,
    doc: "The group that may use the socket; without it, the daemon's own.",
  }),
  'log.level': field({
    kind: choice(LOG_LEVELS),
    default: 'info' as LogLevel,
    reload: true,
    doc: 'Which messages are written, from this level up.',
  }),
  'limits.links': field({
    kind: integer(8, NET_LIMITS.links),
    default: NET_LIMITS.links,
    unit: 'links',
    reload: false,
    doc: 'Open links in total. Room for every member is kept free within it.',
  }),
  'limits.node_links': field({
    kind: integer(1, NET_LIMITS.nodeLinks),
    default: NET_LIMITS.nodeLinks,
    unit: 'links',
    reload: false,
    doc: 'Open links of nodes that prove a key and are no members: relays.',
  }),
  'limits.anonymous_links': field({
    kind: integer(1, NET_LIMITS.links - 1),
    default: NET_LIMITS.anonymousLinks,
    unit: 'links',
    reload: false,
    doc: 'Open links of wallets and others that prove no key.',
  }),
  'limits.anonymous_rate': field({
    kind: integer(1, 100_000),
    default: NET_LIMITS.anonymousTokensPerSecond,
    unit: 'frames/s',
    reload: false,
    doc: 'What one anonymous link may send; a frame of n KiB counts n + 1. The rest waits.',
  }),
} as const;

export type ConfigField = keyof typeof CONFIG_FIELDS;

/** A further radio: what its table says, and the usual values for the rest. */
export type OtherRadio = {
  readonly [Key in keyof typeof RADIO_ROWS]:
    | ValueOf<(typeof RADIO_ROWS)[Key]>
    | (Key extends 'interface' ? null : never);
};

type ValueOf<Row> =
  Row extends Field<infer T> ? (Row extends { readonly default: null } ? T | null : T) : never;

/** A checked configuration: every field has its value, paths are absolute. */
export type Config = { readonly [F in ConfigField]: ValueOf<(typeof CONFIG_FIELDS)[F]> };
