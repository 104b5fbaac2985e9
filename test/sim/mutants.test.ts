import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants/all.ts';
import { patch } from './mutants/mutant.ts';

/** Where the compiled project lies: dist. */
const DIST = fileURLToPath(new URL('../../', import.meta.url));

test('every deliberate bug still finds the one place in the program where it belongs', () => {
  const lost = MUTANTS.flatMap((mutant) => {
    try {
      patch(mutant, readFileSync(join(DIST, mutant.file), 'utf8'), mutant.replace);
      return [];
    } catch (error) {
      return [`${error}`];
    }
  });
  assert.deepEqual(lost, []);
});

test('no two deliberate bugs have one name', () => {
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});
