/** What the datagram connections of a node have in common: what they may use, and what they know. */
import type { DatagramLimits } from '../../limits.ts';
import { type Bucket, createBucket } from '../bucket.ts';
import type { ReceiveBudget } from './inbound.ts';

export interface DatagramCommons {
  readonly limits: DatagramLimits;
  readonly nowMs: () => number;
  /** A packet of repeats costs one token. */
  readonly repeats: Bucket;
  readonly budget: ReceiveBudget;
  /** The cookie of an earlier connection to an address. */
  cookieOf(address: string): Uint8Array | undefined;
  keepCookie(address: string, cookie: Uint8Array): void;
}

export function createCommons(limits: DatagramLimits, nowMs: () => number): DatagramCommons {
  const cookies = new Map<string, Uint8Array>();
  return {
    limits,
    nowMs,
    repeats: createBucket(limits.repeatsPerSecond, limits.bucketMs, nowMs()),
    budget: { used: 0, most: limits.sharedReceiveBytes },
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
