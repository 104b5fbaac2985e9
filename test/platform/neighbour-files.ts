/** What /proc shows of neighbour discovery on an interface of a simulated host. */
import type { MemoryHost } from './host.ts';

/** As every interface begins. */
const KERNEL_VALUES = {
  mcast_solicit: '3',
  ucast_solicit: '3',
  retrans_time_ms: '1000',
  delay_first_probe_time: '5',
};

function folderOf(interfaceName: string): string {
  return `/proc/sys/net/ipv6/neigh/${interfaceName}`;
}

export function showNeighbours(
  { files }: MemoryHost,
  interfaceName: string,
  values: Readonly<Record<string, string>> = KERNEL_VALUES,
): void {
  for (const [name, value] of Object.entries(values)) {
    files.set(`${folderOf(interfaceName)}/${name}`, `${value}\n`);
  }
}

export function hideNeighbours({ files }: MemoryHost, interfaceName: string): void {
  for (const name of Object.keys(KERNEL_VALUES)) files.delete(`${folderOf(interfaceName)}/${name}`);
}
