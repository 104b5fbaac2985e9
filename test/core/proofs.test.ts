import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proofCount } from '../../agent/core/authority/proof-list.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import {
  DIGEST_FANOUT,
  MAX_PROOFS_PER_FRAME,
  MAX_RECENT_VOTES,
  MAX_RETOLD_ORDERS,
  MAX_SEQUENCE,
  SYNC_BUSY_MS,
  SYNC_IDLE_MS,
} from '../../agent/core/base/limits.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import type { OrderPair } from '../../agent/core/codec/order.ts';
import { standingCoder } from '../../agent/core/codec/record.ts';
import { Draft } from '../../agent/core/draft.ts';
import type { Event } from '../../agent/core/io.ts';
import { isDurable, SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { accountAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const ROUND_MS = SYNC_IDLE_MS + SYNC_BUSY_MS;

/** Two orders that a wallet signed for one sequence. */
function pairOf(world: World, from: string, sequence = 0n): OrderPair {
  const [first, second] = [1n, 2n].map((amount) =>
    orderOf(world, from, 'bob', { sequence, amount }),
  );
  assert.ok(first !== undefined && second !== undefined);
  return { first, second };
}

/** The wallet gives both orders to this authority. */
function spendTwice(world: World, from: string, at: string): void {
  const { first, second } = pairOf(world, from);
  for (const data of [first, second]) ask(world, world.place(at), { TAG: 'order', data });
}

/** Accounts against which an authority noticed a proof, each as often as it did. */
function provenAt(world: World, name: string): number {
  return world.notices(name, 'double_spend').length;
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `w${i}`);
}

/** What goes over the wires from now on, by kind. */
function countFrames(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  world.onFrame = (_from, _to, { message }) => {
    counts.set(message.TAG, (counts.get(message.TAG) ?? 0) + 1);
    return true;
  };
  return counts;
}

const LINK = 77n as LinkId;

/** A link from auth-3 to auth-0 that only `hear` uses. */
function openLink(world: World): void {
  const peerKey = world.place('auth-3').signer.publicKey;
  world.event(world.place('auth-0'), { kind: 'link_up', link: LINK, peerKey, wanted: false });
}

/** What auth-0 answers to what auth-3 says over that link. */
function hear(world: World, message: Message): Message[] {
  const place = world.place('auth-0');
  const bytes = frameOf(message);
  const { sends } = world.event(place, { kind: 'frame', link: LINK, bytes });
  return sends.map((send) => decodeOwn(frameCoder, send.bytes).message);
}

test('a proof that an authority was never told of reaches it a round later', () => {
  const world = new World().connectAll();
  world.onFrame = (_from, to) => to.name !== 'auth-3';
  spendTwice(world, 'alice', 'auth-0');
  world.run();
  assert.equal(provenAt(world, 'auth-3'), 0);
  world.onFrame = () => true;
  world.pass(ROUND_MS);
  for (const { name } of world.authorities) assert.equal(provenAt(world, name), 1, name);
});

test('more proofs than a page are read to the end, each kept once, and then there is silence', () => {
  const wallets = [...names(3 * MAX_PROOFS_PER_FRAME + 5), 'bob'];
  const world = new World({ wallets });
  for (const name of names(wallets.length - 1)) spendTwice(world, name, 'auth-0');
  world.connect('auth-0', 'auth-1');
  world.run();
  assert.equal(provenAt(world, 'auth-1'), wallets.length - 1);
  const counts = countFrames(world);
  world.pass(4 * ROUND_MS);
  assert.ok((counts.get('proofCount') ?? 0) > 0);
  assert.equal(counts.get('proofsQuery'), undefined);
  assert.equal(provenAt(world, 'auth-1'), wallets.length - 1);
});

test('an authority with no proof says nothing of proofs', () => {
  const world = new World();
  const counts = countFrames(world);
  world.connectAll();
  world.pass(3 * ROUND_MS);
  assert.ok((counts.get('root') ?? 0) > 0);
  assert.equal(counts.get('proofCount'), undefined);
});

test('equal proofs that came in another order, of other orders, are equal', () => {
  const world = new World({ wallets: ['alice', 'carol', 'bob'] });
  for (const name of ['alice', 'carol']) spendTwice(world, name, 'auth-0');
  for (const name of ['carol', 'alice']) {
    for (const amount of [3n, 4n]) {
      const data = orderOf(world, name, 'bob', { amount });
      ask(world, world.place('auth-1'), { TAG: 'order', data });
    }
  }
  const counts = countFrames(world);
  world.connect('auth-0', 'auth-1');
  world.pass(ROUND_MS);
  assert.ok((counts.get('proofCount') ?? 0) > 0);
  assert.equal(counts.get('proofsQuery'), undefined);
});

test('as many proofs about others are not the same, and both sides get what they lack', () => {
  const world = new World({ wallets: ['alice', 'carol', 'bob'] });
  spendTwice(world, 'alice', 'auth-0');
  spendTwice(world, 'carol', 'auth-1');
  world.connect('auth-0', 'auth-1');
  world.pass(ROUND_MS);
  assert.deepEqual([provenAt(world, 'auth-0'), provenAt(world, 'auth-1')], [2, 2]);
});

test('a list that was read to its end is not read again, though its owner lacks some of ours', () => {
  const world = new World({ wallets: ['alice', 'carol', 'bob'] });
  spendTwice(world, 'alice', 'auth-0');
  spendTwice(world, 'carol', 'auth-1');
  const queries: string[] = [];
  world.onFrame = (from, to, { message }) => {
    if (message.TAG === 'proofsQuery') queries.push(from.name);
    return message.TAG !== 'proofs' || to.name !== 'auth-1';
  };
  world.connect('auth-0', 'auth-1');
  world.pass(ROUND_MS);
  assert.deepEqual([provenAt(world, 'auth-0'), provenAt(world, 'auth-1')], [2, 1]);
  queries.length = 0;
  world.pass(4 * ROUND_MS);
  assert.ok(queries.length > 1);
  assert.deepEqual(new Set(queries), new Set(['auth-1']));
});

test('where both hold the same proofs, a round writes how far a list was read once', () => {
  const world = new World({ wallets: ['alice', 'bob'] });
  openLink(world);
  spendTwice(world, 'alice', 'auth-0');
  const place = world.place('auth-0');
  const data = proofCount(
    new Draft({ get: (key) => place.state.get(key) }, { nowMs: 0, wallMs: 0 }),
  );
  const bytes = frameOf({ TAG: 'proofCount', data });
  const written = () =>
    world
      .event(place, { kind: 'frame', link: LINK, bytes })
      .writes.filter(({ key }) => key.startsWith(SPACES.proofCursor.prefix)).length;
  assert.deepEqual([written(), written(), written()], [1, 0, 0]);
});

test('a list is the same after a restart', () => {
  const wallets = [...names(20), 'bob'];
  const world = new World({ wallets });
  for (const name of names(20)) spendTwice(world, name, 'auth-0');
  const listed = (): Message[] => {
    const said: Message[] = [];
    world.onFrame = (from, _to, { message }) => {
      if (from.name === 'auth-0' && message.TAG.startsWith('proof')) said.push(message);
      return true;
    };
    world.cut('auth-1');
    world.place('auth-1').state.clear();
    world.event(world.place('auth-1'), { kind: 'start', seed: new Uint8Array(16) });
    world.connect('auth-0', 'auth-1');
    world.run();
    return said;
  };
  const before = listed();
  assert.deepEqual(
    before.map(({ TAG }) => TAG),
    ['proofCount', 'proofs', 'proofs'],
  );
  world.restart('auth-0');
  assert.deepEqual(listed(), before);
});

test('two orders prove a double spend at one place of one account, differ, and are both signed', () => {
  const world = new World({ wallets: ['alice', 'carol', 'bob'] });
  openLink(world);
  const paid = orderOf(world, 'alice', 'bob');
  ask(world, world.place('auth-0'), {
    TAG: 'certificate',
    data: certificateOf(world, paid, [1, 2, 3]),
  });
  const { first, second } = pairOf(world, 'alice', 1n);
  const unsigned = { ...second, signature: first.signature };
  const signedTwice = { ...first, signature: first.signature.with(0, 1) };
  const noProofs: readonly OrderPair[] = [
    { first, second: first },
    { first, second: signedTwice },
    { first, second: orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 2n }) },
    { first: paid, second },
    { first, second: orderOf(world, 'carol', 'bob', { sequence: 1n, amount: 2n }) },
    { first, second: unsigned },
    { first: unsigned, second: first },
    {
      first,
      second: orderOf(world, 'alice', 'bob', { sequence: 1n, networkId: new Uint8Array(32) }),
    },
    pairOf(world, 'alice', 2n),
  ];
  for (const data of noProofs) assert.deepEqual(hear(world, { TAG: 'doubleSpend', data }), []);
  assert.equal(provenAt(world, 'auth-0'), 0);
  hear(world, { TAG: 'doubleSpend', data: { first, second } });
  assert.equal(provenAt(world, 'auth-0'), 1, 'up to the next sequence');
});

test('a proof that was known, or of an account that is not, is neither kept nor told again', () => {
  const world = new World({ wallets: ['alice', 'bob'], relays: ['eve'] });
  openLink(world);
  const data = pairOf(world, 'alice');
  const told = () => hear(world, { TAG: 'doubleSpend', data }).map(({ TAG }) => TAG);
  assert.deepEqual(told(), ['doubleSpend'], 'to all members, who may not have it');
  assert.deepEqual(told(), []);
  assert.deepEqual(hear(world, { TAG: 'doubleSpend', data: pairOf(world, 'eve') }), []);
  assert.equal(provenAt(world, 'auth-0'), 1);
});

test('a proof about a sequence that is not known yet is asked for until it is', () => {
  const world = new World({ wallets: ['alice', 'bob', 'dave'] });
  const paid = orderOf(world, 'bob', 'alice', { amount: 5n });
  const data = certificateOf(world, paid, [1, 2, 3]);
  ask(world, world.place('auth-0'), { TAG: 'certificate', data });
  for (const amount of [1n, 2n]) {
    const data = orderOf(world, 'bob', 'alice', { sequence: 1n, amount });
    ask(world, world.place('auth-0'), { TAG: 'order', data });
  }
  spendTwice(world, 'dave', 'auth-0');
  world.onFrame = (_from, _to, { message }) => message.TAG !== 'certificates';
  world.connect('auth-0', 'auth-1');
  world.run();
  assert.equal(provenAt(world, 'auth-1'), 0, 'stops at what it cannot judge');
  world.onFrame = () => true;
  world.pass(2 * ROUND_MS);
  assert.equal(provenAt(world, 'auth-1'), 2);
});

test('who comes back from an old copy gets the proofs again, and its own list is read anew', () => {
  const fresh = ['dave', 'erin', 'frank'];
  const world = new World({ wallets: ['alice', 'carol', ...fresh, 'bob'] }).connectAll();
  const old = new Map(world.place('auth-3').state);
  for (const name of ['alice', 'carol']) spendTwice(world, name, 'auth-0');
  world.pass(2 * ROUND_MS);
  assert.equal(provenAt(world, 'auth-3'), 2);
  world.place('auth-3').state = old;
  world.restart('auth-3');
  // Alone with its old copy it makes others, more than the others ever read of its list.
  for (const name of fresh) spendTwice(world, name, 'auth-3');
  world.onFrame = (_from, _to, { message }) => message.TAG !== 'doubleSpend';
  for (const name of ['auth-0', 'auth-1', 'auth-2']) world.connect(name, 'auth-3');
  world.pass(2 * ROUND_MS);
  for (const name of ['auth-0', 'auth-1', 'auth-2']) assert.equal(provenAt(world, name), 5, name);
  assert.equal(provenAt(world, 'auth-3'), 2 + 5);
});

test('two halves of a split vote meet, though all gossip was lost', () => {
  const world = new World().connectAll();
  const { first, second } = pairOf(world, 'alice');
  world.onFrame = (_from, _to, { message }) => message.TAG !== 'gossip';
  world.authorities.forEach((place, i) => {
    ask(world, place, { TAG: 'order', data: i < 2 ? first : second });
  });
  world.run();
  world.onFrame = () => true;
  world.pass(2 * ROUND_MS);
  for (const { name } of world.authorities) assert.equal(provenAt(world, name), 1, name);
});

test('the same after all of them were restarted', () => {
  const world = new World();
  const { first, second } = pairOf(world, 'alice');
  world.authorities.forEach((place, i) => {
    ask(world, place, { TAG: 'order', data: i < 2 ? first : second });
  });
  for (const { name } of world.authorities) world.restart(name);
  world.connectAll();
  world.pass(2 * ROUND_MS);
  for (const { name } of world.authorities) assert.equal(provenAt(world, name), 1, name);
});

test('orders are told again in turns of a few, also while ledgers are compared often', () => {
  const count = 2 * MAX_RETOLD_ORDERS + 3;
  const world = new World({ wallets: [...names(count), 'bob'] });
  for (const name of names(count)) {
    ask(world, world.place('auth-0'), { TAG: 'order', data: orderOf(world, name, 'bob') });
  }
  world.connect('auth-0', 'auth-1');
  openLink(world);
  const told: string[][] = [];
  const place = world.place('auth-0');
  const tick = (ms: number): void => {
    world.nowMs += ms;
    const round: string[] = [];
    world.onFrame = (from, _to, { message }) => {
      if (from === place && message.TAG === 'gossip') round.push(`${message.data.order.account}`);
      return true;
    };
    const step = world.event(place, { kind: 'tick' } satisfies Event);
    assert.ok(step.sends.length <= 2 * (1 + MAX_RETOLD_ORDERS));
    world.run();
    told.push(round);
  };
  for (let i = 0; i < 5; i++) tick(SYNC_IDLE_MS);
  const children = Array.from({ length: DIGEST_FANOUT }, () => new Uint8Array(32));
  hear(world, { TAG: 'digest', data: { path: [], children } });
  tick(SYNC_BUSY_MS);
  const soon = told.pop();
  for (const round of told) assert.equal(new Set(round).size, MAX_RETOLD_ORDERS);
  assert.equal(new Set(told.flat()).size, count);
  assert.deepEqual(soon, []);
});

test('orders are told again in their turn however many newer ones there are, also after a start', () => {
  const count = 3 * MAX_RECENT_VOTES;
  const world = new World({ wallets: [...names(count), 'bob'], verify: () => true });
  for (const name of names(count)) {
    ask(world, world.place('auth-0'), { TAG: 'order', data: orderOf(world, name, 'bob') });
  }
  for (const isRestarted of [false, true]) {
    if (isRestarted) world.restart('auth-0');
    world.connect('auth-0', 'auth-1');
    const told = new Set<string>();
    world.onFrame = (from, _to, { message }) => {
      const isTold = from.name === 'auth-0' && message.TAG === 'gossip';
      if (isTold) told.add(`${message.data.order.account}`);
      return !isTold;
    };
    for (let round = 0; round < (2 * count) / MAX_RETOLD_ORDERS; round++) world.pass(SYNC_IDLE_MS);
    assert.equal(told.size, count);
  }
});

test('what is kept of orders without a certificate does not grow with them', () => {
  const bytesOf = (count: number): number => {
    const world = new World({ wallets: [...names(count), 'bob'], verify: () => true });
    const place = world.place('auth-0');
    for (const name of names(count)) {
      ask(world, place, { TAG: 'order', data: orderOf(world, name, 'bob') });
    }
    let bytes = 0;
    for (const [key, value] of place.state) {
      if (isDurable(key)) continue;
      assert.equal(value.byteLength, value.buffer.byteLength, `a view under ${key.charAt(0)}`);
      bytes += key.length + value.length;
    }
    return bytes;
  };
  assert.equal(bytesOf(4 * MAX_RECENT_VOTES), bytesOf(MAX_RECENT_VOTES));
});

test('an authority without orders to tell again looks for none', () => {
  const world = new World().connectAll();
  world.pay('alice', 'bob', 1n);
  world.run();
  world.pass(2 * ROUND_MS);
  const { state, node } = world.place('auth-0');
  const read: string[] = [];
  const get = (key: ByteKey) => {
    read.push(key.charAt(0));
    return state.get(key);
  };
  world.nowMs += ROUND_MS;
  node.step({ kind: 'tick' }, { nowMs: world.nowMs, wallMs: 0 }, { get });
  assert.ok(read.includes(SPACES.retelling.prefix));
  assert.ok(!read.includes(SPACES.accountAt.prefix));
});

test('an order that is certified is not told again', () => {
  const world = new World().connectAll();
  world.pay('alice', 'bob', 1n);
  world.run();
  const counts = countFrames(world);
  world.pass(4 * ROUND_MS);
  assert.equal(counts.get('gossip'), undefined);
});

test('an authority that may not vote keeps evidence all the same', () => {
  const world = new World();
  const place = world.place('auth-0');
  const { first, second } = pairOf(world, 'alice');
  ask(world, place, { TAG: 'order', data: first });
  place.state.set(SPACES.standing.key, encode(standingCoder, { reason: 'an old copy' }));
  const [answer] = ask(world, place, { TAG: 'order', data: second });
  assert.equal(answer?.TAG, 'orderRefusal');
  assert.equal(provenAt(world, 'auth-0'), 1);
  assert.deepEqual(accountAt(world, 'auth-0', 'alice').pending, first);
});

test('lies about a list lead to one question at most, keep nothing and end no process', () => {
  const world = new World();
  openLink(world);
  const tell = (message: Message): Message[] => hear(world, message);
  const { first, second } = pairOf(world, 'alice');
  const proven = [{ first, second }];
  const twice = [{ first, second: first }];
  const unsigned = [{ first, second: { ...second, signature: first.signature } }];
  const count = (n: bigint, fill: number): Message => {
    return { TAG: 'proofCount', data: { count: n, set: new Uint8Array(32).fill(fill) } };
  };
  const page = (from: bigint, n: bigint, list: readonly OrderPair[]): Message => {
    return { TAG: 'proofs', data: { from, count: n, list } };
  };
  const query = (from: bigint): Message => ({ TAG: 'proofsQuery', data: { from } });
  // That it holds the same proofs, which are none, and very many of them.
  assert.deepEqual(tell(count(MAX_SEQUENCE, 0)), []);
  assert.deepEqual(tell(page(MAX_SEQUENCE, MAX_SEQUENCE, proven)), []);
  assert.deepEqual(tell(page(0n, 1n, proven)), [], 'what was not asked for');
  assert.deepEqual(tell(count(3n, 1)), [query(0n)]);
  assert.deepEqual(tell(page(1n, 3n, proven)), [], 'another page than the one asked for');
  assert.deepEqual(tell(page(0n, 0n, proven)), [], 'more than there are');
  assert.deepEqual(tell(page(0n, 3n, twice)), [query(1n)]);
  assert.deepEqual(tell(page(1n, 3n, unsigned)), [query(2n)]);
  assert.deepEqual(tell(page(2n, 3n, [])), []);
  assert.equal(provenAt(world, 'auth-0'), 0);
  assert.deepEqual(tell(query(MAX_SEQUENCE)), [page(MAX_SEQUENCE, 0n, [])]);
  assert.deepEqual(tell(page(2n, 3n, proven)), []);
  assert.equal(provenAt(world, 'auth-0'), 1);
});
