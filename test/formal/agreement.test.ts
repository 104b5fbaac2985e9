/**
 * The formal model of agreement and the core say the same: the size of a quorum, the faults
 * tolerated, when a member prevotes, and what a precommit does to its lock. And TLC searches the
 * model to its end, where the environment variable TLA2TOOLS_JAR names a tla2tools.jar.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { subjectHash } from '../../agent/core/agreement/decision.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';
import { recordAt } from '../../agent/core/space.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { A, B } from '../support/debates.ts';
import { Puppets } from '../support/puppets.ts';
import { figure, inScratchFolder, MODEL_FOLDER, run } from './model.ts';
import { choices, modelOf } from './small.ts';
import { conjunctsOf, evaluate, isTrue } from './tla.ts';

const definition = modelOf('Agreement');

test('for 1 to 100 members the model and the core have the same quorum, and the same faults', () => {
  const ofMembers = (name: string, n: number) => evaluate(definition(name).body, { n });
  for (let n = 1; n <= 100; n++) {
    assert.equal(ofMembers('Quorum', n), quorumOf(n));
    assert.equal(ofMembers('FaultsTolerated', n), faultsTolerated(n));
  }
});

/** Values as the model's numbers. */
const NUMBERS = { none: 0, a: 1, b: 2 } as const;
const VALUES = { a: A, b: B } as const;

/** What the model's rules say of a proposal, to a member in this state. */
function mayPrevote(values: Record<string, number>): boolean {
  const rules = conjunctsOf(definition('MayPrevote'));
  assert.deepEqual(rules, ['RestsOnEarlier', 'FreeFor']);
  return rules.every((rule) =>
    definition(rule)
      .body.split(' \\/ ')
      .some((comparison) => isTrue(comparison, values)),
  );
}

/** A member that is locked on A in this round, or not at all, and has come to that round. */
function memberIn(round: number, lockedRound: number): Puppets {
  // With nine members nobody else's turn is the member's own within these rounds.
  const table = new Puppets(9, 8);
  for (let at = 0; at < round; at++) {
    if (at === lockedRound) {
      table.propose(at, A);
      table.vote('prevote', table.others, at, A);
      assert.deepEqual(table.ballots('precommit', at), [sha256(A)]);
      table.vote('precommit', table.others, at, undefined);
    } else {
      table.passRound(at);
    }
  }
  return table;
}

test('the core prevotes for a proposal exactly when the model may, in every small case', () => {
  const round = 2;
  const cases = choices<{ lockedRound: number; value: 'a' | 'b'; validRound: number }>({
    lockedRound: [-1, 0, 1],
    value: ['a', 'b'],
    validRound: [-1, 0, 1, 2, 3],
  });
  for (const { lockedRound, value, validRound } of cases) {
    const table = memberIn(round, lockedRound);
    const proposed = VALUES[value];
    const shown = Math.max(validRound, 0);
    const prevotes = table.signatures('prevote', table.others, shown, proposed);
    table.propose(round, proposed, validRound < 0 ? undefined : { round: shown, prevotes });
    const isFor = table.ballots('prevote', round).some((hash) => hash !== undefined);
    const expected = mayPrevote({
      value: NUMBERS[value],
      validRound,
      'self.round': round,
      'self.lockedRound': lockedRound,
      'self.lockedValue': lockedRound < 0 ? NUMBERS.none : NUMBERS.a,
    });
    assert.equal(isFor, expected, JSON.stringify({ lockedRound, value, validRound }));
  }
});

test('a precommit locks in the core as in the model, and a later round leaves the lock', () => {
  const changed = [
    ...definition('AfterPrecommit').body.matchAll(/!\.(\w+) = ([\w.@" ]+?)(?=[,\]])/g),
  ];
  assert.deepEqual(
    changed.map(([, name, value]) => `${name}: ${value}`),
    ['step: "precommit"', 'lockedRound: self.round', 'lockedValue: value'],
  );
  assert.doesNotMatch(definition('AfterRound').body, /locked/);
  const table = memberIn(2, -1);
  const recordOf = () => {
    const { state } = table.world.place(table.name);
    const at = SPACES.agreement.at(subjectHash(table.subject));
    return recordAt({ get: (key) => state.get(key) }, at);
  };
  table.propose(2, A);
  assert.equal(recordOf()?.locked, undefined);
  table.vote('prevote', table.others, 2, A);
  assert.deepEqual(recordOf()?.locked, { round: 2, value: A });
  table.vote('precommit', table.others, 2, undefined);
  assert.deepEqual(recordOf()?.locked, { round: 2, value: A });
  assert.equal(recordOf()?.round, 3);
});

const { TLA2TOOLS_JAR: jar } = process.env;
const options =
  jar === undefined
    ? { skip: 'TLA2TOOLS_JAR does not name a tla2tools.jar, so TLC is not run' }
    : {};

/** Distinct states after merging symmetric ones; the same figure is in README.md. */
const STATES = 38_686;

test('every state of AgreementFour keeps every promise', options, (t) => {
  const report = tlc('AgreementFour');
  assert.match(report, /No error has been found/, report);
  assert.equal(figure(report, /([\d,]+) distinct states found, 0/), STATES);
  t.diagnostic(`${STATES} distinct states, searched to the end`);
});

/** What a weaker member does, the substitution, the promise that breaks, and the fewest steps. */
const WEAKENINGS = [
  ['prevotes whatever it is locked on', 'FreeFor <- NeverLocked', 'OneDecision', 10],
  ['precommits without locking', 'AfterPrecommit <- WithoutLock', 'OneDecision', 10],
  ['precommits without a polka', 'PolkaIsThere <- NoRule', 'LockIsPolka', 2],
  ['prevotes for what it does not find valid', 'FindsValid <- NoRule', 'DecisionIsSound', 4],
  ['takes a quorum less one for a quorum', 'Needed <- OneVoteLess', 'OneDecision', 4],
  ['unlocks with time', 'Next <- NextOrUnlock', 'OneDecision', 11],
  ['forgets its ballots at a restart', 'Next <- NextOrForget', 'BallotsNeverContradict', 3],
] as const;

for (const [habit, substitution, breaks, steps] of WEAKENINGS) {
  test(`a member that ${habit} breaks ${breaks}`, options, () => {
    const report = tlc('AgreementFour', substitution);
    assert.equal(/Invariant (\w+) is violated/.exec(report)?.[1], breaks, report);
    assert.equal((report.match(/^State \d+:/gm)?.length ?? 0) - 1, steps);
  });
}

test('with two hostile of four, two values are decided', options, () => {
  const report = tlc('AgreementTraitors');
  assert.equal(/Invariant (\w+) is violated/.exec(report)?.[1], 'OneDecision', report);
});

/** TLC's report. One worker: then the first bad run that it finds is a shortest one. */
function tlc(configuration: string, substitution?: string): string {
  return inScratchFolder((folder) => {
    cpSync(MODEL_FOLDER, folder, { recursive: true });
    const file = `${configuration}.cfg`;
    if (substitution !== undefined) {
      appendFileSync(join(folder, file), `CONSTANT ${substitution}\n`);
    }
    const classPath = resolve(jar ?? '');
    const flags = ['-workers', '1', '-config', file, 'AgreementCheck.tla'];
    return run(folder, 'java', '-XX:+UseParallelGC', '-cp', classPath, 'tlc2.TLC', ...flags);
  });
}
