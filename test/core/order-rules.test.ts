import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORDER_RULES } from '../../agent/core/authority/rules.ts';
import { MAX_AMOUNT } from '../../agent/core/base/limits.ts';
import { REFUSALS, type RefusalCode } from '../../agent/core/base/refusal.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { standingCoder } from '../../agent/core/codec/record.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, type OrderParts, orderOf, verdictOf } from '../support/forge.ts';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

/** One authority's verdict on an order of alice's, after what `before` did. */
function verdictOn(parts: OrderParts, before?: (world: World) => void): string | number {
  const world = new World();
  before?.(world);
  const order = orderOf(world, 'alice', 'bob', parts);
  return verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: order }));
}

function wire(code: RefusalCode): number {
  return REFUSALS[code].wire;
}

test('a sound order gets a vote', () => {
  assert.equal(verdictOn({}), 'vote');
  assert.equal(verdictOn({ amount: 1_000n }), 'vote');
});

test('each rule refuses what breaks it, with its own code', () => {
  const foreign = new Uint8Array(32).fill(9);
  assert.equal(verdictOn({ token: 2 }), wire('unknown_token'));
  assert.equal(verdictOn({ amount: 0n }), wire('amount_zero'));
  assert.equal(verdictOn({ networkId: foreign }), wire('bad_signature'));
  assert.equal(verdictOn({ sequence: 1n }), wire('missing_earlier'));
  assert.equal(verdictOn({ amount: 1_001n }), wire('insufficient_balance'));
  assert.equal(verdictOn({ amount: MAX_AMOUNT }), wire('insufficient_balance'));
  assert.equal(verdictOn({ token: 1 }), wire('insufficient_balance'));
});

test('paying oneself is refused', () => {
  const world = new World();
  const order = orderOf(world, 'alice', 'alice');
  const answers = ask(world, world.place('auth-0'), { TAG: 'order', data: order });
  assert.equal(verdictOf(answers), wire('pays_itself'));
});

test('another order for a sequence that is pending is refused, and the pending one shown', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const [first, second] = [
    orderOf(world, 'alice', 'bob'),
    orderOf(world, 'alice', 'bob', { amount: 2n }),
  ];
  ask(world, authority, { TAG: 'order', data: first });
  const [answer] = ask(world, authority, { TAG: 'order', data: second });
  assert.equal(answer?.TAG, 'orderRefusal');
  assert.equal(answer.data.verdict.code, wire('order_pending'));
  assert.deepEqual(answer.data.pending?.order, first.order);
});

test('a used sequence is refused for another order, and the same is given its certificate', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const order = orderOf(world, 'alice', 'bob');
  const certificate = certificateOf(world, order, [1, 2, 3]);
  assert.equal(
    verdictOf(ask(world, authority, { TAG: 'certificate', data: certificate })),
    'applied',
  );
  const other = orderOf(world, 'alice', 'bob', { amount: 2n });
  const replayed = ask(world, authority, { TAG: 'order', data: other });
  assert.equal(verdictOf(replayed), wire('sequence_used'));
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data: order })), 'certificates');
  assert.equal(balanceAt(world, 'auth-0', 'alice'), 999n);
});

test('an authority whose vote lost never votes for the order that won', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const lost = orderOf(world, 'alice', 'bob');
  const won = orderOf(world, 'alice', 'bob', { amount: 2n });
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data: lost })), 'vote');
  const certificate = certificateOf(world, won, [1, 2, 3]);
  ask(world, authority, { TAG: 'certificate', data: certificate });
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data: won })), 'certificates');
  assert.equal(
    verdictOf(ask(world, authority, { TAG: 'order', data: lost })),
    wire('sequence_used'),
  );
  assert.equal(world.notices('auth-0', 'double_spend').length, 1);
});

test('the same order gets the same vote, byte for byte, however often it comes', () => {
  const world = new World();
  const data = orderOf(world, 'alice', 'bob');
  const [first] = ask(world, world.place('auth-0'), { TAG: 'order', data });
  const before = new Map(world.place('auth-0').state);
  const [second] = ask(world, world.place('auth-0'), { TAG: 'order', data });
  assert.deepEqual(second, first);
  assert.deepEqual(world.place('auth-0').state, before);
});

test('an authority without standing votes for nothing, not even again', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const data = orderOf(world, 'alice', 'bob');
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data })), 'vote');
  const reason = encode(standingCoder, { reason: 'restored from a backup' });
  authority.state.set(SPACES.standing.key, reason);
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data })), wire('not_voting'));
  const certificate = certificateOf(world, data, [1, 2, 3]);
  assert.equal(
    verdictOf(ask(world, authority, { TAG: 'certificate', data: certificate })),
    'applied',
  );
});

test('an authority without standing keeps the proof of a double spend all the same', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const [first, second, third] = [1n, 2n, 3n].map((amount) =>
    orderOf(world, 'alice', 'bob', { amount }),
  );
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  ask(world, authority, { TAG: 'order', data: first });
  authority.state.set(SPACES.standing.key, encode(standingCoder, { reason: 'an old copy' }));
  const [answer] = ask(world, authority, { TAG: 'order', data: second });
  assert.equal(verdictOf(answer === undefined ? [] : [answer]), wire('not_voting'));
  const proofs = world.notices('auth-0', 'double_spend');
  assert.deepEqual(
    proofs.map(({ first: held, second: other }) => [held.order, other.order]),
    [[first.order, second.order]],
  );
  // The first proof of a sequence is enough.
  ask(world, authority, { TAG: 'order', data: third });
  assert.equal(world.notices('auth-0', 'double_spend').length, 1);
});

test('a frozen account gets no vote, not even the same one again', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const bring = (amount: bigint): void => {
    const order = orderOf(world, 'alice', 'bob', { amount });
    ask(world, authority, { TAG: 'certificate', data: certificateOf(world, order, [1, 2, 3]) });
  };
  bring(1n);
  const pending = orderOf(world, 'alice', 'bob', { sequence: 1n });
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data: pending })), 'vote');
  bring(2n);
  assert.equal(
    verdictOf(ask(world, authority, { TAG: 'order', data: pending })),
    wire('account_frozen'),
  );
});

test('another order for a used sequence makes the proof with what was certified there', () => {
  const world = new World();
  const authority = world.place('auth-0');
  const used = orderOf(world, 'alice', 'bob');
  ask(world, authority, { TAG: 'certificate', data: certificateOf(world, used, [1, 2, 3]) });
  const pending = orderOf(world, 'alice', 'bob', { sequence: 1n });
  assert.equal(verdictOf(ask(world, authority, { TAG: 'order', data: pending })), 'vote');
  const other = orderOf(world, 'alice', 'bob', { amount: 2n });
  assert.equal(
    verdictOf(ask(world, authority, { TAG: 'order', data: other })),
    wire('sequence_used'),
  );
  const [proof] = world.notices('auth-0', 'double_spend');
  assert.deepEqual([proof?.first.order, proof?.second.order], [used.order, other.order]);
});

test('a vote is told once as the first, and then as given again', () => {
  const world = new World();
  const data = orderOf(world, 'alice', 'bob');
  const told = (): boolean[] => world.notices('auth-0', 'voted').map(({ again }) => again);
  ask(world, world.place('auth-0'), { TAG: 'order', data });
  assert.deepEqual(told(), [false]);
  ask(world, world.place('auth-0'), { TAG: 'order', data });
  assert.deepEqual(told(), [false, true]);
  const refused = orderOf(world, 'alice', 'bob', { amount: 2n });
  ask(world, world.place('auth-0'), { TAG: 'order', data: refused });
  assert.deepEqual(told(), [false, true]);
  assert.deepEqual(
    world.notices('auth-0', 'refused').map(({ refusal }) => refusal.refused),
    ['order_pending'],
  );
});

test('a refused order leaves the ledger as it was', () => {
  const world = new World();
  const before = new Map(world.place('auth-0').state);
  for (const parts of [{ amount: 0n }, { token: 9 }, { sequence: 3n }, { amount: 5_000n }]) {
    const data = orderOf(world, 'alice', 'bob', parts);
    ask(world, world.place('auth-0'), { TAG: 'order', data });
  }
  assert.deepEqual(world.place('auth-0').state, before);
  assert.equal(accountAt(world, 'auth-0', 'alice').pending, undefined);
});

test('every rule has a code of its own and is told in words', () => {
  const codes = ORDER_RULES.map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const rule of ORDER_RULES) assert.ok(rule.meaning.length > 10, rule.name);
});
