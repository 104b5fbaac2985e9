/**
 * The sections of UCI that describe a mesh, and the lines of a batch that make them so: one
 * wifi-iface and one network section, both named `meshpay`, the options of the wifi-device that a
 * mesh needs, and `disabled` of other networks that would come up with it.
 *
 * The options are those that netifd's mac80211 scripts read (openwrt/package/network/config/
 * wifi-scripts, shell and ucode alike): `mcast_rate` of the wifi-iface in kbit/s, `beacon_int` of
 * the wifi-device, parameters under their names in `iw`. netifd leaves management frame protection
 * of a mesh to wpad, which offers it; doctor tells where a neighbour goes without.
 */
import { bandOf, channelNumber } from '../channel.ts';
import { normalizePrefix } from '../ipv6.ts';
import { type MeshParameters, parameterText } from '../mesh-parameters.ts';
import type { Band, Phy } from '../radio.ts';
import type { MeshSettings } from '../settings.ts';
import type { OpenwrtObserved } from './observed.ts';
import { batch, option, type UciConfig, type UciSection, type UciValue } from './uci.ts';

export const SECTION = 'meshpay';

export const DEVICE_OPTIONS = [
  'disabled',
  'country',
  'band',
  'channel',
  'beacon_int',
  'distance',
  'basic_rate',
] as const;

/** Options that all networks of a radio share: where there are others, theirs stay. */
const SHARED_OPTIONS: ReadonlySet<string> = new Set(['beacon_int', 'basic_rate']);

const UCI_BANDS: Readonly<Record<Band, string>> = { '2.4 GHz': '2g', '5 GHz': '5g', '6 GHz': '6g' };

/** Parameters that netifd does not pass on in every release (its mac80211 scripts). */
const NOT_IN_UCI: ReadonlySet<string> = new Set([
  'mesh_nolearn',
  'mesh_connected_to_gate',
  'mesh_connected_to_as',
]);

/**
 * The wifi-device section of a phy, of those that netifd takes for it. A phy with several radios
 * has a section for each (`option radio`), and some have one for each band: then the one that is on
 * the wanted band. A section that says which radio of its phy it is never becomes that of another.
 */
export function deviceOf(
  observed: OpenwrtObserved,
  phy: Phy,
  frequencyMhz: number,
): string | undefined {
  const names = [...observed.wireless].flatMap(([name, section]) => {
    const isOurs = section.type === 'wifi-device' && phyOf(observed, section) === phy.name;
    return isOurs ? [name] : [];
  });
  const band = bandName(frequencyMhz);
  const sectionOf = (name: string) => observed.wireless.get(name);
  const onBand = names.find((name) => bandOfDevice(sectionOf(name)) === band);
  return onBand ?? names.find((name) => option(sectionOf(name), 'radio') === undefined);
}

/**
 * The phy that netifd takes for a section, in its order (find_phy in its mac80211 scripts): by
 * name, by path, by hardware address. `path+N` is the phy N after the first of those at one device.
 */
function phyOf(
  { devicePaths, phyAddresses }: OpenwrtObserved,
  section: UciSection,
): string | undefined {
  const name = option(section, 'phy');
  if (name !== undefined && devicePaths[name] !== undefined) return name;
  const [, path, place = '0'] = /^(.*?)(?:\+(\d+))?$/.exec(option(section, 'path') ?? '') ?? [];
  if (path !== undefined && path !== '') {
    const folders = [`/sys/devices/${path}`, `/sys/devices/platform/${path}`];
    const there = Object.entries(devicePaths).filter(([, folder]) => folders.includes(folder));
    const [found] = there[Number(place)] ?? [];
    if (found !== undefined) return found;
  }
  const address = option(section, 'macaddr')?.toLowerCase();
  if (address === undefined) return undefined;
  return Object.entries(phyAddresses).find(([, each]) => each === address)?.[0];
}

/** Since 21.02 a section names its band; before, the mode of its hardware. */
export function bandOfDevice(section: UciSection | undefined): string | undefined {
  const mode = option(section, 'hwmode') ?? '';
  const ofMode = /^11n?a/.test(mode) ? '5g' : /^11[bgn]/.test(mode) ? '2g' : undefined;
  return option(section, 'band') ?? ofMode;
}

export function batchLines(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  device: string,
): readonly string[] {
  const { addresses, country, frequencyMhz, distanceMeters, basicRatesMbps = [] } = settings;
  const ip6addr = addresses.map((address) => normalizePrefix(address) ?? address);
  const network = ip6addr.length === 0 ? { proto: 'none' } : { proto: 'static', ip6addr };
  const radio = {
    disabled: '0',
    country,
    band: bandName(frequencyMhz),
    channel: `${channelNumber(frequencyMhz)}`,
    beacon_int: `${settings.beaconIntervalTu}`,
    ...(distanceMeters === undefined ? {} : { distance: `${distanceMeters}` }),
    // In kbit/s.
    ...(basicRatesMbps.length === 0
      ? {}
      : { basic_rate: basicRatesMbps.map((rate) => 1000 * rate).join(' ') }),
  } satisfies Partial<Record<(typeof DEVICE_OPTIONS)[number], string>>;
  const present = observed.wireless.get(device);
  const wifi = wifiInterface(settings, device);
  return [
    ...wholeSection(`wireless.${SECTION}`, 'wifi-iface', wifi, observed.wireless.get(SECTION)),
    ...wholeSection(`network.${SECTION}`, 'interface', network, observed.network.get(SECTION)),
    ...Object.entries(radio)
      .filter(([name]) => !SHARED_OPTIONS.has(name) || !keepsInterval(observed, device))
      .filter(([name, value]) => (option(present, name) ?? defaultOf(name)) !== value)
      .map(([name, value]) => batch.set(`wireless.${device}.${name}`, value)),
    ...wokenBy(observed, device).map((name) => batch.set(`wireless.${name}.disabled`, '1')),
  ];
}

/**
 * All networks of a radio have one beacon interval: where there are others, theirs stays, and where
 * it was left so, it is not worth taking the mesh down once they are gone.
 */
function keepsInterval({ wireless }: OpenwrtObserved, device: string): boolean {
  const present = wireless.get(device);
  if (!isDisabled(present) && networksOn(wireless, device).length > 0) return true;
  const isOurs = devicesOf(wireless.get(SECTION)).includes(device);
  return isOurs && option(present, 'beacon_int') === undefined;
}

function wifiInterface(settings: MeshSettings, device: string): Readonly<Record<string, string>> {
  return {
    device,
    network: SECTION,
    mode: 'mesh',
    ifname: settings.interfaceName,
    mesh_id: settings.meshId,
    encryption: 'sae',
    key: settings.passphrase,
    disabled: '0',
    mcast_rate: `${settings.multicastRateMbps * 1000}`,
    ...parameterOptions(settings.parameters),
  };
}

function parameterOptions(parameters: MeshParameters): Readonly<Record<string, string>> {
  const entries = Object.entries(parameters).filter(([name]) => !NOT_IN_UCI.has(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, parameterText(name, value)]));
}

/**
 * Networks that a device which was off would begin to send with ours: a router comes with an open
 * access point in each radio, and only the device says that it is off. So they are switched off
 * themselves. A device that is on is left as the operator has it.
 */
export function wokenBy(observed: OpenwrtObserved, device: string): readonly string[] {
  return isDisabled(observed.wireless.get(device)) ? networksOn(observed.wireless, device) : [];
}

/** The other enabled networks of a device, by section. */
export function networksOn(wireless: UciConfig, device: string): readonly string[] {
  return [...wireless].flatMap(([name, section]) => {
    const isOther = name !== SECTION && section.type === 'wifi-iface' && !isDisabled(section);
    return isOther && devicesOf(section).includes(device) ? [name] : [];
  });
}

/** One, but for a network of several links (802.11be). */
export function devicesOf(section: UciSection | undefined): readonly string[] {
  return option(section, 'device')?.split(' ') ?? [];
}

/** A boolean in the words of UCI. */
export function isDisabled(section: UciSection | undefined): boolean {
  return isTrue(option(section, 'disabled'));
}

export function isTrue(value: string | null | undefined): boolean {
  return /^(?:1|on|true|yes|enabled)$/.test(value ?? '');
}

/** Lines that make a section be exactly this; none where it is already. */
export function wholeSection(
  path: string,
  type: string,
  wanted: Readonly<Record<string, UciValue>>,
  present: UciSection | undefined,
): readonly string[] {
  if (present?.type === type && sameOptions(wanted, present.options)) return [];
  return [
    ...(present === undefined ? [] : [batch.delete(path)]),
    batch.section(path, type),
    ...Object.entries(wanted).flatMap(([name, value]) =>
      typeof value === 'string'
        ? [batch.set(`${path}.${name}`, value)]
        : value.map((entry) => batch.addToList(`${path}.${name}`, entry)),
    ),
  ];
}

function sameOptions(
  left: Readonly<Record<string, UciValue>>,
  right: Readonly<Record<string, UciValue>>,
): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => `${left[name]}` === `${right[name]}`);
}

/** An absent `disabled` means that the radio is on. */
function defaultOf(name: string): string | undefined {
  return name === 'disabled' ? '0' : undefined;
}

export function bandName(frequencyMhz: number): string {
  return UCI_BANDS[bandOf(frequencyMhz) ?? '2.4 GHz'];
}
