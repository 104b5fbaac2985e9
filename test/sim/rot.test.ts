import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { DamagedRead, Disk } from './disk.ts';
import { damageOf, isHarmful, isNoticed, rotOf, tearOf } from './rot.ts';

const KEY = 'N' as ByteKey;
const VALUE = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5);
const RECORDS = new Map([
  ['G' as ByteKey, new Uint8Array(32)],
  [KEY, VALUE],
]);
/** One record changed, one added, one removed. */
const WRITES = [
  { key: KEY, value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 6) },
  { key: 'W' as ByteKey, value: new Uint8Array(40) },
  { key: 'G' as ByteKey, value: undefined },
];

test('whichever bit of a record or of its seal flips, the store notices', () => {
  const bits = 8 * (VALUE.length + 8);
  for (let bit = 0; bit < bits; bit++) {
    const rot = rotOf(KEY, VALUE, bit);
    assert.ok(isNoticed(KEY, rot.get(KEY) ?? VALUE), `bit ${bit}, when it is replaced`);
    assert.deepEqual(
      damageOf(RECORDS, rot).map(({ code }) => code),
      ['checksum'],
      `bit ${bit}, at start`,
    );
  }
});

test('however many writes of a batch are missing, the store notices', () => {
  for (let count = 0; count < WRITES.length; count++) {
    const codes = damageOf(RECORDS, tearOf(RECORDS, WRITES, count)).map(({ code }) => code);
    assert.deepEqual(codes, ['records_differ'], `${count + 1} of ${WRITES.length}`);
    const withHalfRecord = damageOf(RECORDS, tearOf(RECORDS, WRITES, count, 100));
    assert.deepEqual(
      withHalfRecord.map(({ code }) => code),
      ['checksum'],
    );
  }
});

test('a sound disk is no damage, nor is a write that changes nothing', () => {
  assert.deepEqual(damageOf(RECORDS, new Map()), []);
  const idle = tearOf(RECORDS, [{ key: KEY, value: VALUE }], 0);
  assert.equal(isHarmful(RECORDS, idle), false);
  assert.deepEqual(damageOf(RECORDS, idle), []);
  assert.equal(isHarmful(RECORDS, tearOf(RECORDS, WRITES, 0)), true);
});

test('a rotten record is not read, unless the process has the right one in its cache', () => {
  const port = {
    commit: (finish: () => void) => finish(),
    release: () => {},
    committed: () => {},
    died: () => {},
    tossCoin: () => false,
    throwDie: () => 0,
  };
  for (const isCached of [false, true]) {
    const disk = new Disk(port);
    disk.replace(RECORDS);
    assert.ok(disk.decay(1, 3, isCached));
    assert.equal(disk.get('G' as ByteKey)?.length, 32);
    if (isCached) assert.deepEqual(disk.get(KEY), VALUE);
    else assert.throws(() => disk.get(KEY), DamagedRead);
  }
});
