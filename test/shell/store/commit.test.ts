/** The commit record: its sum depends on the records alone, its chain on the way there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ByteKey, toByteKey } from '../../../agent/core/base/bytes.ts';
import type { MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import type { Write } from '../../../agent/core/io.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import {
  addDigest,
  type CommitRecord,
  chainOf,
  noCommit,
  planCommit,
  Sum,
} from '../../../agent/shell/store/commit.ts';
import { nameOfKey, StoreDamaged } from '../../../agent/shell/store/damage.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../../../agent/shell/store/limits.ts';
import { digestOf, keyBytes, seal, unseal } from '../../../agent/shell/store/seal.ts';
import { account } from './fixture.ts';

const write = fc.record({
  key: fc.integer({ min: 0, max: 5 }).map((n) => SPACES.account.at(account(n)).key),
  value: fc.option(fc.uint8Array({ maxLength: 8 }), { nil: undefined }),
});

/** Commits batches to a map that stands for the disk. */
function run(batches: readonly (readonly Write[])[]): [CommitRecord, Map<string, Buffer>] {
  const disk = new Map<string, Buffer>();
  let commit = noCommit();
  for (const batch of batches) {
    const planned = planCommit(commit, batch, (key) => disk.get(key.toString('latin1')));
    commit = planned.after;
    for (const operation of planned.operations) {
      const key = operation.key.toString('latin1');
      if (operation.type === 'del') disk.delete(key);
      else if (key !== 'Z') disk.set(key, operation.value);
    }
  }
  return [commit, disk];
}

describe('the commit record', () => {
  it('has the number and the sum of the live records, whatever the way to them', () => {
    fc.assert(
      fc.property(fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 6 }), (batches) => {
        const [commit, disk] = run(batches);
        const sum = new Uint8Array(32);
        for (const [key, stored] of disk) addDigest(sum, unseal(key as ByteKey, stored).digest, 1);
        assert.deepEqual(commit.sum, sum);
        assert.equal(commit.count, BigInt(disk.size));
        assert.equal(commit.number, BigInt(batches.length));
      }),
    );
  });

  it('of a plan leaves the one before as it was, also where that came from a Buffer', () => {
    const [first] = run([[{ key: SPACES.account.at(account(1)).key, value: Uint8Array.of(1) }]]);
    const copy = (bytes: Uint8Array) => Buffer.from(bytes);
    const guarded = { count: first.guarded.count, sum: copy(first.guarded.sum) };
    const before = { ...first, sum: copy(first.sum), chain: copy(first.chain), guarded };
    const { after } = planCommit(
      before,
      [{ key: SPACES.account.at(account(2)).key, value: Uint8Array.of(2) }],
      () => undefined,
    );
    assert.deepEqual([...before.sum], [...first.sum]);
    assert.deepEqual([...before.guarded.sum], [...first.guarded.sum]);
    assert.notDeepEqual([...after.sum], [...first.sum]);
  });

  it('adds and takes off modulo 2^256', () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(digest, digest, (a, b) => {
        const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
        const sum = a.slice();
        addDigest(sum, b, 1);
        assert.equal(number(sum), (number(a) + number(b)) % 2n ** 256n);
        addDigest(sum, b, -1);
        assert.deepEqual(sum, a);
      }),
    );
  });

  it('has another chain hash for every other history', () => {
    const put = (n: number, value: number): Write => {
      return { key: SPACES.account.at(account(n)).key, value: Uint8Array.of(value) };
    };
    const remove: Write = { key: SPACES.account.at(account(1)).key, value: undefined };
    const histories = [
      [[put(1, 1)], [put(2, 2)]],
      [[put(2, 2)], [put(1, 1)]],
      [[put(1, 1), put(2, 2)]],
      [[put(1, 1)], [remove], [put(1, 1)], [put(2, 2)]],
    ];
    const commits = histories.map((history) => run(history)[0]);
    const texts = (field: 'chain' | 'sum') => commits.map((commit) => commit[field].join());
    assert.equal(new Set(texts('chain')).size, histories.length);
    assert.equal(new Set(texts('sum')).size, 1);
  });

  it('is not made on top of a damaged record', () => {
    const key = SPACES.account.at(account(1)).key;
    const stored = seal(Uint8Array.of(1, 2), digestOf(key, Uint8Array.of(1, 2)));
    stored[0] = 9;
    assert.throws(
      () => planCommit(noCommit(), [{ key, value: undefined }], () => stored),
      StoreDamaged,
    );
  });
});

describe('a sum', () => {
  it('counts guarded records apart from the others', () => {
    const value = Uint8Array.of(1);
    const writes = [SPACES.account.at(account(1)).key, SPACES.journal.at(1n).key].map((key) => {
      return { key, value };
    });
    const { after } = planCommit(noCommit(), writes, () => undefined);
    assert.deepEqual([after.count, after.guarded.count], [2n, 1n]);
    assert.notDeepEqual(after.guarded.sum, after.sum);
  });

  it('that was given out stays as it was, and another number is another sum', () => {
    const sum = new Sum(noCommit());
    const first = sum.value();
    sum.apply({ before: undefined, after: new Uint8Array(32).fill(1) });
    assert.deepEqual(first, { count: 0n, sum: new Uint8Array(32) });
    assert.ok(sum.equals(sum.value()));
    assert.ok(!sum.equals({ ...sum.value(), count: 2n }));
  });
});

describe('the bounds of a record', () => {
  it('are of its key and of its value, both included', () => {
    const plan = (keyLength: number, valueLength: number) => () => {
      const key = 'A'.repeat(keyLength) as ByteKey;
      planCommit(noCommit(), [{ key, value: new Uint8Array(valueLength) }], () => undefined);
    };
    plan(MAX_KEY_BYTES, MAX_VALUE_BYTES)();
    assert.throws(plan(MAX_KEY_BYTES + 1, 1), /a key is within its bound/);
    assert.throws(plan(10, MAX_VALUE_BYTES + 1), /a value is within its bound/);
  });

  it('of removals are part of the chain', () => {
    const chain = (...keys: readonly string[]) =>
      chainOf(
        new Uint8Array(32),
        keys.map((key) => ({ type: 'del', key: Buffer.from(key) })),
      );
    assert.notDeepEqual(chain('Aa', 'A'), chain('A', 'aA'));
    assert.notDeepEqual(chain('A\0\u0001A'), chain('A', 'A'));
    assert.notDeepEqual(chain('A\0A'), chain('A', 'A'));
  });
});

describe('a seal', () => {
  it('fits its own key and value and no other', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.nat(), (value, at) => {
        const key = SPACES.account.at(account(1)).key;
        const stored = seal(value, digestOf(key, value));
        assert.deepEqual(new Uint8Array(unseal(key, stored).value), value);
        assert.throws(() => unseal(SPACES.account.at(account(2)).key, stored), StoreDamaged);
        stored[at % stored.length] = (stored[at % stored.length] ?? 0) ^ 1;
        assert.throws(() => unseal(key, stored), StoreDamaged);
        assert.throws(() => unseal(key, stored.subarray(0, 5)), StoreDamaged);
      }),
    );
  });

  it('keeps the bytes of a key as they are', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(new Uint8Array(keyBytes(toByteKey(all))), all);
  });
});

describe('the name of a record', () => {
  it('says what it is and whose', () => {
    const hex = Buffer.from(account(3)).toString('hex');
    assert.equal(nameOfKey(SPACES.account.at(account(3)).key), `account record of account ${hex}`);
    const entry = SPACES.certificateAt.at(account(3), 300n as Sequence).key;
    assert.equal(nameOfKey(entry), `certificateAt record of account ${hex}, sequence 300`);
    assert.equal(nameOfKey(SPACES.journal.at(9n).key), 'journal record of journal number 9');
    const member = SPACES.incomingCursor.at(2 as MemberIndex).key;
    assert.equal(nameOfKey(member), 'incomingCursor record of member 2');
    assert.equal(nameOfKey('H' as ByteKey), 'journalHead record');
    assert.equal(nameOfKey('\u0001!' as ByteKey), 'unknown record 0121');
  });
});
