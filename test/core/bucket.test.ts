import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAccount, writeAccount } from '../../agent/core/authority/account.ts';
import {
  bucketAt,
  bucketRecord,
  countOf,
  leafOf,
  pathOf,
} from '../../agent/core/authority/bucket.ts';
import { digestAt, unknownDigests } from '../../agent/core/authority/digest.ts';
import { type ByteKey, compareBytes, concatBytes, toHex } from '../../agent/core/bytes.ts';
import { sha256 } from '../../agent/core/crypto.ts';
import { Draft } from '../../agent/core/draft.ts';
import { isDurable, KEYSPACE } from '../../agent/core/keyspace.ts';
import { MAX_ACCOUNTS, MAX_WAITING_LEAVES } from '../../agent/core/limits.ts';
import { createRecovery } from '../../agent/core/recovery.ts';
import type { Sequence } from '../../agent/core/units.ts';

/** A ledger alone, without a node; `reads` counts what was read of it. */
class Ledger {
  readonly state = new Map<ByteKey, Uint8Array>();
  readonly reads = new Map<string, number>();

  step<T>(act: (draft: Draft) => T): T {
    const get = (key: ByteKey): Uint8Array | undefined => {
      this.reads.set(key.charAt(0), (this.reads.get(key.charAt(0)) ?? 0) + 1);
      return this.state.get(key);
    };
    const draft = new Draft({ get }, { nowMs: 0, wallMs: 0 });
    const result = act(draft);
    for (const { key, value } of draft.finish(undefined).writes) {
      if (value === undefined) this.state.delete(key);
      else this.state.set(key, value);
    }
    return result;
  }

  /** The account has so many certified orders now. */
  order(account: Uint8Array, next: bigint): void {
    this.step((draft) => {
      const record = readAccount(draft, account);
      const history = sha256(record.history, account);
      writeAccount(draft, account, { ...record, next: next as Sequence, history });
    });
  }

  receive(account: Uint8Array): void {
    this.step((draft) => {
      const record = readAccount(draft, account);
      writeAccount(draft, account, { ...record, received: record.received + 1n });
    });
  }

  get root(): string {
    return this.step((draft) => toHex(digestAt(draft, [])));
  }

  /** The bytes of all buckets and what waits for them. */
  get bucketBytes(): number {
    const { bucket, waiting } = KEYSPACE;
    const kept = [...this.state].filter(([key]) =>
      [bucket.prefix, waiting.prefix].includes(key[0] as never),
    );
    return kept.reduce((sum, [, { length }]) => sum + length, 0);
  }

  restarted(): Ledger {
    const after = new Ledger();
    const recovery = createRecovery();
    for (const [key, value] of this.state) {
      if (!isDurable(key)) continue;
      after.state.set(key, value);
      recovery.take(key, value);
    }
    for (const { key, value } of recovery.writes()) if (value) after.state.set(key, value);
    return after;
  }
}

/** Different keys that all lie in the bucket 0, 0, 0. */
function neighbour(n: number): Uint8Array {
  const account = new Uint8Array(32);
  new DataView(account.buffer).setUint32(4, Math.imul(n, 2_654_435_761) >>> 0);
  return account;
}

test('an account enters its bucket with its first order, not with what it receives', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 100; n++) ledger.receive(neighbour(n));
  assert.equal(ledger.bucketBytes, 0);
  assert.equal(ledger.restarted().bucketBytes, 0);
  assert.equal(ledger.root, toHex(new Uint8Array(32)));
  ledger.order(neighbour(7), 1n);
  assert.equal(
    ledger.step((draft) => countOf(bucketAt(draft, [0, 0, 0]).accounts)),
    1,
  );
});

test('the digest of a bucket reads the records of those that ordered since, and no others', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 300; n++) ledger.order(neighbour(n), 1n);
  const before = ledger.root;
  ledger.order(neighbour(5), 2n);
  ledger.reads.clear();
  assert.notEqual(ledger.root, before);
  assert.equal(ledger.reads.get(KEYSPACE.account.prefix), 1);
});

test('an order writes a short list, however many accounts its bucket has', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 1_000; n++) ledger.order(neighbour(n), 1n);
  ledger.root;
  const draft = new Draft({ get: (key) => ledger.state.get(key) }, { nowMs: 0, wallMs: 0 });
  const account = neighbour(5);
  writeAccount(draft, account, { ...readAccount(draft, account), next: 2n as Sequence });
  const written = draft.finish(undefined).writes.map(({ value }) => value?.length ?? 0);
  assert.ok(written.reduce((sum, length) => sum + length, 0) < 1_000, `${written}`);
});

test('what waits for a bucket is taken in before it grows long', () => {
  const ledger = new Ledger();
  const most = { waiting: 0 };
  for (let n = 0; n < 3 * MAX_WAITING_LEAVES; n++) {
    ledger.order(neighbour(n), 1n);
    const waiting = ledger.state.get(`${KEYSPACE.waiting.prefix}\0\0\0` as ByteKey);
    most.waiting = Math.max(most.waiting, waiting?.length ?? 0);
  }
  assert.equal(most.waiting, 32 * (MAX_WAITING_LEAVES - 1));
  assert.equal(
    ledger.step((draft) => countOf(bucketAt(draft, [0, 0, 0]).accounts)),
    3 * MAX_WAITING_LEAVES,
  );
});

test('an account waits once, however often it orders before anybody looks', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 3 * MAX_WAITING_LEAVES; n++) ledger.order(neighbour(n % 5), BigInt(n + 1));
  const waiting = ledger.state.get(`${KEYSPACE.waiting.prefix}\0\0\0` as ByteKey);
  assert.equal(waiting?.length, 5 * 32);
  assert.equal(
    ledger.step((draft) => countOf(bucketAt(draft, [0, 0, 0]).accounts)),
    5,
  );
});

test('a bucket is what a sorted list of its accounts and their leaves is, also after a restart', () => {
  const orders = fc.array(fc.tuple(fc.nat(400), fc.boolean()), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(orders, (steps) => {
      const ledger = new Ledger();
      const counts = new Map<number, bigint>();
      for (const [n, looks] of steps) {
        counts.set(n, (counts.get(n) ?? 0n) + 1n);
        ledger.order(neighbour(n), counts.get(n) ?? 0n);
        if (looks) ledger.root;
      }
      const accounts = [...counts.keys()].map(neighbour).sort(compareBytes);
      for (const each of [ledger, ledger.restarted()]) {
        const leaves = each.step((draft) =>
          accounts.map((account) => leafOf(account, readAccount(draft, account))),
        );
        const found = each.step((draft) => bucketAt(draft, [0, 0, 0]));
        assert.deepEqual(found.accounts, concatBytes(...accounts));
        assert.deepEqual(found.leaves, concatBytes(...leaves));
        assert.equal(each.root, ledger.root);
      }
    }),
    { numRuns: 40 },
  );
});

test('the digest is the one that the tree over all leaves has', () => {
  const ledger = new Ledger();
  const accounts = [1, 2, 3].map((n) => sha256(Uint8Array.of(n)));
  for (const account of accounts) ledger.order(account, 1n);
  const { root } = ledger;
  const node = (path: readonly number[]): Uint8Array => {
    const below = accounts.filter((each) => path.every((nibble, i) => pathOf(each)[i] === nibble));
    if (below.length === 0) return new Uint8Array(32);
    const record = (account: Uint8Array) => ledger.step((draft) => readAccount(draft, account));
    if (path.length === 3) {
      return sha256(...below.sort(compareBytes).map((account) => leafOf(account, record(account))));
    }
    return sha256(...Array.from({ length: 16 }, (_, nibble) => node([...path, nibble])));
  };
  assert.equal(root, toHex(node([])));
});

test('all accounts of a full ledger may lie in one bucket, at start and in its digest', () => {
  const leaf = new Uint8Array(32);
  const entries = Array.from({ length: MAX_ACCOUNTS }, (_, n) => ({ account: neighbour(n), leaf }));
  const value = bucketRecord(entries);
  const ledger = new Ledger();
  ledger.state.set(`${KEYSPACE.bucket.prefix}\0\0\0` as ByteKey, value);
  for (const key of unknownDigests(neighbour(0))) ledger.state.set(key, new Uint8Array());
  assert.notEqual(ledger.root, toHex(leaf));
});
