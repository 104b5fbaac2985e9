/**
 * Closing in a small world, every case of it: three honest members that voted for one of two orders
 * or for none, and a traitor that states anything, or nothing. Whatever certificate can have been
 * hidden is shown afterwards: it is paid, at every honest member, and no money is made or lost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberIndex } from '../../../agent/core/base/units.ts';
import { orderHash, type SignedOrder } from '../../../agent/core/codec/order.ts';
import { Closings, statementOf } from '../../support/closings.ts';
import { balanceAt } from '../../support/ledger.ts';

const TRAITOR = 3;
const HONEST = [0, 1, 2];
/** No order. */
const NONE = 2;
/** The traitor states nothing. */
const SILENT = 3;

interface Case {
  readonly votes: readonly number[];
  readonly lie: number;
}

const CASES: readonly Case[] = [0, 1, NONE].flatMap((first) =>
  [0, 1, NONE].flatMap((second) =>
    [0, 1, NONE].flatMap((third) =>
      [0, 1, NONE, SILENT].map((lie) => ({ votes: [first, second, third], lie })),
    ),
  ),
);

function play({ votes, lie }: Case): 'none' | 'win' | 'reserve' {
  const world = new Closings();
  const orders = [world.order('bob', 300n), world.order('carol', 500n)] as const;
  votes.forEach((word, member) => {
    const order: SignedOrder | undefined = orders[word];
    if (order !== undefined) assert.ok(world.vote(member, order));
  });
  world.silence(TRAITOR);
  const request = world.proofOf(...orders);
  world.request('alice', request);
  if (lie !== SILENT) {
    const said = statementOf(world, TRAITOR as MemberIndex, request, orders[lie]);
    for (const member of HONEST) world.bring(`auth-${TRAITOR}`, `auth-${member}`, said);
  }
  world.pass(8_000);
  const results = world.notices('auth-0', 'closed').map(({ result }) => result);
  const before = world.notices('auth-0', 'applied').length;
  const hidden = [0, 1].filter((i) => votes.filter((word) => word === i).length >= 2);
  for (const i of hidden) {
    const order = orders[i] ?? orders[0];
    const voters = HONEST.filter((member) => votes[member] === i);
    world.show('auth-0', world.certificate(order, [...voters.slice(0, 2), TRAITOR]));
    world.pass(8_000);
    for (const member of HONEST) {
      const held = world.certified(world.place(`auth-${member}`), 0n)?.order.order;
      const [found, expected] = [held, order.order].map(
        (each) => each && orderHash(world.network.id, each),
      );
      assert.deepEqual(found, expected, `auth-${member} pays what was hidden`);
    }
  }
  assert.ok(before <= 1);
  world.consistent(HONEST, hidden.length > 0);
  for (const member of HONEST) {
    const names = ['alice', 'bob', 'carol'];
    const held = names.reduce((sum, name) => sum + balanceAt(world, `auth-${member}`, name), 0n);
    assert.equal(held + world.reservedAt(`auth-${member}`), 3_000n, `auth-${member}`);
  }
  const [result] = results;
  assert.ok(result !== undefined, 'it was decided');
  return result;
}

for (let first = 0; first < 3; first++) {
  test(`whatever is hidden is paid, where the first member voted for ${['one order', 'the other', 'none'][first]}`, () => {
    const results = new Set<string>();
    for (const each of CASES.filter(({ votes }) => votes[0] === first)) {
      try {
        results.add(play(each));
      } catch (error) {
        if (error instanceof Error) error.message = `${JSON.stringify(each)}: ${error.message}`;
        throw error;
      }
    }
    assert.ok(results.has('win') && results.has('reserve'));
  });
}
