/**
 * One UDP socket for the beacons of one network interface.
 *
 * The group is ff12::4d50: transient, of link scope (RFC 4291 2.7), so no router carries it on; an
 * 802.11s mesh floods it to all its nodes. The socket is bound to the group on that interface, so
 * it takes in nothing else: no unicast, and nothing from another interface.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { isLinkLocal } from './address.ts';

const BEACON_GROUP = 'ff12::4d50';

export interface Multicast {
  send(packet: Uint8Array): void;
  close(): void;
}

/**
 * Which one an interface of this name is now: a number that changes when the interface goes and
 * comes back; undefined while it is away, down, or has no link-local address yet.
 */
export function interfaceIndex(name: string): number | undefined {
  const addresses = networkInterfaces()[name] ?? [];
  const linkLocal = addresses.find(
    ({ family, address }) => family === 'IPv6' && isLinkLocal(address),
  );
  return linkLocal?.family === 'IPv6' ? linkLocal.scopeid : undefined;
}

/** What one socket tells. */
export interface MulticastEvents {
  /** Packets can be sent from now on. */
  readonly onReady: () => void;
  /** A packet, with the sender's address and zone. */
  readonly onPacket: (packet: Uint8Array, from: string) => void;
  /** The socket cannot be used, or no longer can. Heard once, and nothing after it. */
  readonly onFailed: (error: Error) => void;
}

/** Opens the socket of an interface. */
export function openMulticast(
  interfaceName: string,
  port: number,
  events: MulticastEvents,
): Multicast {
  const socket: Socket = createSocket({ type: 'udp6', reuseAddr: true });
  const zone = `%${interfaceName}`;
  let ready = false;
  let closed = false;

  function close(): void {
    if (closed) return;
    closed = true;
    socket.close();
  }

  function fail(error: Error): void {
    if (closed) return;
    close();
    events.onFailed(error);
  }

  socket.on('error', fail);
  socket.on('message', (packet, { address }) => {
    if (!isLinkLocal(address)) return;
    events.onPacket(packet, address.includes('%') ? address : address + zone);
  });
  socket.bind({ address: BEACON_GROUP + zone, port }, () => {
    try {
      socket.addMembership(BEACON_GROUP, `::${zone}`);
      socket.setMulticastInterface(`::${zone}`);
      socket.setMulticastTTL(1);
      // Nodes on one machine find each other too.
      socket.setMulticastLoopback(true);
    } catch (error) {
      return fail(error instanceof Error ? error : new Error(String(error)));
    }
    ready = true;
    events.onReady();
  });

  return {
    send(packet) {
      if (!ready || closed) return;
      socket.send(packet, port, BEACON_GROUP + zone, (error) => {
        if (error) fail(error);
      });
    },
    close,
  };
}

/** The interfaces of a host, and what is heard on them. */
export interface MulticastHost {
  readonly indexOf: (name: string) => number | undefined;
  readonly open: (name: string, port: number, events: MulticastEvents) => Multicast;
}

/** Those of this host. */
export const MULTICAST_HOST: MulticastHost = { indexOf: interfaceIndex, open: openMulticast };
