/**
 * What an operator wants of the radio, and everything that can be said about it without touching
 * the host: the first half of the promise that bad input changes nothing.
 */
import { bandOf, channelNumber } from './channel.ts';
import { watchesRadar } from './combinations.ts';
import { type Fault, fault } from './fault.ts';
import { normalizePrefix } from './ipv6.ts';
import {
  CAC_TIMEOUT_MS,
  JOIN_TIMEOUT_MS,
  MAX_ADDRESSES,
  WEATHER_CAC_TIMEOUT_MS,
} from './limits.ts';
import { isMeshParameterName, type MeshParameters, parameterRange } from './mesh-parameters.ts';
import type { Channel, Phy } from './radio.ts';
import { type CountryRules, ruleAt } from './regulatory-database.ts';

/** What an observation depends on. */
export interface MeshScope {
  readonly interfaceName: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** The interfaces of the other radios of this node: theirs are not left over from anything. */
  readonly siblings?: readonly string[];
  /** This is not the first radio of the node. */
  readonly isFurther?: true;
}

export interface MeshSettings extends MeshScope {
  /** A phy by name; undefined takes the first that can do it. */
  readonly radio: string | undefined;
  /** 1 to 32 bytes of UTF-8. */
  readonly meshId: string;
  /** SAE passphrase, 8 to 63 printable ASCII characters. Never in argv, logs or faults. */
  readonly passphrase: string;
  /** Centre of a 20 MHz channel. */
  readonly frequencyMhz: number;
  /** Accept a channel that is shared with radar. */
  readonly allowRadar: boolean;
  /** IPv6 addresses with prefix length, beside the link-local one that the kernel makes. */
  readonly addresses: readonly string[];
  readonly parameters: MeshParameters;
  /** Time units of 1.024 ms; liveness counts in beacons, so this bounds how soon a death shows. */
  readonly beaconIntervalTu: number;
  /** Mbit/s; one of the legacy rates of the band (IEEE 802.11-2020 16.2, 17.3). */
  readonly multicastRateMbps: number;
  /**
   * Between the two nodes that are furthest from each other, in metres: how long answers may take.
   */
  readonly distanceMeters?: number;
  /** Mbit/s; every node has to receive these. Without any, those of the supplicant. */
  readonly basicRatesMbps?: readonly number[];
  /** What a firewall of the host has to let in, where it is ours to tell. */
  readonly ports?: MeshPorts;
}

export interface MeshPorts {
  /** TCP and UDP. */
  readonly nodes: readonly number[];
  /** UDP. */
  readonly beacons: number;
}

/** 6.5 beacons a second cost about 1 % of 2.4 GHz airtime per node and show a death in 1.1 s. */
export const DEFAULT_BEACON_INTERVAL_TU = 150;

/** Multicast reaches about as far as unicast then, at a sixth of the airtime of 1 Mbit/s. */
export const DEFAULT_MULTICAST_RATE_MBPS = 6;

/**
 * Kernel defaults suit dozens of still nodes; these suit a street: 31 hops, paths kept 5 s so that
 * a moved node is found again quickly, every node forwards.
 */
export const DEFAULT_MESH_PARAMETERS: MeshParameters = {
  mesh_ttl: 31,
  mesh_fwding: 1,
  mesh_max_peer_links: 99,
  mesh_hwmp_active_path_timeout: 5000,
};

/** As far as the coverage class of IEEE 802.11 reaches: 255 steps of 3 us. */
const MAX_DISTANCE_METERS = 114_750;
const METERS_PER_COVERAGE_CLASS = 450;
const MESH_ID_MAX_BYTES = 32;
const FIRST_WEATHER_MHZ = 5600;
const LAST_WEATHER_MHZ = 5640;
const PASSPHRASE_MIN = 8;
const PASSPHRASE_MAX = 63;
/** OFDM rates, which every band has, and those of 802.11b, which only 2.4 GHz has. */
const OFDM_RATES_MBPS = [6, 9, 12, 18, 24, 36, 48, 54];
const CCK_RATES_MBPS = [1, 2, 5.5, 11];

/** All faults of the settings in themselves, in the order of the fields. */
export function checkSettings(settings: MeshSettings): readonly Fault[] {
  return [
    ...checkInterfaceName(settings.interfaceName),
    ...checkMeshId(settings.meshId),
    ...checkPassphrase(settings.passphrase),
    ...checkCountry(settings.country),
    ...checkFrequency(settings.frequencyMhz),
    ...checkAddresses(settings.addresses),
    ...checkParameters(settings.parameters),
    ...checkRange('beaconIntervalTu', settings.beaconIntervalTu, 20, 1000),
    ...checkRates(settings),
    ...checkRange('distanceMeters', settings.distanceMeters ?? 0, 0, MAX_DISTANCE_METERS),
  ];
}

/**
 * Whether a mesh may start on the channel, on this radio and in this country. While the radio still
 * follows another country, its marks say nothing about the wanted one: then the regulatory database
 * (`rules`, undefined where there is none) is asked instead.
 */
export function checkChannel(
  settings: MeshSettings,
  phy: Phy,
  currentCountry: string | undefined,
  rules: CountryRules | undefined,
): readonly Fault[] {
  const { frequencyMhz, country, allowRadar } = settings;
  const found = `${frequencyMhz} MHz`;
  const channel = channelOf(phy, frequencyMhz);
  if (channel === undefined) return [channelUnknown(phy, frequencyMhz)];
  const field = 'frequencyMhz';
  const marks = currentCountry === country ? channel : marksByRules(channel, rules);
  if (marks.disabled) {
    const open = phy.channels.filter((each) => !each.disabled && !each.noInitiation && !each.radar);
    const numbers = currentCountry === country ? open.map(({ number }) => number).join(', ') : '';
    const expected = `a channel allowed in ${country}${numbers === '' ? '' : `: ${numbers}`}`;
    return [fault('channel_not_allowed', field, expected, found)];
  }
  if (marks.radar && !allowRadar) {
    return [fault('channel_radar', field, 'a channel without radar', found)];
  }
  if (marks.radar && !watchesRadar(phy)) {
    const expected = 'a driver that can watch for radar while it is in a mesh';
    return [fault('channel_radar', field, expected, `${found} on ${phy.name}, which cannot`)];
  }
  if (marks.noInitiation) {
    return [fault('channel_no_initiation', field, 'a channel without the no-IR mark', found)];
  }
  return [];
}

/** How long a mesh may take to join: on a channel with radar it has to listen first. */
export function joinTimeoutMs({ frequencyMhz }: MeshSettings, phy: Phy): number {
  if (channelOf(phy, frequencyMhz)?.radar !== true) return JOIN_TIMEOUT_MS;
  const isWeather = frequencyMhz >= FIRST_WEATHER_MHZ && frequencyMhz <= LAST_WEATHER_MHZ;
  return isWeather ? WEATHER_CAC_TIMEOUT_MS : CAC_TIMEOUT_MS;
}

/** Rounded up: who waits too short hears no answer at all. */
export function coverageClassOf(distanceMeters: number): number {
  return Math.ceil(distanceMeters / METERS_PER_COVERAGE_CLASS);
}

export function channelOf(phy: Phy, frequencyMhz: number): Channel | undefined {
  return phy.channels.find((candidate) => candidate.frequencyMhz === frequencyMhz);
}

export function channelUnknown({ name }: Phy, frequencyMhz: number): Fault {
  const found = `${frequencyMhz} MHz`;
  return fault('channel_unknown', 'frequencyMhz', `a channel of ${name}`, found);
}

function marksByRules(channel: Channel, rules: CountryRules | undefined): Channel {
  if (rules === undefined) return channel;
  const rule = ruleAt(rules, channel.frequencyMhz);
  return {
    ...channel,
    disabled: rule === undefined,
    noInitiation: rule?.noInitiation ?? false,
    radar: rule?.radar ?? false,
  };
}

function checkInterfaceName(name: string): readonly Fault[] {
  if (/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/.test(name)) return [];
  const expected = '1 to 15 of a-z A-Z 0-9 . - _, beginning with a letter';
  return [fault('interface_name_invalid', 'interfaceName', expected, shown(name))];
}

function checkMeshId(meshId: string): readonly Fault[] {
  const bytes = new TextEncoder().encode(meshId).length;
  const readable = !/[\p{Cc}\p{Cs}]/u.test(meshId);
  if (readable && bytes >= 1 && bytes <= MESH_ID_MAX_BYTES) return [];
  const expected = `1 to ${MESH_ID_MAX_BYTES} bytes of UTF-8 without control characters`;
  const found = readable ? `${bytes} bytes` : 'control characters';
  return [fault('mesh_id_invalid', 'meshId', expected, found)];
}

function checkPassphrase(passphrase: string): readonly Fault[] {
  const printable = /^[\x20-\x7e]*$/.test(passphrase);
  const { length } = passphrase;
  if (printable && length >= PASSPHRASE_MIN && length <= PASSPHRASE_MAX) return [];
  const expected = `${PASSPHRASE_MIN} to ${PASSPHRASE_MAX} printable ASCII characters`;
  const found = printable ? `${length} characters` : 'other characters';
  return [fault('passphrase_invalid', 'passphrase', expected, found)];
}

function checkCountry(country: string): readonly Fault[] {
  if (country === '' || country === '00') {
    return [fault('country_unset', 'country', 'two letters such as DE', shown(country))];
  }
  if (/^[A-Z]{2}$/.test(country)) return [];
  return [fault('country_unknown', 'country', 'two capital letters such as DE', shown(country))];
}

function checkFrequency(frequencyMhz: number): readonly Fault[] {
  if (bandOf(frequencyMhz) !== undefined && channelNumber(frequencyMhz) !== undefined) return [];
  const expected = 'the centre of a channel in the 2.4, 5 or 6 GHz band';
  return [fault('channel_unknown', 'frequencyMhz', expected, `${frequencyMhz} MHz`)];
}

function checkAddresses(addresses: readonly string[]): readonly Fault[] {
  if (addresses.length > MAX_ADDRESSES) {
    const expected = `at most ${MAX_ADDRESSES} addresses`;
    return [fault('address_invalid', 'addresses', expected, `${addresses.length}`)];
  }
  return addresses
    .filter((address) => normalizePrefix(address) === undefined)
    .map((address) =>
      fault('address_invalid', 'addresses', 'IPv6 with prefix: fd12::1/64', shown(address)),
    );
}

function checkParameters(parameters: MeshParameters): readonly Fault[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (!isMeshParameterName(name)) {
      return [fault('parameter_invalid', 'parameters', 'a mesh parameter', shown(name))];
    }
    return checkRange(name, value, ...parameterRange(name));
  });
}

function checkRates(settings: MeshSettings): readonly Fault[] {
  const { multicastRateMbps, basicRatesMbps = [], frequencyMhz } = settings;
  const old = bandOf(frequencyMhz) === '2.4 GHz' ? CCK_RATES_MBPS : [];
  const rates = [...old, ...OFDM_RATES_MBPS].sort((left, right) => left - right);
  const wrong = (field: string, rate: number) =>
    rates.includes(rate)
      ? []
      : [fault('parameter_invalid', field, `one of ${rates.join(', ')} Mbit/s`, `${rate}`)];
  return [
    ...wrong('multicastRateMbps', multicastRateMbps),
    ...basicRatesMbps.flatMap((rate) => wrong('basicRatesMbps', rate)),
  ];
}

function checkRange(field: string, value: number, min: number, max: number): readonly Fault[] {
  if (Number.isInteger(value) && value >= min && value <= max) return [];
  return [fault('parameter_invalid', field, `an integer from ${min} to ${max}`, `${value}`)];
}

/** Bad input is shown, bounded and quoted, so that a space or a control character can be seen. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
