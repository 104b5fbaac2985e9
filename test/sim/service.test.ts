import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareService } from './checkers/service.ts';

const NONE: readonly number[] = [];
const often = (ms: number): number[] => Array.from({ length: 20 }, () => ms);
const SLOW = { name: 'Violation', checker: 'service' };

test('payments of wallets with links of their own may take eight times as long, not more', () => {
  const quiet = { direct: often(200), relayed: NONE };
  for (const flooders of [2, 8]) {
    compareService({ direct: often(1_600), relayed: NONE }, quiet, flooders);
    const slower = { direct: often(1_601), relayed: NONE };
    assert.throws(() => compareService(slower, quiet, flooders), SLOW);
  }
});

test('payments over relays may take four times as long for each that shares with the relay', () => {
  const quiet = { direct: often(10), relayed: often(200) };
  compareService({ direct: NONE, relayed: often(7_200) }, quiet, 8);
  const slower = { direct: NONE, relayed: often(7_201) };
  assert.throws(() => compareService(slower, quiet, 8), SLOW);
  compareService({ direct: NONE, relayed: often(1_600) }, quiet, 1);
  assert.throws(() => compareService({ direct: NONE, relayed: often(1_601) }, quiet, 1), SLOW);
  compareService({ direct: NONE, relayed: often(1_600) }, quiet, 0);
  assert.throws(() => compareService({ direct: NONE, relayed: often(1_601) }, quiet, 0), SLOW);
});

test('a second is never too long, and one payment of ten may take any time', () => {
  const quiet = { direct: often(5), relayed: NONE };
  compareService({ direct: often(1_000), relayed: NONE }, quiet, 2);
  assert.throws(() => compareService({ direct: often(1_001), relayed: NONE }, quiet, 2), SLOW);
  const slow = (of: number) => ({
    direct: often(5).map((ms, i) => (i < of ? 9_000 : ms)),
    relayed: NONE,
  });
  compareService(slow(2), quiet, 2);
  assert.throws(() => compareService(slow(3), quiet, 2), SLOW);
});
