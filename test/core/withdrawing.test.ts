/**
 * A wallet withdraws: what it refuses before anybody is asked, that it asks before it signs, and
 * what it knows of its withdrawals (core/wallet/withdrawals.ts).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '@scure/base';
import { MAX_VALID_FOR_MS } from '../../agent/core/base/limits.ts';
import type { Amount, LedgerIndex, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { liveOrderOf, walletOf } from '../../agent/core/views.ts';
import { ownWithdrawal } from '../../agent/core/wallet/withdrawals.ts';
import { balanceAt, digestOf, lockedAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

type Parts = Parameters<World['withdraw']>[2];

/** The code with which it is refused before anybody is asked; undefined: it is asked about. */
function refusedWith(parts: Parts, minor = 10n): string | undefined {
  const world = new World({ heartbeats: true }).connectAll();
  const step = world.withdraw('alice', minor, parts);
  const [notice] = step.notices;
  if (notice?.kind !== 'command_refused') {
    assert.ok(step.sends.length > 0);
    return undefined;
  }
  assert.equal(step.sends.length, 0, 'nobody is asked');
  return notice.refusal.refused;
}

/** Until when, as the world's clock goes at its start. */
const inMs = (ms: number): bigint => BigInt(new World().nowMs + ms);

describe('a wallet refuses a withdrawal before anybody is asked', () => {
  const cases: readonly (readonly [string, Parts, string | undefined])[] = [
    ['none that is sound', {}, undefined],
    ['of nothing', { amount: 0n as Amount }, 'amount_zero'],
    ['of an unknown token', { token: 2 as TokenIndex }, 'unknown_token'],
    ['of a token that is not paid out', { token: 1 as TokenIndex }, 'token_not_paid_out'],
    ['through an unknown ledger', { ledger: 1 as LedgerIndex }, 'unknown_ledger'],
    ['to nobody', { recipient: new Uint8Array() }, 'bad_recipient'],
    ['to 128 bytes, not', { recipient: utf8.decode('a'.repeat(128)) }, undefined],
    ['to more than 128 bytes', { recipient: utf8.decode('a'.repeat(129)) }, 'bad_recipient'],
    ['to bytes that are no text', { recipient: Uint8Array.of(0xc3) }, 'bad_recipient'],
    ['to a text with a space at its end', { recipient: utf8.decode('Anna ') }, 'bad_recipient'],
    ['that is tried until now', { validUntilMs: inMs(0) }, 'bad_valid_until'],
    ['that was tried long ago', { validUntilMs: 0n }, 'bad_valid_until'],
    ['that is tried for a millisecond, not', { validUntilMs: inMs(1) }, undefined],
    ['for the longest time, not', { validUntilMs: inMs(MAX_VALID_FOR_MS) }, undefined],
    ['for longer', { validUntilMs: inMs(MAX_VALID_FOR_MS + 1) }, 'bad_valid_until'],
  ];
  for (const [what, parts, code] of cases) {
    it(what, () => assert.equal(refusedWith(parts), code));
  }

  it('while another order is on its way', () => {
    const world = new World({ heartbeats: true }).connectAll();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'vote';
    world.withdraw('alice', 10n);
    world.run();
    const [notice] = world.withdraw('alice', 10n).notices;
    assert.ok(notice?.kind === 'command_refused' && notice.refusal.refused === 'order_in_flight');
  });
});

function stepsOf(world: World, sequence = 0n): readonly string[] {
  const { state } = world.place('alice');
  return ownWithdrawal(state, sequence as Sequence)?.steps.map((step) => step.state) ?? [];
}

describe('a withdrawal', () => {
  it('is asked about, signed, certified, and locked everywhere', () => {
    const world = new World({ heartbeats: true }).connectAll();
    world.withdraw('alice', 300n);
    world.run();
    assert.deepEqual(stepsOf(world), ['pending', 'locked', 'signing', 'certified']);
    for (const { name } of world.authorities) {
      assert.equal(balanceAt(world, name, 'alice'), 700n, name);
      assert.equal(lockedAt(world, name, 'alice'), 300n, name);
      assert.equal(digestOf(world, name), digestOf(world, 'auth-0'), name);
    }
    const { state, signer } = world.place('alice');
    const { next, balances } = walletOf(state, world.network, signer.publicKey);
    assert.equal(next, 1n);
    assert.equal(balances[0]?.balance, 700n);
  });

  it('is followed by transfers and other withdrawals while it is not finished', () => {
    const world = new World({ heartbeats: true }).connectAll();
    world.withdraw('alice', 300n);
    world.run();
    world.plan('alice', 'bob', 100n);
    world.run();
    world.withdraw('alice', 50n, { recipient: utf8.decode('Berta') });
    world.run();
    assert.equal(balanceAt(world, 'auth-2', 'alice'), 550n);
    assert.equal(lockedAt(world, 'auth-2', 'alice'), 350n);
    assert.equal(balanceAt(world, 'auth-2', 'bob'), 1_100n);
    assert.deepEqual([stepsOf(world, 1n), stepsOf(world, 2n).at(-1)], [[], 'certified']);
  });

  it('of more than there is, is not signed', () => {
    const world = new World({ heartbeats: true }).connectAll();
    world.withdraw('alice', 1_001n);
    world.run();
    const [refused] = world.notices('alice', 'command_refused');
    assert.equal(refused?.refusal.refused, 'insufficient_balance');
    assert.equal(liveOrderOf(world.place('alice').state), undefined);
    assert.deepEqual(stepsOf(world), []);
  });

  it('goes on with the same bytes after its wallet died at any step', () => {
    const world = new World({ heartbeats: true }).connectAll();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'vote';
    world.withdraw('alice', 300n);
    world.run();
    const before = liveOrderOf(world.place('alice').state)?.order;
    assert.ok(before !== undefined);
    world.restart('alice');
    assert.deepEqual(liveOrderOf(world.place('alice').state)?.order, before);
    world.onFrame = () => true;
    for (const { name } of world.authorities) world.connect('alice', name);
    world.run();
    world.pass(20_000);
    assert.equal(stepsOf(world).at(-1), 'certified');
    assert.equal(lockedAt(world, 'auth-1', 'alice'), 300n);
  });

  it('comes back to a wallet that has only its key, on its way or certified', () => {
    for (const isCertified of [false, true]) {
      const world = new World({ heartbeats: true }).connectAll();
      if (!isCertified) world.onFrame = (_from, _to, { message }) => message.TAG !== 'vote';
      world.withdraw('alice', 300n);
      world.run();
      world.place('alice').state.clear();
      world.restart('alice');
      world.onFrame = () => true;
      for (const { name } of world.authorities) world.connect('alice', name);
      world.refresh('alice');
      world.run();
      world.pass(20_000);
      assert.equal(stepsOf(world).at(-1), 'certified', `certified before: ${isCertified}`);
      const { state, signer } = world.place('alice');
      assert.equal(walletOf(state, world.network, signer.publicKey).balances[0]?.balance, 700n);
    }
  });
});
