/** The address of a node on the mesh (core/base/address.ts), as text. */

import { formatIpv6 } from '../../../platform/ipv6.ts';
import { MESH_PREFIX_BITS, meshAddressBytes } from '../../core/base/address.ts';

/** "fd12:3456:789a::1": the short form of RFC 5952. Network id and node key of 32 bytes each. */
export function meshAddress(networkId: Uint8Array, nodeKey: Uint8Array): string {
  return formatIpv6(meshAddressBytes(networkId, nodeKey));
}

/**
 * What a mesh interface is given, each with its prefix length: that address, and a link-local one
 * with the same interface identifier (RFC 4291 2.5.6). Of several interfaces only the first has the
 * unique one, since the kernel takes one way to its prefix; the others have a link-local address
 * that is nobody else's, not the first's either: two radios on one channel hear each other.
 */
export function meshAddressesWithPrefix(
  networkId: Uint8Array,
  nodeKey: Uint8Array,
  place = 0,
): readonly string[] {
  const unique = meshAddressBytes(networkId, nodeKey);
  const linkLocal = Uint8Array.from(unique);
  linkLocal.fill(0, 0, 8);
  linkLocal.set([0xfe, 0x80]);
  linkLocal[15] = (linkLocal[15] ?? 0) ^ place;
  return (place === 0 ? [unique, linkLocal] : [linkLocal]).map(
    (bytes) => `${formatIpv6(bytes)}/${MESH_PREFIX_BITS}`,
  );
}
