/** SHA-256 has one meaning in a process, whoever reckons it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { InvariantError } from '../../agent/core/base/assert.ts';
import { concatBytes, toHex } from '../../agent/core/base/bytes.ts';
import { provideSha256, sha256 } from '../../agent/core/base/crypto.ts';
import { hashNatively, nativeSha256 } from '../../agent/shell/hash.ts';

/** Lengths around the blocks of the hash, and what is beyond them. */
const LENGTHS = [...Array(200).keys(), 1_000, 65_537];

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (7 * i + length) & 255);
}

describe('SHA-256 by node:crypto', () => {
  it('is that of JavaScript, also of a part of an array', () => {
    for (const length of LENGTHS) {
      const bytes = patterned(length + 2).subarray(1, length + 1);
      assert.equal(toHex(nativeSha256(bytes)), toHex(nobleSha256(bytes)), `${length} bytes`);
    }
  });

  it('is a plain array of its own, a slice of which is a copy', () => {
    const [first, second] = [nativeSha256(patterned(3)), nativeSha256(patterned(3))];
    assert.equal(first.constructor, Uint8Array);
    assert.equal(first.length, 32);
    first.slice().fill(0);
    assert.deepEqual(first, second);
    first.fill(0);
    assert.notDeepEqual(first, second);
  });

  it('takes the place of the other in the core, where no result changes', () => {
    const parts = [patterned(40), patterned(0), patterned(70)];
    const [none, one, all] = [sha256(), sha256(patterned(40)), sha256(...parts)];
    assert.equal(toHex(all), toHex(nobleSha256(concatBytes(...parts))));
    try {
      hashNatively();
      assert.deepEqual([sha256(), sha256(patterned(40)), sha256(...parts)], [none, one, all]);
      assert.equal(all.constructor, Uint8Array);
    } finally {
      provideSha256(nobleSha256);
    }
  });
});

describe('another hash that is provided', () => {
  it('is taken from then on, for all that is hashed', () => {
    let calls = 0;
    try {
      provideSha256((bytes) => {
        calls += 1;
        return nobleSha256(bytes);
      });
      const before = calls;
      sha256(patterned(5));
      sha256(patterned(5), patterned(6));
      assert.equal(calls, before + 2);
    } finally {
      provideSha256(nobleSha256);
    }
  });

  it('is refused when it is not SHA-256, and changes nothing', () => {
    const before = sha256(patterned(9));
    for (const wrong of [
      () => new Uint8Array(32),
      (bytes: Uint8Array) => nobleSha256(bytes).slice(0, 31),
      (bytes: Uint8Array) => nobleSha256(nobleSha256(bytes)),
    ]) {
      assert.throws(() => provideSha256(wrong), InvariantError);
      assert.deepEqual(sha256(patterned(9)), before);
    }
  });
});
