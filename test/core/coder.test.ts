import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { decode, decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import type { Coder } from '../../agent/core/codec/coder.ts';
import { bigSigned, bigUnsigned, u8, u16, u32, u64 } from '../../agent/core/codec/numbers.ts';
import {
  bool,
  bytesOf,
  checked,
  listOf,
  listWith,
  optional,
  sizedBytes,
  struct,
  textOf,
  tupleOf,
  variant,
  wordOf,
} from '../../agent/core/codec/parts.ts';

interface Row<T = unknown> {
  readonly name: string;
  readonly coder: Coder<T>;
  readonly values: fc.Arbitrary<T>;
}

function row<T>(name: string, coder: Coder<T>, values: fc.Arbitrary<T>): Row {
  return { name, coder, values } as unknown as Row;
}

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((each) => Buffer.byteLength(each) <= 40);

/** Every part that layouts are built of. */
const PARTS: readonly Row[] = [
  row('u8', u8, fc.integer({ min: 0, max: 0xff })),
  row('u16', u16, fc.integer({ min: 0, max: 0xffff })),
  row('u32', u32, fc.integer({ min: 0, max: 0xffff_ffff })),
  row('u64', u64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  row('unsigned of 16 bytes', bigUnsigned(16), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })),
  row('signed of 25 bytes', bigSigned(25), fc.bigInt({ min: -(2n ** 199n), max: 2n ** 199n - 1n })),
  row('bool', bool, fc.boolean()),
  row('bytes', bytesOf(5), bytes(5)),
  row('sized bytes', sizedBytes(u16), fc.uint8Array({ maxLength: 300 })),
  row('text', textOf(40), text),
  row('optional', optional(u16), fc.option(fc.nat(0xffff), { nil: undefined })),
  row('struct', struct({ a: u8, b: bool }), record({ a: fc.nat(255), b: fc.boolean() })),
  row('list with a count', listWith(u16, u8), fc.array(fc.nat(255), { maxLength: 300 })),
  row('list', listOf(3, u16), fc.array(fc.nat(0xffff), { maxLength: 3 })),
  row('tuple', tupleOf(2, u8), fc.tuple(fc.nat(255), fc.nat(255))),
  row(
    'variant',
    variant({ one: [1, u8], two: [7, textOf(40)] }),
    fc.oneof(
      record({ TAG: fc.constant('one' as const), data: fc.nat(255) }),
      record({ TAG: fc.constant('two' as const), data: text }),
    ),
  ),
  row('word', wordOf({ no: 1, yes: 2 }), fc.constantFrom('no', 'yes')),
  row(
    'checked',
    checked(u8, (n) => n > 3 || 'too small'),
    fc.integer({ min: 4, max: 255 }),
  ),
];

/** Bytes that are near an encoding, and bytes that are near nothing. */
function bytesAround({ coder, values }: Row): fc.Arbitrary<Uint8Array> {
  const near = fc
    .tuple(values, fc.nat(), fc.nat(255), fc.nat(3))
    .map(([value, at, byte, longer]) => {
      const found = encode(coder, value);
      if (found.length > 0) found[at % found.length] = byte;
      return Uint8Array.from([...found, ...bytesFor(longer)]);
    });
  return fc.oneof(near, fc.uint8Array({ maxLength: 40 }));
}

function bytesFor(longer: number): number[] {
  return longer === 3 ? [0] : [];
}

for (const part of PARTS) {
  suite(`the coder ${part.name}`, () => {
    test('gives back what was put', () => {
      fc.assert(
        fc.property(part.values, (value) => {
          assert.deepEqual(decodeOwn(part.coder, encode(part.coder, value)), value);
        }),
      );
    });

    test('takes no bytes that it would not put', () => {
      fc.assert(
        fc.property(bytesAround(part), (found) => {
          const value = decode(part.coder, found);
          if (!isRefusal(value)) assert.deepEqual(encode(part.coder, value), found);
        }),
        { numRuns: 2_000 },
      );
    });
  });
}

const MISFITS: readonly (readonly [string, () => Uint8Array])[] = [
  ['256 in one byte', () => encode(u8, 256)],
  ['a fraction', () => encode(u16, 1.5)],
  ['a number below zero', () => encode(u64, -1n)],
  ['2^128 in 16 bytes', () => encode(bigUnsigned(16), 2n ** 128n)],
  ['2^199 in 25 signed bytes', () => encode(bigSigned(25), 2n ** 199n)],
  ['six bytes for five', () => encode(bytesOf(5), new Uint8Array(6))],
  ['a text that is too long', () => encode(textOf(3), 'four')],
  ['half a character', () => encode(textOf(8), '\ud800')],
  ['one entry too many', () => encode(listOf(1, u8), [1, 2])],
  ['one entry too few', () => encode(tupleOf(2, u8), [1])],
  [
    'a value against the rule',
    () =>
      encode(
        checked(u8, (n) => n > 3 || 'too small'),
        3,
      ),
  ],
];

for (const [what, put] of MISFITS) {
  test(`${what} is not put: that is a fault of ours`, () => {
    assert.throws(put);
  });
}

test('bytes after the value, and bytes that end before it, are refused with their number', () => {
  const longer = decode(u16, new Uint8Array(3));
  assert.ok(isRefusal(longer));
  assert.match(longer.found ?? '', /3 bytes, of which 2/);
  const shorter = decode(u16, new Uint8Array(1));
  assert.ok(isRefusal(shorter));
});

test('a value larger than all before it is put whole', () => {
  const large = new Uint8Array(60_000).fill(7);
  assert.deepEqual(decodeOwn(sizedBytes(u16), encode(sizedBytes(u16), large)), large);
});

test('a text is refused where a byte of it stands for no character', () => {
  const text = textOf(8);
  const of = (...bytes: number[]) => decode(text, Uint8Array.of(bytes.length, ...bytes));
  for (const bytes of [
    [0x80],
    [0x41, 0x80],
    [0x80, 0x41],
    [0xbf],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xc2],
    [0xc2, 0x41],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xfe],
    [0xff],
  ]) {
    assert.ok(isRefusal(of(...bytes)), bytes.map((byte) => byte.toString(16)).join(' '));
  }
});

test('a text keeps the first characters beyond those of one byte, and the last of these', () => {
  for (const [value, ...bytes] of [
    ['\u007f', 0x7f],
    ['\u0080', 0xc2, 0x80],
    ['\u00ff', 0xc3, 0xbf],
    ['A\u0080', 0x41, 0xc2, 0x80],
  ] as const) {
    const encoded = encode(textOf(8), value);
    assert.deepEqual([...encoded], [bytes.length, ...bytes]);
    assert.equal(decode(textOf(8), encoded), value);
  }
});
