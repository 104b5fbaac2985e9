/**
 * The plan of the OpenWrt body. netifd owns the radio, so the mesh is not built but described: one
 * wifi-iface section and one network section, both named `meshpay`, and three options of the
 * wifi-device (disabled, country, channel). Nothing else in the configuration is touched.
 *
 * Every change is one batch in one file, after a copy of the files that it changes, so that `apply`
 * can put them back when the mesh does not come up.
 */
import { channelNumber } from '../channel.ts';
import { type Command, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';
import { normalizePrefix } from '../ipv6.ts';
import { chooseRadio, type Plan, refuse } from '../platform.ts';
import { domainOf, type Phy } from '../radio.ts';
import { checkChannel, checkSettings, type MeshSettings } from '../settings.ts';
import {
  BATCH_FILE,
  BEFORE_FILE,
  type OpenwrtBefore,
  type OpenwrtObserved,
  ROLLBACK_FOLDER,
} from './observed.ts';
import { batch, option, type UciSection, type UciValue } from './uci.ts';

export const SECTION = 'meshpay';
export const CONFIGS = ['wireless', 'network'] as const;
/** netifd tears the radio down and builds all of its interfaces anew. */
const UP_TIMEOUT_MS = 60_000;
const DEVICE_OPTIONS = ['disabled', 'country', 'channel'] as const;

/** Parameters that netifd does not pass on (MP_CONFIG_* of its mac80211 script). */
const NOT_IN_UCI: ReadonlySet<string> = new Set([
  'mesh_nolearn',
  'mesh_connected_to_gate',
  'mesh_connected_to_as',
]);

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
  const device = deviceOf(observed, phy);
  if (device === undefined) {
    const expected = `a wifi-device section for ${phy.name}`;
    return { ok: false, faults: [fault('radio_missing', 'radio', expected, 'run `wifi config`')] };
  }
  const country = domainOf(observed.domains, phy.index)?.country;
  const { rules } = observed;
  const refusedHost = refuse([
    ...supplicantFaults(observed),
    ...(rules?.ok === false && rules.fault.code === 'country_unknown' ? [rules.fault] : []),
    ...checkChannel(settings, phy, country, rules?.ok ? rules.value : undefined),
    ...nameFaults(settings, observed),
    ...busyFaults(settings, observed, device),
  ]);
  if (refusedHost !== undefined) return refusedHost;
  const lines = batchLines(settings, observed, device);
  if (lines.length === 0) return { ok: true, commands: waitIfDown(settings, observed) };
  return {
    ok: true,
    commands: [
      ...rememberBefore(observed, device),
      ...change(lines),
      awaitCarrier(settings.interfaceName),
    ],
  };
}

/** Removes both sections and gives the wifi-device its options back. */
export function restoreOpenwrt(observed: OpenwrtObserved): Plan {
  const { before, wireless, network } = observed;
  const lines = [
    ...(wireless.has(SECTION) ? [batch.delete(`wireless.${SECTION}`)] : []),
    ...(network.has(SECTION) ? [batch.delete(`network.${SECTION}`)] : []),
    ...Object.entries(before?.options ?? {}).flatMap(([name, value]) => {
      const path = `wireless.${before?.device}.${name}`;
      const present = option(wireless.get(before?.device ?? ''), name);
      if (value === null) return present === undefined ? [] : [batch.delete(path)];
      return present === value ? [] : [batch.set(path, value)];
    }),
  ];
  const forget: readonly Command[] =
    before === undefined ? [] : [{ kind: 'remove', path: BEFORE_FILE }];
  return { ok: true, commands: [...(lines.length === 0 ? [] : change(lines)), ...forget] };
}

/** The commands that put back the configuration from before the plan under way. */
export function rollbackCommands(): readonly Command[] {
  return [
    ...CONFIGS.map((config) => run('cp', '-p', `${ROLLBACK_FOLDER}.${config}`, configFile(config))),
    run('wifi', 'reload'),
  ];
}

/** The wifi-device section of a phy: by its name where the section names one, else by its path. */
export function deviceOf(observed: OpenwrtObserved, phy: Phy): string | undefined {
  const folder = observed.devicePaths[phy.name];
  for (const [name, section] of observed.wireless) {
    if (section.type !== 'wifi-device') continue;
    if (option(section, 'phy') === phy.name) return name;
    const path = option(section, 'path')?.replace(/\+\d+$/, '');
    if (path !== undefined && folder?.endsWith(path) === true) return name;
  }
  return undefined;
}

function change(lines: readonly string[]): readonly Command[] {
  const content = [...lines, ...CONFIGS.map(batch.commit), ''].join('\n');
  return [
    ...CONFIGS.map((config) => run('cp', '-p', configFile(config), `${ROLLBACK_FOLDER}.${config}`)),
    { kind: 'write', path: BATCH_FILE, mode: 0o600, content, secret: true },
    run('uci', '-f', BATCH_FILE, 'batch'),
    { kind: 'remove', path: BATCH_FILE },
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
  const wifi = {
    device,
    network: SECTION,
    mode: 'mesh',
    ifname: settings.interfaceName,
    mesh_id: settings.meshId,
    encryption: 'sae',
    key: settings.passphrase,
    disabled: '0',
    ...Object.fromEntries(
      Object.entries(settings.parameters).map(([name, value]) => [name, `${value}`]),
    ),
  };
  const radio = { disabled: '0', country, channel: `${channelNumber(frequencyMhz)}` };
  const present = observed.wireless.get(device);
  return [
    ...wholeSection(`wireless.${SECTION}`, 'wifi-iface', wifi, observed.wireless.get(SECTION)),
    ...wholeSection(`network.${SECTION}`, 'interface', network, observed.network.get(SECTION)),
    ...Object.entries(radio)
      .filter(([name, value]) => (option(present, name) ?? defaultOf(name)) !== value)
      .map(([name, value]) => batch.set(`wireless.${device}.${name}`, value)),
  ];
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

/** The first observation of the device is the one to return to. */
function rememberBefore(observed: OpenwrtObserved, device: string): readonly Command[] {
  if (observed.before?.device === device) return [];
  const section = observed.wireless.get(device);
  const before: OpenwrtBefore = {
    device,
    options: Object.fromEntries(
      DEVICE_OPTIONS.map((name) => [name, option(section, name) ?? null]),
    ),
  };
  const content = `${JSON.stringify(before)}\n`;
  return [{ kind: 'write', path: BEFORE_FILE, mode: 0o600, content, secret: false }];
}

/** All is described, yet the mesh is not there: netifd is asked once more. */
function waitIfDown(settings: MeshSettings, observed: OpenwrtObserved): readonly Command[] {
  const { interfaceName } = settings;
  const joined = observed.links.some((link) => link.name === interfaceName && link.carrier);
  const pending = Object.values(observed.radios).some((radio) => radio.pending);
  if (joined) return [];
  return [...(pending ? [] : [run('wifi', 'up')]), awaitCarrier(interfaceName)];
}

function supplicantFaults({ supplicant }: OpenwrtObserved): readonly Fault[] {
  const field = 'command wpa_supplicant';
  if (!supplicant.installed) return [fault('supplicant_missing', field, 'wpad-mesh-*', 'none')];
  if (supplicant.mesh) return [];
  return [fault('supplicant_without_mesh', field, 'wpad-mesh-*', 'a wpad without mesh')];
}

function nameFaults(settings: MeshSettings, observed: OpenwrtObserved): readonly Fault[] {
  const { interfaceName } = settings;
  const taken = observed.links.some(({ name }) => name === interfaceName);
  if (!taken || observed.wireless.has(SECTION)) return [];
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
  if (channel === `${channelNumber(settings.frequencyMhz)}`) return [];
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

function configFile(config: string): string {
  return `/etc/config/${config}`;
}

function awaitCarrier(interfaceName: string): Command {
  const path = `/sys/class/net/${interfaceName}/carrier`;
  return { kind: 'await', path, content: '1', timeoutMs: UP_TIMEOUT_MS };
}
