/**
 * The network managers of Debian and Raspberry Pi OS, told to leave the mesh interface alone:
 * NetworkManager (conf.d, `unmanaged-devices`), systemd-networkd (a .network file with `Unmanaged`)
 * and dhcpcd, which has no drop-in folder: a marked block in its one file (`denyinterfaces`).
 *
 * A file that is written is not yet one that was read: a mark lies in our own folder from before the
 * change until the manager was told, so that telling it is tried again.
 */
import { type Command, remove, run } from '../command.ts';

export type ManagerName = 'NetworkManager' | 'systemd-networkd' | 'dhcpcd';

interface ManagerRow {
  readonly name: ManagerName;
  /** Not empty where it is installed and told what to do. */
  readonly folder: string;
  /** Not empty while it runs; or files with its process number, one of which lives then. */
  readonly runtime: string | readonly string[];
  /** The file that keeps it away. */
  readonly file: string;
  readonly reload: readonly [string, ...string[]];
}

export const MANAGERS: readonly ManagerRow[] = [
  {
    name: 'NetworkManager',
    folder: '/etc/NetworkManager',
    runtime: '/run/NetworkManager',
    file: '/etc/NetworkManager/conf.d/90-meshpay.conf',
    reload: ['nmcli', 'general', 'reload', 'conf'],
  },
  {
    name: 'systemd-networkd',
    folder: '/etc/systemd/network',
    runtime: '/run/systemd/netif/links',
    file: '/etc/systemd/network/10-meshpay.network',
    reload: ['networkctl', 'reload'],
  },
  {
    name: 'dhcpcd',
    folder: '/etc/dhcpcd.conf',
    // Of the one for all interfaces, before 9 and since; ifupdown's clients for one interface lie
    // beside them, and `--rebind` without the one for all starts it.
    runtime: ['/run/dhcpcd/pid', '/run/dhcpcd.pid'],
    file: '/etc/dhcpcd.conf',
    reload: ['dhcpcd', '--rebind'],
  },
];

export interface ObservedManager {
  readonly name: ManagerName;
  readonly running: boolean;
  /** Content of its file, a character a byte (ISO 8859-1); undefined where there is none. */
  readonly content: string | undefined;
  /** The mark of a change that it was not told of. */
  readonly mark: string;
  readonly isMarked: boolean;
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
): readonly Command[] {
  return changeAll(managers, (manager) => wantedContent(manager, names));
}

/** Commands after which no manager's file shows a trace of us. */
export function giveBack(managers: readonly ObservedManager[]): readonly Command[] {
  return changeAll(managers, (manager) =>
    manager.name === 'dhcpcd' ? withoutBlock(manager.content ?? '') : undefined,
  );
}

function changeAll(
  managers: readonly ObservedManager[],
  wanted: (manager: ObservedManager) => string | undefined,
): readonly Command[] {
  return managers.flatMap((manager) => {
    const row = MANAGERS.find(({ name }) => name === manager.name);
    if (row === undefined) return [];
    const { running, mark, isMarked } = manager;
    const content = wanted(manager);
    const change = content === manager.content ? [] : [changeTo(row, content)];
    if (change.length === 0 && !isMarked) return [];
    // One that does not run reads its files when it starts.
    if (!running) return [...change, ...(isMarked ? [remove(mark)] : [])];
    return [...(isMarked ? [] : [leave(mark)]), ...change, run(...row.reload), remove(mark)];
  });
}

function leave(mark: string): Command {
  return { kind: 'write', path: mark, mode: 0o600, content: '', secret: false };
}

function changeTo(row: ManagerRow, content: string | undefined): Command {
  return content === undefined ? remove(row.file) : writeTo(row, content);
}

/** A file that is the manager's own, and not a drop-in of ours, is the operator's as it stands. */
function writeTo({ folder, file }: ManagerRow, content: string): Command {
  const write = { kind: 'write', path: file, mode: 0o644, content, secret: false } as const;
  return folder === file ? { ...write, foreign: true } : write;
}

function wantedContent(manager: ObservedManager, names: readonly string[]): string {
  switch (manager.name) {
    case 'NetworkManager': {
      const devices = names.map((name) => `interface-name:${name}`).join(';');
      return `[keyfile]\nunmanaged-devices+=${devices}\n`;
    }
    case 'systemd-networkd':
      return `[Match]\nName=${names.join(' ')}\n\n[Link]\nUnmanaged=yes\n`;
    case 'dhcpcd': {
      const rest = withoutBlock(manager.content ?? '');
      const end = rest === '' || rest.endsWith('\n') ? '' : '\n';
      return `${rest}${end}${BLOCK_START}\ndenyinterfaces ${names.join(' ')}\n${BLOCK_END}\n`;
    }
  }
}

/** Everything but our blocks, byte for byte. One that was begun and not ended is left to the operator. */
function withoutBlock(content: string): string {
  const kept: string[] = [];
  let start: number | undefined;
  for (const line of content.split(/(?<=\n)/)) {
    kept.push(line);
    const text = line.trimEnd();
    if (text === BLOCK_START) start = kept.length - 1;
    else if (text === BLOCK_END && start !== undefined) {
      kept.length = start;
      start = undefined;
    }
  }
  return kept.join('');
}
