import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, fixtureNames, typeErrors } from './type-check.ts';

test('the core compiles as it is', async () => {
  assert.deepEqual(await typeErrors([]), []);
});

test('lines that must not compile do not, and all others around them do', async () => {
  const fixtures = fixtureNames().map(fixture);
  assert.ok(fixtures.length > 0);
  const errors = await typeErrors(fixtures.map(({ change }) => change));
  const expected = fixtures.flatMap(({ expected }) => expected);
  assert.deepEqual([...errors].sort(), [...expected].sort());
});

test('a change that finds no place, or several, is a fault of the test', async () => {
  const change = (find: string) => [{ file: 'spaces.ts', find, replace: '' }];
  await assert.rejects(typeErrors(change('nothing of the kind')), /no one place/);
  await assert.rejects(typeErrors(change('MEMBER')), /no one place/);
  await assert.rejects(typeErrors([{ file: 'spaces.ts', text: '' }]), /EEXIST/);
});
