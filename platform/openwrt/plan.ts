/**
 * The plan of the OpenWrt body. netifd owns the radio, so the mesh is not built but described: one
 * wifi-iface section and one network section, both named `meshpay`, and a few options of the
 * wifi-device (`DEVICE_OPTIONS`). Nothing else in the configuration is touched, except that the
 * other networks of a radio that was off are kept off.
 *
 * A commit takes along whatever somebody else has staged in that configuration, and staged options
 * are shown as if they were in force. So while something is staged nothing is changed, and the
 * refusal names it.
 *
 * Every change is one batch in one file. What was there before is written to flash before the first
 * change, where the configuration lies too, with a mark beside it until the mesh has come up.
 * `apply` undoes a change whose mesh does not come up; the next plan undoes one that was broken
 * off, even by a power cut. Only our own sections and the options that we set are undone: what the
 * operator changed meanwhile stays.
 */
import { awaitCarrier, type HostCommand, remove, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';
import { JOIN_TIMEOUT_MS, NETIFD_TIMEOUT_MS } from '../limits.ts';
import { parameterCommands } from '../mesh-parameters.ts';
import { NEIGHBOUR_SETTINGS } from '../neighbours.ts';
import { chooseRadio, type MeshPlan, refuse } from '../platform.ts';
import { checkSettings, joinTimeoutMs, type MeshSettings } from '../settings.ts';
import {
  ipv6Faults,
  isJoined,
  programFaults,
  regulatoryFaults,
  supplicantFaults,
} from '../survey.ts';
import { besideFaults, isBuilt } from './beside.ts';
import { firewallLines, firewallRestoration } from './firewall.ts';
import {
  BATCH_FILE,
  BEFORE_FILE,
  CONFIGS,
  type OpenwrtConfigured,
  type OpenwrtObserved,
  PACKAGES,
  TRIAL_FILE,
} from './observed.ts';
import {
  batchLines,
  DEVICE_OPTIONS,
  deviceOf,
  devicesOf,
  isDisabled,
  isTrue,
  networksOn,
  SECTION,
  wokenBy,
} from './sections.ts';
import { batch, option } from './uci.ts';

export const SUPPLICANT_WANTED = 'wpad with mesh: wpad-mesh-mbedtls, -openssl or -wolfssl';

export function planOpenwrt(settings: MeshSettings, observed: OpenwrtObserved): MeshPlan {
  const refusedSettings = refuse(checkSettings(settings));
  if (refusedSettings !== undefined) return refusedSettings;
  if (settings.isFurther === true) {
    const expected = 'one radio table';
    return { ok: false, faults: [fault('radio_second', 'radio', expected, 'several')] };
  }
  const choice = chooseRadio(observed.phys, settings);
  if ('faults' in choice) return { ok: false, faults: choice.faults };
  const { phy } = choice;
  const device = deviceOf(observed, phy, settings.frequencyMhz);
  if (device === undefined) {
    const expected = `a wifi-device section for ${phy.name}`;
    const found = observed.wireless.size === 0 ? 'no /etc/config/wireless' : 'none that selects it';
    return {
      ok: false,
      faults: [fault('radio_unconfigured', `radio ${phy.name}`, expected, found)],
    };
  }
  const lines = [
    ...batchLines(settings, observed, device),
    ...firewallLines(settings, observed.firewall),
  ];
  // First, since what is judged after it would be judged by what somebody may still take back.
  const refusedHost = refuse([
    ...(lines.length === 0 ? [] : stagedFaults(observed)),
    ...supplicantFaults(observed.supplicant, SUPPLICANT_WANTED),
    ...programFaults(observed.missing, PACKAGES),
    ...ipv6Faults(observed.ipv6),
    ...regulatoryFaults(settings, observed, phy),
    ...besideFaults(settings, observed, phy, device),
  ]);
  if (refusedHost !== undefined) return refusedHost;
  const timeoutMs = NETIFD_TIMEOUT_MS + joinTimeoutMs(settings, phy) - JOIN_TIMEOUT_MS;
  if (lines.length === 0) {
    return { ok: true, commands: confirm(settings, observed, device, timeoutMs) };
  }
  return {
    ok: true,
    commands: [
      ...rememberBefore(observed, device),
      ...(observed.scraps.includes(TRIAL_FILE) ? [] : [TRIAL]),
      ...change(lines),
      awaitCarrier(settings.interfaceName, timeoutMs),
      settleNeighbours(settings),
      remove(TRIAL_FILE),
      // Last: a firewall with a mistake in another section is no reason to take the mesh back.
      ...reloadFirewall(lines),
    ],
  };
}

/** Removes our sections and gives the wifi-device its options back. */
export function restoreOpenwrt(observed: OpenwrtConfigured): MeshPlan {
  const { before, wireless, network, scraps } = observed;
  const lines = [
    ...(wireless.has(SECTION) ? [batch.delete(`wireless.${SECTION}`)] : []),
    ...(network.has(SECTION) ? [batch.delete(`network.${SECTION}`)] : []),
    ...firewallRestoration(observed.firewall),
    ...Object.entries(before ?? {}).flatMap(([name, options]) => giveBack(observed, name, options)),
  ];
  const refused = lines.length === 0 ? undefined : refuse(stagedFaults(observed));
  if (refused !== undefined) return refused;
  return {
    ok: true,
    commands: [
      ...(lines.length > 0 ? change(lines) : isBuilt(observed) ? [run('wifi', 'reload')] : []),
      ...scraps.map(remove),
      ...(before === undefined ? [] : [remove(BEFORE_FILE)]),
      ...reloadFirewall(lines),
    ],
  };
}

/** Of what is staged, named in a refusal. */
const MOST_STAGED = 5;

function stagedFaults({ staged }: OpenwrtConfigured): readonly Fault[] {
  if (staged.length === 0) return [];
  const more = staged.length > MOST_STAGED ? `, and ${staged.length - MOST_STAGED} more` : '';
  const found = `${staged.slice(0, MOST_STAGED).join(', ')}${more}`;
  const expected = `no changes of ${CONFIGS.join(', ')} that wait for a commit`;
  return [fault('changes_staged', 'uci changes', expected, found)];
}

/** A section that is gone from the configuration gets nothing back. */
function giveBack(
  { wireless, before }: OpenwrtConfigured,
  name: string,
  options: Readonly<Record<string, string | null>>,
): readonly string[] {
  const section = wireless.get(name);
  if (section === undefined) return [];
  // A radio that was off, and on which the operator has a network by now, stays on, and what would
  // come up with it stays off.
  const [device = name] = devicesOf(section);
  const wasOff = isTrue(before?.[device]?.['disabled']);
  const isOn = !isDisabled(wireless.get(device));
  const staysOn = wasOff && isOn && networksOn(wireless, device).length > 0;
  return Object.entries(options).flatMap(([each, value]) => {
    if (staysOn && each === 'disabled') return [];
    const path = `wireless.${name}.${each}`;
    const present = option(section, each);
    if (value === null) return present === undefined ? [] : [batch.delete(path)];
    return present === value ? [] : [batch.set(path, value)];
  });
}

export const BATCH = ['uci', '-f', BATCH_FILE, 'batch'] as const;

const TRIAL: HostCommand = {
  kind: 'write',
  path: TRIAL_FILE,
  mode: 0o600,
  content: 'unless the mesh comes up, the configuration is taken back\n',
  secret: false,
};

function change(lines: readonly string[]): readonly HostCommand[] {
  const touched = CONFIGS.filter((config) => touches(lines, config));
  const content = [...lines, ...touched.map(batch.commit), ''].join('\n');
  const isFirewallAlone = touched.every((config) => config === 'firewall');
  return [
    { kind: 'write', path: BATCH_FILE, mode: 0o600, content, secret: true },
    run(...BATCH),
    remove(BATCH_FILE),
    ...(isFirewallAlone ? [] : [run('wifi', 'reload')]),
  ];
}

/** netifd makes it load a zone when the mesh comes up; rules that changed since need this. */
function reloadFirewall(lines: readonly string[]): readonly HostCommand[] {
  return touches(lines, 'firewall') ? [run('/etc/init.d/firewall', 'reload')] : [];
}

function touches(lines: readonly string[], config: string): boolean {
  return lines.some((line) => line.split(' ')[1]?.startsWith(`${config}.`) === true);
}

/** The first observation is the one to return to, also after another radio was taken. */
function rememberBefore(observed: OpenwrtObserved, device: string): readonly HostCommand[] {
  const { wireless, before = {} } = observed;
  const taken = [
    [device, DEVICE_OPTIONS] as const,
    ...wokenBy(observed, device).map((name) => [name, ['disabled']] as const),
  ].filter(([name]) => before[name] === undefined);
  if (taken.length === 0) return [];
  const found = taken.map(([name, options]) => {
    const values = options.map((each) => [each, option(wireless.get(name), each) ?? null]);
    return [name, Object.fromEntries(values)];
  });
  const content = `${JSON.stringify({ ...before, ...Object.fromEntries(found) })}\n`;
  return [{ kind: 'write', path: BEFORE_FILE, mode: 0o600, content, secret: false }];
}

/**
 * All is described. A mesh that is there confirms what a plan that was broken off had done; for one
 * that is not, netifd is asked once more, about this radio alone.
 */
function confirm(
  settings: MeshSettings,
  observed: OpenwrtObserved,
  device: string,
  timeoutMs: number,
): readonly HostCommand[] {
  const forget = observed.scraps.map(remove);
  if (isJoined(settings, observed)) {
    const { interfaceName, parameters } = settings;
    return [
      ...(observed.neighboursSettled === false ? [settleNeighbours(settings)] : []),
      // What netifd did not pass on, or somebody has changed since.
      ...parameterCommands(interfaceName, parameters, observed.parameters),
      ...forget,
    ];
  }
  return [
    ...(observed.radios[device]?.pending === true ? [] : [run('wifi', 'up', device)]),
    awaitCarrier(settings.interfaceName, timeoutMs),
    settleNeighbours(settings),
    ...forget,
  ];
}

/** Nothing where somebody else's network is on that radio: it would go down with ours. */
export function rebuildRadio(
  settings: MeshSettings,
  { wireless }: OpenwrtObserved,
): readonly HostCommand[] {
  const [device] = devicesOf(wireless.get(SECTION));
  if (device === undefined || networksOn(wireless, device).length > 0) return [];
  return [
    run('wifi', 'down', device),
    run('wifi', 'up', device),
    awaitCarrier(settings.interfaceName, NETIFD_TIMEOUT_MS),
    settleNeighbours(settings),
  ];
}

/** netifd has no options for these, and each interface that it builds has the kernel's values. */
function settleNeighbours({ interfaceName }: MeshSettings): HostCommand {
  const words = Object.entries(NEIGHBOUR_SETTINGS).map(
    ([name, value]) => `net.ipv6.neigh.${interfaceName}.${name}=${value}`,
  );
  return run('sysctl', '-q', '-w', ...words);
}
