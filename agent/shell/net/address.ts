/**
 * Where a node can be reached: host (IPv4, IPv6 with its zone if link-local, or a name) and port.
 */
import { isIPv6, type Socket } from 'node:net';
import { parseIpv6 } from '../../../platform/ipv6.ts';
import { meshAddressBytes } from '../../core/base/address.ts';
import { equalBytes, toHex } from '../../core/base/bytes.ts';

export interface Address {
  readonly host: string;
  /** 1 to 65535; 0 only to listen on a port that the system chooses. */
  readonly port: number;
}

/** "[fe80::1%mesh0]:7000", "192.0.2.1:7000". */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}

/**
 * A socket's address as it is written: an IPv4 address without the prefix that a dual socket adds.
 */
export function hostOf(host: string | undefined): string {
  return host === undefined ? '' : host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/**
 * Under what name an address of a network (id of 32 bytes) is counted where places and time are
 * shared. Whoever has an IPv6 network has 2^64 addresses of it, so IPv6 counts by its first 64
 * bits. Not so on a mesh: a link-local address is a station, and the prefix of this network
 * (core/base/address.ts) is shared by all its nodes, each of which has one address of it. There,
 * and in IPv4, the whole address counts.
 */
export function createSourceNames(network: Uint8Array): (host: string) => string {
  const meshPrefix = meshAddressBytes(network, new Uint8Array(32)).subarray(0, 8);
  return (host) => {
    if (!isIPv6(host) || isLinkLocal(host)) return host;
    const [bare = ''] = host.split('%');
    const prefix = parseIpv6(bare)?.subarray(0, 8);
    // Of addresses that hold an IPv4 one, and of loopback, the first 64 bits say nothing.
    if (prefix === undefined || prefix.every((byte) => byte === 0)) return host;
    return equalBytes(prefix, meshPrefix) ? host : `${toHex(prefix)}/64`;
  };
}

/** Whether an IPv6 address, with or without its zone, is link-local unicast (fe80::/10). */
export function isLinkLocal(host: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(host);
}

/** The far end of a socket, while it is open. */
export function remoteAddressOf(socket: Socket): Address {
  return { host: hostOf(socket.remoteAddress), port: socket.remotePort ?? 0 };
}
