/**
 * Rebuilding at start what is kept in memory only. The shell shows every durable record that it
 * finds, in any order, and gets the writes to begin with.
 */

import { bucketRecord, type Entry, leafOf, pathOf } from './authority/bucket.ts';
import { unknownDigests } from './authority/digest.ts';
import { listProof } from './authority/proof-list.ts';
import { retellLater } from './authority/retell.ts';
import { type ByteKey, fromByteKey } from './bytes.ts';
import { decodeOwn } from './codec/canonical.ts';
import { type Account, accountCoder, numberCoder } from './codec/record.ts';
import { Draft } from './draft.ts';
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
  const proofs: { index: ByteKey; journalNumber: bigint }[] = [];
  const memory = new Draft({ get: () => undefined }, { nowMs: 0, wallMs: 0 });
  const takeAccount = (account: Uint8Array, record: Account): void => {
    if (record.pending !== undefined) retellLater(memory, account);
    if (record.next === FIRST_SEQUENCE) return;
    const entry = { account, leaf: leafOf(account, record) };
    const bucket = keyOf('bucket', Uint8Array.from(pathOf(account)));
    const entries = buckets.get(bucket);
    if (entries === undefined) buckets.set(bucket, [entry]);
    else entries.push(entry);
    for (const above of unknownDigests(account)) unknown.add(above);
  };
  return {
    take(key, value) {
      if (key[0] === KEYSPACE.doubleSpend.prefix) {
        proofs.push({ index: key, journalNumber: decodeOwn(numberCoder, value) });
      }
      if (key[0] !== KEYSPACE.account.prefix) return;
      takeAccount(fromByteKey(key.slice(1) as ByteKey), decodeOwn(accountCoder, value));
    },
    writes: () => {
      proofs.sort((a, b) => (a.journalNumber < b.journalNumber ? -1 : 1));
      for (const { index, journalNumber } of proofs.splice(0)) {
        listProof(memory, index, journalNumber);
      }
      return [
        ...Array.from(buckets, ([key, entries]) => ({ key, value: bucketRecord(entries) })),
        ...Array.from(unknown, (key) => ({ key, value: new Uint8Array() })),
        ...memory.finish(undefined).writes,
      ];
    },
  };
}
