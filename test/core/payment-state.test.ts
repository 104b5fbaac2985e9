/**
 * Where a wallet's payment stands (agent/core/wallet/payment.ts): each way there is, and no other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { readLiveOrder } from '../../agent/core/wallet/holdings.ts';
import { paymentState } from '../../agent/core/wallet/payment.ts';
import { adopt } from '../../agent/core/wallet/pursue.ts';
import { World } from '../support/world.ts';

const readOf = (world: World) => ({ get: (key: ByteKey) => world.place('alice').state.get(key) });
const stateOf = (world: World): string => paymentState(readOf(world)).kind;

/** Alice hears nothing of these authorities. */
function deaf(world: World, ...names: string[]): void {
  world.onFrame = (from, { name }) => name !== 'alice' || !names.includes(from.name);
}

const ALL = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];

test('a payment is asked about, then live, then certified, and the wallet is idle again', () => {
  const world = new World().connectAll();
  assert.equal(stateOf(world), 'idle');
  world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG !== 'vote';
  world.plan('alice', 'bob', 10n);
  assert.equal(stateOf(world), 'asking');
  world.run();
  assert.equal(stateOf(world), 'live');
  world.onFrame = () => true;
  world.pass(60_000);
  assert.equal(stateOf(world), 'idle');
  assert.equal(world.notices('alice', 'order_certified').length, 1);
});

test('a payment that is asked about is given up when it is dropped or refused, and another takes its place', () => {
  const world = new World({ wallets: ['alice', 'bob', 'carol'] }).connectAll();
  deaf(world, ...ALL);
  world.plan('alice', 'bob', 10n);
  world.run();
  world.plan('alice', 'carol', 20n);
  const state = paymentState(readOf(world));
  assert.equal(state.kind === 'asking' && state.asked.plan.data.amount, 20n);
  world.event(world.place('alice'), { kind: 'command', command: { kind: 'drop' } });
  assert.equal(stateOf(world), 'idle');
  deaf(world);
  world.plan('alice', 'bob', 1_000_000n);
  world.run();
  assert.equal(stateOf(world), 'idle');
  assert.equal(world.notices('alice', 'command_refused').length, 1);
});

test('an owner who insists has a live order at once, and a second one is refused', () => {
  const world = new World().connectAll();
  deaf(world, ...ALL);
  world.pay('alice', 'bob', 10n);
  assert.equal(stateOf(world), 'live');
  for (const again of [
    () => world.pay('alice', 'bob', 11n),
    () => world.plan('alice', 'bob', 11n),
  ]) {
    again();
    const [refused] = world.notices('alice', 'command_refused').slice(-1);
    assert.equal(refused?.refusal.refused, 'order_in_flight');
  }
  const live = readLiveOrder(readOf(world));
  assert.equal(live?.order.order.action.data.amount, 10n);
  world.restart('alice');
  assert.equal(stateOf(world), 'live', 'what is on disk is live in the next life');
});

test('an order that was forgotten comes back, and what was asked about is given up', () => {
  const world = new World().connectAll();
  const alice = world.place('alice');
  const before = new Map([...alice.state].filter(([key]) => isDurable(key)));
  deaf(world, ...ALL);
  world.pay('alice', 'bob', 10n);
  world.run();
  alice.state = before;
  world.restart('alice');
  for (const name of ALL) world.connect('alice', name);
  const isWord = ({ TAG }: Message) => TAG === 'latest' || TAG === 'account';
  world.onFrame = (_from, { name }, { message }) => name !== 'alice' || isWord(message);
  world.plan('alice', 'bob', 20n);
  assert.equal(stateOf(world), 'asking');
  world.run();
  assert.equal(stateOf(world), 'live');
  const state = paymentState(readOf(world));
  assert.equal(state.kind === 'live' && state.live.order.order.action.data.amount, 10n);
  const [refused] = world.notices('alice', 'command_refused').slice(-1);
  assert.equal(refused?.refusal.refused, 'order_in_flight');
});

test('no order is made where one is live, whoever asks for it', () => {
  const world = new World().connectAll();
  deaf(world, ...ALL);
  world.pay('alice', 'bob', 10n);
  const { state } = world.place('alice');
  const live = readLiveOrder(readOf(world));
  assert.ok(live !== undefined);
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  assert.throws(
    () => adopt(draft, world.network, live.order),
    /an order is made only where none is live/,
  );
});
