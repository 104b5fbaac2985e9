/**
 * The address of a node on the mesh: an IPv6 unique local address (RFC 4193) that everybody who
 * knows the network and the node's key can compute, so that nothing has to hand addresses out.
 *
 *   fd | 40 bits of SHA-256(tag, network id) | subnet 0 |
 *     64 bits of SHA-256(tag, network id, node key)
 *
 * RFC 4193 wants the 40 bits of the prefix to be random; a hash of the network id is that, and is
 * the same on every node. The last 64 bits carry no flags (RFC 7136). Two nodes share an address
 * only with one key, or once in 2^64 / n^2 networks of n nodes.
 *
 * An address is a hint where to dial. Who answers there proves its key in the handshake.
 */
import { ascii, concatBytes } from './bytes.ts';
import { sha256 } from './crypto.ts';
import { PROTOCOL_VERSION } from './limits.ts';

const PREFIX_TAG = tagOf('mesh-prefix');
const ADDRESS_TAG = tagOf('mesh-address');

/** Bits that all nodes of a network share. */
export const MESH_PREFIX_BITS = 64;

/** The 16 bytes of the address of a node (key of 32 bytes) on a network (id of 32 bytes). */
export function meshAddressBytes(networkId: Uint8Array, nodeKey: Uint8Array): Uint8Array {
  const address = new Uint8Array(16);
  address[0] = 0xfd;
  address.set(sha256(PREFIX_TAG, networkId).subarray(0, 5), 1);
  address.set(sha256(ADDRESS_TAG, networkId, nodeKey).subarray(0, 8), 8);
  return address;
}

function tagOf(kind: string): Uint8Array {
  const tag = ascii(`meshpay/${PROTOCOL_VERSION}/${kind}`);
  return concatBytes(Uint8Array.of(tag.length), tag);
}
