/**
 * How a wallet asks before it signs (agent/core/wallet/plan.ts): whom, what, and how often. That
 * nothing is signed without the answers is in plan.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Wish } from '../../agent/core/codec/message.ts';
import { World } from '../support/world.ts';

const ALL = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];

interface Asked {
  readonly atMs: number;
  readonly to: string;
  readonly via: string;
  readonly wish: Wish['TAG'];
}

interface Rule {
  /** Authorities of which alice hears nothing. */
  readonly silent?: readonly string[];
  /** What does not arrive at alice. */
  readonly lost?: ReadonlySet<Message['TAG']>;
}

/** All that alice asks from now on. */
function listen(world: World, { silent = [], lost = new Set() }: Rule = {}): Asked[] {
  const asked: Asked[] = [];
  world.onFrame = (from, { name }, { to, message }) => {
    if (from.name === 'alice' && message.TAG === 'question') {
      const { wish } = message.data.body;
      asked.push({ atMs: world.nowMs, to: `auth-${to}`, via: name, wish: wish.TAG });
    }
    return name !== 'alice' || !(silent.includes(from.name) || lost.has(message.TAG));
  };
  return asked;
}

const created = (world: World): number => world.notices('alice', 'order_created').length;

test('each member is asked once about a payment, and nothing else', () => {
  const world = new World().connectAll();
  const asked = listen(world);
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.equal(created(world), 1);
  assert.deepEqual(
    asked.map(({ to, wish }) => [to, wish]),
    ALL.map((name) => [name, 'plan']),
  );
  world.pass(60_000);
  assert.equal(asked.length, 4, 'and never again once it is signed');
});

test('whoever said that it would vote is not asked again; the others are, at growing pauses', () => {
  const world = new World().connectAll();
  const asked = listen(world, { silent: ['auth-2', 'auth-3'] });
  world.plan('alice', 'bob', 10n);
  world.run();
  world.pass(20_000);
  assert.equal(created(world), 0);
  for (const name of ['auth-0', 'auth-1']) {
    assert.equal(asked.filter(({ to }) => to === name).length, 1, name);
  }
  for (const name of ['auth-2', 'auth-3']) {
    const times = asked.filter(({ to }) => to === name).map(({ atMs }) => atMs);
    const pauses = times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0));
    assert.ok(pauses.length > 10, `${pauses.length} more attempts`);
    // Each up to a quarter shorter; it doubles three times.
    for (const [i, pauseMs] of pauses.entries()) {
      const fullMs = [250, 500, 1_000][i] ?? 2_000;
      assert.ok(pauseMs > 0.75 * fullMs - 1 && pauseMs <= fullMs, `${i}: ${pauseMs} ms`);
    }
  }
});

test('spreading the last certificate, and asking about the next payment, have times of their own', () => {
  const world = new World().connectAll();
  listen(world, { lost: new Set(['applied', 'progress']) });
  world.plan('alice', 'bob', 10n);
  world.run();
  world.pass(5_000);
  const spread: number[] = [];
  const asked = listen(world, { silent: ALL });
  const hear = world.onFrame;
  world.onFrame = (from, to, frame) => {
    const isSpread = from.name === 'alice' && frame.message.TAG === 'certificate';
    if (isSpread && to.name === 'auth-0') spread.push(world.nowMs);
    return hear(from, to, frame);
  };
  const isDue = (): boolean => (world.place('alice').wakeAtMs ?? Infinity) <= world.nowMs + 40;
  while (!isDue()) world.pass(10);
  const beganMs = world.nowMs;
  world.plan('alice', 'bob', 20n);
  world.run();
  world.pass(150);
  assert.equal(spread.length, 1, 'the certificate was due');
  assert.deepEqual([...new Set(asked.map(({ atMs }) => atMs))], [beganMs], 'and nobody was asked');
  world.pass(3_000);
  assert.ok(asked.length > 8, 'asking goes on');
  assert.equal(spread.length, 1, 'and the certificate waits for its own time');
});

test('a wallet that gave a payment up does not wake for it', () => {
  const world = new World().connectAll();
  listen(world, { silent: ALL });
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.ok(world.place('alice').wakeAtMs !== undefined);
  world.event(world.place('alice'), { kind: 'command', command: { kind: 'drop' } });
  assert.equal(world.place('alice').wakeAtMs, undefined);
});

test('a question that goes over one way takes another from one time to the next', () => {
  const world = new World({ relays: ['relay-0', 'relay-1', 'relay-2'] });
  for (const relay of ['relay-0', 'relay-1', 'relay-2']) world.connect('alice', relay);
  world.run();
  const asked = listen(world);
  for (let i = 0n; i < 8n; i++) world.plan('alice', 'bob', 1n + i);
  world.run();
  for (const name of ALL) {
    const ways = asked.filter(({ to }) => to === name).map(({ via }) => via);
    assert.equal(ways.length, 8);
    assert.equal(new Set(ways).size, 3, `${name}: ${ways}`);
  }
});

test('after three attempts over one way each a question goes over several', () => {
  const world = new World({ relays: ['relay-0', 'relay-1'] });
  for (const relay of ['relay-0', 'relay-1']) {
    for (const name of ALL) world.connect(relay, name);
    world.connect('alice', relay);
  }
  world.run();
  const asked = listen(world, { silent: ['relay-0', 'relay-1'] });
  world.plan('alice', 'bob', 10n);
  world.run();
  world.pass(6_000);
  const ofOne = asked.filter(({ to }) => to === 'auth-0');
  const times = [...new Set(ofOne.map(({ atMs }) => atMs))];
  const ways = times.map((atMs) => ofOne.filter((each) => each.atMs === atMs).length);
  assert.deepEqual(ways.slice(0, 5), [1, 1, 1, 2, 2]);
});

test('income that a member hints at is asked for, once an attempt, and none that is here', () => {
  const world = new World().connectAll();
  world.pay('bob', 'alice', 5n);
  world.run();
  const asked = listen(world, { silent: ['auth-1', 'auth-2'], lost: new Set(['credits']) });
  world.plan('alice', 'bob', 10n);
  world.run();
  const credits = () => asked.filter(({ wish }) => wish === 'credits').map(({ to }) => to);
  assert.deepEqual(credits(), ['auth-0', 'auth-3']);
  world.pass(250);
  assert.deepEqual(credits(), ['auth-0', 'auth-3'], 'nobody hints again who is not asked again');
  const heard = listen(world);
  world.pass(1_000);
  assert.equal(created(world), 1);
  assert.equal(world.notices('alice', 'received').length, 1, 'it came in beside the payment');
  const [first] = heard.filter(({ wish }) => wish === 'credits');
  assert.equal(first?.to, 'auth-1');
  world.pass(10_000);
  const again = listen(world);
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.deepEqual(new Set(again.map(({ wish }) => wish)), new Set(['plan']));
});

test('a word that is repeated makes a wallet ask once an attempt', () => {
  const world = new World().connectAll();
  world.pay('bob', 'alice', 5n);
  world.run();
  const asked = listen(world, { silent: ['auth-1', 'auth-2'], lost: new Set(['credits']) });
  const hear = world.onFrame;
  let repeats = 3;
  world.onFrame = (from, to, frame) => {
    const isWord = to.name === 'alice' && frame.message.TAG === 'latest';
    if (isWord && from.name === 'auth-3') {
      while (repeats-- > 0) world.inject('auth-3', 'alice', frame);
    }
    return hear(from, to, frame);
  };
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.ok(repeats < 0);
  const ofOne = asked.filter(({ to, wish }) => to === 'auth-3' && wish === 'credits');
  assert.equal(ofOne.length, 1);
});

test('a forgotten order that a member hints at is asked for there, as are certified ones', () => {
  const world = new World().connectAll();
  const empty = new World().connectAll().place('alice').state;
  world.pay('alice', 'bob', 10n);
  world.run();
  world.place('alice').state = new Map(empty);
  world.restart('alice');
  for (const name of ALL) world.connect('alice', name);
  const asked = listen(world, { lost: new Set(['certificates', 'account']) });
  world.plan('alice', 'bob', 20n);
  world.run();
  const wishesOf = (name: string) => asked.filter(({ to }) => to === name).map(({ wish }) => wish);
  for (const name of ALL) assert.deepEqual(wishesOf(name), ['plan', 'orders', 'state'], name);
  assert.equal(created(world), 1);
  listen(world);
  world.pass(1_000);
  assert.equal(created(world), 2, 'signed once it knows what it had paid');
});
