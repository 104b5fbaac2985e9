/**
 * The formal model and the core say the same: the size of a quorum, the faults tolerated, and the
 * rules by which an authority votes. What is proved of the model is worth as much as this.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ORDER_RULES } from '../../agent/core/authority/rules.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/committee.ts';
import { MODEL_FOLDER } from './model.ts';
import { conjunctsOf, type Definition, definitionsOf, evaluate } from './tla.ts';

const model = definitionsOf(readFileSync(join(MODEL_FOLDER, 'Transfer.tla'), 'utf8'));
const modelled = ORDER_RULES.filter(({ formal }) => formal !== '');
const leftOut = ORDER_RULES.filter(({ formal }) => formal === '');

test('for 1 to 100 members the model and the core ask for the same number of votes', () => {
  for (let members = 1; members <= 100; members++) {
    assert.equal(evaluate(definition('Quorum'), members), quorumOf(members), `of ${members}`);
  }
});

test('for 1 to 100 members the model and the core tolerate the same number of faults', () => {
  for (let members = 1; members <= 100; members++) {
    const expected = faultsTolerated(members);
    assert.equal(evaluate(definition('FaultsTolerated'), members), expected, `of ${members}`);
  }
});

test('the model votes by the rules of the core, in the same order', () => {
  assert.deepEqual(
    conjunctsOf(definition('Accepts')),
    modelled.map(({ name }) => name),
  );
});

test('each rule of the core quotes its guard in the model word for word', () => {
  for (const { name, formal } of modelled) {
    assert.deepEqual(definition(name), { parameters: ['self', 'order'], body: formal }, name);
  }
});

test('each rule of the core that the model leaves out is named among its assumptions', () => {
  const readme = readFileSync(join(MODEL_FOLDER, 'README.md'), 'utf8');
  const named = leftOut.filter(({ name }) => readme.includes(`\`${name}\``));
  assert.deepEqual(named, leftOut);
});

test('the Spin model votes by the same rules', () => {
  const spin = readFileSync(join(MODEL_FOLDER, 'transfer.pml'), 'utf8');
  const guard = /:: (POSITIVE_AMOUNT.*?) ->/s.exec(spin)?.[1] ?? '';
  const names = modelled.map(({ name }) => name.replaceAll(/\B[A-Z]/g, '_$&').toUpperCase());
  assert.deepEqual(guard.split(/\s*&&\s*/), names);
});

function definition(name: string): Definition {
  const found = model.get(name);
  assert.ok(found !== undefined, `the model has no definition of ${name}`);
  return found;
}
