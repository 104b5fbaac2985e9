/**
 * The quick small worlds, searched to the end; and searches in worlds that are broken on purpose.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MakeNode } from './authority.ts';
import {
  answersFromMemory,
  believesAnything,
  comparesNothing,
  forgetsPending,
  losesCredits,
  votesTwice,
  votesUnwritten,
  withHabit,
} from './broken.ts';
import { AFTERMATH, CASES, type Case, TRAITORS } from './cases.ts';
import { Search } from './search.ts';
import { SmallWorld } from './small-world.ts';
import { traceOf } from './words.ts';

const [TWO_ORDERS] = CASES as [Case];

const QUICK = [...CASES, AFTERMATH].filter(({ isQuick }) => isQuick);

for (const setting of QUICK) {
  test(`every promise holds in every state of the small world "${setting.name}"`, (context) => {
    const search = new Search(setting);
    const result = search.run();
    assert.equal(traceOf(search, result).join('\n'), '');
    assert.ok(result.isExhausted, 'ended because no state was left');
    const { states, transitions, depth } = result;
    context.diagnostic(`${states} states, ${transitions} transitions, depth ${depth}`);
  });
}

for (const setting of QUICK.filter(({ members }) => members === 4)) {
  test(`the small world "${setting.name}" is as sound when nothing is renamed`, (context) => {
    const merged = new Search(setting).run();
    const search = new Search({ ...setting, symmetries: [] });
    const result = search.run();
    assert.equal(traceOf(search, result).join('\n'), '');
    assert.ok(result.isExhausted, 'ended because no state was left');
    assert.equal(result.depth, merged.depth);
    assert.ok(result.states > merged.states, 'renaming merged some states');
    context.diagnostic(`${result.states} states instead of ${merged.states}`);
  });
}

test('with one traitor too many the search tells the shortest way to two certificates', () => {
  const search = new Search(TRAITORS);
  const result = search.run();
  assert.equal(result.isExhausted, false);
  assert.deepEqual(traceOf(search, result).slice(-3), [
    '1. auth-0 gets order a and votes for it.',
    '2. auth-1 gets order a* and votes for it.',
    'Broken: OneCertificate: a and a rival of it both have a quorum.',
  ]);
});

test('a search that stops at its bound does not count as ended', () => {
  const result = new Search(TWO_ORDERS).run(100);
  assert.equal(result.found, undefined);
  assert.equal(result.isExhausted, false);
});

const BROKEN: Record<string, readonly [MakeNode, string]> = {
  'does not write down what it votes for': [withHabit(votesUnwritten), 'VotesAreOnDisk'],
  'votes for two orders of one number': [withHabit(votesTwice), 'VotesNeverContradict'],
  'forgets its vote at a restart': [
    withHabit(forgetsPending(new SmallWorld(TWO_ORDERS))),
    'VotesAreOnDisk',
  ],
  'loses a credit': [withHabit(losesCredits), 'DiskIsSound'],
  'believes any signature': [believesAnything, 'OrdersAreOwned'],
  'compares its ledger with nobody': [withHabit(comparesNothing), 'MeetingsConverge'],
  'answers by what a restart forgets': [withHabit(answersFromMemory), 'SameAnswers'],
};

for (const [habit, [makeNode, promise]] of Object.entries(BROKEN)) {
  test(`an authority that ${habit} is found out`, () => {
    const { found } = new Search(TWO_ORDERS, makeNode).run();
    assert.equal(found?.violation.promise, promise);
  });
}
