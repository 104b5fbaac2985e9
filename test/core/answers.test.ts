/** What members answered, judged (agent/core/wallet/answers.ts): both sides of each bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { REFUSALS, type RefusalCode } from '../../agent/core/base/refusal.ts';
import type { Balance, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { orderHash } from '../../agent/core/codec/order.ts';
import type { Word } from '../../agent/core/codec/record.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import {
  answersOf,
  hasForgotten,
  heldBy,
  isConfirmed,
  lackOf,
  verdictOn,
} from '../../agent/core/wallet/answers.ts';
import { readLiveOrder } from '../../agent/core/wallet/holdings.ts';
import { World } from '../support/world.ts';

const NONCE = new Uint8Array(16).fill(9);

/** Alice, who has made `payments` payments, and what the members said to her question. */
function said(
  words: readonly (Partial<Word> | undefined)[],
  { payments = 0, isLive = false } = {},
) {
  const world = new World({ authorities: words.length }).connectAll();
  for (let n = 0; n < payments; n++) {
    world.pay('alice', 'bob', 1n);
    world.run();
  }
  if (isLive) world.pay('alice', 'bob', 1n);
  const { state, signer } = world.place('alice');
  const question = { nonce: NONCE, plan: undefined, attempts: undefined };
  state.set(SPACES.question.key, encode(SPACES.question.coder, question));
  const plain: Word = {
    next: BigInt(payments) as Sequence,
    received: 0n,
    pending: undefined,
    knows: true,
    answer: { code: undefined, balance: 0n as Balance },
  };
  for (const [at, word] of words.entries()) {
    const cell = SPACES.word.at(at as MemberIndex);
    if (word !== undefined) state.set(cell.key, encode(cell.coder, { ...plain, ...word }));
  }
  const read = { get: (key: ByteKey) => state.get(key) };
  const answers = answersOf(read, world.network, signer.publicKey, NONCE);
  return { world, read, answers, signer };
}

const yes: Partial<Word> = {};
const no = (code: RefusalCode, balance = 0n): Partial<Word> => {
  return { answer: { code: REFUSALS[code].wire, balance: balance as Balance } };
};
const poor = no('insufficient_balance');

test('answers are counted up to n - f, by committees of every size', () => {
  for (const [n, f] of [
    [1, 0],
    [3, 0],
    [4, 1],
    [6, 1],
    [7, 2],
  ] as const) {
    const some = (count: number) =>
      Array.from({ length: n }, (_, i) => (i < count ? yes : undefined));
    const enough = said(some(n - f)).answers;
    assert.deepEqual([enough.faults, enough.needed], [f, n - f]);
    assert.deepEqual(verdictOn(enough), { kind: 'sign' });
    assert.ok(isConfirmed(enough));
    const few = said(some(n - f - 1)).answers;
    assert.deepEqual(verdictOn(few), { kind: 'wait' });
    assert.equal(isConfirmed(few), false);
    assert.deepEqual(lackOf(few), { kind: 'too_few' });
    assert.equal(few.silent.length, f + 1);
  }
});

test('who does not remember its votes neither agrees nor would vote', () => {
  const { answers } = said([{ knows: false }, yes, yes, undefined]);
  assert.deepEqual(
    [answers.heard, answers.agreeing],
    [
      [0, 1, 2],
      [1, 2],
    ],
  );
  assert.deepEqual([answers.willing, answers.against], [[1, 2], []]);
});

test('who was asked about no payment would not vote for one', () => {
  const { answers } = said([{ answer: undefined }, yes]);
  assert.deepEqual([answers.agreeing, answers.willing], [[0, 1], [1]]);
});

test('who knows of a newer order is against, whatever it would say', () => {
  const [pending, next] = [new Uint8Array(32), 1n as Sequence];
  const { answers } = said([{ next }, { pending }, { ...poor, next }, yes]);
  assert.deepEqual([answers.against, answers.agreeing], [[0, 1, 2], [3]]);
  assert.deepEqual([answers.willing, answers.refusing], [[3], []]);
});

test('what a member voted for at a place that was decided since is no news, nor is the live order', () => {
  const pending = new Uint8Array(32);
  const old = said([{ next: 0n as Sequence, pending }], { payments: 1 });
  assert.deepEqual([old.answers.against, old.answers.agreeing], [[], [0]]);
  const { read, world } = said([yes, yes, yes, yes], { isLive: true });
  const live = readLiveOrder(read);
  assert.ok(live !== undefined);
  const hash = orderHash(world.network.id, live.order.order);
  const { answers } = said([{ pending: hash }, { pending }, yes, yes], { isLive: true });
  assert.deepEqual([answers.against, answers.agreeing], [[1], [0, 2, 3]]);
});

test('who has seen more income than the wallet does not agree, and is not against', () => {
  const { answers } = said([{ received: 1n }, yes]);
  assert.deepEqual([answers.agreeing, answers.against, answers.willing], [[1], [], [0, 1]]);
});

test('more than f that know better mean that something was forgotten', () => {
  const next = 1n as Sequence;
  assert.equal(hasForgotten(said([{ next }, yes, yes, yes]).answers), false);
  const two = said([{ next }, { next }, poor, poor]).answers;
  assert.equal(hasForgotten(two), true);
  assert.deepEqual(lackOf(two), { kind: 'forgotten' });
});

test('more than f firm refusals end a payment, with the code of most', () => {
  const full = no('too_many_accounts');
  const one = said([poor, yes, undefined, undefined]).answers;
  assert.deepEqual([verdictOn(one), lackOf(one)], [{ kind: 'wait' }, { kind: 'too_few' }]);
  const two = said([full, poor, poor, yes]).answers;
  const code = 'insufficient_balance';
  assert.deepEqual(verdictOn(two), { kind: 'refuse', code, refusers: 3 });
  assert.deepEqual(lackOf(two), { kind: 'refused', code });
});

test('a refusal of who is behind is not firm, but for one that never votes', () => {
  const behind = { next: 0n as Sequence };
  const late = said([{ ...poor, ...behind }, { ...poor, ...behind }, yes, undefined], {
    payments: 1,
  });
  assert.deepEqual(
    late.answers.refusing.map(({ mayComeRound }) => mayComeRound),
    [true, true],
  );
  assert.deepEqual(verdictOn(late.answers), { kind: 'wait' });
  const mute = { ...no('not_voting'), ...behind };
  const never = said([mute, mute, yes, undefined], { payments: 1 });
  assert.equal(verdictOn(never.answers).kind, 'refuse');
  const level = said([poor, poor, yes, undefined], { payments: 1 });
  assert.equal(verdictOn(level.answers).kind, 'refuse');
});

test('what an honest one says is held is the word of the f + 1st', () => {
  const words = [no('insufficient_balance', 9n), no('insufficient_balance', 5n), yes, yes];
  assert.equal(heldBy(said(words).answers), 5n);
  assert.equal(heldBy(said([no('insufficient_balance', 9n), yes, yes, yes]).answers), undefined);
});

test('a code that this version does not know is no answer to go by', () => {
  const { answers } = said([{ answer: { code: 250, balance: 0n as Balance } }, yes]);
  assert.deepEqual([answers.willing, answers.refusing], [[1], []]);
});

test('answers to another question do not count', () => {
  const { world, read, signer } = said([yes, yes, yes, yes]);
  const other = answersOf(read, world.network, signer.publicKey, new Uint8Array(16));
  assert.deepEqual([other.heard, other.silent.length], [[], 4]);
  assert.equal(answersOf(read, world.network, signer.publicKey).heard.length, 4);
});
