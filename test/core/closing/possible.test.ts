/**
 * The rule that closes a sequence, in every small case: every split of honest votes over the orders
 * or none, every number of traitors up to f, every set of at least a quorum of members that
 * answered, and everything that the traitors among them may say.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPossible } from '../../../agent/core/closing/possible.ts';
import { faultsTolerated, quorumOf } from '../../../agent/core/network/committee.ts';

/** What a member voted for, or says so: the number of an order from 1 on; 0: none. */
type Word = number;

interface Tally {
  cases: number;
  /** An order of which a quorum of votes can be had was not possible. */
  dropped: number;
  /** All honest members answered, none of them voted for it, and it was possible all the same. */
  stuck: number;
  /** Cases with no, one, or several possible orders: of all, and where every member answered. */
  results: [number, number, number];
  ofAll: [number, number, number];
}

/** All words that so many members can have. */
function* wordsOf(members: number, orders: number): Generator<readonly Word[]> {
  if (members === 0) return yield [];
  for (const others of wordsOf(members - 1, orders)) {
    for (let word = 0; word <= orders; word++) yield [...others, word];
  }
}

/** All sets of at least `least` of the members, as lists. */
function* setsOf(members: number, least: number): Generator<readonly number[]> {
  for (let bits = 0; bits < 2 ** members; bits++) {
    const set = Array.from({ length: members }, (_, i) => i).filter((i) => (bits >> i) & 1);
    if (set.length >= least) yield set;
  }
}

/** All cases of a committee in which the first `traitors` members are traitors. */
function count(tally: Tally, members: number, traitors: number, orders: number): void {
  const sets = [...setsOf(members, quorumOf(members))];
  for (const votes of wordsOf(members - traitors, orders)) {
    for (const answered of sets) {
      const liars = answered.filter((member) => member < traitors).length;
      for (const lies of wordsOf(liars, orders)) {
        const truths = answered.filter((member) => member >= traitors);
        const said = [...lies, ...truths.map((member) => votes[member - traitors] ?? 0)];
        judge(tally, { members, traitors, orders, votes, truths, said });
      }
    }
  }
}

interface Case {
  readonly members: number;
  readonly traitors: number;
  readonly orders: number;
  /** Of the honest members. */
  readonly votes: readonly Word[];
  /** The honest members that answered. */
  readonly truths: readonly number[];
  /** All words that were given. */
  readonly said: readonly Word[];
}

function judge(tally: Tally, { members, traitors, orders, votes, truths, said }: Case): void {
  const names = Array.from({ length: orders }, (_, i) => i + 1);
  const saidFor = (order: Word): number => said.filter((word) => word === order).length;
  const possible = names.filter((order) => isPossible(saidFor(order), said.length, members));
  const kind = Math.min(possible.length, 2) as 0 | 1 | 2;
  tally.cases++;
  tally.results[kind]++;
  if (said.length === members) tally.ofAll[kind]++;
  for (const order of names) {
    const honest = votes.filter((vote, i) => {
      return vote === order || (vote === 0 && !truths.includes(i + traitors));
    });
    const isCertifiable = traitors + honest.length >= quorumOf(members);
    if (isCertifiable && !possible.includes(order)) tally.dropped++;
  }
  if (truths.length < votes.length) return;
  tally.stuck += possible.filter((order) => !votes.includes(order)).length;
}

function tallyOf(members: number, orders: number): Tally {
  const tally: Tally = { cases: 0, dropped: 0, stuck: 0, results: [0, 0, 0], ofAll: [0, 0, 0] };
  for (let traitors = 0; traitors <= faultsTolerated(members); traitors++) {
    count(tally, members, traitors, orders);
  }
  return tally;
}

/** Members, orders, cases; none, win, reserve; the same where every member answered. */
const COUNTED: readonly (readonly [number, number, number, Tally['results'], Tally['ofAll']])[] = [
  [4, 2, 756, [64, 416, 276], [42, 108, 12]],
  [5, 2, 2_754, [870, 1_716, 168], [282, 204, 0]],
  [6, 2, 9_720, [5_960, 3_760, 0], [1_166, 292, 0]],
  [7, 2, 160_623, [4_471, 57_362, 98_790], [1_557, 4_374, 630]],
  [4, 3, 2_368, [175, 939, 1_254], [146, 330, 36]],
  [5, 3, 11_520, [4_113, 6_741, 666], [1_412, 636, 0]],
  [6, 3, 54_272, [39_038, 15_234, 0], [7_268, 924, 0]],
];

for (const [members, orders, cases, results, ofAll] of COUNTED) {
  test(`of ${members} members and ${orders} orders: no order that may be certified is dropped`, () => {
    const expected = { cases, dropped: 0, stuck: 0, results, ofAll };
    assert.deepEqual(tallyOf(members, orders), expected);
  });
}

test('more answers never make an order possible that was not, for committees of 1 to 40', () => {
  for (let members = 1; members <= 40; members++) {
    for (let answered = quorumOf(members); answered < members; answered++) {
      for (let said = 0; said <= answered; said++) {
        if (isPossible(said, answered, members)) continue;
        assert.ok(!isPossible(said, answered + 1, members));
        // One that says it voted for the order leaves the sum as it was.
        assert.ok(!isPossible(said + 1, answered + 1, members));
      }
    }
  }
});

test('an order with a quorum of votes is possible, whoever answers', () => {
  for (let members = 1; members <= 40; members++) {
    const [faults, quorum] = [faultsTolerated(members), quorumOf(members)];
    for (let answered = quorum; answered <= members; answered++) {
      // Of its voters up to f lie, and as many as there is room for were not asked.
      const unasked = Math.min(quorum, members - answered);
      const said = Math.max(0, quorum - unasked - faults);
      assert.ok(isPossible(said, answered, members), `${said} of ${answered} of ${members}`);
    }
  }
});

test('an order that none of a quorum voted for is not possible, for committees of 1 to 40', () => {
  for (let members = 1; members <= 40; members++) {
    for (let answered = quorumOf(members); answered <= members; answered++) {
      assert.ok(!isPossible(0, answered, members), `${answered} of ${members}`);
    }
  }
});
