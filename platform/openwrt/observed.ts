/** What the OpenWrt body looks at before it plans, and where its files are. */

import type { SaeFailure } from '../platform.ts';
import type { SupplicantProgram, Survey } from '../survey.ts';
import type { UciConfig } from './uci.ts';

export interface OpenwrtObserved extends Survey {
  readonly wireless: UciConfig;
  readonly network: UciConfig;
  /** Undefined where there is no firewall. */
  readonly firewall: UciConfig | undefined;
  /** Device folder of each phy below /sys/devices, by phy name, in the order of their numbers. */
  readonly devicePaths: Readonly<Record<string, string>>;
  /** Hardware address of each phy, by phy name. */
  readonly phyAddresses: Readonly<Record<string, string>>;
  /** What netifd says of each wifi-device, by section name. */
  readonly radios: Readonly<Record<string, NetifdRadio>>;
  /** Programs that a plan runs and the router lacks. */
  readonly missing: readonly string[];
  readonly supplicant: SupplicantProgram;
  readonly saeFailures: readonly SaeFailure[];
  /** What somebody has changed and not committed yet, by path; the sections above show it. */
  readonly staged: readonly string[];
  readonly before: OpenwrtBefore | undefined;
  /** Files of a plan that was not brought to its end. */
  readonly scraps: readonly string[];
}

/** What a restoration needs to know. */
export type OpenwrtConfigured = Pick<
  OpenwrtObserved,
  'wireless' | 'network' | 'firewall' | 'staged' | 'radios' | 'before' | 'scraps'
>;

/** From `ubus call network.wireless status`. */
export interface NetifdRadio {
  readonly up: boolean;
  readonly pending: boolean;
  readonly setupFailed: boolean;
  /** Interface names by wifi-iface section. */
  readonly interfaceNames: Readonly<Record<string, string>>;
}

/** Options by section of `wireless`, from before the first plan that set them; null is none. */
export type OpenwrtBefore = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** What a plan runs beside what every OpenWrt has, and the package of each. */
export const PROGRAMS = ['iw', 'wpa_cli'] as const;
export const PACKAGES = { iw: 'iw-full', wpa_cli: 'wpa-cli' } as const;

/** UCI survives a reboot, so what is needed to undo it must too. */
export const BEFORE_FILE = '/etc/meshpay-radio.json';
/** There from before a change until its mesh has come up: without that the change is taken back. */
export const TRIAL_FILE = '/etc/meshpay-radio.trial';
export const BATCH_FILE = '/var/run/meshpay-radio.uci';
const SCRAP_FILES = [TRIAL_FILE, BATCH_FILE] as const;
export const CONFIGS = ['wireless', 'network', 'firewall'] as const;

/** What a plan that was broken off has left; `list` gives the names in a folder. */
export async function findScraps(
  list: (folder: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of SCRAP_FILES) {
    const place = path.lastIndexOf('/');
    const names = await list(path.slice(0, place));
    if (names.includes(path.slice(place + 1))) found.push(path);
  }
  return found;
}

/** Undefined for what is not such a status. */
export function parseWirelessStatus(json: string): Record<string, NetifdRadio> | undefined {
  const value = parseObject(json);
  if (value === undefined) return undefined;
  const radios: Record<string, NetifdRadio> = {};
  for (const [name, radio] of Object.entries(value)) {
    if (!isObject(radio)) return undefined;
    const { up, pending, retry_setup_failed, interfaces } = radio as {
      readonly [Key in 'up' | 'pending' | 'retry_setup_failed' | 'interfaces']?: unknown;
    };
    const names: Record<string, string> = {};
    for (const each of Array.isArray(interfaces) ? interfaces : []) {
      const { section, ifname } = each as { readonly section?: unknown; readonly ifname?: unknown };
      if (typeof section === 'string' && typeof ifname === 'string') names[section] = ifname;
    }
    radios[name] = {
      up: up === true,
      pending: pending === true,
      setupFailed: retry_setup_failed === true,
      interfaceNames: names,
    };
  }
  return radios;
}

/** Undefined for what is not such a note. */
export function readOpenwrtBefore(text: string | undefined): OpenwrtBefore | undefined {
  const value = parseObject(text ?? '');
  if (value === undefined) return undefined;
  const devices = Object.entries(value).map(([device, options]) => {
    const known = Object.entries(isObject(options) ? options : {}).filter(
      (entry): entry is [string, string | null] =>
        entry[1] === null || typeof entry[1] === 'string',
    );
    return [device, Object.fromEntries(known)] as const;
  });
  return Object.fromEntries(devices);
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
