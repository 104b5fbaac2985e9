/**
 * What else is configured on the router, beside the mesh that is wanted: whatever netifd, hostapd,
 * the supplicant or the kernel would refuse, or would do to somebody else's networks, is refused,
 * and named, before anything is changed.
 */
import { bandOf, channelFrequency, channelNumber } from '../channel.ts';
import { fitsTogether } from '../combinations.ts';
import { type Fault, fault } from '../fault.ts';
import type { InterfaceType, Phy } from '../radio.ts';
import type { MeshSettings } from '../settings.ts';
import { regulatoryFaults } from '../survey.ts';
import type { OpenwrtObserved } from './observed.ts';
import {
  bandName,
  bandOfDevice,
  devicesOf,
  isDisabled,
  networksOn,
  SECTION,
  wokenBy,
} from './sections.ts';
import { option } from './uci.ts';

export function besideFaults(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  phy: Phy,
  device: string,
): readonly Fault[] {
  return [
    ...nameFaults(settings, observed),
    ...keyFaults(settings),
    ...countryFaults(settings, observed, device),
    ...busyFaults(settings, observed, phy, device),
    ...widthFaults(settings, observed, phy, device),
  ];
}

/** netifd still has an interface of ours, whatever the configuration says by now. */
export function isBuilt({ radios }: Pick<OpenwrtObserved, 'radios'>): boolean {
  return Object.values(radios).some((radio) => radio.interfaceNames[SECTION] !== undefined);
}

function nameFaults(settings: MeshSettings, observed: OpenwrtObserved): readonly Fault[] {
  const { interfaceName } = settings;
  const taken = (found: string) => [
    fault('interface_taken', 'interfaceName', 'a free interface name', found),
  ];
  const owner = [...observed.wireless].find(
    ([name, section]) =>
      name !== SECTION && !isDisabled(section) && option(section, 'ifname') === interfaceName,
  );
  if (owner !== undefined)
    return taken(`${interfaceName} is option ifname of wireless.${owner[0]}`);
  const user = [...observed.network].find(([name, section]) => {
    const words = ['device', 'ifname'].flatMap((each) => option(section, each)?.split(' ') ?? []);
    return name !== SECTION && section.type === 'interface' && words.includes(interfaceName);
  });
  if (user !== undefined) return taken(`${interfaceName} is the device of network.${user[0]}`);
  const isThere = observed.links.some(({ name }) => name === interfaceName);
  if (!isThere || observed.wireless.has(SECTION) || isBuilt(observed)) return [];
  return taken(`${interfaceName} is in use`);
}

/**
 * The scripts write the key into the supplicant's file between two `"`; with a third one the file's
 * reader takes `#` for the beginning of a comment in some releases, and the mesh gets another key.
 */
function keyFaults({ passphrase }: MeshSettings): readonly Fault[] {
  if (!passphrase.includes('"') || !passphrase.includes('#')) return [];
  const expected = 'one that OpenWrt passes on whole: not both " and #';
  return [fault('passphrase_invalid', 'passphrase', expected, 'both " and #')];
}

/** There is one country for all radios: what is built last wins. */
function countryFaults(
  { country }: MeshSettings,
  observed: OpenwrtObserved,
  device: string,
): readonly Fault[] {
  return [...observed.wireless].flatMap(([name, section]) => {
    const other = option(section, 'country');
    const isOther = section.type === 'wifi-device' && name !== device && !isDisabled(section);
    if (!isOther || other === undefined || other.toUpperCase() === country) return [];
    const expected = `${country} in every enabled wifi-device, since OpenWrt has one for all radios`;
    return [fault('country_conflict', 'country', expected, `${other} in wireless.${name}`)];
  });
}

const TYPES: Readonly<Record<string, InterfaceType>> = {
  ap: 'AP',
  sta: 'managed',
  adhoc: 'IBSS',
  mesh: 'mesh point',
};

/** Another enabled network on the same radio keeps its channel, and the radio must take both. */
function busyFaults(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  phy: Phy,
  device: string,
): readonly Fault[] {
  const section = observed.wireless.get(device);
  if (isDisabled(section)) return wakingFaults(observed, device);
  const others = networksOn(observed.wireless, device);
  if (others.length === 0) return [];
  const names = others.join(', ');
  const busy = (expected: string, found: string) => [
    fault('radio_busy', `radio ${device}`, expected, found),
  ];
  // A type that needs no room (monitor) is in no combination.
  const types = others.flatMap(
    (name) => TYPES[option(observed.wireless.get(name), 'mode') ?? 'ap'] ?? [],
  );
  const { frequencyMhz } = settings;
  const sharers = [...types, 'mesh point' as const].map((type) => ({ type, frequencyMhz }));
  if (!fitsTogether(phy, sharers)) {
    return busy(`no network on ${device} beside the mesh: ${phy.name} cannot do both`, names);
  }
  const channel = option(section, 'channel') ?? 'auto';
  const wanted = `${channelNumber(settings.frequencyMhz)}`;
  if (channel === 'auto' || channel === '0') {
    return busy(`option channel '${wanted}' in ${device}`, `channel auto, which ${names} uses`);
  }
  const band = bandOfDevice(section) ?? bandName(settings.frequencyMhz);
  if (band === bandName(settings.frequencyMhz) && channel === wanted) return [];
  const expected = `channel ${channel}, which ${names} uses, or no other network on ${device}`;
  return busy(expected, `${settings.frequencyMhz} MHz`);
}

/** What cannot be switched off for certain: the number of a section without a name changes. */
function wakingFaults(observed: OpenwrtObserved, device: string): readonly Fault[] {
  return wokenBy(observed, device).flatMap((name) => {
    const isAlone = devicesOf(observed.wireless.get(name)).length === 1;
    if (isAlone && !name.startsWith('@')) return [];
    const expected = `option disabled '1' in ${name}, which would come up with the mesh`;
    return [fault('radio_busy', `radio ${device}`, expected, 'an enabled network')];
  });
}

/**
 * The mesh gets the width of the device: it is refused where it reaches what the channel does not.
 */
function widthFaults(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  phy: Phy,
  device: string,
): readonly Fault[] {
  const mode = option(observed.wireless.get(device), 'htmode') ?? '';
  for (const frequencyMhz of reachedBy(mode, settings.frequencyMhz)) {
    const [first] = regulatoryFaults({ ...settings, frequencyMhz }, observed, phy);
    if (first === undefined) continue;
    const expected = `a narrower one, such as HT20, in wireless.${device}`;
    const found = `${mode}, which reaches ${frequencyMhz} MHz`;
    return [fault(first.code, `htmode of ${device}`, expected, found)];
  }
  return [];
}

const FIRST_6_GHZ_MHZ = 5955;
/** Where blocks of several 20 MHz channels begin in the 5 GHz band (IEEE 802.11-2020 annex E). */
const FIRST_5_GHZ_CHANNELS = [36, 100, 149];

/**
 * The centres of the other 20 MHz channels that an `htmode` takes beside the one at a frequency.
 */
export function reachedBy(mode: string, frequencyMhz: number): readonly number[] {
  const [, width = '20', side = ''] = /^(?:HT|VHT|HE|EHT)(\d+)([+-]?)$/.exec(mode) ?? [];
  const count = Number(width) / 20;
  const number = channelNumber(frequencyMhz);
  const band = bandOf(frequencyMhz);
  if (count < 2 || number === undefined || band === undefined) return [];
  if (side !== '') return [frequencyMhz + (side === '+' ? 20 : -20)];
  // The scripts take the half of the band that has room.
  if (band === '2.4 GHz') return [frequencyMhz + (number < 7 ? 20 : -20)];
  const start = band === '6 GHz' ? FIRST_6_GHZ_MHZ : startOf(number);
  if (start === undefined || frequencyMhz < start) return [];
  const first = start + Math.floor((frequencyMhz - start) / 20 / count) * 20 * count;
  return [...Array(count).keys()]
    .map((place) => first + 20 * place)
    .filter((each) => each !== frequencyMhz);
}

function startOf(number: number): number | undefined {
  const first = FIRST_5_GHZ_CHANNELS.findLast((each) => each <= number);
  return first === undefined ? undefined : channelFrequency('5 GHz', first);
}
