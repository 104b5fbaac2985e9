import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hex } from '@scure/base';
import { toHex } from '../../agent/core/base/bytes.ts';
import { PROTOCOL_VERSION } from '../../agent/core/base/limits.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { decode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, MESSAGES } from '../../agent/core/codec/message.ts';
import { sampleBytes } from '../support/samples.ts';

const file = `test/vectors/v${PROTOCOL_VERSION}.json`;
const frozen = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
const samples = sampleBytes();

test('every message, record and signed statement has its frozen bytes', () => {
  const now = Object.fromEntries(Array.from(samples, ([name, bytes]) => [name, toHex(bytes)]));
  assert.deepEqual(now, frozen);
});

test('every kind of message has a vector, and each is decoded', () => {
  const kinds = Object.keys(MESSAGES).map((tag) => `frame/${tag}`);
  const names = Object.keys(frozen);
  for (const kind of kinds) {
    assert.ok(
      names.some((name) => name === kind || name.startsWith(`${kind}-`)),
      kind,
    );
  }
  for (const [name, text] of Object.entries(frozen)) {
    if (!name.startsWith('frame/')) continue;
    assert.ok(!isRefusal(decode(frameCoder, hex.decode(text))), name);
  }
});

test('no two messages have one number', () => {
  const numbers = Object.values(MESSAGES).map(({ wire }) => wire);
  assert.equal(new Set(numbers).size, numbers.length);
});
