/**
 * What becomes of a debate at one honest member among puppets: decisions, members that are behind,
 * that contradict themselves or may not vote, and what is kept.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subjectHash } from '../../agent/core/agreement/decision.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { MAX_SUBJECTS_OPEN, ROUND_WAIT_MS } from '../../agent/core/base/limits.ts';
import type { MemberIndex } from '../../agent/core/base/units.ts';
import type { Decision } from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { standingCoder } from '../../agent/core/codec/record.ts';
import { recordAt } from '../../agent/core/space.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { A, B, Debates, subjectNumber } from '../support/debates.ts';
import { Puppets } from '../support/puppets.ts';

const [FOR_A, _FOR_B] = [sha256(A), sha256(B)];
const NOBODY = [undefined];

/** The first two, and all three of the others. */
function crew(table: Puppets) {
  const [first, second, third] = table.others as [MemberIndex, MemberIndex, MemberIndex];
  return { first, second, third, two: [first, second], three: [first, second, third] };
}

function heardAt(table: Puppets) {
  const { state } = table.world.place(table.name);
  const at = SPACES.heard.at(subjectHash(table.subject));
  return recordAt({ get: (key) => state.get(key) }, at);
}

describe('a decision', () => {
  it('is what a quorum precommitted, whatever the member itself did', () => {
    const table = new Puppets();
    const { two, third } = crew(table);
    table.propose(0, A);
    table.vote('prevote', crew(table).three, 0, undefined);
    assert.deepEqual(table.ballots('precommit', 0), NOBODY);
    table.vote('precommit', two, 0, A);
    assert.deepEqual(table.world.decidedBy(table.member), []);
    table.vote('precommit', [third], 0, A);
    assert.deepEqual(table.world.decidedBy(table.member), ['01']);
  });

  it('is no quorum for no value: then the next round begins at once', () => {
    const table = new Puppets();
    table.passRound(0);
    assert.deepEqual(table.world.decidedBy(table.member), []);
    table.propose(1, A);
    assert.deepEqual(table.ballots('prevote', 1), [FOR_A]);
  });

  it('is not made of precommits of two rounds, or for two values', () => {
    const table = new Puppets();
    const { first, second, third } = crew(table);
    table.propose(0, A);
    table.vote('precommit', [first, second], 0, A);
    table.vote('precommit', [third], 0, B);
    table.vote('precommit', [third], 1, A);
    assert.deepEqual(table.world.decidedBy(table.member), []);
  });

  const decisionOf = (table: Puppets, members: readonly MemberIndex[], value = A): Decision => ({
    epoch: table.signedBallot('precommit', table.member, 0, A).epoch,
    subject: table.subject,
    round: 0,
    value,
    precommits: table.signatures('precommit', members, 0, A),
  });

  it('is taken from anybody who shows a quorum of precommits, and comes once', () => {
    const table = new Puppets();
    const { two, three } = crew(table);
    table.hear({ TAG: 'decision', data: decisionOf(table, two) });
    table.hear({ TAG: 'decision', data: decisionOf(table, three, B) });
    assert.deepEqual(table.world.decidedBy(table.member), []);
    table.hear({ TAG: 'decision', data: decisionOf(table, three) });
    table.hear({ TAG: 'decision', data: decisionOf(table, three) });
    assert.deepEqual(table.world.decidedBy(table.member), ['01']);
  });

  it('about something that the member knows nothing of is not kept', () => {
    const table = new Puppets();
    table.world.mind(table.member).knows = false;
    const step = table.hear({ TAG: 'decision', data: decisionOf(table, crew(table).three) });
    assert.deepEqual(step.writes, []);
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), []);
  });

  it('is the answer to whoever tells again of its subject, and to nobody else', () => {
    const table = new Puppets();
    const { first, three } = crew(table);
    table.hear({ TAG: 'decision', data: decisionOf(table, three) });
    const late = table.signedBallot('precommit', first, 0, A);
    table.hear({ TAG: 'precommit', data: late });
    assert.deepEqual(table.all('decision'), []);
    const step = table.hear({ TAG: 'precommit', data: { ...late, again: true } });
    assert.equal(table.all('decision').length, 1);
    assert.equal(step.sends.length, 1);
  });

  it('leaves one record', () => {
    const table = new Puppets();
    table.propose(0, A);
    table.vote('prevote', crew(table).three, 0, A);
    table.vote('precommit', crew(table).three, 0, A);
    const { state } = table.world.place(table.name);
    const hash = subjectHash(table.subject);
    assert.equal(state.has(SPACES.agreement.at(hash).key), false);
    assert.equal(state.has(SPACES.heard.at(hash).key), false);
    assert.equal(state.has(SPACES.openSubjects.key), false);
    assert.equal(state.has(SPACES.decision.at(hash).key), true);
    const notices = table.world.notices(table.name, 'agreed');
    assert.deepEqual(
      notices.map(({ round }) => round),
      [0],
    );
  });
});

describe('a member that is behind', () => {
  it('joins a later round when f + 1 others are in it, not when f are', () => {
    for (const [n, faults] of [
      [4, 1],
      [7, 2],
    ] as const) {
      const table = new Puppets(n);
      const round = n * 2;
      table.vote('prevote', table.others.slice(0, faults), round, undefined);
      table.vote('prevote', table.others.slice(0, faults), round + 1, undefined);
      table.propose(round, A);
      assert.deepEqual(table.ballots('prevote', round), [], `${faults} of ${n}`);
      table.vote('prevote', table.others.slice(faults, faults + 1), round, undefined);
      table.propose(round, A);
      assert.deepEqual(table.ballots('prevote', round), [FOR_A], `${faults + 1} of ${n}`);
    }
  });

  it('takes a polka as proof that its round has come', () => {
    const table = new Puppets();
    table.hear({ TAG: 'polka', data: table.polka(crew(table).three, 5, A) });
    table.world.pass(32 * ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('precommit', 5), [FOR_A]);
  });

  it('is told all again, at once when its link comes up and else again and again', () => {
    const table = new Puppets();
    table.propose(0, A);
    const times = () => table.all('prevote').filter(({ again }) => again).length;
    assert.equal(times(), 0);
    let told = 0;
    table.world.onStep = (place, _event, { sends }) => {
      if (place.name === table.name) told += sends.length;
    };
    table.world.connect(`auth-${table.others[0]}`, table.name);
    const atLink = told;
    assert.ok(atLink > 0);
    table.world.pass(60_000);
    assert.ok(told > atLink + 3 * table.others.length);
  });
});

describe('a member that contradicts itself', () => {
  const proofAt = (table: Puppets, member: MemberIndex) => {
    const { state } = table.world.place(table.name);
    return recordAt({ get: (key) => state.get(key) }, SPACES.equivocation.at(member));
  };

  for (const kind of ['prevote', 'precommit'] as const) {
    it(`is remembered, with its two ${kind}s, which people are told`, () => {
      const table = new Puppets();
      const { first } = crew(table);
      table.vote(kind, [first], 0, A);
      table.vote(kind, [first], 0, A);
      assert.equal(proofAt(table, first), undefined);
      table.vote(kind, [first], 0, B);
      const proof = proofAt(table, first);
      assert.equal(proof?.TAG, `${kind}s`);
      assert.deepEqual(
        proof?.data.first.signature,
        table.signedBallot(kind, first, 0, A).signature,
      );
      assert.deepEqual(
        proof?.data.second.signature,
        table.signedBallot(kind, first, 0, B).signature,
      );
      table.vote(kind, [first], 0, undefined);
      assert.equal(table.world.notices(table.name, 'equivocated').length, 1);
    });
  }

  it('is remembered with two proposals, of which the first counts', () => {
    const table = new Puppets();
    table.propose(0, A);
    table.propose(0, B);
    assert.equal(proofAt(table, table.proposer(0))?.TAG, 'proposals');
    assert.deepEqual(table.ballots('prevote', 0), [FOR_A]);
  });

  it('is not made by others', () => {
    const table = new Puppets();
    const { first, second } = crew(table);
    table.vote('prevote', [first], 0, A);
    const forged = { ...table.signedBallot('prevote', second, 0, B), member: first };
    table.hear({ TAG: 'prevote', data: forged }, second);
    assert.equal(proofAt(table, first), undefined);
    // A prevote is no precommit, and the next round is another one.
    table.vote('precommit', [first], 0, B);
    table.vote('prevote', [first], 1, B);
    assert.equal(proofAt(table, first), undefined);
  });
});

describe('a member that may not vote', () => {
  it('says nothing, and learns what is decided', () => {
    const table = new Puppets();
    const { state } = table.world.place(table.name);
    state.set(SPACES.standing.key, encode(standingCoder, { reason: 'a test' }));
    table.propose(0, A);
    table.vote('prevote', crew(table).three, 0, A);
    table.world.pass(20 * ROUND_WAIT_MS);
    assert.deepEqual(table.all('prevote'), []);
    assert.deepEqual(table.all('precommit'), []);
    table.vote('precommit', crew(table).three, 0, A);
    assert.deepEqual(table.world.decidedBy(table.member), ['01']);
  });
});

describe('a member whose state is a copy', () => {
  it('repeats nothing that stands in it, neither at a link nor later', () => {
    const table = new Puppets();
    table.propose(0, A);
    const said = table.all('prevote').length;
    assert.ok(said > 0);
    const { state } = table.world.place(table.name);
    state.set(SPACES.standing.key, encode(standingCoder, { reason: 'a test' }));
    table.world.connect(`auth-${table.others[0]}`, table.name);
    table.world.pass(20 * ROUND_WAIT_MS);
    assert.equal(table.all('prevote').length, said);
  });
});

describe('what is kept', () => {
  it('of one member is bounded, whatever rounds it makes up', () => {
    const table = new Puppets();
    const { first } = crew(table);
    for (let round = 0; round < 50; round++) {
      table.vote('prevote', [first], round, A);
      table.vote('precommit', [first], round, A);
    }
    table.vote('prevote', [first], 20, A);
    const ballots = heardAt(table)?.ballots ?? [];
    assert.deepEqual(ballots.map(({ kind, round }) => `${kind} ${round}`).sort(), [
      'precommit 0',
      'precommit 49',
      'prevote 0',
      'prevote 49',
    ]);
  });

  it('is debated for so many subjects at once, and for the others in their turn', () => {
    const count = MAX_SUBJECTS_OPEN + 20;
    const world = new Debates(4);
    const all = Array.from({ length: count }, (_, n) => n);
    for (const member of [0, 1, 2, 3]) world.mind(member).wish = A;
    // Each begins them in another order.
    for (const member of [0, 1, 2, 3]) {
      for (const n of all) world.begin(member, (n * 37 + member * 11) % count);
    }
    for (const { state } of world.authorities) {
      const open = recordAt({ get: (key) => state.get(key) }, SPACES.openSubjects) ?? [];
      assert.equal(open.length, MAX_SUBJECTS_OPEN);
    }
    world.run();
    world.pass(20_000);
    for (const member of [0, 1, 2, 3]) assert.equal(world.decidedBy(member).length, count);
    for (const { state } of world.authorities) {
      const read = { get: (key: Parameters<typeof state.get>[0]) => state.get(key) };
      assert.equal(recordAt(read, SPACES.openSubjects), undefined);
      assert.equal(recordAt(read, SPACES.waitingCount), 0n);
      for (const n of all) {
        assert.ok(state.has(SPACES.decision.at(subjectHash(subjectNumber(n))).key));
      }
    }
  });
});
