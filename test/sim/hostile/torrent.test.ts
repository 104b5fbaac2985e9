import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from '../plan.ts';
import { World } from '../world.ts';

/** The most frames that a thief of this run sends in one step. */
function mostOfThieves(seed: number): number {
  let most = 0;
  const plan = planOf(seed, 'hostile', {});
  const world = new World(plan, () => [
    {
      stepped({ role }, _event, { sends }) {
        if (role === 'thief') most = Math.max(most, sends.length);
      },
    },
  ]);
  world.agenda.runUntil(plan.chaosMs);
  return most;
}

test('some thieves flood a stream with more than the shell lets wait in it, others with little', () => {
  const most = Array.from({ length: 12 }, (_, seed) => mostOfThieves(seed));
  assert.ok(Math.max(...most) >= 1_000, `${most}`);
  assert.ok(Math.min(...most) < 1_000, `${most}`);
});
