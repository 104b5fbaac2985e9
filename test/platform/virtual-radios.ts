/**
 * Radios of mac80211_hwsim in this network namespace, for tests on a real kernel; test/platform/
 * machine.test.ts boots one that has them. Real radios are never touched.
 */
import { readlink } from 'node:fs/promises';
import { type NetlinkReader, openNetlink } from '../../platform/netlink/reader.ts';
import {
  DEFAULT_BEACON_INTERVAL_TU,
  DEFAULT_MESH_PARAMETERS,
  DEFAULT_MULTICAST_RATE_MBPS,
  type MeshSettings,
} from '../../platform/settings.ts';

export interface VirtualRadios {
  readonly reader: NetlinkReader | undefined;
  /** Their phy names. */
  readonly radios: readonly string[];
  /** Why a test that needs `count` of them has to be skipped. */
  readonly reason: string | false;
}

export async function virtualRadios(count: number): Promise<VirtualRadios> {
  const opened = await openNetlink();
  if (!opened.ok) {
    const reason = `no nl80211 here: ${opened.fault.found}`;
    return { reader: undefined, radios: [], reason };
  }
  const phys = await opened.value.phys();
  const found: string[] = [];
  for (const { name } of phys.ok ? phys.value : []) {
    const driver = await readlink(`/sys/class/ieee80211/${name}/device/driver`).catch(() => '');
    if (driver.endsWith('/mac80211_hwsim')) found.push(name);
  }
  const few =
    found.length < count ? `${found.length} virtual radios here, ${count} are needed` : false;
  const unprivileged = process.getuid?.() === 0 ? false : 'needs root';
  return { reader: opened.value, radios: found, reason: few || unprivileged };
}

/** The mesh of the radio at this place; all of them are one mesh. */
export function settingsFor(radios: readonly string[], place: number): MeshSettings {
  return {
    radio: radios[place],
    interfaceName: `mesh${place}`,
    meshId: 'meshpay test',
    passphrase: 'correct horse "battery"',
    country: 'US',
    frequencyMhz: 2412,
    allowRadar: false,
    addresses: [`fd12::${place + 1}/64`],
    parameters: DEFAULT_MESH_PARAMETERS,
    beaconIntervalTu: DEFAULT_BEACON_INTERVAL_TU,
    multicastRateMbps: DEFAULT_MULTICAST_RATE_MBPS,
  };
}

/** One folder is one mesh, also where several share a host. */
export function folderFor(place: number): string {
  return `/run/meshpay-radio-test/${place}`;
}
