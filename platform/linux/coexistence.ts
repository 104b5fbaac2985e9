/**
 * What else is on the host, beside the mesh that is wanted: names that are taken, and interfaces of
 * the same radio, which may stay (the radio can do both on one channel), have to yield (they are
 * idle) or keep the mesh away (they are in use).
 */
import { fitsTogether } from '../combinations.ts';
import { type Fault, fault } from '../fault.ts';
import { AP_BEACON_INTERVAL_TU } from '../limits.ts';
import type { Phy, RadioInterface } from '../radio.ts';
import type { MeshSettings } from '../settings.ts';
import type { LinuxObserved } from './observed.ts';

export function interfaceFaults(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly Fault[] {
  const { interfaceName } = settings;
  const current = observed.interfaces.find(({ name }) => name === interfaceName);
  const link = observed.links.find(({ name }) => name === interfaceName);
  if (current === undefined && link !== undefined) {
    const expected = 'a free interface name';
    return [fault('interface_taken', 'interfaceName', expected, `${interfaceName} is in use`)];
  }
  // One of ours is always remembered first: without that note it belongs to somebody else.
  if (current !== undefined && (current.type !== 'mesh point' || observed.before === undefined)) {
    const found = `${interfaceName} of type ${current.type}, not made by meshpay`;
    return [fault('interface_taken', 'interfaceName', 'a free interface name', found)];
  }
  return excludedBy(settings, observed, phy)
    .filter(({ frequencyMhz }) => frequencyMhz !== undefined)
    .map(({ name, frequencyMhz }) => {
      const expected = `no other connection on radio ${phy.name} that excludes a mesh`;
      return fault('radio_busy', `radio ${phy.name}`, expected, `${name} on ${frequencyMhz} MHz`);
    });
}

/**
 * Interfaces that are up and not connected: they make room where they cannot stay beside a mesh,
 * and a station also where it can. One that looks for its network scans, and the whole radio with
 * it: the node drops out of the mesh for ten seconds each time.
 */
export function yieldingInterfaces(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly RadioInterface[] {
  const excluded = excludedBy(settings, observed, phy);
  return othersUp(settings, observed, phy).filter((each) => {
    const scans = each.type === 'managed' || each.type === 'P2P-client';
    return each.frequencyMhz === undefined && (scans || excluded.includes(each));
  });
}

/**
 * The address that the mesh interface needs, where the one that it has (or gets, when it is made)
 * is that of another interface which may be up beside it: the kernel refuses to bring the second up
 * (ENOTUNIQ, ieee80211_check_concurrent_iface() in net/mac80211/iface.c). It is the radio's own
 * with the bit of local administration, so it is the same at every start, and differs in as few
 * bits as can be, which is what receive filters with a mask like best.
 */
export function ownAddress(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): string | undefined {
  const ofPhy = observed.interfaces.filter(({ phyIndex }) => phyIndex === phy.index);
  const current = ofPhy.find(({ name }) => name === settings.interfaceName);
  const address = current?.address ?? observed.soleAddresses[phy.name];
  const others = ofPhy.filter((each) => each !== current);
  const clashes = others.some((each) => {
    const mayShare = each.type === 'monitor' || each.type === 'P2P-device';
    return each.address === address && !mayShare && canStay(settings, phy, [each]);
  });
  if (address === undefined || !clashes) return undefined;
  const first = Number.parseInt(address.slice(0, 2), 16) | 0x02;
  const candidates = [...Array(others.length + 1).keys()].map((count) => {
    const byte = (first ^ (count << 2)) & 0xff;
    return `${byte.toString(16).padStart(2, '0')}${address.slice(2)}`;
  });
  return candidates.find((each) => others.every((other) => other.address !== each));
}

/** The beacon interval of an access point that is up on the radio that the mesh is to share. */
export function intervalBeside(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): number | undefined {
  const others = othersUp(settings, observed, phy);
  const found = others.find(({ type }) => type === 'AP' || type === 'P2P-GO');
  if (found === undefined) return undefined;
  return observed.beaconIntervals[found.name] ?? AP_BEACON_INTERVAL_TU;
}

/**
 * Interfaces of the phy that are up and that a mesh on the wanted channel cannot join, all of them
 * together: where there is no room for each, those that are connected stay.
 */
function excludedBy(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly RadioInterface[] {
  const staying: RadioInterface[] = [];
  const others = othersUp(settings, observed, phy);
  const isConnected = ({ frequencyMhz }: RadioInterface) => frequencyMhz !== undefined;
  const inOrder = [...others.filter(isConnected), ...others.filter((each) => !isConnected(each))];
  for (const each of inOrder) {
    if (canStay(settings, phy, [...staying, each])) staying.push(each);
  }
  return others.filter((each) => !staying.includes(each));
}

function othersUp(
  { interfaceName }: MeshSettings,
  { links, interfaces }: LinuxObserved,
  phy: Phy,
): readonly RadioInterface[] {
  const up = new Set(links.filter((link) => link.up).map(({ name }) => name));
  return interfaces.filter(
    ({ name, phyIndex }) => phyIndex === phy.index && name !== interfaceName && up.has(name),
  );
}

function canStay(settings: MeshSettings, phy: Phy, others: readonly RadioInterface[]): boolean {
  const { frequencyMhz: ours } = settings;
  const sharers = others.map(({ type, frequencyMhz = ours }) => ({ type, frequencyMhz }));
  return fitsTogether(phy, [...sharers, { type: 'mesh point', frequencyMhz: ours }]);
}
