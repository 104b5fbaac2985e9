/**
 * The network managers of Debian and Raspberry Pi OS, told to leave the mesh interface alone where
 * each of them listens:
 *
 * - NetworkManager: a drop-in whose name sorts last, since a later `unmanaged-devices=` takes the
 *   place of an earlier one, and a [device] section beside it, which no such line touches. It reads
 *   /run before /etc, so the one in /run is for hosts whose /etc cannot be written.
 * - systemd-networkd: the first .network file that matches wins, whichever folder it is in, so the
 *   name of ours sorts first.
 * - dhcpcd, which has no drop-in folder: a marked block in its one file, before the first line that
 *   begins a block for one interface, network, profile or answer: what follows that is the block's.
 *
 * A file that was written has not been read yet. So a mark lies in our own folder from before the
 * change until the manager has been told, and telling it is tried again until then. Whether it has
 * obeyed is looked at afterwards (manager-look.ts).
 */
import { type HostCommand, remove, run } from '../command.ts';
import { type Fault, fault } from '../fault.ts';

export type ManagerName = 'NetworkManager' | 'systemd-networkd' | 'dhcpcd';

interface ManagerRow {
  readonly name: ManagerName;
  /** Not empty where it is installed and told what to do. */
  readonly folder: string;
  /** Not empty while it runs; or files with its process number, one of which lives then. */
  readonly runtime: string | readonly string[];
  /** Where it can be kept away; the first that can be written is taken. */
  readonly files: readonly string[];
  readonly reload: readonly [string, ...string[]];
}

const NETWORK_MANAGER_FILE = 'conf.d/zz-meshpay.conf';
const NETWORKD_FILE = '0-0-meshpay.network';

export const MANAGERS: readonly ManagerRow[] = [
  {
    name: 'NetworkManager',
    folder: '/etc/NetworkManager',
    runtime: '/run/NetworkManager',
    files: [
      `/etc/NetworkManager/${NETWORK_MANAGER_FILE}`,
      `/run/NetworkManager/${NETWORK_MANAGER_FILE}`,
    ],
    reload: ['nmcli', 'general', 'reload', 'conf'],
  },
  {
    name: 'systemd-networkd',
    folder: '/etc/systemd/network',
    runtime: '/run/systemd/netif/links',
    files: [`/etc/systemd/network/${NETWORKD_FILE}`, `/run/systemd/network/${NETWORKD_FILE}`],
    reload: ['networkctl', 'reload'],
  },
  {
    name: 'dhcpcd',
    folder: '/etc/dhcpcd.conf',
    // Of the one for all interfaces, before 9 and since; ifupdown's clients for one interface lie
    // beside them, and `--rebind` without the one for all starts it.
    runtime: ['/run/dhcpcd/pid', '/run/dhcpcd.pid'],
    files: ['/etc/dhcpcd.conf'],
    reload: ['dhcpcd', '--rebind'],
  },
];

export interface ObservedManager {
  readonly name: ManagerName;
  readonly running: boolean;
  readonly files: readonly ObservedFile[];
  /** The mark of a change that the manager has not been told about. */
  readonly mark: string;
  readonly isMarked: boolean;
  /** What it says of the mesh interface, where it has it in spite of all. */
  readonly holding: string | undefined;
}

export interface ObservedFile {
  readonly path: string;
  /** A character a byte (ISO 8859-1); undefined where there is none. */
  readonly content: string | undefined;
  readonly isWritable: boolean;
}

export function markOf(folder: string, name: ManagerName): string {
  return `${folder}/${name}.untold`;
}

/** What a plan runs to tell those that run. */
export function reloadPrograms(managers: readonly ObservedManager[]): readonly string[] {
  return managers
    .filter(({ running }) => running)
    .flatMap(({ name }) => MANAGERS.find((row) => row.name === name)?.reload[0] ?? []);
}

const BLOCK_START = '# meshpay: begin';
const BLOCK_END = '# meshpay: end';

/** Commands after which every installed manager leaves `names` alone; empty when all do. */
export function keepAway(
  managers: readonly ObservedManager[],
  names: readonly string[],
): readonly HostCommand[] {
  return changeAll(managers, (manager) => keepingAway(manager, names));
}

/** Commands after which no manager's file shows a trace of us. */
export function giveBack(managers: readonly ObservedManager[]): readonly HostCommand[] {
  return changeAll(managers, ({ name, files }) =>
    files.flatMap((file) =>
      change(file, name === 'dhcpcd' ? withoutBlock(file.content ?? '') : undefined),
    ),
  );
}

/**
 * Managers that have the mesh interface, or will: they run, and what would tell them is not there.
 */
export function managerFaults(
  managers: readonly ObservedManager[],
  interfaceName: string,
): readonly Fault[] {
  return managers.flatMap((manager) => {
    const { name, running, holding } = manager;
    const cannot = targetOf(manager, [interfaceName]) === undefined;
    if (!running || (holding === undefined && !cannot)) return [];
    const { files, reload } = rowOf(name);
    const found = holding ?? `${files.join(', ')}: cannot be written`;
    const others = `what other files of it say of ${interfaceName}`;
    const expected = `${interfaceName} unmanaged; see ${others}, then "${reload.join(' ')}"`;
    return [fault('manager_holds', `manager ${name}`, expected, found)];
  });
}

function rowOf(name: ManagerName): ManagerRow {
  const row = MANAGERS.find((each) => each.name === name);
  if (row === undefined) throw new Error(`no manager ${name}`);
  return row;
}

function changeAll(
  managers: readonly ObservedManager[],
  changes: (manager: ObservedManager) => readonly HostCommand[],
): readonly HostCommand[] {
  return managers.flatMap((manager) => {
    const { name, running, mark, isMarked } = manager;
    const made = changes(manager);
    if (made.length === 0 && !isMarked) return [];
    // One that does not run reads its files when it starts.
    if (!running) return [...made, ...(isMarked ? [remove(mark)] : [])];
    const { reload } = rowOf(name);
    return [...(isMarked ? [] : [leave(mark)]), ...made, run(...reload), remove(mark)];
  });
}

function leave(mark: string): HostCommand {
  return { kind: 'write', path: mark, mode: 0o600, content: '', secret: false };
}

/** Our words in the first file that has them or can get them, and in no other. */
function keepingAway(manager: ObservedManager, names: readonly string[]): readonly HostCommand[] {
  const target = targetOf(manager, names);
  return manager.files.flatMap((file) => {
    if (file === target) return change(file, wantedContent(manager.name, file.content, names));
    return target === undefined || manager.name === 'dhcpcd' ? [] : change(file, undefined);
  });
}

function targetOf(
  { name, files }: ObservedManager,
  names: readonly string[],
): ObservedFile | undefined {
  return files.find(
    ({ content, isWritable }) => isWritable || content === wantedContent(name, content, names),
  );
}

/** What cannot be written stays as it is: a mesh does not wait for that. */
function change(file: ObservedFile, content: string | undefined): readonly HostCommand[] {
  const { path, isWritable } = file;
  if (content === file.content || !isWritable) return [];
  if (content === undefined) return [remove(path)];
  // The file of dhcpcd is the operator's as it stands, and not a drop-in of ours.
  const foreign = MANAGERS.some(({ folder }) => folder === path);
  const write = { kind: 'write', path, mode: 0o644, content, secret: false } as const;
  return [foreign ? { ...write, foreign: true } : write];
}

function wantedContent(
  name: ManagerName,
  content: string | undefined,
  names: readonly string[],
): string {
  switch (name) {
    case 'NetworkManager': {
      const devices = names.map((each) => `interface-name:${each}`).join(';');
      const keyfile = `[keyfile]\nunmanaged-devices+=${devices}\n`;
      return `${keyfile}\n[device-meshpay]\nmatch-device=${devices}\nmanaged=0\n`;
    }
    case 'systemd-networkd':
      return `[Match]\nName=${names.join(' ')}\n\n[Link]\nUnmanaged=yes\n`;
    case 'dhcpcd': {
      const rest = withoutBlock(content ?? '');
      const block = `${BLOCK_START}\n${DENIAL}${names.join(' ')}\n${BLOCK_END}\n`;
      const place = placeIn(rest);
      return rest.slice(0, place) + block + rest.slice(place);
    }
  }
}

const DENIAL = 'denyinterfaces ';

/** dhcpcd.conf(5): all that comes after such a line holds for what it names alone. */
const OPENS_BLOCK = /^[ \t]*(?:interface|ssid|profile|arping)(?:\s|$)/;

/** Before the first block; else at the end, or before a last line that has none, which stays so. */
function placeIn(content: string): number {
  const lines = content.split(/(?<=\n)/);
  let place = 0;
  for (const line of lines) {
    if (OPENS_BLOCK.test(line) || !line.endsWith('\n')) return place;
    place += line.length;
  }
  return place;
}

/**
 * Everything but our blocks, byte for byte. One that was begun and not ended is left to the
 * operator, and so is what somebody wrote into one.
 */
function withoutBlock(content: string): string {
  const kept: string[] = [];
  let start: number | undefined;
  for (const line of content.split(/(?<=\n)/)) {
    kept.push(line);
    const text = line.trimEnd();
    if (text === BLOCK_START) start = kept.length - 1;
    else if (text === BLOCK_END && start !== undefined) {
      const between = kept.slice(start + 1, -1).filter((each) => !each.startsWith(DENIAL));
      kept.splice(start, kept.length, ...between);
      start = undefined;
    }
  }
  return kept.join('');
}
