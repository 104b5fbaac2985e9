/**
 * The plan of the Linux body: pure, idempotent, in an order in which each command finds what it
 * needs. All faults are found before the first command.
 *
 * What heals by itself, because a plan is made anew after every event: a dead supplicant is
 * started; an interface that was deleted is created; one that was taken down makes the supplicant
 * refuse to join again (2.10: "already joined"), so it is restarted; a radio that comes back under
 * another number is found by its abilities; a country that somebody changed is set again.
 */
import { type HostCommand, remove, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';
import { chooseRadio, type MeshPlan, type Revival, refuse } from '../platform.ts';
import { domainOf, type Phy } from '../radio.ts';
import { checkSettings, type MeshScope, type MeshSettings } from '../settings.ts';
import { ipv6Faults, programFaults, regulatoryFaults, supplicantFaults } from '../survey.ts';
import { bringUp, stopSupplicant } from './bring-up.ts';
import { interfaceFaults, yieldingInterfaces } from './coexistence.ts';
import { giveBack, keepAway } from './managers.ts';
import { type Before, type LinuxObserved, PACKAGES, pathsOf, writeBefore } from './observed.ts';
import { SUPPLICANT_WANTED } from './supplicant.ts';

const WORLD = '00';

export function planLinux(settings: MeshSettings, observed: LinuxObserved): MeshPlan {
  const refusedSettings = refuse(checkSettings(settings));
  if (refusedSettings !== undefined) return refusedSettings;
  const choice = chooseRadio(freeRadios(settings, observed), settings);
  if ('faults' in choice) return { ok: false, faults: choice.faults };
  const { phy } = choice;
  const inForce = isInForce(settings, observed, phy);
  const current = inForce ? settings.country : domainOf(observed.domains, phy.index)?.country;
  const refusedHost = refuse([
    ...supplicantFaults(observed.supplicant, SUPPLICANT_WANTED),
    ...programFaults(observed.missing, PACKAGES),
    ...ipv6Faults(observed.ipv6),
    ...blockFaults(observed, phy),
    ...regulatoryFaults(settings, observed, phy, current),
    ...interfaceFaults(settings, observed, phy),
  ]);
  if (refusedHost !== undefined) return refusedHost;
  const yielding = yieldingInterfaces(settings, observed, phy).map(({ name }) => name);
  const remembered = remember(settings, observed, yielding, phy);
  return {
    ok: true,
    commands: [
      ...writeNote(settings, observed, remembered),
      ...removeLeftovers(observed),
      ...keepAway(observed.managers, namesOf(settings, observed, remembered)),
      ...softBlocks(observed, phy).map(({ switchIndex }) => unblock(switchIndex)),
      ...(inForce ? [] : askForCountry(settings, observed)),
      ...yielding.map((name) => run('ip', 'link', 'set', name, 'down')),
      ...bringUp(settings, observed, phy),
    ],
  };
}

/** A radio that nobody named is not one on which another mesh of this node is. */
function freeRadios(
  { radio, siblings = [] }: MeshSettings,
  { phys, interfaces }: LinuxObserved,
): readonly Phy[] {
  if (radio !== undefined) return phys;
  const taken = interfaces.filter(({ name }) => siblings.includes(name));
  const free = phys.filter(({ index }) => taken.every(({ phyIndex }) => phyIndex !== index));
  return free.length === 0 ? phys : free;
}

/**
 * What network managers leave alone: the same words for each mesh of this node, since their files
 * are the same.
 */
function namesOf(
  { interfaceName, siblings = [] }: MeshScope,
  { siblingNotes }: LinuxObserved,
  { up }: Before,
): readonly string[] {
  if (siblings.length === 0) return [interfaceName, ...up];
  const yielded = [...up, ...siblingNotes.flatMap((note) => note.up)];
  return [...[interfaceName, ...siblings].sort(), ...[...new Set(yielded)].sort()];
}

/** Puts back what was there before the first plan; empty where no plan has been applied. */
export function restoreLinux(scope: MeshScope, observed: LinuxObserved): MeshPlan {
  const before = noteOf(observed);
  // The last mesh of this node gives back what all of them share.
  const isLast = observed.siblingNotes.length === 0;
  const managers = isLast ? giveBack(observed.managers) : [];
  if (before === undefined) return { ok: true, commands: managers };
  const { interfaceName } = scope;
  const present = new Set(observed.links.map(({ name }) => name));
  const domain = domainOf(observed.domains, -1);
  return {
    ok: true,
    commands: [
      ...removeLeftovers(observed),
      ...stopSupplicant(scope, observed),
      ...(exists(observed, interfaceName) ? [run('iw', 'dev', interfaceName, 'del')] : []),
      ...observed.renamed.map((name) => run('iw', 'dev', name, 'del')),
      ...removeFiles(observed, interfaceName),
      ...managers,
      // What is gone, such as all of 802.11 with its last radio, needs nothing put back.
      ...(!isLast || domain === undefined || domain.country === before.country
        ? []
        : [run('iw', 'reg', 'set', before.country)]),
      ...before.up
        .filter((name) => present.has(name))
        .map((name) => run('ip', 'link', 'set', name, 'up')),
      ...observed.phys
        .filter(({ name, coverageClass }) => {
          const was = before.coverage?.[name];
          return was !== undefined && was !== coverageClass;
        })
        .map(({ name }) => run('iw', 'phy', name, 'set', 'coverage', `${before.coverage?.[name]}`)),
      ...before.blocked
        .filter((index) => observed.blocks.some(({ switchIndex }) => switchIndex === index))
        .map((index) => run('rfkill', 'block', `${index}`)),
      ...observed.leftovers.map(({ interfaceName: name }) =>
        remove(pathsOf(observed, name).before),
      ),
      remove(pathsOf(observed, interfaceName).before),
    ],
  };
}

/** The next plan starts the supplicant, and makes the interface, as after a death. */
export function reviveLinux(
  scope: MeshScope,
  observed: LinuxObserved,
  what: Revival,
): readonly HostCommand[] {
  const { interfaceName } = scope;
  const stop = stopSupplicant(scope, observed);
  if (what === 'supplicant' || !exists(observed, interfaceName)) return stop;
  return [...stop, run('iw', 'dev', interfaceName, 'del')];
}

/**
 * Whether the radio follows the wanted country. A radio with a country of its own (in its EEPROM,
 * or kept by its driver) makes the kernel name another after it was asked: 98 for what two
 * countries allow, 99 for rules of the driver. The channels' marks are then those of that mixture,
 * and asking again changes nothing.
 */
function isInForce(settings: MeshSettings, observed: LinuxObserved, phy: Phy): boolean {
  const domain = domainOf(observed.domains, phy.index);
  if (domain?.country === settings.country) return true;
  const ownRules = domain?.phyIndex !== undefined || /^9[89]$/.test(domain?.country ?? '');
  return ownRules && observed.askedCountry === settings.country;
}

function askForCountry(
  { interfaceName, country }: MeshScope,
  observed: LinuxObserved,
): readonly HostCommand[] {
  const path = pathsOf(observed, interfaceName).country;
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
    newestIndex: Math.min(...notes.map(({ newestIndex }) => newestIndex)),
    coverage: Object.assign({}, ...notes.map((each) => each.coverage).reverse()),
  };
}

function remember(
  { distanceMeters }: MeshSettings,
  observed: LinuxObserved,
  yielding: readonly string[],
  phy: Phy,
): Before {
  const note = noteOf(observed);
  const blocked = softBlocks(observed, phy).map(({ switchIndex }) => switchIndex);
  const country = domainOf(observed.domains, -1)?.country ?? WORLD;
  const changed = distanceMeters === undefined ? {} : { [phy.name]: phy.coverageClass ?? 0 };
  const coverage = { ...changed, ...note?.coverage };
  return {
    // A mixture of the kernel's (98, 99) cannot be asked for; it makes it again by itself.
    country:
      (note ?? observed.siblingNotes[0])?.country ?? (/^[A-Z]{2}$/.test(country) ? country : WORLD),
    up: [...new Set([...(note?.up ?? []), ...yielding])],
    blocked: [...new Set([...(note?.blocked ?? []), ...blocked])],
    newestIndex: note?.newestIndex ?? Math.max(0, ...observed.links.map(({ index }) => index)),
    ...(Object.keys(coverage).length === 0 ? {} : { coverage }),
  };
}

function writeNote(
  { interfaceName }: MeshScope,
  observed: LinuxObserved,
  remembered: Before,
): readonly HostCommand[] {
  const content = writeBefore(remembered);
  if (observed.before !== undefined && content === writeBefore(observed.before)) return [];
  const path = pathsOf(observed, interfaceName).before;
  return [{ kind: 'write', path, mode: 0o600, content, secret: false }];
}

/** Meshes of ours under other names. Their notes go last: they are what makes them ours. */
function removeLeftovers(observed: LinuxObserved): readonly HostCommand[] {
  return observed.leftovers.flatMap(({ interfaceName, pid }) => {
    const { before, configuration } = pathsOf(observed, interfaceName);
    const present = exists(observed, interfaceName);
    return [
      ...(pid === undefined ? [] : [{ kind: 'stop', pid, argument: configuration } as const]),
      ...(present ? [run('iw', 'dev', interfaceName, 'del')] : []),
      ...removeFiles(observed, interfaceName),
      remove(before),
    ];
  });
}

function removeFiles(observed: LinuxObserved, interfaceName: string): readonly HostCommand[] {
  const files = pathsOf(observed, interfaceName);
  const { pid, log, control, configuration, multicast, country } = files;
  return [pid, log, control, configuration, multicast, country].map(remove);
}

function exists({ interfaces }: LinuxObserved, interfaceName: string): boolean {
  return interfaces.some(({ name }) => name === interfaceName);
}

function blockFaults(observed: LinuxObserved, phy: Phy): readonly Fault[] {
  const hard = observed.blocks.some((block) => block.phyName === phy.name && block.hard);
  // A switch of the machine that software has off shows as a hard one of each radio behind it.
  if (!hard || machineBlocks(observed).length > 0) return [];
  return [fault('radio_blocked', `radio ${phy.name}`, 'a radio that is on', 'rfkill hard block')];
}

function softBlocks(observed: LinuxObserved, phy: Phy) {
  const own = observed.blocks.filter((block) => block.phyName === phy.name && block.soft);
  return [...machineBlocks(observed), ...own];
}

/** Soft blocks of switches that are of no radio, but of the machine. */
function machineBlocks({ blocks, phys }: LinuxObserved) {
  const isOfRadio = (name: string) => phys.some((phy) => phy.name === name);
  return blocks.filter(({ phyName, soft }) => soft && !isOfRadio(phyName));
}

function unblock(switchIndex: number): HostCommand {
  return run('rfkill', 'unblock', `${switchIndex}`);
}
