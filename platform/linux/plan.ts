/**
 * The plan of the Linux body: pure, idempotent, in an order in which each command finds what it
 * needs. All faults are found before the first command.
 *
 * What heals by itself, because a plan is made anew after every event: a dead supplicant is
 * started; an interface that was deleted is created; one that was taken down makes the supplicant
 * refuse to join again (2.10: "already joined"), so it is restarted; a radio that comes back under
 * another number is found by its abilities; a country that somebody changed is set again.
 */
import { type Command, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';
import { normalizePrefix } from '../ipv6.ts';
import { JOIN_TIMEOUT_MS, LOG_MAX_BYTES, START_TIMEOUT_MS } from '../limits.ts';
import { differingParameters } from '../mesh-parameters.ts';
import { chooseRadio, type Plan, refuse } from '../platform.ts';
import { domainOf, type Phy, type RadioInterface } from '../radio.ts';
import { checkSettings, type MeshScope, type MeshSettings } from '../settings.ts';
import { isJoined, isUp, programFaults, regulatoryFaults, supplicantFaults } from '../survey.ts';
import { giveBack, keepAway } from './managers.ts';
import { type Before, type LinuxObserved, linuxPaths, PACKAGES, writeBefore } from './observed.ts';
import { SUPPLICANT_WANTED, supplicantConfiguration } from './supplicant.ts';

const WORLD = '00';

export function planLinux(settings: MeshSettings, observed: LinuxObserved): Plan {
  const refusedSettings = refuse(checkSettings(settings));
  if (refusedSettings !== undefined) return refusedSettings;
  const choice = chooseRadio(observed.phys, settings.radio);
  if ('faults' in choice) return { ok: false, faults: choice.faults };
  const { phy } = choice;
  const inForce = isInForce(settings, observed, phy);
  const current = inForce ? settings.country : domainOf(observed.domains, phy.index)?.country;
  const refusedHost = refuse([
    ...supplicantFaults(observed.supplicant, SUPPLICANT_WANTED),
    ...programFaults(observed.missing, PACKAGES),
    ...blockFaults(observed, phy),
    ...regulatoryFaults(settings, observed, phy, current),
    ...interfaceFaults(settings, observed, phy),
  ]);
  if (refusedHost !== undefined) return refusedHost;
  const yielding = yieldingInterfaces(settings, observed, phy).map(({ name }) => name);
  const remembered = remember(observed, yielding, phy);
  return {
    ok: true,
    commands: [
      ...writeNote(settings, observed, remembered),
      ...removeLeftovers(observed),
      ...keepAway(observed.managers, [settings.interfaceName, ...remembered.up]),
      ...softBlocks(observed, phy).map(({ switchIndex }) => unblock(switchIndex)),
      ...(inForce ? [] : askForCountry(settings, observed)),
      ...yielding.map((name) => run('ip', 'link', 'set', name, 'down')),
      ...bringUp(settings, observed, phy),
    ],
  };
}

/** Puts back what was there before the first plan; empty where no plan has been applied. */
export function restoreLinux(scope: MeshScope, observed: LinuxObserved): Plan {
  const before = noteOf(observed);
  if (before === undefined) return { ok: true, commands: giveBack(observed.managers) };
  const { interfaceName } = scope;
  const present = new Set(observed.links.map(({ name }) => name));
  const domain = domainOf(observed.domains, -1);
  return {
    ok: true,
    commands: [
      ...removeLeftovers(observed),
      ...stopSupplicant(scope, observed),
      ...(exists(observed, interfaceName) ? [run('iw', 'dev', interfaceName, 'del')] : []),
      ...removeFiles(observed, interfaceName),
      ...giveBack(observed.managers),
      // What is gone, such as all of 802.11 with its last radio, needs nothing put back.
      ...(domain === undefined || domain.country === before.country
        ? []
        : [run('iw', 'reg', 'set', before.country)]),
      ...before.up
        .filter((name) => present.has(name))
        .map((name) => run('ip', 'link', 'set', name, 'up')),
      ...before.blocked
        .filter((index) => observed.blocks.some(({ switchIndex }) => switchIndex === index))
        .map((index) => run('rfkill', 'block', `${index}`)),
      ...observed.leftovers.map(({ interfaceName: name }) => remove(paths(observed, name).before)),
      remove(paths(observed, interfaceName).before),
    ],
  };
}

/**
 * Whether the radio follows the wanted country. A radio with a country of its own (in its EEPROM, or
 * kept by its driver) makes the kernel name another after it was asked: 98 for what two countries
 * allow, 99 for rules of the driver. The channels' marks are then those of that mixture, and asking
 * again changes nothing.
 */
function isInForce(settings: MeshSettings, observed: LinuxObserved, phy: Phy): boolean {
  const domain = domainOf(observed.domains, phy.index);
  if (domain?.country === settings.country) return true;
  const ownRules = domain?.selfManaged === true || /^9[89]$/.test(domain?.country ?? '');
  return ownRules && observed.askedCountry === settings.country;
}

function askForCountry(
  { interfaceName, country }: MeshScope,
  observed: LinuxObserved,
): readonly Command[] {
  const path = paths(observed, interfaceName).country;
  const content = `${country}\n`;
  return [
    run('iw', 'reg', 'set', country),
    { kind: 'write', path, mode: 0o600, content, secret: false },
  ];
}

/** Without a note of ours, nothing that lies there is ours. The oldest one tells of the start. */
function noteOf({ before, leftovers }: LinuxObserved): Before | undefined {
  const notes = [...leftovers.map((each) => each.before), before].filter(
    (note) => note !== undefined,
  );
  const [oldest] = notes;
  if (oldest === undefined) return undefined;
  return {
    country: oldest.country,
    up: [...new Set(notes.flatMap(({ up }) => up))],
    blocked: [...new Set(notes.flatMap(({ blocked }) => blocked))],
  };
}

function remember(observed: LinuxObserved, yielding: readonly string[], phy: Phy): Before {
  const note = noteOf(observed);
  const blocked = softBlocks(observed, phy).map(({ switchIndex }) => switchIndex);
  return {
    country: note?.country ?? domainOf(observed.domains, -1)?.country ?? WORLD,
    up: [...new Set([...(note?.up ?? []), ...yielding])],
    blocked: [...new Set([...(note?.blocked ?? []), ...blocked])],
  };
}

function writeNote(
  { interfaceName }: MeshScope,
  observed: LinuxObserved,
  remembered: Before,
): readonly Command[] {
  const content = writeBefore(remembered);
  if (observed.before !== undefined && content === writeBefore(observed.before)) return [];
  const path = paths(observed, interfaceName).before;
  return [{ kind: 'write', path, mode: 0o600, content, secret: false }];
}

/** Meshes of ours under other names. Their notes go last: they are what makes them ours. */
function removeLeftovers(observed: LinuxObserved): readonly Command[] {
  return observed.leftovers.flatMap(({ interfaceName, pid }) => {
    const { before, configuration } = paths(observed, interfaceName);
    const present = exists(observed, interfaceName);
    return [
      ...(pid === undefined ? [] : [{ kind: 'stop', pid, argument: configuration } as const]),
      ...(present ? [run('iw', 'dev', interfaceName, 'del')] : []),
      ...removeFiles(observed, interfaceName),
      remove(before),
    ];
  });
}

function removeFiles(observed: LinuxObserved, interfaceName: string): readonly Command[] {
  const files = paths(observed, interfaceName);
  const { pid, log, control, configuration, multicast, country } = files;
  return [pid, log, control, configuration, multicast, country].map(remove);
}

function exists({ interfaces }: LinuxObserved, interfaceName: string): boolean {
  return interfaces.some(({ name }) => name === interfaceName);
}

function paths({ folder }: LinuxObserved, interfaceName: string) {
  return linuxPaths(folder, interfaceName);
}

/** From here on the interface: created, joined, addressed, tuned. */
function bringUp(settings: MeshSettings, observed: LinuxObserved, phy: Phy): readonly Command[] {
  const { interfaceName } = settings;
  const { supplicant } = observed;
  const files = paths(observed, interfaceName);
  const current = observed.interfaces.find(({ name }) => name === interfaceName);
  const onThisPhy = current?.phyIndex === phy.index;
  const content = supplicantConfiguration(settings, files.control, 'global_sae_pwe');
  const sameContent = supplicant.configuration === content;
  const joined = isJoined(settings, observed);
  const stuck = !joined && (supplicant.process?.ageMs ?? 0) > JOIN_TIMEOUT_MS;
  const down =
    onThisPhy && !isUp(settings, observed) && (supplicant.process?.ageMs ?? 0) > START_TIMEOUT_MS;
  const keepRunning =
    supplicant.process !== undefined && onThisPhy && sameContent && !stuck && !down;
  return [
    ...(keepRunning ? [] : stopSupplicant(settings, observed)),
    ...(current !== undefined && !onThisPhy ? [run('iw', 'dev', interfaceName, 'del')] : []),
    ...(onThisPhy
      ? []
      : [run('iw', 'phy', phy.name, 'interface', 'add', interfaceName, 'type', 'mp')]),
    ...(sameContent
      ? []
      : [
          { kind: 'write', path: files.configuration, mode: 0o600, content, secret: true } as const,
        ]),
    ...logRotation(observed, files.log),
    ...(keepRunning || observed.multicastRateMbps === undefined ? [] : [remove(files.multicast)]),
    ...(keepRunning ? [] : [startSupplicant(settings, observed)]),
    ...addressCommands(settings, observed, onThisPhy),
    ...(keepRunning && joined ? [] : [awaitCarrier(files.carrier)]),
    ...parameterCommands(settings, observed, !keepRunning),
    ...multicastCommands(settings, observed, !keepRunning),
  ];
}

/** Joining makes the kernel forget the rate; the note is written after it was set, never before. */
function multicastCommands(
  { interfaceName, multicastRateMbps }: MeshSettings,
  observed: LinuxObserved,
  anew: boolean,
): readonly Command[] {
  if (!anew && observed.multicastRateMbps === multicastRateMbps) return [];
  const path = paths(observed, interfaceName).multicast;
  const content = `${multicastRateMbps}\n`;
  return [
    run('iw', 'dev', interfaceName, 'set', 'mcast_rate', `${multicastRateMbps}`),
    { kind: 'write', path, mode: 0o600, content, secret: false },
  ];
}

function startSupplicant({ interfaceName }: MeshScope, observed: LinuxObserved): Command {
  const { pid, log, configuration } = paths(observed, interfaceName);
  return run(
    'wpa_supplicant',
    ...['-B', '-P', pid, '-f', log, '-i', interfaceName, '-D', 'nl80211'],
    ...['-c', configuration],
  );
}

function stopSupplicant({ interfaceName }: MeshScope, observed: LinuxObserved): readonly Command[] {
  const { process } = observed.supplicant;
  if (process === undefined) return [];
  const argument = paths(observed, interfaceName).configuration;
  return [{ kind: 'stop', pid: process.pid, argument }];
}

/** The supplicant appends, so an emptied log goes on from its start. */
function logRotation({ supplicant }: LinuxObserved, path: string): readonly Command[] {
  if (supplicant.log.length < LOG_MAX_BYTES || supplicant.process === undefined) return [];
  return [run('truncate', '--size=0', path)];
}

function addressCommands(
  { interfaceName, addresses }: MeshSettings,
  observed: LinuxObserved,
  onThisPhy: boolean,
): readonly Command[] {
  const link = observed.links.find(({ name }) => name === interfaceName);
  const present = onThisPhy ? (link?.ipv6 ?? []).map(({ address }) => address) : [];
  const wanted = addresses.map((address) => normalizePrefix(address) ?? address);
  const change = (verb: string) => (address: string) =>
    run('ip', '-6', 'address', verb, address, 'dev', interfaceName);
  return [
    // Only unique local addresses (fc00::/7) are ours to take away.
    ...present
      .filter((address) => /^f[cd]/.test(address) && !wanted.includes(address))
      .map(change('del')),
    ...wanted.filter((address) => !present.includes(address)).map(change('replace')),
  ];
}

/** A mesh that is joined anew starts from the kernel's values. */
function parameterCommands(
  settings: MeshSettings,
  observed: LinuxObserved,
  anew: boolean,
): readonly Command[] {
  const differing = differingParameters(settings.parameters, anew ? {} : observed.parameters);
  return Object.entries(differing).map(([name, value]) =>
    run('iw', 'dev', settings.interfaceName, 'set', 'mesh_param', `${name}=${value}`),
  );
}

function blockFaults(observed: LinuxObserved, phy: Phy): readonly Fault[] {
  const hard = observed.blocks.some((block) => block.phyName === phy.name && block.hard);
  if (!hard) return [];
  return [fault('radio_blocked', `radio ${phy.name}`, 'a radio that is on', 'rfkill hard block')];
}

function interfaceFaults(
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

/** Interfaces that are up, cannot stay beside a mesh and are not connected: they make room. */
function yieldingInterfaces(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly RadioInterface[] {
  return excludedBy(settings, observed, phy).filter((each) => each.frequencyMhz === undefined);
}

/** Interfaces of the phy that are up and that a mesh on the wanted channel cannot join. */
function excludedBy(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly RadioInterface[] {
  const up = new Set(observed.links.filter((link) => link.up).map(({ name }) => name));
  return observed.interfaces.filter((each) => {
    if (each.phyIndex !== phy.index || each.name === settings.interfaceName) return false;
    return up.has(each.name) && !canStay(settings, phy, each);
  });
}

function canStay(settings: MeshSettings, phy: Phy, other: RadioInterface): boolean {
  const elsewhere =
    other.frequencyMhz !== undefined && other.frequencyMhz !== settings.frequencyMhz;
  return phy.combinations.some(({ limits, maxInterfaces, maxChannels }) => {
    const mesh = limits.find(({ types }) => types.includes('mesh point'));
    const beside = limits.find(({ types }) => types.includes(other.type));
    if (mesh === undefined || beside === undefined || maxInterfaces < 2) return false;
    return (mesh !== beside || mesh.max >= 2) && (!elsewhere || maxChannels >= 2);
  });
}

function softBlocks(observed: LinuxObserved, phy: Phy) {
  return observed.blocks.filter((block) => block.phyName === phy.name && block.soft);
}

function awaitCarrier(path: string): Command {
  return { kind: 'await', path, content: '1', timeoutMs: JOIN_TIMEOUT_MS };
}

function unblock(switchIndex: number): Command {
  return run('rfkill', 'unblock', `${switchIndex}`);
}

function remove(path: string): Command {
  return { kind: 'remove', path };
}
