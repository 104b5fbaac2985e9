/**
 * The wpa_supplicant of the mesh: its configuration, and what its log says about SAE.
 *
 * wpa_supplicant 2.10 and later reads `sae_pwe` as a global setting; OpenWrt's builds take it
 * inside the network block, where the packaged 2.10 of Debian then fails to peer. Hence two
 * dialects.
 *
 * - Values that an operator chose are written in hexadecimal, the form that needs no quoting.
 * - `user_mpm` leaves peering to the supplicant, as SAE demands; `ieee80211w=2` makes protected
 *   management frames a condition; `sae_pwe=2` offers hash-to-element and accepts both.
 * - `scan_freq` keeps the scan before joining to the one channel (a full scan takes ten seconds).
 * - No `country`: the plan owns the regulatory domain, and two owners would fight.
 * - 20 MHz: range and robustness matter here, throughput does not. On 5 GHz that takes VHT away
 * too:
 *   2.10 asks for a width of none then, and the mesh does not join ("mesh join error=-1").
 */
import { bandOf } from '../channel.ts';
import { MAX_SAE_FAILURES } from '../limits.ts';
import type { SaeFailure } from '../platform.ts';
import type { MeshSettings } from '../settings.ts';

export type SupplicantDialect = 'global_sae_pwe' | 'network_sae_pwe';

/** What a fault about the program expects. */
export const SUPPLICANT_WANTED = 'wpa_supplicant with CONFIG_MESH, from wpasupplicant';

const SAE_PWE = 'sae_pwe=2';

export function supplicantConfiguration(
  settings: MeshSettings,
  controlFolder: string,
  dialect: SupplicantDialect,
): string {
  const rates = (settings.basicRatesMbps ?? []).map((rate) => Math.round(10 * rate));
  const global = dialect === 'global_sae_pwe';
  const network = [
    `ssid=${hexadecimal(settings.meshId)}`,
    'mode=5',
    `frequency=${settings.frequencyMhz}`,
    `scan_freq=${settings.frequencyMhz}`,
    'key_mgmt=SAE',
    `sae_password=${hexadecimal(settings.passphrase)}`,
    ...(global ? [] : [SAE_PWE]),
    'ieee80211w=2',
    `mesh_fwding=${settings.parameters.mesh_fwding ?? 1}`,
    `beacon_int=${settings.beaconIntervalTu}`,
    // In units of 100 kbit/s.
    ...(rates.length === 0 ? [] : [`mesh_basic_rates=${rates.join(' ')}`]),
    'disable_ht40=1',
    ...(bandOf(settings.frequencyMhz) === '5 GHz' ? ['disable_vht=1'] : []),
  ];
  return [
    '# Written by meshpay; changes are overwritten.',
    `ctrl_interface=${controlFolder}`,
    'user_mpm=1',
    `max_peer_links=${settings.parameters.mesh_max_peer_links ?? 99}`,
    ...(global ? [SAE_PWE] : []),
    'p2p_disabled=1',
    'network={',
    ...network.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

const SAE_WORDS =
  '(?:MESH-SAE-AUTH-FAILURE addr=([0-9a-f:]{17})|MESH-PEER-CONNECTED ([0-9a-f:]{17}))';

/**
 * Neighbours that failed SAE and did not come in afterwards, the most stubborn first, and the
 * latest of those that are alike. With a name, of that interface alone: a log of the whole host
 * tells of other meshes too. One pass, since strangers on the air write this log.
 */
export function saeFailures(log: string, interfaceName?: string): readonly SaeFailure[] {
  const name = interfaceName?.replaceAll(/[.-]/g, '\\$&');
  const words = new RegExp(`${name === undefined ? '' : `(?<=^|\\s)${name}: `}${SAE_WORDS}`, 'gm');
  const counts = new Map<string, number>();
  for (const [, failed = '', connected] of log.matchAll(words)) {
    // A later success means that the passphrase was right after all.
    if (connected !== undefined) counts.delete(connected);
    else {
      const count = (counts.get(failed) ?? 0) + 1;
      counts.delete(failed);
      counts.set(failed, count);
    }
  }
  return [...counts]
    .reverse()
    .map(([address, count]) => ({ address, count }))
    .sort((left, right) => right.count - left.count)
    .slice(0, MAX_SAE_FAILURES);
}

function hexadecimal(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}
