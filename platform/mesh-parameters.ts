/**
 * The parameters of a mesh interface, in one table: name (the one that `iw` and OpenWrt's
 * wifi-iface sections share), number and kernel type (`enum nl80211_meshconf_params` and
 * nl80211_meshconf_params policy, include/uapi/linux/nl80211.h, net/wireless/nl80211.c).
 */
import { type HostCommand, run } from './command.ts';

export type ParameterWidth = 'u8' | 'u16' | 'u32' | 's32';

interface ParameterRow {
  readonly attribute: number;
  readonly width: ParameterWidth;
  /** What the kernel takes of it, both ends included; without it, all that fits the width. */
  readonly range?: readonly [min: number, max: number];
}

export const MESH_PARAMETERS = {
  mesh_retry_timeout: { attribute: 1, width: 'u16', range: [1, 255] },
  mesh_confirm_timeout: { attribute: 2, width: 'u16', range: [1, 255] },
  mesh_holding_timeout: { attribute: 3, width: 'u16', range: [1, 255] },
  mesh_max_peer_links: { attribute: 4, width: 'u16', range: [0, 255] },
  mesh_max_retries: { attribute: 5, width: 'u8', range: [0, 16] },
  mesh_ttl: { attribute: 6, width: 'u8', range: [1, 255] },
  mesh_auto_open_plinks: { attribute: 7, width: 'u8', range: [0, 1] },
  mesh_hwmp_max_preq_retries: { attribute: 8, width: 'u8' },
  mesh_path_refresh_time: { attribute: 9, width: 'u32' },
  mesh_min_discovery_timeout: { attribute: 10, width: 'u16', range: [1, 65535] },
  mesh_hwmp_active_path_timeout: { attribute: 11, width: 'u32' },
  mesh_hwmp_preq_min_interval: { attribute: 12, width: 'u16', range: [1, 65535] },
  mesh_hwmp_net_diameter_traversal_time: { attribute: 13, width: 'u16', range: [1, 65535] },
  mesh_hwmp_rootmode: { attribute: 14, width: 'u8', range: [0, 4] },
  mesh_element_ttl: { attribute: 15, width: 'u8', range: [1, 255] },
  mesh_hwmp_rann_interval: { attribute: 16, width: 'u16', range: [1, 65535] },
  mesh_gate_announcements: { attribute: 17, width: 'u8', range: [0, 1] },
  mesh_fwding: { attribute: 19, width: 'u8', range: [0, 1] },
  mesh_rssi_threshold: { attribute: 20, width: 's32', range: [-255, 0] },
  mesh_sync_offset_max_neighor: { attribute: 21, width: 'u32', range: [1, 255] },
  mesh_hwmp_active_path_to_root_timeout: { attribute: 23, width: 'u32' },
  mesh_hwmp_root_interval: { attribute: 24, width: 'u16', range: [1, 65535] },
  mesh_hwmp_confirmation_interval: { attribute: 25, width: 'u16', range: [1, 65535] },
  mesh_power_mode: { attribute: 26, width: 'u32', range: [1, 3] },
  mesh_awake_window: { attribute: 27, width: 'u16' },
  mesh_plink_timeout: { attribute: 28, width: 'u32' },
  mesh_connected_to_gate: { attribute: 29, width: 'u8', range: [0, 1] },
  mesh_nolearn: { attribute: 30, width: 'u8', range: [0, 1] },
  mesh_connected_to_as: { attribute: 31, width: 'u8', range: [0, 1] },
} as const satisfies Record<string, ParameterRow>;

export type MeshParameterName = keyof typeof MESH_PARAMETERS;

/** Values as the kernel has them; times in ms, mesh_plink_timeout in s, thresholds in dBm. */
export type MeshParameters = Readonly<Partial<Record<MeshParameterName, number>>>;

export const MESH_PARAMETER_NAMES = Object.keys(MESH_PARAMETERS) as readonly MeshParameterName[];

export function isMeshParameterName(name: string): name is MeshParameterName {
  return Object.hasOwn(MESH_PARAMETERS, name);
}

/** The values that the kernel takes, both ends included. */
export function parameterRange(name: MeshParameterName): readonly [min: number, max: number] {
  const row: ParameterRow = MESH_PARAMETERS[name];
  if (row.range !== undefined) return row.range;
  switch (row.width) {
    case 'u8':
      return [0, 0xff];
    case 'u16':
      return [0, 0xffff];
    case 'u32':
      return [0, 0xffff_ffff];
    case 's32':
      return [-0x8000_0000, 0x7fff_ffff];
  }
}

/** `enum nl80211_mesh_power_mode` in the words of `iw` and UCI. */
const POWER_MODES: ReadonlyMap<number, string> = new Map([
  [1, 'active'],
  [2, 'light'],
  [3, 'deep'],
]);

/** A value as `iw` and UCI take it. */
export function parameterText(name: string, value: number): string {
  return (name === 'mesh_power_mode' ? POWER_MODES.get(value) : undefined) ?? `${value}`;
}

/**
 * Commands that set what is wanted: all of it in a mesh that was made anew (`found` is undefined),
 * else what the kernel has otherwise. What a kernel does not tell, it does not know: setting it
 * again and again would change nothing.
 */
export function parameterCommands(
  interfaceName: string,
  wanted: MeshParameters,
  found: MeshParameters | undefined,
): readonly HostCommand[] {
  return MESH_PARAMETER_NAMES.flatMap((name) => {
    const value = wanted[name];
    const present = found?.[name];
    const isSettled = found !== undefined && (present === undefined || present === value);
    if (value === undefined || isSettled) return [];
    const words = `${name}=${parameterText(name, value)}`;
    return [run('iw', 'dev', interfaceName, 'set', 'mesh_param', words)];
  });
}
