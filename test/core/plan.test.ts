/**
 * Asking before signing (agent/core/wallet/plan.ts): what is signed, what is not, and who said so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Amount, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { type Frame, latestBodyCoder, type Message } from '../../agent/core/codec/message.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import { signStatement } from '../../agent/core/network/statement.ts';
import { createNode } from '../../agent/core/node.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { readLiveOrder, readWallet } from '../../agent/core/wallet/holdings.ts';
import { signerOf } from '../support/keys.ts';
import { type Place, World } from '../support/world.ts';

const LONG_MS = 600_000;
/** All that would remind alice of what she forgot, but for the words that she asks for. */
const REMINDERS: ReadonlySet<Message['TAG']> = new Set(['account', 'certificates', 'credits']);

function stateOf(world: World, name: string) {
  const place = world.place(name);
  const read = { get: (key: ByteKey) => place.state.get(key) };
  const { next, balances } = readWallet(read, world.network, place.signer.publicKey);
  return { next, balance: balances[0]?.balance ?? 0n, isLive: readLiveOrder(read) !== undefined };
}

const created = (world: World): number => world.notices('alice', 'order_created').length;
const certified = (world: World): number => world.notices('alice', 'order_certified').length;
const refusedAs = (world: World): string | undefined =>
  world.notices('alice', 'command_refused').at(-1)?.refusal.refused;

/** Silence of these authorities towards alice. */
function silence(world: World, ...names: string[]): void {
  world.onFrame = (from, to) => to.name !== 'alice' || !names.includes(from.name);
}

/** Gives every authority room for so many accounts. */
function withRoomFor(world: World, mostAccounts: number): World {
  for (const place of world.authorities) place.node = createNode({ ...place.setup, mostAccounts });
  return world;
}

test('a payment that n - f would vote for is signed and certified, once', () => {
  const world = new World().connectAll();
  world.plan('alice', 'bob', 10n);
  assert.equal(created(world), 0, 'nothing is signed before the answers');
  world.run();
  world.pass(LONG_MS);
  assert.equal(created(world), 1);
  assert.equal(certified(world), 1);
  assert.deepEqual(stateOf(world, 'alice'), { next: 1n, balance: 990n, isLive: false });
});

test('trying to overspend does not block the account, to the smallest unit', () => {
  const world = new World().connectAll();
  world.plan('alice', 'bob', 1_001n);
  world.run();
  assert.equal(refusedAs(world), 'insufficient_balance');
  assert.equal(created(world), 0);
  world.pass(LONG_MS);
  assert.equal(created(world), 0, 'given up, and not taken up again');
  world.plan('alice', 'bob', 1_000n);
  world.run();
  assert.equal(certified(world), 1);
});

test('a recipient that nobody has room for does not block the account', () => {
  const world = withRoomFor(new World().connectAll(), 2);
  world.plan('alice', signerOf('newcomer').publicKey, 10n);
  world.run();
  assert.equal(refusedAs(world), 'too_many_accounts');
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.equal(created(world), 1);
  assert.equal(certified(world), 1);
});

test('what more than f refuse is given up, what f refuse is not', () => {
  for (const [full, isSigned] of [
    [1, true],
    [2, false],
  ] as const) {
    const world = new World().connectAll();
    for (const place of world.authorities.slice(0, full)) {
      place.node = createNode({ ...place.setup, mostAccounts: 2 });
    }
    world.plan('alice', signerOf('newcomer').publicKey, 10n);
    world.run();
    assert.equal(created(world), isSigned ? 1 : 0, `${full} of 4 have no room`);
    assert.equal(refusedAs(world), isSigned ? undefined : 'too_many_accounts');
  }
});

test('nothing is signed on the word of fewer than n - f, however long it takes', () => {
  for (const [authorities, needed] of [
    [4, 3],
    [6, 5],
    [7, 5],
  ] as const) {
    const world = new World({ authorities }).connectAll();
    const names = world.authorities.map(({ name }) => name);
    silence(world, ...names.slice(needed - 1));
    world.plan('alice', 'bob', 10n);
    world.pass(LONG_MS);
    assert.equal(created(world), 0, `${needed - 1} of ${authorities}`);
    silence(world, ...names.slice(needed));
    world.pass(LONG_MS);
    assert.equal(created(world), 1, `${needed} of ${authorities}`);
  }
});

test('a link that comes up is asked at once', () => {
  const world = new World();
  for (const name of ['auth-0', 'auth-1']) world.connect('alice', name);
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.equal(created(world), 0);
  world.connect('alice', 'auth-2');
  world.run();
  assert.equal(certified(world), 1);
});

test('a plan that is dropped, or replaced, is never signed', () => {
  const world = new World({ wallets: ['alice', 'bob', 'carol'] }).connectAll();
  silence(world, 'auth-0', 'auth-1');
  world.plan('alice', 'bob', 10n);
  world.run();
  world.event(world.place('alice'), { kind: 'command', command: { kind: 'drop' } });
  silence(world);
  world.pass(LONG_MS);
  assert.equal(created(world), 0);

  silence(world, 'auth-0', 'auth-1');
  world.plan('alice', 'bob', 10n);
  world.run();
  world.plan('alice', 'carol', 20n);
  silence(world);
  world.pass(LONG_MS);
  const orders = world.notices('alice', 'order_created').map(({ order }) => order.order);
  assert.deepEqual(
    orders.map(({ action }) => action.data.amount),
    [20n],
  );
});

test('answers to another payment, or to another question, count for nothing', () => {
  const world = new World().connectAll();
  const kept: { from: Place; frame: Frame }[] = [];
  world.onFrame = (from, to, frame) => {
    if (to.name === 'alice' && frame.message.TAG === 'latest') kept.push({ from, frame });
    return !(to.name === 'alice' && frame.message.TAG === 'latest');
  };
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.ok(kept.length >= 4);
  world.plan('alice', 'bob', 10n);
  for (const { from, frame } of kept.splice(0)) {
    world.inject(from.name, 'alice', frame);
  }
  world.run();
  assert.equal(created(world), 0, 'the nonce is another one');

  // A node on the way has the members judge a smaller payment.
  const asked = new World({ relays: ['relay'] });
  for (const { name } of asked.authorities) asked.connect('relay', name);
  asked.connect('alice', 'relay');
  asked.run();
  asked.onFrame = (from, to, frame) => {
    const { message } = frame;
    if (from.name !== 'relay' || message.TAG !== 'question') return true;
    const { body, signature } = message.data;
    if (body.wish.TAG !== 'plan') return true;
    const wish = { TAG: 'plan', data: { ...body.wish.data, amount: 1n as Amount } } as const;
    const data = { body: { ...body, wish }, signature };
    asked.inject('relay', to.name, { ...frame, message: { TAG: 'question', data } });
    return false;
  };
  asked.plan('alice', 'bob', 5_000n);
  asked.run();
  asked.pass(60_000);
  assert.equal(created(asked), 0);
});

test('members that refuse because they are behind are shown the income, asked again, and do not decide', () => {
  const world = new World();
  for (const { name } of world.authorities) world.connect('bob', name);
  world.onFrame = (from, _to, { message }) =>
    !(from.name === 'bob' && message.TAG === 'certificate');
  world.pay('bob', 'alice', 600n);
  world.run();
  const [paid] = world.notices('bob', 'order_certified');
  assert.ok(paid !== undefined);
  world.cut('bob');
  // Alice has the receipt, and no authority has the certificate.
  const certificate = encode(certificateCoder, paid.certificate);
  world.event(world.place('alice'), { kind: 'command', command: { kind: 'deliver', certificate } });
  for (const { name } of world.authorities) world.connect('alice', name);
  world.plan('alice', 'bob', 1_500n);
  world.run();
  assert.equal(refusedAs(world), undefined);
  world.pass(60_000);
  assert.equal(certified(world), 1);
});

/** Pays so often, and puts alice back to what she had on disk before the last payment. */
function forgetLast(world: World, payments: number): void {
  const alice = world.place('alice');
  let copy = new Map<ByteKey, Uint8Array>();
  for (let i = 0; i < payments; i++) {
    copy = new Map([...alice.state].filter(([key]) => isDurable(key)));
    world.pay('alice', 'bob', 10n);
    world.run();
  }
  assert.equal(certified(world), payments);
  alice.state = copy;
  world.restart('alice');
  alice.notices.length = 0;
  world.connect('alice', 'relay');
}

/** Alice behind a relay before all authorities. */
function villageOf(): World {
  const world = new World({ relays: ['relay'] });
  for (const { name } of world.authorities) world.connect('relay', name);
  world.connect('alice', 'relay');
  world.run();
  return world;
}

for (const [whole, payments] of [
  ['an old copy', 3],
  ['its key alone', 1],
] as const) {
  test(`a wallet that is ${whole} learns first what it forgot`, () => {
    const world = villageOf();
    forgetLast(world, payments);
    world.plan('alice', 'bob', 10n);
    world.run();
    world.pass(60_000);
    assert.equal(certified(world), 1);
    assert.equal(stateOf(world, 'alice').next, BigInt(payments + 1));
    for (const { name } of world.authorities) {
      assert.deepEqual(world.notices(name, 'double_spend'), []);
    }
  });

  test(`a wallet that is ${whole} signs nothing while what it forgot is withheld`, () => {
    const world = villageOf();
    forgetLast(world, payments);
    world.onFrame = (_from, to, { message }) => to.name !== 'alice' || !REMINDERS.has(message.TAG);
    world.plan('alice', 'bob', 10n);
    world.pass(LONG_MS);
    assert.equal(created(world), 0);
    // Its owner may not insist against the word of more than f either.
    world.pay('alice', 'bob', 10n);
    assert.equal(created(world), 0);
    assert.equal(refusedAs(world), 'order_pending');
    world.onFrame = () => true;
    world.pass(LONG_MS);
    assert.equal(stateOf(world, 'alice').next, BigInt(payments + 1));
  });

  test(`a wallet that is ${whole} signs nothing where nobody answers, unless its owner insists`, () => {
    const world = villageOf();
    forgetLast(world, payments);
    world.onFrame = (_from, to) => to.name !== 'alice';
    world.plan('alice', 'bob', 10n);
    world.pass(LONG_MS);
    assert.equal(created(world), 0);
    world.pay('alice', 'bob', 10n);
    assert.equal(created(world), 1);
  });
}

test('one member that claims a newer order stops nothing', () => {
  const world = new World().connectAll();
  const { setup } = world.place('auth-0');
  world.onFrame = (from, to, frame) => {
    const { message } = frame;
    if (from.name !== 'auth-0' || to.name !== 'alice' || message.TAG !== 'latest') return true;
    assert.ok(isAuthority(setup));
    const body = { ...message.data.body, next: 9n as Sequence };
    const data = {
      ...signStatement(world.network.state, setup, 'latest', latestBodyCoder, body),
      body,
    };
    world.inject('auth-0', 'alice', { ...frame, message: { TAG: 'latest', data } });
    return false;
  };
  world.plan('alice', 'bob', 10n);
  world.run();
  assert.equal(certified(world), 1);
});
