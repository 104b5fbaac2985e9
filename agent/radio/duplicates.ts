/**
 * Addresses of ours that another node has: the kernel's duplicate address detection (RFC 4862 5.4)
 * marks them in /proc/net/if_inet6. One line an address: 32 hexadecimal digits, interface index,
 * prefix length, scope, flags (IFA_F_*, all hexadecimal), interface name.
 *
 * Only the addresses that are made from network and key tell of a second node with this key. Any
 * other link-local one is the kernel's, made from the radio's hardware address, of which cheap
 * radios share one.
 */
import { formatIpv6, normalizePrefix } from '../../platform/ipv6.ts';
import type { Duplicates } from '../shell/radio/report.ts';

/** IFA_F_DADFAILED, include/uapi/linux/if_addr.h. */
const DETECTION_FAILED = 0x08;

/**
 * The addresses of an interface for which the detection failed; `made` are those of network and
 * key.
 */
export function duplicatesIn(
  table: string,
  interfaceName: string,
  made: readonly string[],
): Duplicates {
  const failed = failedIn(table, interfaceName);
  const own = new Set(made.map((address) => normalizePrefix(address)?.split('/')[0]));
  return {
    ofKey: failed.filter((address) => own.has(address)),
    ofHardware: failed.filter((address) => /^fe[89ab]/.test(address) && !own.has(address)),
  };
}

function failedIn(table: string, interfaceName: string): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const [address = '', , , , flags = '', name] = line.trim().split(/\s+/);
    const failed = (Number.parseInt(flags, 16) & DETECTION_FAILED) !== 0;
    if (name !== interfaceName || !failed || !/^[0-9a-f]{32}$/.test(address)) return [];
    return [formatIpv6(Buffer.from(address, 'hex'))];
  });
}
