/** What the OpenWrt body looks at before it plans, and where its files are. */

import type { Result } from '../fault.ts';
import type { MeshParameters } from '../mesh-parameters.ts';
import type { SaeFailure } from '../platform.ts';
import type { Link, Phy, RadioInterface, RegulatoryDomain } from '../radio.ts';
import type { CountryRules } from '../regulatory-database.ts';
import type { UciConfig } from './uci.ts';

export interface OpenwrtObserved {
  readonly phys: readonly Phy[];
  readonly interfaces: readonly RadioInterface[];
  readonly domains: readonly RegulatoryDomain[];
  readonly links: readonly Link[];
  readonly parameters: MeshParameters;
  readonly rules: Result<CountryRules> | undefined;
  readonly wireless: UciConfig;
  readonly network: UciConfig;
  /** Device folder of each phy below /sys/devices, by phy name: what `option path` ends in. */
  readonly devicePaths: Readonly<Record<string, string>>;
  /** What netifd says of each wifi-device, by section name. */
  readonly radios: Readonly<Record<string, RadioState>>;
  readonly supplicant: { readonly installed: boolean; readonly mesh: boolean };
  readonly saeFailures: readonly SaeFailure[];
  readonly before: OpenwrtBefore | undefined;
}

/** From `ubus call network.wireless status`. */
export interface RadioState {
  readonly up: boolean;
  readonly pending: boolean;
  readonly setupFailed: boolean;
  /** Interface names by wifi-iface section. */
  readonly interfaceNames: Readonly<Record<string, string>>;
}

/** Options of the wifi-device before the first plan; null stands for an absent option. */
export interface OpenwrtBefore {
  readonly device: string;
  readonly options: Readonly<Record<string, string | null>>;
}

/** UCI survives a reboot, so what is needed to undo it must too. */
export const BEFORE_FILE = '/etc/meshpay-radio.json';
export const BATCH_FILE = '/var/run/meshpay-radio.uci';
/** Copies of the configuration from before the plan that is under way. */
export const ROLLBACK_FOLDER = '/var/run/meshpay-radio.rollback';

/** Undefined for what is not such a status. */
export function parseWirelessStatus(json: string): Record<string, RadioState> | undefined {
  const value = parseObject(json);
  if (value === undefined) return undefined;
  const radios: Record<string, RadioState> = {};
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

export function readOpenwrtBefore(text: string | undefined): OpenwrtBefore | undefined {
  const value = parseObject(text ?? '');
  if (value === undefined) return undefined;
  const { device, options } = value as { readonly device?: unknown; readonly options?: unknown };
  if (typeof device !== 'string' || !isObject(options)) return undefined;
  const known = Object.entries(options).filter(
    (entry): entry is [string, string | null] => entry[1] === null || typeof entry[1] === 'string',
  );
  return { device, options: Object.fromEntries(known) };
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
