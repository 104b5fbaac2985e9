/** Characters that nobody sees (agent/core/base/characters.ts): shown, named, or taken off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  foundText,
  harmless,
  harmlessJson,
  harmlessLines,
  strayIn,
  strayInLines,
  strayNameIn,
  trimmed,
  withoutMark,
} from '../../agent/core/base/characters.ts';
import { parseName } from '../../agent/core/base/names.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { parseAmount } from '../../agent/core/base/units.ts';

/** First, last, and those that do most harm, of each range. */
const UNSEEN = [
  0x00, 0x07, 0x08, 0x0b, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0xad, 0x34f, 0x61c,
  0x115f, 0x1160, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e,
  0x2060, 0x2066, 0x2069, 0x206f, 0x3164, 0xe000, 0xf8ff, 0xfeff, 0xffa0, 0xfff9, 0xffff, 0xe0001,
  0xe007f, 0xf0000, 0x10ffff,
];
const SEEN = [
  0x20, 0x7e, 0xa1, 0xac, 0xae, 0x2010, 0x2027, 0x2030, 0xfe0f, 0xff9f, 0x1f950, 0x30d1,
];

test('whatever nobody sees is shown as its code point, and nothing else is', () => {
  for (const code of UNSEEN) {
    const text = `a${String.fromCodePoint(code)}b`;
    assert.equal(harmless(text), `a\\u{${code.toString(16)}}b`);
    assert.equal(harmlessLines(text), harmless(text));
  }
  for (const code of SEEN) {
    const text = `a${String.fromCodePoint(code)}b`;
    assert.equal(harmless(text), text, code.toString(16));
    assert.equal(harmlessLines(text), text);
    assert.equal(harmlessJson(JSON.stringify(text)), JSON.stringify(text));
  }
  assert.equal(harmless('a\nb\tc'), 'a\\u{a}b\\u{9}c');
  assert.equal(harmlessLines('a\nb\tc'), 'a\nb\tc');
  assert.equal(harmless('\ud800x'), '\\u{d800}x');
});

test('JSON means the same afterwards, and no byte of it is unseen', () => {
  for (const code of UNSEEN) {
    const value = { memo: `a${String.fromCodePoint(code)}b` };
    const json = harmlessJson(JSON.stringify(value, undefined, 2));
    assert.deepEqual(JSON.parse(json), value);
    assert.match(json, /^[\n\x20-\x7e]*$/);
  }
});

test('a stray character is called by its name, with what it stands beside', () => {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['HRS', undefined],
    ['', undefined],
    ['Ä 12.50 €', undefined],
    ['HRS\u200b', 'a zero-width space after HRS'],
    ['\ufeffHRS', 'a byte order mark before HRS'],
    ['12\u00a050', 'a no-break space after 12'],
    ['12.50\r', 'a carriage return after 12.50'],
    ['\u202eSRH', 'a right-to-left override before SRH'],
    ['\u200b\u200bHRS', 'a zero-width space before HRS'],
    ['\u200b', 'a zero-width space'],
    ['a\u{e0041}', 'the unseen character U+E0041 after a'],
    [`${'x'.repeat(50)}\u2060`, `a word joiner after ${'x'.repeat(12)}`],
  ];
  for (const [text, expected] of named) assert.equal(strayIn(text), expected, JSON.stringify(text));
  assert.equal(strayInLines('{\r\n\t"a": 1\n}'), undefined);
  assert.equal(strayInLines('{\n\u00a0"a": 1\n}'), 'a no-break space after {');
  assert.equal(strayNameIn('secret\u200bsecret'), 'a zero-width space');
  assert.equal(foundText('a b'), '"a b"');
  assert.equal(foundText('a\u00a0b'), 'a no-break space after a');
});

test('what stands around a paste and means nothing is taken off', () => {
  assert.equal(trimmed('\ufeff \u00a0\u3000HRS\r\n'), 'HRS');
  assert.equal(trimmed('HRS\u200b'), 'HRS\u200b');
  assert.equal(withoutMark('\ufeff\ufeffa'), '\ufeffa');
  assert.equal(withoutMark('a\ufeff'), 'a\ufeff');
});

test('addresses and amounts with a stray character say so', () => {
  const name = parseName('account', 'mp1abc\u200bdef');
  assert.ok(isRefusal(name));
  assert.equal(name.found, 'a zero-width space after mp1abc');
  const amount = parseAmount('12\u00a0000', 2);
  assert.ok(isRefusal(amount));
  assert.equal(amount.found, 'a no-break space after 12');
});
