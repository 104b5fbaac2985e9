/**
 * Rebuilding at start what is kept in memory only. The shell shows every durable record that it
 * finds, in any order, and gets the writes to begin with.
 */

import { pathOf, unknownDigests } from './authority/digest.ts';
import { type ByteKey, concatBytes, fromByteKey } from './bytes.ts';
import type { Write } from './io.ts';
import { KEYSPACE, keyOf } from './keyspace.ts';

export interface Recovery {
  /** Shows one durable record. */
  readonly take: (key: ByteKey, value: Uint8Array) => void;
  /** The in-memory records that belong to the durable ones shown. */
  readonly writes: () => Write[];
}

export function createRecovery(): Recovery {
  const buckets = new Map<ByteKey, Uint8Array[]>();
  const unknown = new Set<ByteKey>();
  return {
    take(key) {
      if (key[0] !== KEYSPACE.account.prefix) return;
      const account = fromByteKey(key.slice(1) as ByteKey);
      const bucket = keyOf('bucket', Uint8Array.from(pathOf(account)));
      for (const above of unknownDigests(account)) unknown.add(above);
      const accounts = buckets.get(bucket);
      if (accounts === undefined) buckets.set(bucket, [account]);
      else accounts.push(account);
    },
    writes: () => [
      ...Array.from(buckets, ([key, accounts]) => ({ key, value: concatBytes(...accounts) })),
      ...Array.from(unknown, (key) => ({ key, value: new Uint8Array() })),
    ],
  };
}
