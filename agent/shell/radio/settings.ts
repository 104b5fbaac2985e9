/**
 * The table [radio] of the configuration -> what the platform is asked for. The passphrase comes
 * from its own file, which only its owner may read; the address from the network and the node's
 * key, so that nothing has to be configured.
 *
 * Faults here are found before the platform has looked at the host. What only the host can tell
 * (country, channel, radio) is judged by the platform's plan.
 */
import { channelFrequency } from '../../../platform/channel.ts';
import { FAULTS, type Fault, type FaultCode, fault } from '../../../platform/fault.ts';
import { readWhole } from '../../../platform/file-reader.ts';
import {
  checkSettings,
  DEFAULT_MESH_PARAMETERS,
  type MeshScope,
  type MeshSettings,
} from '../../../platform/settings.ts';
import { radiosOf } from '../config/config-radios.ts';
import type { Config } from '../config/config-schema.ts';
import { readConfiguredGenesis } from '../config/configured-genesis.ts';
import { isKeyFault, readKeyFile, signerFromSeed } from '../keys.ts';
import { meshAddressesWithPrefix } from './address.ts';

export interface RadioSetup {
  readonly settings: MeshSettings;
  /** What is missing and does not keep the mesh from coming up. */
  readonly notes: readonly string[];
}

type RadioSetupReading =
  | { readonly ok: true; readonly setup: RadioSetup }
  | { readonly ok: false; readonly faults: readonly [Fault, ...Fault[]] };

/** What the platform calls a setting -> what the operator wrote. */
const FIELD_NAMES = {
  radio: 'radio.phy',
  interfaceName: 'radio.interface',
  meshId: 'radio.mesh_id',
  passphrase: 'radio.passphrase_file',
  country: 'radio.country',
  frequencyMhz: 'radio.channel',
  allowRadar: 'radio.allow_radar',
  beaconIntervalTu: 'radio.beacon_interval',
  multicastRateMbps: 'radio.mcast_rate',
  distanceMeters: 'radio.distance',
  basicRatesMbps: 'radio.basic_rates',
} as const satisfies Readonly<Partial<Record<keyof MeshSettings, string>>>;

function fieldName(setting: string): string | undefined {
  return Object.hasOwn(FIELD_NAMES, setting)
    ? FIELD_NAMES[setting as keyof typeof FIELD_NAMES]
    : undefined;
}

/** A fault of the platform, about the field of the configuration that it comes from. */
export function inConfigWords(found: Fault): Fault {
  const field = fieldName(found.field);
  return field === undefined ? found : { ...found, field };
}

/** What mends a fault, in one sentence, with the names of the configuration. */
export function remedyFor({ code }: Fault): string {
  return FAULTS[code].remedy
    .replaceAll(/\{(\w+)\}/g, (_, setting: string) => fieldName(setting) ?? setting)
    .replaceAll('`', '"');
}

/** More than any passphrase: 63 characters and the line's end. */
const MAX_PASSPHRASE_FILE_BYTES = 256;

/** Which mesh a configuration means, also where the rest of it is wrong. */
export function scopeOfRadio(config: Config, place: number, names: readonly string[]): MeshScope {
  const interfaceName = config['radio.interface'];
  const siblings = names.filter((name) => name !== interfaceName);
  return {
    interfaceName,
    country: config['radio.country'] ?? '',
    ...(siblings.length === 0 ? {} : { siblings }),
    ...(place === 0 ? {} : { isFurther: true }),
  };
}

/** Whether this node has a mesh radio at all. */
export function hasRadio(config: Config): boolean {
  return config['radio.body'] !== 'none';
}

export type RadioSetupsReading =
  | { readonly ok: true; readonly setups: readonly [RadioSetup, ...RadioSetup[]] }
  | { readonly ok: false; readonly faults: readonly [Fault, ...Fault[]] };

/** All radios of a node, the first one first; the faults of all of them where there are any. */
export function readRadioSetups(config: Config): RadioSetupsReading {
  const [first, ...others] = radiosOf(config);
  const names = [first, ...others].map((radio) => radio['radio.interface']);
  const reading = readRadioSetup(first, 0, names);
  const rest = others.map((radio, i) => readRadioSetup(radio, i + 1, names));
  const faults = [reading, ...rest].flatMap((each, place) =>
    each.ok ? [] : each.faults.map((found) => ofRadio(found, place)),
  );
  const [fault1, ...more] = faults;
  if (fault1 !== undefined) return { ok: false, faults: [fault1, ...more] };
  const setups = rest.flatMap((each) => (each.ok ? [each.setup] : []));
  return reading.ok ? { ok: true, setups: [reading.setup, ...setups] } : reading;
}

/** A fault about the table that it is in. */
function ofRadio(found: Fault, place: number): Fault {
  if (place === 0) return found;
  return { ...found, field: found.field.replace(/^radio\./, `radio.others[${place - 1}].`) };
}

/**
 * Reads what the configuration names, and checks what can be checked without the host. `names`: the
 * interfaces of all radios of this node, of which this is the one at `place`.
 */
function readRadioSetup(
  config: Config,
  place = 0,
  names: readonly string[] = [],
): RadioSetupReading {
  if (!hasRadio(config)) {
    const body = fault('parameter_invalid', 'radio.body', '"auto", "linux" or "openwrt"', '"none"');
    return { ok: false, faults: [body] };
  }
  const notes: string[] = [];
  const network = readConfiguredGenesis(config.genesis);
  const known = 'expected' in network ? undefined : network;
  if ('expected' in network) notes.push(`genesis: ${network.found}, so there is no mesh address`);
  const seed = readKeyFile(config.node_key);
  if (isKeyFault(seed)) notes.push(`node_key: ${seed.message}, so there is no mesh address`);
  const addresses =
    known === undefined || isKeyFault(seed)
      ? []
      : meshAddressesWithPrefix(known.id, signerFromSeed(seed).publicKey, place);
  const passphrase = readPassphrase(config['radio.passphrase_file']);
  const faults: Fault[] = typeof passphrase === 'string' ? [] : [passphrase];
  if (typeof passphrase === 'string' && passphrase !== passphrase.trim()) {
    notes.push('radio.passphrase_file: a space at the beginning or the end, which counts');
  }
  const meshId = config['radio.mesh_id'] ?? known?.genesis.name;
  if (meshId === undefined) {
    const expected = 'a name, while the genesis document cannot be read';
    faults.push(fault('mesh_id_invalid', 'radio.mesh_id', expected, 'none'));
  }
  const [band, channel] = [config['radio.band'], config['radio.channel']];
  const frequencyMhz = channelFrequency(`${band} GHz`, channel);
  if (frequencyMhz === undefined) {
    const expected = `a channel of the ${band} GHz band`;
    faults.push(fault('channel_unknown', 'radio.channel', expected, `${channel}`));
  }
  const settings: MeshSettings = {
    radio: config['radio.phy'] ?? undefined,
    ...scopeOfRadio(config, place, names),
    meshId: meshId ?? 'unknown',
    passphrase: typeof passphrase === 'string' ? passphrase : 'unknown passphrase',
    frequencyMhz: frequencyMhz ?? 2412,
    allowRadar: config['radio.allow_radar'],
    addresses,
    parameters: { ...DEFAULT_MESH_PARAMETERS, ...config['radio.parameters'] },
    ...(config['radio.distance'] === null ? {} : { distanceMeters: config['radio.distance'] }),
    basicRatesMbps: config['radio.basic_rates'],
    beaconIntervalTu: config['radio.beacon_interval'],
    multicastRateMbps: config['radio.mcast_rate'],
    ports: {
      nodes: [...new Set(config['listen.addresses'].map(({ port }) => port))],
      beacons: config['discovery.port'],
    },
  };
  const [first, ...rest] = [...faults, ...checkSettings(settings).map(inConfigWords)];
  if (first !== undefined) return { ok: false, faults: [first, ...rest] };
  return { ok: true, setup: { settings, notes } };
}

const BYTE_ORDER_MARK = '\ufeff';

/** The first line of the file. It is never in a fault. */
function readPassphrase(path: string): string | Fault {
  const field = 'radio.passphrase_file';
  const reading = readWhole(path, MAX_PASSPHRASE_FILE_BYTES);
  if (!reading.ok) {
    const { error, expected, found } = reading;
    return fault(faultCodeOf(error?.code), `${field} ${path}`, expected, found);
  }
  const mode = reading.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    const found = `mode 0${mode.toString(8)}`;
    return fault('passphrase_exposed', `${field} ${path}`, 'mode 0600', found);
  }
  const [line = ''] = reading.bytes.toString('utf8').split(/\r?\n/);
  if (!line.startsWith(BYTE_ORDER_MARK)) return line;
  const found = 'a byte order mark at its beginning, as some editors write';
  return fault('passphrase_invalid', `${field} ${path}`, 'a passphrase in plain ASCII', found);
}

function faultCodeOf(systemCode: string | undefined): FaultCode {
  if (systemCode === 'ENOENT') return 'passphrase_missing';
  return systemCode === 'EACCES' || systemCode === 'EPERM' ? 'not_permitted' : 'file_failed';
}
