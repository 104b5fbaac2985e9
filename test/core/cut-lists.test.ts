/**
 * Lists that are longer than what is done at once: whoever has all the places that come first, by
 * keys, by age or by coming last, keeps nobody else from their turn.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAccount } from '../../agent/core/authority/account.ts';
import {
  ASK_WAYS_EVERY_MS,
  MAX_INCOME_SHOWN,
  MAX_RELAY_LINKS,
  SYNC_BUSY_MS,
} from '../../agent/core/base/limits.ts';
import type { LinkId, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { draw, someOf } from '../../agent/core/chance.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const MEMBERS = ['auth-0', 'auth-1', 'auth-2'];

/** An account whose key is chosen: it begins with these bytes, and `n` makes it another. */
function chosen(first: readonly number[], n: number): Uint8Array {
  const account = new Uint8Array(32);
  account.set(first);
  new DataView(account.buffer).setUint32(28, n + 1);
  return account;
}

/**
 * auth-3 was away. The others know of a payment by each honest account, and of one more by each
 * hostile one in every round. Returns how many rounds it took until auth-3 knew of the honest ones.
 */
function roundsUntilHeard(
  hostile: readonly Uint8Array[],
  honest: readonly Uint8Array[],
  mostRounds: number,
): number {
  const world = new World({ verify: () => true });
  MEMBERS.forEach((name, i) => {
    for (const other of MEMBERS.slice(i + 1)) world.connect(name, other);
  });
  world.run();
  const template = orderOf(world, 'alice', 'bob');
  const pay = (account: Uint8Array, sequence: number): void => {
    const order = { ...template.order, account, sequence: BigInt(sequence) as Sequence };
    const data = certificateOf(world, { ...template, order });
    for (const name of MEMBERS) ask(world, world.place(name), { TAG: 'certificate', data });
  };
  for (const account of honest) pay(account, 0);
  for (const account of hostile) pay(account, 0);
  for (const name of MEMBERS) world.connect(name, 'auth-3');
  world.run();
  const isLate = (account: Uint8Array): boolean => {
    const { state } = world.place('auth-3');
    const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
    return readAccount(draft, account).next === 0n;
  };
  for (let round = 1; ; round++) {
    if (!honest.some(isLate)) return round;
    if (round > mostRounds) return Infinity;
    for (const account of hostile) pay(account, round);
    world.pass(SYNC_BUSY_MS);
  }
}

test('four accounts with the lowest keys, paying all the time, keep no authority late', () => {
  const hostile = [0x00, 0x10, 0x20, 0x30].map((byte) => chosen([byte], 0));
  const honest = [0x60, 0x80, 0xa0, 0xc0, 0xe0].map((byte) => chosen([byte], 1));
  assert.ok(roundsUntilHeard(hostile, honest, 120) < 120);
});

test('the highest keys are no better', () => {
  const hostile = [0xc0, 0xd0, 0xe0, 0xf0].map((byte) => chosen([byte], 0));
  const honest = [0x10, 0x30, 0x50].map((byte) => chosen([byte], 1));
  assert.ok(roundsUntilHeard(hostile, honest, 120) < 120);
});

test('nor are four hundred, in all branches but those of the honest', () => {
  const hostile = Array.from({ length: 400 }, (_, n) => chosen([n & 0xbf, (n * 7) & 255], n));
  const honest = [0xc0, 0xe0, 0xf0].map((byte) => chosen([byte, 0xff], 1));
  assert.ok(roundsUntilHeard(hostile, honest, 120) < 120);
});

test('nor are forty that share all but the last bits with the honest one, before and after it', () => {
  for (const offset of [0, 1_000]) {
    const hostile = Array.from({ length: 40 }, (_, n) => chosen([7, 7, 7, 7, 7], n + offset));
    assert.ok(roundsUntilHeard(hostile, [chosen([7, 7, 7, 7, 7], 500)], 120) < 120);
  }
});

test('a draw is below its bound, another from time to time, and the same for the same question', () => {
  const at = (nowMs: number, seed = 1): Draft => {
    const value = new Uint8Array(16).fill(seed);
    const read = { get: (key: string) => (key === SPACES.seed.key ? value : undefined) };
    return new Draft(read, { nowMs, wallMs: 0 });
  };
  const seen = new Set<number>();
  for (let ms = 0; ms < 400; ms++) seen.add(draw(at(ms), 16, 'this'));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [...Array(16).keys()],
  );
  assert.equal(draw(at(5), 2 ** 32, 'this'), draw(at(5), 2 ** 32, 'this'));
  const others = [
    draw(at(5), 2 ** 32, 'this'),
    draw(at(6), 2 ** 32, 'this'),
    draw(at(5), 2 ** 32, 'that'),
    draw(at(5), 2 ** 32, 'this', 1n as LinkId),
    draw(at(5, 2), 2 ** 32, 'this'),
  ];
  assert.equal(new Set(others).size, others.length);
  assert.equal(draw(at(5), 1, 'this'), 0);
  assert.equal(draw(at(5), 0, 'this'), 0);
});

test('some of a list are so many, in a row, each place first as often as another', () => {
  const list = [...'abcdefg'];
  const firsts = new Set<string>();
  for (let nowMs = 0; nowMs < 200; nowMs++) {
    const draft = new Draft({ get: () => undefined }, { nowMs, wallMs: 0 });
    const some = someOf(draft, list, 3, 'letters').join('');
    assert.ok('abcdefgab'.includes(some) && some.length === 3, some);
    firsts.add(some.charAt(0));
    assert.equal(someOf(draft, list, 7, 'letters').join(''), 'abcdefg');
    assert.equal(someOf(draft, list, 6, 'letters').length, 6);
  }
  assert.equal(firsts.size, 7);
});

test('strangers that hang up and call again do not keep a relay from asking an old link', () => {
  const relays = ['first', 'old'];
  const world = new World({ relays });
  world.connect('first', 'old', 'found');
  const first = world.place('first');
  let asked = 0;
  world.onFrame = (from, to, { message }) => {
    if (from.name === 'first' && to.name === 'old' && message.TAG === 'wayQuery') asked++;
    return false;
  };
  const message: Message = { TAG: 'order', data: orderOf(world, 'alice', 'bob') };
  const bytes = frameOf(message, 0 as MemberIndex);
  let link = 1_000n;
  for (let frame = 0; frame < 60; frame++) {
    for (let n = 1; n < MAX_RELAY_LINKS; n++, link++) {
      const gone = (link - BigInt(MAX_RELAY_LINKS - 1)) as LinkId;
      world.event(first, { kind: 'link_down', link: gone });
      const peerKey = new Uint8Array(32).fill(n);
      world.event(first, { kind: 'link_up', link: link as LinkId, peerKey, wanted: false });
    }
    world.nowMs += 2 * ASK_WAYS_EVERY_MS;
    world.event(first, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    world.run();
  }
  assert.ok(asked > 1, `asked ${asked} times of 60`);
});

test('wallets that do not live long show all their income, under any number of small payments', () => {
  const world = new World({ wallets: ['alice', 'bob', 'dave'] });
  const paid = (from: string, sequence: number, amount: bigint) => {
    const order = orderOf(world, from, 'bob', { sequence: BigInt(sequence), amount });
    return certificateOf(world, order, [1, 2, 3]);
  };
  const certificates = [paid('alice', 0, 500n)];
  for (let n = 0; n < 20 * MAX_INCOME_SHOWN; n++) certificates.push(paid('dave', n, 1n));
  for (const data of certificates) {
    const link = 0xbadn as LinkId;
    const credits = { member: 0 as MemberIndex, account: world.place('bob').signer.publicKey };
    const message: Message = {
      TAG: 'credits',
      data: { ...credits, from: 0n, received: 1n, certificates: [data] },
    };
    const bytes = frameOf(message);
    world.event(world.place('bob'), { kind: 'frame', link, bytes });
  }
  assert.equal(world.notices('bob', 'received').length, certificates.length);
  for (let life = 0; life < 200 && balanceAt(world, 'auth-0', 'alice') === 1_000n; life++) {
    world.restart('bob');
    world.connect('bob', 'auth-0');
    world.pay('bob', 'dave', 1_500n);
    world.run();
    world.pass(400);
  }
  assert.equal(balanceAt(world, 'auth-0', 'alice'), 500n);
});
