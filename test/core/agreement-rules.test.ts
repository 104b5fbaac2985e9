/**
 * The rules of agreement at one honest member among puppets: with four members three make a quorum,
 * and its own turn to propose is in round 3.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { ROUND_WAIT_MS } from '../../agent/core/base/limits.ts';
import type { MemberIndex } from '../../agent/core/base/units.ts';
import { A, B } from '../support/debates.ts';
import { Puppets } from '../support/puppets.ts';

const [FOR_A, FOR_B] = [sha256(A), sha256(B)];
const NOBODY = [undefined];

/** The first two, and all three of the others. */
function crew(table: Puppets) {
  const [first, second, third] = table.others as [MemberIndex, MemberIndex, MemberIndex];
  return { first, second, third, two: [first, second], three: [first, second, third] };
}

describe('a prevote', () => {
  it('is for what the member proposes whose turn it is', () => {
    const table = new Puppets();
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), [FOR_A]);
  });

  it('is not for what another member proposes, nor for what the right one did not sign', () => {
    const table = new Puppets();
    const stranger = table.others.find((member) => member !== table.proposer(0));
    assert.ok(stranger !== undefined);
    table.hear({ TAG: 'proposal', data: table.signedProposal(stranger, 0, A) });
    const forged = { ...table.signedProposal(stranger, 0, A), member: table.proposer(0) };
    table.hear({ TAG: 'proposal', data: forged });
    assert.deepEqual(table.ballots('prevote', 0), []);
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), [FOR_A]);
  });

  it('is for no value once the wait for a proposal is over, and not before', () => {
    const table = new Puppets();
    table.vote('prevote', table.others.slice(0, 1), 0, undefined);
    table.world.pass(ROUND_WAIT_MS - 1);
    assert.deepEqual(table.ballots('prevote', 0), []);
    table.world.pass(1);
    assert.deepEqual(table.ballots('prevote', 0), NOBODY);
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), NOBODY);
  });

  it('waits twice as long in the next round', () => {
    const table = new Puppets();
    table.passRound(0);
    table.world.pass(2 * ROUND_WAIT_MS - 1);
    assert.deepEqual(table.ballots('prevote', 1), []);
    table.world.pass(1);
    assert.deepEqual(table.ballots('prevote', 1), NOBODY);
  });

  it('is for no value at once if the proposed one is invalid', () => {
    const table = new Puppets();
    table.world.mind(table.member).judge = () => 'invalid';
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), NOBODY);
  });

  it('waits for a member that cannot tell yet, until it is woken', () => {
    const table = new Puppets();
    const mind = table.world.mind(table.member);
    mind.judge = () => 'unknown';
    table.propose(0, A);
    assert.deepEqual(table.ballots('prevote', 0), []);
    mind.judge = () => 'valid';
    table.world.begin(table.member);
    assert.deepEqual(table.ballots('prevote', 0), [FOR_A]);
  });

  it('is for a value that the member cannot judge once a quorum prevoted for it', () => {
    const table = new Puppets();
    table.world.mind(table.member).judge = () => 'unknown';
    table.passRound(0);
    table.hear({ TAG: 'polka', data: table.polka(crew(table).three, 0, A) });
    table.propose(1, A);
    assert.deepEqual(table.ballots('prevote', 1), [FOR_A]);
  });

  it('is not for a doubted value in the first two rounds of four members', () => {
    const table = new Puppets();
    table.world.mind(table.member).judge = () => 'doubted';
    for (const round of [0, 1]) {
      table.propose(round, A);
      assert.deepEqual(table.ballots('prevote', round), NOBODY);
      table.passRound(round);
    }
    table.propose(2, A);
    assert.deepEqual(table.ballots('prevote', 2), [FOR_A]);
  });
});

describe('a precommit', () => {
  it('is for what a quorum prevoted for', () => {
    const table = new Puppets();
    const { first, second } = crew(table);
    table.propose(0, A);
    table.vote('prevote', [first], 0, A);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.vote('prevote', [second], 0, A);
    assert.deepEqual(table.ballots('precommit', 0), [FOR_A]);
  });

  it('is for no value if a quorum prevoted for none', () => {
    const table = new Puppets();
    const { two, third } = crew(table);
    table.propose(0, A);
    table.vote('prevote', two, 0, undefined);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.vote('prevote', [third], 0, undefined);
    assert.deepEqual(table.ballots('precommit', 0), NOBODY);
  });

  it('is for no value when a divided quorum has been waited for long enough', () => {
    const table = new Puppets();
    const { first, second } = crew(table);
    table.propose(0, A);
    table.vote('prevote', [first], 0, undefined);
    table.world.pass(10 * ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.vote('prevote', [second], 0, B);
    table.world.pass(ROUND_WAIT_MS - 1);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.world.pass(1);
    assert.deepEqual(table.ballots('precommit', 0), NOBODY);
  });

  it('does not wait for a prevote of who is in a later round, and says it no more', () => {
    const table = new Puppets();
    const { first, third } = crew(table);
    table.propose(0, A);
    table.vote('prevote', [third], 1, undefined);
    table.world.pass(10 * ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.vote('prevote', [first], 0, undefined);
    table.world.pass(ROUND_WAIT_MS - 1);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.world.pass(1);
    assert.deepEqual(table.ballots('precommit', 0), NOBODY);
  });

  it('waits for the value itself, which a polka brings', () => {
    const table = new Puppets();
    const { three } = crew(table);
    table.vote('prevote', three, 0, A);
    table.world.pass(0);
    assert.deepEqual(table.ballots('precommit', 0), []);
    table.hear({ TAG: 'polka', data: table.polka(three, 0, A) });
    table.world.pass(ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('prevote', 0), NOBODY);
    assert.deepEqual(table.ballots('precommit', 0), [FOR_A]);
  });

  it('is not for what two members and a forger prevoted for', () => {
    const table = new Puppets();
    const { first, second, third } = crew(table);
    table.propose(0, A);
    table.vote('prevote', [first], 0, A);
    const forged = { ...table.signedBallot('prevote', third, 0, A), member: second };
    table.hear({ TAG: 'prevote', data: forged }, third);
    table.vote('prevote', [first], 0, A);
    assert.deepEqual(table.ballots('precommit', 0), []);
  });
});

describe('a round', () => {
  it('ends though one who precommitted in it is in the next one, and says it no more', () => {
    const table = new Puppets();
    const { first, third } = crew(table);
    table.propose(0, A);
    table.vote('prevote', [first, third], 0, undefined);
    table.world.pass(ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('precommit', 0), NOBODY);
    // The precommit of the third one was lost, and the second one says nothing.
    table.vote('prevote', [third], 1, undefined);
    table.world.pass(10 * ROUND_WAIT_MS);
    assert.deepEqual(table.ballots('prevote', 1), []);
    table.vote('precommit', [first], 0, undefined);
    table.world.pass(ROUND_WAIT_MS - 1);
    table.propose(1, A);
    assert.deepEqual(table.ballots('prevote', 1), []);
    table.world.pass(1);
    assert.deepEqual(table.ballots('prevote', 1), [FOR_A]);
  });
});

/** The member is locked on A since this round, in which nothing was decided. */
function lockedIn(round: number): Puppets {
  const table = new Puppets();
  for (let before = 0; before < round; before++) table.passRound(before);
  const { two, three } = crew(table);
  table.propose(round, A);
  table.vote('prevote', two, round, A);
  assert.deepEqual(table.ballots('precommit', round), [FOR_A]);
  table.vote('precommit', three, round, undefined);
  return table;
}

describe('a member that precommitted a value', () => {
  it('prevotes for no other one later', () => {
    const table = lockedIn(0);
    table.propose(1, B);
    assert.deepEqual(table.ballots('prevote', 1), NOBODY);
  });

  it('prevotes for the same again', () => {
    const table = lockedIn(0);
    table.propose(1, A);
    assert.deepEqual(table.ballots('prevote', 1), [FOR_A]);
  });

  it('leaves it for a value that a quorum prevoted for in the round of its lock, or later', () => {
    const table = lockedIn(1);
    const prevotes = table.signatures('prevote', table.others, 1, B);
    table.propose(2, B, { round: 1, prevotes });
    assert.deepEqual(table.ballots('prevote', 2), [FOR_B]);
  });

  it('does not leave it for a quorum of an earlier round', () => {
    const table = lockedIn(1);
    const prevotes = table.signatures('prevote', table.others, 0, B);
    table.propose(2, B, { round: 0, prevotes });
    assert.deepEqual(table.ballots('prevote', 2), NOBODY);
  });

  it('does not leave it for a polka of the round that is proposed in, or of a later one', () => {
    for (const round of [2, 3]) {
      const table = lockedIn(1);
      const prevotes = table.signatures('prevote', table.others, round, B);
      table.propose(2, B, { round, prevotes });
      assert.deepEqual(table.ballots('prevote', 2), []);
    }
  });

  it('takes no polka that is too small, has a foreign hand in it, or is of another value', () => {
    const table = lockedIn(0);
    const { two, three } = crew(table);
    const good = table.signatures('prevote', three, 0, B);
    const [one] = table.signatures('prevote', [table.member], 0, B);
    assert.ok(one !== undefined);
    const bad = [
      table.signatures('prevote', two, 0, B),
      table.signatures('prevote', three, 0, A),
      table.signatures('precommit', three, 0, B),
      table.signatures('prevote', three, 1, B),
      good.map((each, i) => (i === 0 ? { ...each, signature: one.signature } : each)),
    ];
    for (const prevotes of bad) table.propose(1, B, { round: 0, prevotes });
    assert.deepEqual(table.ballots('prevote', 1), []);
    table.propose(1, B, { round: 0, prevotes: good });
    assert.deepEqual(table.ballots('prevote', 1), [FOR_B]);
  });

  it('locks on another one that a quorum prevotes for in a later round', () => {
    const table = lockedIn(0);
    const { three } = crew(table);
    table.propose(1, B);
    table.vote('prevote', three, 1, B);
    assert.deepEqual(table.ballots('prevote', 1), NOBODY);
    assert.deepEqual(table.ballots('precommit', 1), [FOR_B]);
    table.vote('precommit', three, 1, undefined);
    table.propose(2, A);
    assert.deepEqual(table.ballots('prevote', 2), NOBODY);
  });

  it('is locked on it after a restart', () => {
    const table = lockedIn(0);
    restart(table);
    table.propose(1, B);
    table.world.pass(0);
    assert.deepEqual(table.ballots('prevote', 1), NOBODY);
  });

  it('proposes it when its turn comes, with its proof, whatever it wishes for', () => {
    const table = lockedIn(0);
    table.world.mind(table.member).wish = B;
    for (const round of [1, 2]) table.passRound(round);
    const [proposal] = table.all('proposal');
    assert.deepEqual(proposal?.body.value, A);
    assert.equal(proposal?.body.validRound, 0);
    assert.equal(proposal?.prevotes.length, 3);
  });

  it('is not unlocked by time', () => {
    const table = lockedIn(0);
    table.world.pass(1_000_000);
    table.propose(1, B);
    const { three } = crew(table);
    table.vote('prevote', three, 1, undefined);
    table.vote('precommit', three, 1, undefined);
    table.propose(2, B);
    table.world.pass(0);
    assert.deepEqual(table.ballots('prevote', 2), NOBODY);
  });
});

function restart(table: Puppets): void {
  table.world.restart(table.name);
  for (const member of table.others) table.world.connect(`auth-${member}`, table.name);
  table.world.pass(0);
}

describe('after a restart a member', () => {
  it('says again what it said in its round, and nothing else', () => {
    const table = new Puppets();
    table.propose(0, A);
    const [before] = table.all('prevote');
    restart(table);
    table.hear({ TAG: 'proposal', data: table.signedProposal(table.proposer(0), 0, B) });
    table.world.pass(20 * ROUND_WAIT_MS);
    const after = table.all('prevote').filter(({ again }) => again);
    assert.ok(after.length > 0);
    for (const { body, signature } of after) {
      assert.deepEqual({ body, signature }, { body: before?.body, signature: before?.signature });
    }
  });

  it('says the same with which it proposed, though it now wishes for something else', () => {
    const table = new Puppets(4, 0);
    table.world.wish(table.member, A);
    restart(table);
    table.world.mind(table.member).wish = B;
    table.world.begin(table.member);
    table.world.pass(ROUND_WAIT_MS);
    const proposals = table.all('proposal');
    assert.deepEqual(new Set(proposals.map(({ body }) => body.value[0])), new Set([1]));
    assert.ok(proposals.some(({ again }) => again));
    assert.deepEqual(table.ballots('prevote', 0), [FOR_A]);
  });

  it('precommits as it did', () => {
    const table = new Puppets();
    const { two, three } = crew(table);
    table.propose(0, A);
    table.vote('prevote', two, 0, A);
    restart(table);
    table.vote('prevote', three, 0, undefined);
    table.world.pass(20 * ROUND_WAIT_MS);
    const values = table.all('precommit').map(({ body }) => body.value?.join());
    assert.deepEqual(new Set(values), new Set([FOR_A.join()]));
  });
});
