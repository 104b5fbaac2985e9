/**
 * The formal model of closing and the core say the same: which orders may have a certificate, what
 * follows, and which turn may come after another. The small committees keep every promise by the
 * core's rules, and break one by each weaker rule. And TLC searches the model to its end, where the
 * environment variable TLA2TOOLS_JAR names a tla2tools.jar.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { isPossible } from '../../agent/core/closing/possible.ts';
import { leavesFewer, possibleOrders, resultOf } from '../../agent/core/closing/result.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';
import { orderOf } from '../support/forge.ts';
import { World } from '../support/world.ts';
import { inScratchFolder, MODEL_FOLDER, run } from './model.ts';
import { modelOf } from './small.ts';
import { RULES, search, upTo } from './splits.ts';
import { definitionsOf, evaluate, isTrue } from './tla.ts';

const definition = modelOf('Closing');
const RESULTS = ['none', 'win', 'reserve'];

function inTheModel(name: string, values: Record<string, number>): number {
  return evaluate(definition(name).body, values);
}

/** The model's IsPossible; what it calls is put in from the inside out. */
function mayBeCertified(said: number, answered: number, n: number): boolean {
  const liars = inTheModel('Liars', { said, answered, f: inTheModel('FaultsTolerated', { n }) });
  return inTheModel('Reach', { said, liars, answered, n }) >= inTheModel('Quorum', { n });
}

test('for 1 to 100 members the model and the core have the same quorum, and the same faults', () => {
  for (let n = 1; n <= 100; n++) {
    assert.equal(inTheModel('Quorum', { n }), quorumOf(n));
    assert.equal(inTheModel('FaultsTolerated', { n }), faultsTolerated(n));
  }
});

test('the model asks of an order what is put together here', () => {
  assert.equal(
    definition('IsPossible').body,
    'LET n == Cardinality(Members) IN ' +
      'Reach(said, Liars(said, answered, FaultsTolerated(n)), answered, n) >= Needed',
  );
  assert.equal(definition('Needed').body, 'Quorum(Cardinality(Members))');
});

test('for 1 to 40 members an order is possible in the core exactly when it is in the model', () => {
  for (let n = 1; n <= 40; n++) {
    for (let answered = 0; answered <= n; answered++) {
      for (let said = 0; said <= answered; said++) {
        const found = isPossible(said, answered, n);
        assert.equal(found, mayBeCertified(said, answered, n), `${said} of ${answered} of ${n}`);
      }
    }
  }
});

test('the core leaves the orders possible that the model leaves, in all splits of up to 7', () => {
  for (let members = 1; members <= 7; members++) {
    for (const split of upTo(members, 4)) {
      const [silent = 0, ...named] = split;
      const statements = named.flatMap((said, i) =>
        Array.from({ length: said }, () => ({ voted: Uint8Array.of(i) })),
      );
      const none = Array.from({ length: silent }, () => ({ voted: undefined }));
      const answered = silent + statements.length;
      const expected = named.flatMap((said, i) =>
        said > 0 && mayBeCertified(said, answered, members) ? [Uint8Array.of(i)] : [],
      );
      assert.deepEqual(possibleOrders([...none, ...statements], members), expected);
    }
  }
});

test('for 0 to 40 possible orders the same follows in the model and in the core', () => {
  const world = new World();
  const orders = Array.from({ length: 40 }, (_, i) =>
    orderOf(world, 'alice', 'bob', { amount: BigInt(i + 1) }),
  );
  for (let count = 0; count <= 40; count++) {
    const { TAG } = resultOf(world.network.id, orders.slice(0, count));
    assert.equal(TAG, RESULTS[inTheModel('Result', { count })]);
  }
});

test('a turn may follow another in the core exactly when it may in the model', () => {
  assert.equal(
    definition('MayFollow').body,
    '/\\ FewerLeft(Cardinality(before), Cardinality(after)) ' +
      '/\\ NoneNew(Cardinality(after), Cardinality(before \\cap after))',
  );
  const sets = Array.from({ length: 32 }, (_, bits) =>
    [0, 1, 2, 3, 4].filter((i) => (bits >> i) & 1),
  );
  const asHashes = (set: readonly number[]) => set.map((each) => Uint8Array.of(each));
  for (const before of sets) {
    for (const after of sets) {
      const shared = after.filter((each) => before.includes(each)).length;
      const expected =
        isTrue(definition('FewerLeft').body, { before: before.length, after: after.length }) &&
        isTrue(definition('NoneNew').body, { after: after.length, shared });
      assert.equal(leavesFewer(asHashes(before), asHashes(after)), expected, `${before}; ${after}`);
    }
  }
});

for (const members of [4, 5, 6, 7, 10]) {
  test(`closing keeps every promise in all splits of ${members} members`, (t) => {
    const { broken, cases } = search(members);
    assert.deepEqual([...broken], []);
    assert.ok(cases > 0);
    t.diagnostic(`${cases} cases`);
  });
}

/** What a weaker committee does, its rules, how many it are, and a promise that breaks. */
const WEAKENINGS = [
  ['believes every member', { isPossible: nobodyLies }, 4, 'CertificateIsPossible'],
  ['forgets who was not asked', { isPossible: onlyAnswered }, 4, 'CertificateIsPossible'],
  ['votes on after its statements', { voteOn: true }, 4, 'OneCertificate'],
  ['lets an order come up later', { mayFollow: anyFewer }, 4, 'DecidedIsSound'],
] as const;

for (const [habit, weaker, members, breaks] of WEAKENINGS) {
  test(`a committee that ${habit} breaks ${breaks}`, () => {
    assert.ok(search(members, { ...RULES, ...weaker }).broken.has(breaks));
  });
}

function nobodyLies(said: number, answered: number, members: number): boolean {
  return said + (members - answered) >= quorumOf(members);
}

function onlyAnswered(said: number, answered: number, members: number): boolean {
  return said + Math.min(faultsTolerated(members), answered - said) >= quorumOf(members);
}

function anyFewer(before: readonly number[], after: readonly number[]): boolean {
  return after.length < before.length;
}

test('with two hostile of four, a certificate is lost', () => {
  assert.ok(search(4, RULES, 2).broken.has('CertificateIsPossible'));
});

for (const configuration of ['ClosingFour', 'ClosingTraitors']) {
  test(`${configuration} names what the model defines`, () => {
    const text = readFileSync(join(MODEL_FOLDER, `${configuration}.cfg`), 'utf8');
    const module = readFileSync(join(MODEL_FOLDER, 'Closing.tla'), 'utf8');
    const check = readFileSync(join(MODEL_FOLDER, 'ClosingCheck.tla'), 'utf8');
    const defined = new Set([...definitionsOf(module).keys(), ...definitionsOf(check).keys()]);
    const [, invariants = ''] = /INVARIANTS\n([\s\S]+?)\nCHECK/.exec(text) ?? [];
    const used = [...invariants.trim().split(/\s+/), 'Spec', 'Symmetry'];
    assert.deepEqual(
      used.filter((name) => !defined.has(name)),
      [],
    );
    const [, declared = ''] = /CONSTANTS\n([\s\S]+?)\n-/.exec(module) ?? [];
    const constants = [...declared.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    const given = [...text.matchAll(/^ {2}(\w+) =/gm)].map(([, name]) => name);
    assert.deepEqual(given, constants);
  });
}

const { TLA2TOOLS_JAR: jar } = process.env;
const options =
  jar === undefined
    ? { skip: 'TLA2TOOLS_JAR does not name a tla2tools.jar, so TLC is not run' }
    : {};

test('every state of ClosingFour keeps every promise', options, () => {
  const report = tlc('ClosingFour');
  assert.match(report, /No error has been found/, report);
});

test('with two hostile of four, TLC finds a broken promise', options, () => {
  assert.match(tlc('ClosingTraitors'), /Invariant \w+ is violated/);
});

function tlc(configuration: string): string {
  return inScratchFolder((folder) => {
    cpSync(MODEL_FOLDER, folder, { recursive: true });
    const flags = ['-workers', '1', '-config', `${configuration}.cfg`, 'ClosingCheck.tla'];
    const classPath = resolve(jar ?? '');
    return run(folder, 'java', '-XX:+UseParallelGC', '-cp', classPath, 'tlc2.TLC', ...flags);
  });
}
