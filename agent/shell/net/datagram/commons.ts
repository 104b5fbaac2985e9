/**
 * What the datagram connections of a node have in common: what they may use, and what they know.
 */

import { FairRate } from '../token-bucket.ts';
import type { ReceiveBudget } from './inbound.ts';
import type { DatagramLimits } from './limits.ts';

/**
 * What a connection is to this node. A stranger called, and its handshake is not through; a guest
 * is through it, and may be anybody; own are those that this node dialled and those of committee
 * members. Each lives on a share of its own, so that no crowd of one kind starves the others.
 */
export type Familiarity = 'stranger' | 'guest' | 'own';

/** What the connections of one standing have together. */
export interface Share {
  /** A packet of repeats costs one token, of the connection's source and of all. */
  readonly repeats: FairRate;
  readonly budget: ReceiveBudget;
}

export interface DatagramCommons {
  readonly limits: DatagramLimits;
  readonly nowMs: () => number;
  readonly shares: Readonly<Record<Familiarity, Share>>;
  /** Of this host, which dialled streams have (pair.ts). */
  readonly dialPorts: Set<number>;
  /** The cookie of an earlier connection to an address. */
  cookieOf(address: string): Uint8Array | undefined;
  keepCookie(address: string, cookie: Uint8Array): void;
}

export function createShares(
  limits: DatagramLimits,
  nowMs: number,
): Readonly<Record<Familiarity, Share>> {
  const { repeatsPerSecond: perSecond, bucketMs, sources } = limits;
  const share = (perSourcePerSecond: number): Share => ({
    repeats: new FairRate({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs),
    budget: { used: 0, most: limits.sharedReceiveBytes },
  });
  return {
    stranger: share(perSecond),
    guest: share(limits.guestRepeatsPerSecond),
    own: share(perSecond),
  };
}

export function createCommons(limits: DatagramLimits, nowMs: () => number): DatagramCommons {
  const cookies = new Map<string, Uint8Array>();
  return {
    limits,
    nowMs,
    shares: createShares(limits, nowMs()),
    dialPorts: new Set(),
    cookieOf: (address) => cookies.get(address),
    keepCookie(address, cookie) {
      cookies.delete(address);
      cookies.set(address, cookie);
      if (cookies.size <= limits.cookiesKept) return;
      const [oldest] = cookies.keys();
      if (oldest !== undefined) cookies.delete(oldest);
    },
  };
}
