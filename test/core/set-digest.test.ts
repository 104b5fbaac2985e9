import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withHash, withoutHash } from '../../agent/core/base/set-digest.ts';

const EMPTY = new Uint8Array(32);
const HASH = fc.uint8Array({ minLength: 32, maxLength: 32 });

function digestOf(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduce(withHash, EMPTY);
}

test('the digest of a set is the same in whatever order its entries came', () => {
  fc.assert(
    fc.property(fc.array(HASH), fc.nat(), (hashes, by) => {
      const at = hashes.length === 0 ? 0 : by % hashes.length;
      const turned = [...hashes.slice(at), ...hashes.slice(0, at)].reverse();
      assert.deepEqual(digestOf(turned), digestOf(hashes));
    }),
  );
});

test('what leaves a set is taken off its digest again', () => {
  fc.assert(
    fc.property(fc.array(HASH), HASH, (hashes, hash) => {
      const before = digestOf(hashes);
      assert.deepEqual(withoutHash(withHash(before, hash), hash), before);
      assert.deepEqual(withHash(withoutHash(before, hash), hash), before);
    }),
  );
});

test('the digest is the sum modulo 2^256, most significant byte first', () => {
  fc.assert(
    fc.property(HASH, HASH, (a, b) => {
      const number = (bytes: Uint8Array): bigint =>
        BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
      assert.equal(number(withHash(a, b)), (number(a) + number(b)) % 2n ** 256n);
    }),
  );
});
