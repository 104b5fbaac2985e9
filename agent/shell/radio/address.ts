/** The address of a node on the mesh (core/address.ts), as text. */

import { formatIpv6 } from '../../../platform/ipv6.ts';
import { MESH_PREFIX_BITS, meshAddressBytes } from '../../core/address.ts';

/** "fd12:3456:789a::1": the short form of RFC 5952. Network id and node key of 32 bytes each. */
export function meshAddress(networkId: Uint8Array, nodeKey: Uint8Array): string {
  return formatIpv6(meshAddressBytes(networkId, nodeKey));
}

/** The same with its prefix length, as it is given to an interface. */
export function meshAddressWithPrefix(networkId: Uint8Array, nodeKey: Uint8Array): string {
  return `${meshAddress(networkId, nodeKey)}/${MESH_PREFIX_BITS}`;
}
