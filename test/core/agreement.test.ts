/** Agreement by rule: what is decided, who says what when, and what is never said. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDecision, decisionOn } from '../../agent/core/agreement/decision.ts';
import { quorumOf } from '../../agent/core/network/committee.ts';
import { A, Debates, subjectNumber } from '../support/debates.ts';

const everybody = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('members who hear each other', () => {
  for (const n of [1, 2, 4, 5, 7, 10]) {
    it(`decide at once what one of ${n} wants`, () => {
      const world = new Debates(n);
      for (const member of everybody(n)) world.mind(member).wish = A;
      world.begin(0);
      world.run();
      world.pass(2_000);
      for (const member of everybody(n)) {
        assert.deepEqual(world.decidedBy(member), ['01'], `member ${member}`);
        const { state } = world.place(`auth-${member}`);
        const decision = decisionOn({ get: (key) => state.get(key) }, subjectNumber(0));
        assert.ok(decision !== undefined);
        assert.ok(decision.precommits.length >= quorumOf(n));
        const { setup } = world.place(`auth-${member}`);
        assert.equal(checkDecision({ get: (key) => state.get(key) }, setup, decision), undefined);
      }
    });
  }
});
