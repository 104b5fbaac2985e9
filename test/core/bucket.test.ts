import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAccount, writeAccount } from '../../agent/core/authority/account.ts';
import {
  accountsBelow,
  bucketAt,
  type DigestPath,
  isBelow,
  isSplit,
  nibbleOf,
} from '../../agent/core/authority/bucket.ts';
import { digestAt, keepDigests, recallStale } from '../../agent/core/authority/digest.ts';
import { type ByteKey, compareBytes, concatBytes, toHex } from '../../agent/core/base/bytes.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { DIGESTS_KEPT_EVERY, MAX_BUCKET_ACCOUNTS } from '../../agent/core/base/limits.ts';
import type { Amount, Epoch, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { encode, sequenceCoder } from '../../agent/core/codec/canonical.ts';
import { Draft } from '../../agent/core/draft.ts';
import { record } from '../../agent/core/journal.ts';
import { isDurable, SPACES } from '../../agent/core/spaces.ts';

/** A ledger alone, without a node; counts what was read and written of it. */
class Ledger {
  readonly state = new Map<ByteKey, Uint8Array>();
  readonly reads = new Map<string, number>();
  writtenBytes = 0;

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
      if (isDurable(key)) this.writtenBytes += key.length + (value?.length ?? 0);
    }
    return result;
  }

  /** One more order of the account is certified: all that a certificate writes about its payer. */
  order(account: Uint8Array): void {
    this.step((draft) => {
      const before = readAccount(draft, account);
      const sequence = before.next;
      const data = {
        recipient: account,
        token: 0 as TokenIndex,
        amount: 1n as Amount,
        memo: new Uint8Array(),
      };
      const order = { account, sequence, action: { TAG: 'transfer', data } } as const;
      const signed = { order, signature: new Uint8Array(64) };
      const fact = { epoch: 0 as Epoch, order: signed, votes: [] };
      record(draft, { TAG: 'certificate', data: fact }, SPACES.certificateAt.at(account, sequence));
      const history = sha256(before.history, account);
      writeAccount(draft, account, { ...before, next: (sequence + 1n) as Sequence, history });
      keepDigests(draft);
    });
  }

  receive(account: Uint8Array): void {
    this.step((draft) => {
      const before = readAccount(draft, account);
      writeAccount(draft, account, { ...before, received: before.received + 1n });
    });
  }

  get root(): string {
    return this.step((draft) => toHex(digestAt(draft, [])));
  }

  /** The root as it is for whoever reads all leaves. */
  rootOf(accounts: readonly Uint8Array[]): string {
    const leafOf = (account: Uint8Array): Uint8Array => {
      const { next, history } = this.step((draft) => readAccount(draft, account));
      return concatBytes(account, encode(sequenceCoder, next), history);
    };
    const node = (below: readonly Uint8Array[], level: number): Uint8Array => {
      if (below.length === 0) return new Uint8Array(32);
      if (below.length <= MAX_BUCKET_ACCOUNTS) {
        return sha256(Uint8Array.of(0), ...below.toSorted(compareBytes).map(leafOf));
      }
      const children = Array.from({ length: 16 }, (_, nibble) =>
        node(
          below.filter((account) => nibbleOf(account, level) === nibble),
          level + 1,
        ),
      );
      return sha256(Uint8Array.of(1), ...children);
    };
    return toHex(node(accounts, 0));
  }

  /** Records in memory only, and their bytes. */
  get memory(): { records: number; bytes: number } {
    const kept = [...this.state].filter(([key]) => !isDurable(key));
    const bytes = kept.reduce((sum, [key, { length }]) => sum + key.length + length, 0);
    return { records: kept.length, bytes };
  }

  restarted(): Ledger {
    const after = new Ledger();
    for (const [key, value] of this.state) if (isDurable(key)) after.state.set(key, value);
    after.step(recallStale);
    after.reads.clear();
    return after;
  }
}

/** Different keys that share their first bits. */
function neighbour(n: number, sharedBits = 12): Uint8Array {
  const account = new Uint8Array(32).fill(0xa5, 0, sharedBits >> 3);
  const at = sharedBits >> 3;
  new DataView(account.buffer).setUint32(at, Math.imul(n + 1, 2_654_435_761) >>> 0);
  if (sharedBits % 8 === 4) account[at] = 0xa0 | ((account[at] ?? 0) & 15);
  account[31] = n & 255;
  account[30] = n >> 8;
  return account;
}

/** Different keys all over. */
const anywhere = (n: number): Uint8Array => sha256(encode(sequenceCoder, BigInt(n) as Sequence));

test('an account enters the tree with its first order, not with what it receives', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 100; n++) ledger.receive(neighbour(n));
  assert.equal(ledger.root, toHex(new Uint8Array(32)));
  assert.deepEqual(
    ledger.step((draft) => bucketAt(draft, [])),
    [],
  );
  ledger.order(neighbour(7));
  assert.deepEqual(
    ledger.step((draft) => bucketAt(draft, [])),
    [neighbour(7)],
  );
});

test('a bucket holds so many accounts, and with one more it is split', () => {
  const ledger = new Ledger();
  for (let n = 0; n < MAX_BUCKET_ACCOUNTS; n++) ledger.order(anywhere(n));
  assert.equal(
    ledger.step((draft) => isSplit(draft, [])),
    false,
  );
  ledger.order(anywhere(MAX_BUCKET_ACCOUNTS));
  assert.equal(
    ledger.step((draft) => isSplit(draft, [])),
    true,
  );
});

for (const sharedBits of [0, 12, 40, 200]) {
  const steps = fc.array(fc.tuple(fc.nat(60), fc.nat(9)), { minLength: 1, maxLength: 150 });
  test(`digests that follow orders are those of all leaves, keys sharing ${sharedBits} bits`, () => {
    fc.assert(
      fc.property(steps, (orders) => {
        let ledger = new Ledger();
        const accounts = new Map<number, Uint8Array>();
        for (const [n, what] of orders) {
          const account = neighbour(n, sharedBits);
          accounts.set(n, account);
          ledger.order(account);
          if (what < 3) ledger.root;
          if (what === 9) ledger = ledger.restarted();
        }
        const known = [...accounts.values()];
        assert.equal(ledger.restarted().root, ledger.rootOf(known));
        assert.equal(ledger.root, ledger.rootOf(known));
        const listed = ledger.step((draft) => [...accountsBelow(draft, [], () => 0)]);
        assert.deepEqual(listed, known.toSorted(compareBytes));
      }),
      { numRuns: 25 },
    );
  });

  test(`the order of orders does not show, keys sharing ${sharedBits} bits`, () => {
    const numbers = Array.from({ length: 80 }, (_, n) => n);
    const [one, other] = [new Ledger(), new Ledger()];
    for (const n of numbers) one.order(neighbour(n, sharedBits));
    for (const n of numbers.reverse()) other.order(neighbour(n, sharedBits));
    assert.equal(one.root, other.root);
    const tree = (ledger: Ledger) =>
      [...ledger.state]
        .filter(([key]) => key.startsWith(SPACES.tree.prefix))
        .map(([key, value]) => [key, value[0] === 0 ? 'split' : toHex(value)])
        .sort();
    assert.deepEqual(tree(one), tree(other));
    other.order(neighbour(3, sharedBits));
    assert.notEqual(one.root, other.root);
  });
}

test('digests reach the disk after so many entries, and memory is empty again', () => {
  const ledger = new Ledger();
  const accounts = Array.from({ length: 100 }, (_, n) => anywhere(n));
  let entries = 0;
  for (const account of accounts) {
    ledger.order(account);
    entries++;
  }
  while (entries < DIGESTS_KEPT_EVERY - 1) {
    ledger.order(accounts[entries++ % 100] ?? anywhere(0));
    if (entries % 7 === 0) ledger.root;
  }
  assert.ok(ledger.memory.records > 0);
  ledger.order(accounts[0] ?? anywhere(0));
  assert.deepEqual(ledger.memory, { records: 0, bytes: 0 });
  const after = ledger.restarted();
  assert.deepEqual(after.memory, { records: 0, bytes: 0 });
  assert.equal(after.root, ledger.rootOf(accounts));
  assert.equal(after.reads.get(SPACES.account.prefix), undefined, 'no account was read');
});

test('memory stays flat however many accounts order, whatever their keys', () => {
  for (const sharedBits of [0, 40]) {
    const ledger = new Ledger();
    let most = 0;
    for (let n = 0; n < 6 * DIGESTS_KEPT_EVERY; n++) {
      ledger.order(neighbour(n, sharedBits));
      if (n % 50 === 0) ledger.root;
      most = Math.max(most, ledger.memory.records);
    }
    assert.ok(most <= 3 * DIGESTS_KEPT_EVERY, `${most} records`);
  }
});

test('a root reads the accounts of the buckets in which somebody ordered, and no others', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 2_000; n++) ledger.order(anywhere(n));
  ledger.root;
  ledger.order(anywhere(5));
  ledger.reads.clear();
  ledger.root;
  const accounts = ledger.reads.get(SPACES.account.prefix) ?? 0;
  assert.ok(accounts >= 1 && accounts <= MAX_BUCKET_ACCOUNTS, `${accounts} accounts`);
  ledger.reads.clear();
  ledger.root;
  assert.equal(ledger.reads.get(SPACES.account.prefix), undefined);
});

test('a start reads so many entries of the journal, and no accounts', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 1_500; n++) ledger.order(anywhere(n % 700));
  const after = new Ledger();
  for (const [key, value] of ledger.state) if (isDurable(key)) after.state.set(key, value);
  after.step(recallStale);
  assert.equal(after.reads.get(SPACES.account.prefix), undefined);
  assert.ok((after.reads.get(SPACES.journal.prefix) ?? 0) < DIGESTS_KEPT_EVERY);
});

test('an order of an account that ordered before writes its own records and nothing of the tree', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 3 * DIGESTS_KEPT_EVERY; n++) ledger.order(anywhere(n));
  ledger.writtenBytes = 0;
  for (let n = 0; n < DIGESTS_KEPT_EVERY - 1; n++) ledger.order(anywhere(3));
  const bytes = ledger.writtenBytes / (DIGESTS_KEPT_EVERY - 1);
  assert.ok(bytes < 600, `${bytes} bytes an order`);
});

test('accounts below a path begin where it is drawn, and all of them come', () => {
  const ledger = new Ledger();
  const accounts = Array.from({ length: 300 }, (_, n) => anywhere(n));
  for (const account of accounts) ledger.order(account);
  const from = (path: DigestPath, first: number) =>
    ledger.step((draft) => [...accountsBelow(draft, path, () => first)]);
  for (const first of [0, 1, 9, 15]) {
    const all = from([], first);
    assert.equal(nibbleOf(all[0] ?? anywhere(0), 0), first);
    assert.deepEqual(all.toSorted(compareBytes), accounts.toSorted(compareBytes));
  }
  const below = from([3], 0);
  assert.deepEqual(below, accounts.filter((account) => isBelow(account, [3])).sort(compareBytes));
  assert.ok(below.length > 0 && below.length < 100);
  assert.deepEqual(from([3, 3, 3, 3, 3, 3], 0), []);
});
