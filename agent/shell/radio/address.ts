/** The address of a node on the mesh (core/base/address.ts), as text. */

import { formatIpv6 } from '../../../platform/ipv6.ts';
import { MESH_PREFIX_BITS, meshAddressBytes } from '../../core/base/address.ts';

/** "fd12:3456:789a::1": the short form of RFC 5952. Network id and node key of 32 bytes each. */
export function meshAddress(networkId: Uint8Array, nodeKey: Uint8Array): string {
  return formatIpv6(meshAddressBytes(networkId, nodeKey));
}

/**
 * What a mesh interface is given: that address, and a link-local one with the same interface
 * identifier (RFC 4291 2.5.6), each with its prefix length.
 */
export function meshAddressesWithPrefix(
  networkId: Uint8Array,
  nodeKey: Uint8Array,
): readonly string[] {
  const unique = meshAddressBytes(networkId, nodeKey);
  const linkLocal = Uint8Array.from(unique);
  linkLocal.fill(0, 0, 8);
  linkLocal.set([0xfe, 0x80]);
  return [unique, linkLocal].map((bytes) => `${formatIpv6(bytes)}/${MESH_PREFIX_BITS}`);
}
