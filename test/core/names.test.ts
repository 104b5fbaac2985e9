import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bech32m } from '@scure/base';
import fc from 'fast-check';
import { nameOf, parseName } from '../../agent/core/base/names.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

test('a name is read back as the same 32 bytes, in either case', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const name = nameOf('account', key);
      assert.deepEqual(parseName('account', name), key);
      assert.deepEqual(parseName('account', name.toUpperCase()), key);
    }),
  );
});

test('a name with one character changed, or two swapped, is refused', () => {
  fc.assert(
    fc.property(keys, fc.nat(57), fc.constantFrom(...CHARSET), (key, at, character) => {
      const name = nameOf('account', key);
      const place = 'mp1'.length + at;
      const changed = name.slice(0, place) + character + name.slice(place + 1);
      if (changed !== name) assert.ok(isRefusal(parseName('account', changed)));
      const [a, b] = [name[place] ?? '', name[place + 1] ?? ''];
      const swapped = name.slice(0, place) + b + a + name.slice(place + 2);
      if (swapped !== name) assert.ok(isRefusal(parseName('account', swapped)));
    }),
  );
});

test('a node is not taken for an account, and the refusal says so', () => {
  const node = nameOf('node', new Uint8Array(32).fill(7));
  const result = parseName('account', node, 'recipient');
  assert.ok(isRefusal(result));
  assert.equal(result.refused, 'bad_name');
  assert.equal(result.field, 'recipient');
  assert.match(result.found ?? '', /a node name/);
});

test('anything else is refused without being read far', () => {
  for (const text of ['', 'mp1', 'alice', 'mp1'.padEnd(1_000, 'q'), 'MP1qq', '🦊'.repeat(20)]) {
    assert.ok(isRefusal(parseName('account', text)), text.slice(0, 20));
  }
});

test('a name with a good checksum that does not hold 32 bytes is refused', () => {
  for (const length of [0, 20, 31, 33]) {
    const result = parseName('account', nameOf('account', new Uint8Array(length)));
    assert.ok(isRefusal(result), `${length}`);
    assert.match(result.found ?? '', /does not hold 32 bytes/);
  }
});

test('the name of a network, or of something else, is not taken for a node', () => {
  const result = parseName('node', nameOf('network', new Uint8Array(32)));
  assert.ok(isRefusal(result));
  assert.equal(result.field, 'node');
  assert.match(result.found ?? '', /a network name$/);
  const text = bech32m.encode('bc', bech32m.toWords(new Uint8Array(32)));
  const foreign = parseName('node', text);
  assert.ok(isRefusal(foreign));
  assert.equal(foreign.found, `"${text}"`);
});

test('a name has one spelling: what is left of its last character is zero', () => {
  const words = bech32m.toWords(new Uint8Array(32).fill(9));
  for (const rest of [1, 2, 4, 8]) {
    const last = (words.at(-1) ?? 0) | rest;
    const result = parseName('account', bech32m.encode('mp', [...words.slice(0, -1), last]));
    assert.ok(isRefusal(result), `${rest}`);
    assert.match(result.found ?? '', /does not hold 32 bytes/);
  }
});
