/**
 * A later turn leaves some of the orders that a reserve is kept for, and no other: a traitor may
 * sign another statement for it, and nobody looks again whether the account may give the order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import type { Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import { leavesFewer, possibleOrders, resultOf } from '../../../agent/core/closing/result.ts';
import { closingRules } from '../../../agent/core/closing/subject.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import {
  type ClosingPlace,
  closingValueCoder,
  type PlaceStatement,
} from '../../../agent/core/codec/closing.ts';
import { orderHash, type SignedOrder } from '../../../agent/core/codec/order.ts';
import { Draft } from '../../../agent/core/draft.ts';
import { isAuthority } from '../../../agent/core/setup.ts';
import { writeOf } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { Closings, statementOf } from '../../support/closings.ts';

const TRAITOR = 3;
const hashes = (...names: readonly number[]) => names.map((name) => Uint8Array.of(name));

test('what is left is less than before, and was there before', () => {
  assert.ok(leavesFewer(hashes(1, 2), hashes(1)));
  assert.ok(leavesFewer(hashes(1, 2), hashes(2)));
  assert.ok(leavesFewer(hashes(1, 2), []));
  assert.ok(leavesFewer(hashes(1, 2, 3), hashes(1, 3)));
  assert.ok(!leavesFewer(hashes(1, 2), hashes(1, 2)));
  assert.ok(!leavesFewer(hashes(1, 2), hashes(3)));
  assert.ok(!leavesFewer(hashes(1, 2, 3), hashes(1, 4)));
  assert.ok(!leavesFewer(hashes(1, 2), hashes(1, 2, 3)));
});

/** Of what members voted for, one word each, in a place that was closed with a reserve for two. */
function laterTurn() {
  const world = new Closings();
  const [first, second] = [world.order('bob', 300n), world.order('carol', 500n)];
  const request = world.proofOf(first, second);
  const stated = (member: number, voted?: SignedOrder): PlaceStatement => {
    const said = statementOf(world, member as MemberIndex, request, voted);
    assert.ok(said.TAG === 'closingStatement');
    const { signature } = said.data;
    const hash = voted && orderHash(world.network.id, voted.order);
    return { member: member as MemberIndex, voted: hash, signature };
  };
  const named = (statements: readonly PlaceStatement[], orders: readonly SignedOrder[]) =>
    possibleOrders(statements, 4).flatMap((hash) =>
      orders.filter(({ order }) => equalBytes(orderHash(world.network.id, order), hash)),
    );
  const place = world.place('auth-0');
  const epoch = 0 as Epoch;
  const before = [stated(0, first), stated(1), stated(TRAITOR, second)];
  const result = resultOf(world.network.id, named(before, [first, second]));
  assert.ok(result.TAG === 'reserve');
  const at: ClosingPlace = { ...request.place, sequence: 0n as Sequence };
  const record = writeOf(SPACES.closing.at(at.account, at.sequence), {
    cause: request.cause,
    epoch,
    statements: before,
    orders: [first, second],
    decided: { turn: 1, result },
    reserve: result.data,
  });
  assert.ok(record.value !== undefined);
  place.state.set(record.key, record.value);
  const { setup, state } = place;
  assert.ok(isAuthority(setup));
  const judge = (statements: readonly PlaceStatement[], orders: readonly SignedOrder[]) => {
    const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
    const left = named(statements, orders);
    const value = { epoch, statements: [...statements], orders: left };
    const bytes = encode(closingValueCoder, value);
    return { left, opinion: closingRules.judge(draft, setup, { ...at, turn: 2 }, bytes) };
  };
  return { world, first, second, stated, judge };
}

test('a later turn takes no order that a traitor names first, which the account cannot give', () => {
  const { world, stated, judge } = laterTurn();
  const other = world.order('bob', 1_000_000n);
  const { left, opinion } = judge([stated(1), stated(2), stated(TRAITOR, other)], [other]);
  assert.deepEqual(left, [other]);
  assert.equal(opinion, 'invalid');
});

test('a later turn takes one of the orders that were possible', () => {
  const { first, stated, judge } = laterTurn();
  const statements = [stated(0, first), stated(1), stated(2), stated(TRAITOR, first)];
  const { left, opinion } = judge(statements, [first]);
  assert.deepEqual(left, [first]);
  assert.equal(opinion, 'valid');
});
