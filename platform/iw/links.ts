/**
 * Network links from files of the kernel, for hosts without netlink: /sys/class/net (Documentation/
 * ABI/testing/sysfs-class-net) and /proc/net/if_inet6 (net/ipv6/addrconf.c). No program is needed;
 * busybox's `ip` has no output for programs.
 *
 * if_inet6 has one line an address: 32 hexadecimal digits, then interface index, prefix length,
 * scope and flags in hexadecimal, then the interface's name.
 */
import { formatIpv6 } from '../ipv6.ts';
import { byAddress, type InterfaceAddress, type NetworkInterface } from '../radio.ts';
import { type Runner, readText } from '../runner.ts';

const FOLDER = '/sys/class/net';
const ADDRESS_TABLE = '/proc/net/if_inet6';
const IFF_UP = 1;

/** IPV6_ADDR_LOOPBACK and IPV6_ADDR_LINKLOCAL, include/net/ipv6.h. */
const SCOPES: ReadonlyMap<number, InterfaceAddress['scope']> = new Map([
  [0x00, 'global'],
  [0x10, 'host'],
  [0x20, 'link'],
]);

/** In the order of their indices, as the kernel dumps them. */
export async function readLinks(runner: Runner): Promise<readonly NetworkInterface[]> {
  const table = (await readText(runner, ADDRESS_TABLE)) ?? '';
  const names = await runner.list(FOLDER);
  const links = await Promise.all(names.map((name) => readLink(runner, name, table)));
  return links.filter((link) => link !== undefined).sort((left, right) => left.index - right.index);
}

/** Undefined for what is no link (bonding_masters), or has gone meanwhile. */
async function readLink(
  runner: Runner,
  name: string,
  table: string,
): Promise<NetworkInterface | undefined> {
  const file = async (attribute: string) =>
    (await readText(runner, `${FOLDER}/${name}/${attribute}`))?.trim() ?? '';
  const index = Number(await file('ifindex'));
  if (!Number.isInteger(index) || index < 1) return undefined;
  const address = await file('address');
  return {
    index,
    name,
    up: (Number(await file('flags')) & IFF_UP) !== 0,
    // Cannot even be read while the link is down.
    carrier: (await file('carrier')) === '1',
    address: /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address) ? address : '',
    mtu: Number(await file('mtu')),
    ipv6: [...parseAddresses(table, name)].sort(byAddress),
  };
}

function parseAddresses(table: string, interfaceName: string): readonly InterfaceAddress[] {
  return table.split('\n').flatMap((line) => {
    const [address = '', , prefix = '', scopeText = '', , name] = line.trim().split(/\s+/);
    const scope = SCOPES.get(Number.parseInt(scopeText, 16));
    if (name !== interfaceName || scope === undefined || !/^[0-9a-f]{32}$/.test(address)) return [];
    const text = formatIpv6(Buffer.from(address, 'hex'));
    return [{ address: `${text}/${Number.parseInt(prefix, 16)}`, scope }];
  });
}
