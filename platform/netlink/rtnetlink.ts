/**
 * Links and IPv6 addresses of rtnetlink (include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h).
 * All readers throw MalformedAttribute.
 */
import { formatIpv6 } from '../ipv6.ts';
import type { InterfaceAddress, NetworkInterface } from '../radio.ts';
import {
  hardwareAddress,
  MalformedAttribute,
  readAttributes,
  required,
  text,
  u32,
  viewOf,
} from './attributes.ts';

export const LinkMessage = { NEW: 16, DEL: 17, GET: 18 } as const;
export const AddressMessage = { NEW: 20, DEL: 21, GET: 22 } as const;
/** RTNLGRP_LINK and RTNLGRP_IPV6_IFADDR. */
export const RouteGroup = { LINK: 1, IPV6_ADDRESS: 9 } as const;

const AF_INET6 = 10;
const LINK_HEADER_BYTES = 16;
const ADDRESS_HEADER_BYTES = 8;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;
const Ifla = { ADDRESS: 1, IFNAME: 3, MTU: 4 } as const;
const Ifa = { ADDRESS: 1, LOCAL: 2 } as const;

/** `enum rt_scope_t`. */
const SCOPES: ReadonlyMap<number, InterfaceAddress['scope']> = new Map([
  [0, 'global'],
  [253, 'link'],
  [254, 'host'],
]);

export interface OwnedAddress {
  readonly interfaceIndex: number;
  readonly address: InterfaceAddress;
}

export const GET_LINKS = new Uint8Array(LINK_HEADER_BYTES);
export const GET_IPV6_ADDRESSES = Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0);

/** A link without its addresses, which come in messages of their own. */
export function readLink(payload: Uint8Array): NetworkInterface {
  if (payload.length < LINK_HEADER_BYTES) {
    throw new MalformedAttribute(`link header of ${payload.length} bytes`);
  }
  const view = viewOf(payload);
  const flags = view.getUint32(8, true);
  const attributes = readAttributes(payload.subarray(LINK_HEADER_BYTES));
  const ethernet = attributes.get(Ifla.ADDRESS)?.length === 6;
  return {
    index: view.getInt32(4, true),
    name: required(text(attributes, Ifla.IFNAME), 'link name'),
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    address: (ethernet ? hardwareAddress(attributes, Ifla.ADDRESS) : undefined) ?? '',
    mtu: u32(attributes, Ifla.MTU) ?? 0,
    ipv6: [],
  };
}

/** An IPv6 address and the index of its interface; undefined for another family or scope. */
export function readAddress(payload: Uint8Array): OwnedAddress | undefined {
  const [family, prefixLength, , scopeNumber] = payload;
  if (payload.length < ADDRESS_HEADER_BYTES || prefixLength === undefined) {
    throw new MalformedAttribute(`address header of ${payload.length} bytes`);
  }
  const scope = SCOPES.get(scopeNumber ?? -1);
  if (family !== AF_INET6 || scope === undefined) return undefined;
  const attributes = readAttributes(payload.subarray(ADDRESS_HEADER_BYTES));
  const bytes = required(attributes.get(Ifa.LOCAL) ?? attributes.get(Ifa.ADDRESS), 'address');
  if (bytes.length !== 16) throw new MalformedAttribute(`IPv6 address of ${bytes.length} bytes`);
  return {
    interfaceIndex: viewOf(payload).getUint32(4, true),
    address: { address: `${formatIpv6(bytes)}/${prefixLength}`, scope },
  };
}
