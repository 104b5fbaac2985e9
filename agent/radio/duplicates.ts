/**
 * Addresses of ours that another node has: the kernel's duplicate address detection (RFC 4862 5.4)
 * marks them in /proc/net/if_inet6. One line an address: 32 hexadecimal digits, interface index,
 * prefix length, scope, flags (IFA_F_*, all hexadecimal), interface name.
 */
import { formatIpv6 } from '../../platform/ipv6.ts';

/** IFA_F_DADFAILED, include/uapi/linux/if_addr.h. */
const DETECTION_FAILED = 0x08;

/** The addresses of an interface for which the detection failed. */
export function duplicatesIn(table: string, interfaceName: string): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const [address = '', , , , flags = '', name] = line.trim().split(/\s+/);
    const failed = (Number.parseInt(flags, 16) & DETECTION_FAILED) !== 0;
    if (name !== interfaceName || !failed || !/^[0-9a-f]{32}$/.test(address)) return [];
    return [formatIpv6(Buffer.from(address, 'hex'))];
  });
}
