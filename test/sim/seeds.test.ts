import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from './plan.ts';
import { failedSeeds, parseSeeds, planHash, seedLine } from './seeds.ts';

test('every seed that failed once still means what it did', () => {
  const changed = failedSeeds().flatMap(({ profile, seed, cut, planHash: written }) => {
    const now = planHash(planOf(seed, profile, cut));
    if (now === written) return [];
    return [`${profile} ${seed}: this seed no longer means what it did, its plan is ${now} now`];
  });
  assert.deepEqual(changed, []);
});

test('the line of a failed run is read back as that run, its cut included', () => {
  const cut = { authorities: 4, wallets: 2, faults: ['cut.3', 'crash.0'], isCalm: true };
  const [read, ...others] = parseSeeds(
    `# seeds\n${seedLine({ profile: 'full', seed: 7, cut })} # why\n`,
  );
  assert.deepEqual(others, []);
  assert.deepEqual([read?.profile, read?.seed, read?.cut], ['full', 7, cut]);
  assert.equal(read?.planHash, planHash(planOf(7, 'full', cut)));
  assert.throws(() => parseSeeds('full 7'), /profile seed plan/);
});

test('what is cut from a plan leaves the rest of it as it was', () => {
  for (let seed = 0; seed < 50; seed++) {
    const whole = planOf(seed, 'full');
    const names = whole.faults.map(({ name }) => name).filter((_, i) => i % 2 === 0);
    const part = planOf(seed, 'full', { authorities: 4, wallets: 2, thieves: 0, faults: names });
    assert.deepEqual(
      part.faults,
      whole.faults.filter(({ name }) => names.includes(name)),
    );
    for (const place of part.places) {
      const { role, index } = whole.drawn.find(({ name }) => name === place.name) ?? {};
      assert.equal(place.index, index);
      const isTurned = place.role === 'authority' && (role === 'traitor' || role === 'misled');
      assert.ok(place.role === role || isTurned);
    }
    assert.deepEqual([part.radios, part.trouble], [whole.radios, whole.trouble]);
  }
});
