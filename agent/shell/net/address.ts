/** Where a node can be reached: host (IPv4, IPv6 with its zone if link-local, or a name) and port. */
import type { Socket } from 'node:net';

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
 * Under what name a source is counted: the whole address. A mesh gives each node one address out
 * of a prefix that all share, so counting by prefix would make all nodes one.
 */
export function sourceOf(host: string | undefined): string {
  return host === undefined ? '' : host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}

/** The far end of a socket, while it is open. */
export function remoteAddressOf(socket: Socket): Address {
  return { host: sourceOf(socket.remoteAddress), port: socket.remotePort ?? 0 };
}
