/**
 * The plan of the OpenWrt body. netifd owns the radio, so the mesh is not built but described: one
 * wifi-iface section and one network section, both named `meshpay`, and a few options of the
 * wifi-device (`DEVICE_OPTIONS`). Nothing else in the configuration is touched.
 *
 * The options are those that netifd's mac80211 scripts read (openwrt/package/network/config/
 * wifi-scripts, shell and ucode alike): `mcast_rate` of the wifi-iface in kbit/s, `beacon_int` of
 * the wifi-device, parameters under their names in `iw`. netifd leaves management frame protection
 * of a mesh to wpad, which offers it; doctor tells where a neighbour goes without.
 *
 * Every change is one batch in one file, after a copy of the files that it changes, so that `apply`
 * can put them back when the mesh does not come up. The copies lie there until it has come up: a
 * plan that is broken off is confirmed or taken back by the next.
 */
import { bandOf, channelNumber } from '../channel.ts';
import { type Command, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';
import { normalizePrefix } from '../ipv6.ts';
import { NETIFD_TIMEOUT_MS } from '../limits.ts';
import type { MeshParameters } from '../mesh-parameters.ts';
import { chooseRadio, type Plan, refuse } from '../platform.ts';
import type { Band, Phy } from '../radio.ts';
import { checkSettings, type MeshSettings } from '../settings.ts';
import { isJoined, programFaults, regulatoryFaults, supplicantFaults } from '../survey.ts';
import {
  BATCH_FILE,
  BEFORE_FILE,
  CONFIGS,
  type ConfigName,
  type OpenwrtBefore,
  type OpenwrtObserved,
  PACKAGES,
  ROLLBACK_FILES,
  rollbackFile,
} from './observed.ts';
import { batch, option, type UciSection, type UciValue } from './uci.ts';

export const SECTION = 'meshpay';
export const SUPPLICANT_WANTED = 'wpad with mesh: wpad-mesh-mbedtls, -openssl or -wolfssl';
const DEVICE_OPTIONS = ['disabled', 'country', 'band', 'channel', 'beacon_int'] as const;

const UCI_BANDS: Readonly<Record<Band, string>> = { '2.4 GHz': '2g', '5 GHz': '5g', '6 GHz': '6g' };

/** Parameters that netifd does not pass on in every release (its mac80211 scripts). */
const NOT_IN_UCI: ReadonlySet<string> = new Set([
  'mesh_nolearn',
  'mesh_connected_to_gate',
  'mesh_connected_to_as',
]);

/** `enum nl80211_mesh_power_mode` in the words of UCI. */
const POWER_MODES: Readonly<Record<number, string>> = { 1: 'active', 2: 'light', 3: 'deep' };

export function planOpenwrt(settings: MeshSettings, observed: OpenwrtObserved): Plan {
  const refusedSettings = refuse([
    ...checkSettings(settings),
    ...Object.keys(settings.parameters)
      .filter((name) => NOT_IN_UCI.has(name))
      .map((name) => fault('parameter_invalid', name, 'a parameter that netifd sets', name)),
  ]);
  if (refusedSettings !== undefined) return refusedSettings;
  const choice = chooseRadio(observed.phys, settings.radio);
  if ('faults' in choice) return { ok: false, faults: choice.faults };
  const { phy } = choice;
  const device = deviceOf(observed, phy, settings.frequencyMhz);
  if (device === undefined) {
    const expected = `a wifi-device section for ${phy.name}`;
    return { ok: false, faults: [fault('radio_missing', 'radio', expected, 'run `wifi config`')] };
  }
  const refusedHost = refuse([
    ...supplicantFaults(observed.supplicant, SUPPLICANT_WANTED),
    ...programFaults(observed.missing, PACKAGES),
    ...regulatoryFaults(settings, observed, phy),
    ...nameFaults(settings, observed),
    ...busyFaults(settings, observed, device),
  ]);
  if (refusedHost !== undefined) return refusedHost;
  const lines = batchLines(settings, observed, device);
  if (lines.length === 0) return { ok: true, commands: confirm(settings, observed) };
  return {
    ok: true,
    commands: [
      ...rememberBefore(observed, device),
      ...(hasCopies(observed) ? [] : CONFIGS.map(copy)),
      ...change(lines),
      awaitCarrier(settings.interfaceName),
      ...ROLLBACK_FILES.map(remove),
    ],
  };
}

/** Removes both sections and gives the wifi-device its options back. */
export function restoreOpenwrt(observed: OpenwrtObserved): Plan {
  const { before, wireless, network, scraps } = observed;
  const lines = [
    ...(wireless.has(SECTION) ? [batch.delete(`wireless.${SECTION}`)] : []),
    ...(network.has(SECTION) ? [batch.delete(`network.${SECTION}`)] : []),
    ...Object.entries(before ?? {}).flatMap(([device, options]) =>
      giveBack(device, options, wireless.get(device)),
    ),
  ];
  return {
    ok: true,
    commands: [
      ...(lines.length > 0 ? change(lines) : isBuilt(observed) ? [run('wifi', 'reload')] : []),
      ...scraps.map(remove),
      ...(before === undefined ? [] : [remove(BEFORE_FILE)]),
    ],
  };
}

/** A device that is gone from the configuration gets nothing back. */
function giveBack(
  device: string,
  options: Readonly<Record<string, string | null>>,
  section: UciSection | undefined,
): readonly string[] {
  if (section === undefined) return [];
  return Object.entries(options).flatMap(([name, value]) => {
    const path = `wireless.${device}.${name}`;
    const present = option(section, name);
    if (value === null) return present === undefined ? [] : [batch.delete(path)];
    return present === value ? [] : [batch.set(path, value)];
  });
}

/** The commands that put back the configuration from before the plan under way. */
export function rollbackCommands(): readonly Command[] {
  return [
    ...CONFIGS.map((config) => run('cp', '-p', rollbackFile(config), configFile(config))),
    run('wifi', 'reload'),
    ...ROLLBACK_FILES.map(remove),
  ];
}

/**
 * The wifi-device section of a phy: by its name where the section names one, else by its path. A
 * phy with several radios has a section for each; then the one that is on the wanted band.
 */
export function deviceOf(
  observed: OpenwrtObserved,
  phy: Phy,
  frequencyMhz: number,
): string | undefined {
  const folder = observed.devicePaths[phy.name];
  const names = [...observed.wireless].flatMap(([name, section]) => {
    if (section.type !== 'wifi-device') return [];
    if (option(section, 'phy') === phy.name) return [name];
    const path = option(section, 'path')?.replace(/\+\d+$/, '');
    return path !== undefined && folder?.endsWith(path) === true ? [name] : [];
  });
  const band = bandName(frequencyMhz);
  const onBand = names.find((name) => option(observed.wireless.get(name), 'band') === band);
  return onBand ?? names[0];
}

function change(lines: readonly string[]): readonly Command[] {
  const content = [...lines, ...CONFIGS.map(batch.commit), ''].join('\n');
  return [
    { kind: 'write', path: BATCH_FILE, mode: 0o600, content, secret: true },
    run('uci', '-f', BATCH_FILE, 'batch'),
    remove(BATCH_FILE),
    run('wifi', 'reload'),
  ];
}

function batchLines(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  device: string,
): readonly string[] {
  const { addresses, country, frequencyMhz } = settings;
  const ip6addr = addresses.map((address) => normalizePrefix(address) ?? address);
  const network = ip6addr.length === 0 ? { proto: 'none' } : { proto: 'static', ip6addr };
  const radio = {
    disabled: '0',
    country,
    band: bandName(frequencyMhz),
    channel: `${channelNumber(frequencyMhz)}`,
    beacon_int: `${settings.beaconIntervalTu}`,
  } satisfies Record<(typeof DEVICE_OPTIONS)[number], string>;
  const present = observed.wireless.get(device);
  const wifi = wifiInterface(settings, device);
  return [
    ...wholeSection(`wireless.${SECTION}`, 'wifi-iface', wifi, observed.wireless.get(SECTION)),
    ...wholeSection(`network.${SECTION}`, 'interface', network, observed.network.get(SECTION)),
    ...Object.entries(radio)
      .filter(([name, value]) => (option(present, name) ?? defaultOf(name)) !== value)
      .map(([name, value]) => batch.set(`wireless.${device}.${name}`, value)),
  ];
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
  const entries = Object.entries(parameters).map(([name, value]) => {
    return [name, (name === 'mesh_power_mode' && POWER_MODES[value]) || `${value}`] as const;
  });
  return Object.fromEntries(entries);
}

/** Lines that make a section be exactly this; none where it is already. */
function wholeSection(
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

/** The first observation of a device is the one to return to, also after another was taken. */
function rememberBefore(observed: OpenwrtObserved, device: string): readonly Command[] {
  if (observed.before?.[device] !== undefined) return [];
  const section = observed.wireless.get(device);
  const options = Object.fromEntries(
    DEVICE_OPTIONS.map((name) => [name, option(section, name) ?? null]),
  );
  const before: OpenwrtBefore = { ...observed.before, [device]: options };
  const content = `${JSON.stringify(before)}\n`;
  return [{ kind: 'write', path: BEFORE_FILE, mode: 0o600, content, secret: false }];
}

/**
 * All is described. A mesh that is there confirms what a plan that was broken off had done; for one
 * that is not, netifd is asked once more.
 */
function confirm(settings: MeshSettings, observed: OpenwrtObserved): readonly Command[] {
  const forget = observed.scraps.map(remove);
  if (isJoined(settings, observed)) return forget;
  const pending = Object.values(observed.radios).some((radio) => radio.pending);
  return [...(pending ? [] : [run('wifi', 'up')]), awaitCarrier(settings.interfaceName), ...forget];
}

/** netifd still has an interface of ours, whatever the configuration says by now. */
function isBuilt({ radios }: OpenwrtObserved): boolean {
  return Object.values(radios).some((radio) => radio.interfaceNames[SECTION] !== undefined);
}

/** Both or none count: nothing is changed before the second is there. */
function hasCopies({ scraps }: OpenwrtObserved): boolean {
  return ROLLBACK_FILES.every((path) => scraps.includes(path));
}

function copy(config: ConfigName): Command {
  return run('cp', '-p', configFile(config), rollbackFile(config));
}

function remove(path: string): Command {
  return { kind: 'remove', path };
}

function bandName(frequencyMhz: number): string {
  return UCI_BANDS[bandOf(frequencyMhz) ?? '2.4 GHz'];
}

function nameFaults(settings: MeshSettings, observed: OpenwrtObserved): readonly Fault[] {
  const { interfaceName } = settings;
  const taken = observed.links.some(({ name }) => name === interfaceName);
  if (!taken || observed.wireless.has(SECTION) || isBuilt(observed)) return [];
  const found = `${interfaceName} is in use`;
  return [fault('interface_taken', 'interfaceName', 'a free interface name', found)];
}

/** Another enabled network on the same radio keeps its channel. */
function busyFaults(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  device: string,
): readonly Fault[] {
  const section = observed.wireless.get(device);
  const channel = option(section, 'channel') ?? 'auto';
  const band = option(section, 'band') ?? bandName(settings.frequencyMhz);
  const wanted = [bandName(settings.frequencyMhz), `${channelNumber(settings.frequencyMhz)}`];
  if (band === wanted[0] && channel === wanted[1]) return [];
  if (option(section, 'disabled') === '1') return [];
  const others = [...observed.wireless].filter(([name, each]) => {
    const enabled = option(each, 'disabled') !== '1';
    return name !== SECTION && option(each, 'device') === device && enabled;
  });
  if (others.length === 0) return [];
  const names = others.map(([name]) => name).join(', ');
  const expected = `channel ${channel}, which ${names} uses, or no other network on ${device}`;
  return [fault('radio_busy', `radio ${device}`, expected, `${settings.frequencyMhz} MHz`)];
}

function configFile(config: ConfigName): string {
  return `/etc/config/${config}`;
}

function awaitCarrier(interfaceName: string): Command {
  const path = `/sys/class/net/${interfaceName}/carrier`;
  return { kind: 'await', path, content: '1', timeoutMs: NETIFD_TIMEOUT_MS };
}
