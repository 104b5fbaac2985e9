/**
 * The network managers of Debian and Raspberry Pi OS, told to leave the mesh interface alone:
 * NetworkManager (conf.d, `unmanaged-devices`), systemd-networkd (a .network file with `Unmanaged`)
 * and dhcpcd, which has no drop-in folder: a marked block in its one file (`denyinterfaces`).
 */
import { type Command, run } from '../command.ts';

export type ManagerName = 'NetworkManager' | 'systemd-networkd' | 'dhcpcd';

interface ManagerRow {
  readonly name: ManagerName;
  /** Not empty where it is installed and told what to do. */
  readonly folder: string;
  /** Not empty while it runs. */
  readonly runtime: string;
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
    runtime: '/run/dhcpcd',
    file: '/etc/dhcpcd.conf',
    reload: ['dhcpcd', '--rebind'],
  },
];

export interface ObservedManager {
  readonly name: ManagerName;
  readonly running: boolean;
  /** Content of its file, undefined where there is none. */
  readonly content: string | undefined;
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
    const content = wanted(manager);
    if (row === undefined || content === manager.content) return [];
    const change: Command =
      content === undefined ? { kind: 'remove', path: row.file } : writeTo(row, content);
    return manager.running ? [change, run(...row.reload)] : [change];
  });
}

/** A file that is the manager's own, and not a drop-in of ours, is the operator's as it stands. */
function writeTo({ folder, file }: ManagerRow, content: string): Command {
  const write = { kind: 'write', path: file, mode: 0o644, content, secret: false } as const;
  return folder === file ? { ...write, keepsRights: true } : write;
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
      return `${rest}${BLOCK_START}\ndenyinterfaces ${names.join(' ')}\n${BLOCK_END}\n`;
    }
  }
}

function withoutBlock(content: string): string {
  const start = content.indexOf(BLOCK_START);
  const end = content.indexOf(BLOCK_END, start);
  if (start < 0 || end < 0) return content;
  return content.slice(0, start) + content.slice(end + BLOCK_END.length + 1);
}
