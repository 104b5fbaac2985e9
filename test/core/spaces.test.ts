import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvariantError } from '../../agent/core/base/assert.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { numberCoder } from '../../agent/core/codec/record.ts';
import {
  bytesKey,
  DISK,
  entryKey,
  MEMORY,
  many,
  numberKey,
  one,
  pathKey,
  placeKey,
  recordAt,
  rowsByByte,
  writeOf,
} from '../../agent/core/space.ts';
import { isDurable, SPACES, type SpaceName, spaceOf } from '../../agent/core/spaces.ts';

const NAMES = Object.keys(SPACES) as SpaceName[];

describe('the spaces of the state', () => {
  it('have a byte each, and room for 140 more', () => {
    const bytes = NAMES.map((name) => SPACES[name].byte);
    assert.equal(new Set(bytes).size, bytes.length);
    assert.ok(255 - bytes.length >= 140);
  });

  it('are told apart by the first byte of a key', () => {
    for (const name of NAMES) {
      const { prefix, byte, kept } = SPACES[name];
      assert.equal(prefix.length, 1);
      assert.equal(prefix.charCodeAt(0), byte);
      for (const key of [prefix, `${prefix}more` as ByteKey]) {
        assert.equal(spaceOf(key), name);
        assert.equal(isDurable(key), kept === DISK, name);
      }
    }
    for (const key of ['', '\u00ff', '\u0100']) {
      assert.equal(spaceOf(key as ByteKey), undefined);
      assert.equal(isDurable(key as ByteKey), false);
    }
  });
});

describe('a table of spaces', () => {
  const [first, second] = [one(DISK, 7, numberCoder), one(MEMORY, 8, numberCoder)];

  it('is found by bytes', () => {
    const byByte = rowsByByte([first, second], [9]);
    assert.equal(byByte.length, 256);
    assert.equal(byByte[7], first);
    assert.equal(byByte[8], second);
    assert.equal(byByte[9], undefined);
  });

  it('is refused where two rows have one byte, or a row has one that is retired', () => {
    const same = many(MEMORY, 7, numberKey('n'), numberCoder);
    assert.throws(() => rowsByByte([first, second, same], []), InvariantError);
    assert.throws(() => rowsByByte([first, second], [8]), InvariantError);
  });

  it('takes bytes from 0 to 254', () => {
    for (const byte of [0, 254])
      assert.equal(one(DISK, byte, numberCoder).prefix.charCodeAt(0), byte);
    for (const byte of [-1, 255, 256, 1.5, Number.NaN]) {
      assert.throws(() => one(DISK, byte, numberCoder), InvariantError, `${byte}`);
      assert.throws(() => many(DISK, byte, numberKey('n'), numberCoder), InvariantError);
    }
  });
});

describe('the key of a record', () => {
  const keysOf = <K extends readonly unknown[]>(layout: Parameters<typeof many<K, bigint>>[2]) => {
    const space = many(DISK, 1, layout, numberCoder);
    return (...key: K) => Buffer.from(space.at(...key).key, 'latin1').toString('hex');
  };

  it('is the byte of its space and the parts of the key', () => {
    assert.equal(keysOf(bytesKey('two', 2))(Uint8Array.of(0xff, 0)), '01ff00');
    assert.equal(keysOf(numberKey('n'))(0x0102_0304_8506_0708n), '010102030485060708');
    assert.equal(keysOf(placeKey('place', 1))(255), '01ff');
    assert.equal(keysOf(placeKey('place', 2))(0x8001), '018001');
    assert.equal(keysOf(pathKey('path'))([]), '01');
    assert.equal(keysOf(pathKey('path'))([15, 0, 3]), '010f0003');
    const account = new Uint8Array(32).fill(0xaa);
    const entry = keysOf(entryKey('account', 'n'))(account, 2n ** 64n - 1n);
    assert.equal(entry, `01${'aa'.repeat(32)}${'ff'.repeat(8)}`);
  });

  it('sorts as numbers do', () => {
    const at = (n: bigint) => SPACES.journal.at(n).key;
    const numbers = [0n, 1n, 255n, 256n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];
    const keys = numbers.map(at);
    assert.deepEqual([...keys].sort(), keys);
  });

  it('takes nothing that has no place in it', () => {
    assert.throws(() => SPACES.journal.at(-1n), InvariantError);
    assert.throws(() => SPACES.journal.at(2n ** 64n), InvariantError);
    for (const length of [0, 31, 33]) {
      const account = new Uint8Array(length);
      assert.throws(() => SPACES.account.at(account), InvariantError, `${length}`);
      assert.throws(() => SPACES.certificateAt.at(account, 0n as Sequence), InvariantError);
    }
    for (const place of [-1, 256]) assert.throws(() => SPACES.retold.at(place), InvariantError);
    for (const place of [-1, 65_536]) assert.throws(() => SPACES.claim.at(place), InvariantError);
    assert.throws(() => SPACES.word.at(65_536 as MemberIndex), InvariantError);
  });
});

describe('a record outside of a step', () => {
  it('is written and read in its cell', () => {
    const { key, value } = writeOf(SPACES.accountCount, 7n);
    assert.equal(key, SPACES.accountCount.key);
    assert.ok(value !== undefined);
    const state = new Map([[key, value]]);
    assert.equal(recordAt(state, SPACES.accountCount), 7n);
    assert.equal(recordAt(state, SPACES.accountAt.at(7n)), undefined);
  });
});
