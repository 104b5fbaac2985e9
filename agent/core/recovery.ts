/**
 * Rebuilding at start what is kept in memory only. The shell shows every durable record that it
 * finds, in any order, and gets the writes to begin with.
 */

import { bucketRecord, type Entry, leafOf, pathOf } from './authority/bucket.ts';
import { unknownDigests } from './authority/digest.ts';
import { type ByteKey, fromByteKey } from './bytes.ts';
import { decodeOwn } from './codec/canonical.ts';
import { accountCoder } from './codec/record.ts';
import type { Write } from './io.ts';
import { KEYSPACE, keyOf } from './keyspace.ts';
import { FIRST_SEQUENCE } from './units.ts';

export interface Recovery {
  /** Shows one durable record. */
  readonly take: (key: ByteKey, value: Uint8Array) => void;
  /** The in-memory records that belong to the durable ones shown. */
  readonly writes: () => Write[];
}

export function createRecovery(): Recovery {
  const buckets = new Map<ByteKey, Entry[]>();
  const unknown = new Set<ByteKey>();
  return {
    take(key, value) {
      if (key[0] !== KEYSPACE.account.prefix) return;
      const record = decodeOwn(accountCoder, value);
      if (record.next === FIRST_SEQUENCE) return;
      const account = fromByteKey(key.slice(1) as ByteKey);
      const entry = { account, leaf: leafOf(account, record) };
      const bucket = keyOf('bucket', Uint8Array.from(pathOf(account)));
      const entries = buckets.get(bucket);
      if (entries === undefined) buckets.set(bucket, [entry]);
      else entries.push(entry);
      for (const above of unknownDigests(account)) unknown.add(above);
    },
    writes: () => [
      ...Array.from(buckets, ([key, entries]) => ({ key, value: bucketRecord(entries) })),
      ...Array.from(unknown, (key) => ({ key, value: new Uint8Array() })),
    ],
  };
}
