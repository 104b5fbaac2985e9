/**
 * What a stranger may leave (PROTOCOL: What a stranger may leave): the least amount that opens an
 * account, and votes an hour.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_VOTES_PER_HOUR } from '../../agent/core/base/limits.ts';
import { isRefusal, REFUSALS } from '../../agent/core/base/refusal.ts';
import type { Amount } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { decodeGenesis, encodeGenesis, networkOf } from '../../agent/core/network/genesis.ts';
import { genesisToJson, networkFromJson } from '../../agent/core/network/genesis-json.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { ask, certificateOf, orderOf, verdictOf } from '../support/forge.ts';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const HOUR_MS = 3_600_000;
const BELOW = REFUSALS.below_opening.wire;
const TOO_MANY = REFUSALS.too_many_votes.wire;

/** A world in which `eve` has no account. */
function worldOf(options: { opens?: bigint; votesPerHour?: number } = {}): World {
  return new World({ relays: ['eve'], wallets: ['alice', 'bob'], ...options });
}

/** What auth-0 says to an order of alice. */
function judge(world: World, sequence: bigint, to = 'bob', amount = 1n): string | number {
  const order = orderOf(world, 'alice', to, { sequence, amount });
  return verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: order }));
}

/** The order is certified everywhere, by votes of these members. */
function certify(
  world: World,
  sequence: bigint,
  to = 'bob',
  amount = 1n,
  members: readonly number[] = [1, 2, 3],
): void {
  const data = certificateOf(world, orderOf(world, 'alice', to, { sequence, amount }), members);
  for (const place of world.authorities) ask(world, place, { TAG: 'certificate', data });
}

test('who has no account is paid so much at least, and who has one any amount', () => {
  const world = worldOf({ opens: 500n });
  assert.equal(judge(world, 0n, 'eve', 499n), BELOW);
  assert.equal(accountAt(world, 'auth-0', 'alice').pending, undefined, 'nothing is kept of it');
  assert.equal(judge(world, 0n, 'eve', 500n), 'vote');
  certify(world, 0n, 'eve', 500n);
  assert.equal(judge(world, 1n, 'eve', 1n), 'vote');
  certify(world, 1n, 'eve', 1n);
  assert.equal(judge(world, 2n, 'bob', 1n), 'vote');
});

test('the wallet is told the amount that opens an account, and goes on with its order', () => {
  const world = worldOf({ opens: 500n }).connectAll();
  world.pay('alice', 'eve', 499n);
  world.pass(1_000);
  const [first] = world.notices('alice', 'order_refused');
  assert.deepEqual(first?.refusal, { refused: 'below_opening', expected: '500' });
  // Somebody else opens the account, and the same order comes through.
  world.pay('bob', 'eve', 500n);
  world.pass(60_000);
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  assert.equal(balanceAt(world, 'auth-0', 'eve'), 999n);
});

test('a certificate opens an account whatever it moves', () => {
  const world = worldOf({ opens: 500n });
  certify(world, 0n, 'eve', 1n);
  assert.equal(balanceAt(world, 'auth-0', 'eve'), 1n);
});

test('an account gets so many first votes an hour, and the same order later', () => {
  const world = worldOf({ votesPerHour: 3 });
  for (let n = 0n; n < 3n; n++) {
    assert.equal(judge(world, n), 'vote');
    assert.equal(judge(world, n), 'vote', 'again, as often as it is asked');
    certify(world, n);
  }
  assert.equal(judge(world, 3n), TOO_MANY);
  const { state } = world.place('auth-0');
  const before = [...state].filter(([key]) => isDurable(key));
  assert.equal(judge(world, 3n), TOO_MANY);
  assert.deepEqual(
    [...state].filter(([key]) => isDurable(key)),
    before,
    'nothing is stored',
  );
  assert.equal(REFUSALS.too_many_votes.retry, 'later');
  world.nowMs += HOUR_MS;
  assert.equal(judge(world, 3n), 'vote');
  certify(world, 3n);
  for (let n = 4n; n < 6n; n++) {
    assert.equal(judge(world, n), 'vote');
    certify(world, n);
  }
  assert.equal(judge(world, 6n), TOO_MANY);
});

test('votes of others, income, certificates and gossip of one order take nothing from an hour', () => {
  const world = worldOf({ votesPerHour: 1 });
  certify(world, 0n);
  certify(world, 1n);
  assert.equal(accountAt(world, 'auth-0', 'alice').votes.count, 0);
  assert.equal(judge(world, 2n), 'vote');
  certify(world, 2n);
  assert.equal(judge(world, 3n), TOO_MANY);
  certify(world, 3n);
  assert.equal(accountAt(world, 'auth-0', 'alice').next, 4n, 'certificates always apply');
  const bobs = orderOf(world, 'bob', 'alice');
  assert.equal(verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: bobs })), 'vote');
});

test('an order that other authorities voted for counts as well where it is voted for', () => {
  const world = new World({ votesPerHour: 1 }).connectAll();
  for (const sequence of [0n, 1n]) {
    const data = orderOf(world, 'alice', 'bob', { sequence });
    const answer = ask(world, world.place('auth-0'), { TAG: 'order', data } satisfies Message);
    assert.equal(verdictOf(answer), sequence === 0n ? 'vote' : TOO_MANY);
    world.run();
    certify(world, sequence);
  }
  assert.equal(accountAt(world, 'auth-1', 'alice').votes.count, 1);
});

test('whatever clocks say, nobody waits longer than an hour, and a start begins a new one', () => {
  const world = worldOf({ votesPerHour: 1 });
  assert.equal(judge(world, 0n), 'vote');
  certify(world, 0n);
  assert.equal(judge(world, 1n), TOO_MANY);
  world.nowMs = 1;
  world.restart('auth-0');
  assert.equal(judge(world, 1n), 'vote');
  certify(world, 1n);
  world.nowMs = HOUR_MS - 1;
  assert.equal(judge(world, 2n), TOO_MANY);
  world.nowMs = HOUR_MS;
  assert.equal(judge(world, 2n), 'vote');
});

test('a payer above its rate waits and is certified in the end, with the same order', () => {
  const world = new World({ votesPerHour: 2 }).connectAll();
  for (let n = 1; n <= 5; n++) {
    world.pay('alice', 'bob', 1n);
    world.pass(HOUR_MS);
    assert.equal(world.notices('alice', 'order_certified').length, n);
    world.pay('alice', 'bob', 1n);
    world.pass(60_000);
    world.pay('alice', 'bob', 1n);
    world.pass(3 * HOUR_MS);
    n += 2;
  }
  assert.equal(world.notices('alice', 'order_failed').length, 0);
});

test('without a limit nothing is counted', () => {
  const world = worldOf({ votesPerHour: 0 });
  for (let n = 0n; n < 50n; n++) {
    assert.equal(judge(world, n), 'vote');
    certify(world, n);
  }
  assert.deepEqual(accountAt(world, 'auth-0', 'alice').votes, { hour: 0, count: 0 });
});

test('two accounts of one owner leave at most so many certificates an hour', () => {
  const world = new World({ votesPerHour: 10 }).connectAll();
  for (let payment = 0; payment < 60; payment++) {
    world.pay('alice', 'bob', 1n);
    world.pay('bob', 'alice', 1n);
    world.pass(30_000);
  }
  assert.ok(world.nowMs < HOUR_MS);
  assert.equal(world.notices('auth-0', 'applied').length, 2 * 10);
});

test('the genesis document says both, in bytes and in JSON, and is refused where it does not', () => {
  const { genesis } = worldOf({ opens: 500n, votesPerHour: 120 }).network;
  assert.deepEqual(decodeGenesis(encodeGenesis(genesis)), genesis);
  const json = structuredClone(genesisToJson(genesis)) as {
    tokens: Record<string, unknown>[];
    votes_per_hour?: unknown;
  };
  assert.equal(json.votes_per_hour, 120);
  assert.equal(json.tokens[0]?.['opens'], '500');
  const read = networkFromJson(json);
  assert.ok(!isRefusal(read));
  assert.deepEqual(read.id, networkOf(genesis).id);
  const wrong = (change: (copy: typeof json) => void): string | undefined => {
    const copy = structuredClone(json);
    change(copy);
    const found = networkFromJson(copy);
    return isRefusal(found) ? found.field : undefined;
  };
  const [opens, votes] = ['tokens[0].opens', 'votes_per_hour'];
  for (const value of [undefined, '0', '-1', '1.00', 5, '01', `${2n ** 128n}`]) {
    const field = wrong((copy) => Object.assign(copy.tokens[0] ?? {}, { opens: value }));
    assert.equal(field, opens, `${value}`);
  }
  for (const value of [undefined, -1, 0.5, '120', MAX_VOTES_PER_HOUR + 1]) {
    assert.equal(
      wrong((copy) => Object.assign(copy, { votes_per_hour: value })),
      votes,
      `${value}`,
    );
  }
  for (const value of [0, 1, MAX_VOTES_PER_HOUR]) {
    assert.equal(
      wrong((copy) => Object.assign(copy, { votes_per_hour: value })),
      undefined,
    );
  }
  const other = { ...genesis, votesPerHour: 121 };
  assert.notDeepEqual(networkOf(other).id, networkOf(genesis).id);
  const [token] = genesis.tokens;
  assert.ok(token !== undefined);
  const none = { ...genesis, tokens: [{ ...token, opens: 0n as Amount }] };
  const found = decodeGenesis(encodeGenesis(none));
  assert.ok(isRefusal(found) && found.field === opens);
});
