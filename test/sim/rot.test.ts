import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/bytes.ts';
import { damageOf, isNoticed, rotOf } from './rot.ts';

const KEY = 'N' as ByteKey;
const VALUE = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5);
const RECORDS = new Map([
  ['G' as ByteKey, new Uint8Array(32)],
  [KEY, VALUE],
]);

test('whichever bit of a record or of its seal flips, the store notices', () => {
  const bits = 8 * (VALUE.length + 8);
  for (let bit = 0; bit < bits; bit++) {
    const rot = rotOf(KEY, VALUE, bit);
    assert.ok(isNoticed(rot), `bit ${bit}, when it is replaced`);
    assert.deepEqual(
      damageOf(RECORDS, rot).map(({ code }) => code),
      ['checksum'],
      `bit ${bit}, at start`,
    );
  }
});

test('a sound record is no damage', () => {
  const { stored } = rotOf(KEY, VALUE, 0);
  stored[0] = VALUE[0] ?? 0;
  assert.deepEqual(damageOf(RECORDS, { key: KEY, stored }), []);
  assert.equal(isNoticed({ key: KEY, stored }), false);
});
