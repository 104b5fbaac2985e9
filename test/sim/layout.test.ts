import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whoAsked } from './layout.ts';

/** How often, of 2,000 networks, both, one or none of two nodes' operators asked for the other. */
function asked(one: 'authority' | 'wallet' | 'relay', other: 'relay' | 'authority') {
  const counts = { both: 0, one: 0, none: 0 };
  for (let seed = 0; seed < 2_000; seed++) {
    const answer = whoAsked(seed, { name: 'a', role: one }, { name: 'b', role: other }, false);
    counts[answer[0] && answer[1] ? 'both' : answer[0] || answer[1] ? 'one' : 'none']++;
  }
  return counts;
}

test('of the streams to relays, some are asked for from one side only', () => {
  for (const role of ['authority', 'relay'] as const) {
    const { one, none } = asked(role, 'relay');
    assert.equal(none, 0);
    assert.ok(one > 100 && one < 300, `${one} of 2,000`);
  }
});

test('authorities want each other, and an owner every stream of the own wallet', () => {
  assert.equal(asked('authority', 'authority').both, 2_000);
  assert.equal(asked('wallet', 'relay').both, 2_000);
});
