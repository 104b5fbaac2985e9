/**
 * Catching up from several costs what catching up from one costs (authority/claims.ts, catchup.ts).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claim, isClaimed, renew } from '../../agent/core/authority/claims.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { CLAIM_MS, MAX_CLAIM_MS, MAX_CLAIMS } from '../../agent/core/base/limits.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import { Draft } from '../../agent/core/draft.ts';
import { frameOf, orderOf } from '../support/forge.ts';
import { digestOf } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const [A, B] = [0 as MemberIndex, 1 as MemberIndex];

/** Claims in a memory of their own. */
function claims() {
  const state = new Map<ByteKey, Uint8Array>();
  const at =
    <T>(act: (draft: Draft, subject: Uint8Array, member: MemberIndex) => T) =>
    (nowMs: number, subject: number, member: MemberIndex): T => {
      const draft = new Draft({ get: (key) => state.get(key) }, { nowMs, wallMs: 0 });
      const answer = act(draft, Uint8Array.of(subject >> 8, subject & 255), member);
      for (const { key, value } of draft.finish(undefined).writes) if (value) state.set(key, value);
      return answer;
    };
  const isClaimedAt = (nowMs: number, subject: number) => at(isClaimed)(nowMs, subject, A);
  return { state, claimAt: at(claim), renewAt: at(renew), isClaimedAt };
}

describe('a claim', () => {
  it('keeps everybody away for a while: the others, and the same from being asked twice', () => {
    const { claimAt, isClaimedAt } = claims();
    assert.ok(!isClaimedAt(1_000, 7));
    assert.ok(claimAt(1_000, 7, A));
    for (const ms of [1_000, 1_000 + CLAIM_MS - 1]) {
      assert.ok(isClaimedAt(ms, 7));
      assert.ok(!claimAt(ms, 7, A));
      assert.ok(!claimAt(ms, 7, B));
    }
    assert.ok(!isClaimedAt(1_000 + CLAIM_MS, 7));
    assert.ok(claimAt(1_000 + CLAIM_MS, 7, B));
    assert.ok(claimAt(1_000, 8, B), 'of another subject there is none');
  });

  it('cannot be made again at once: others have as long a time', () => {
    const { claimAt } = claims();
    assert.ok(claimAt(0, 7, A));
    for (let ms = 10; ms < 2 * CLAIM_MS; ms += 10) {
      assert.equal(claimAt(ms, 7, A), ms >= CLAIM_MS, `${ms}`);
      assert.equal(claimAt(ms, 7, B), ms >= CLAIM_MS, `${ms}`);
    }
    assert.ok(claimAt(2 * CLAIM_MS, 7, B), 'and then whoever is first');
    assert.ok(!claimAt(2 * CLAIM_MS, 7, A));
  });

  it('lasts while something new comes of it, and then others have as long a time', () => {
    const { claimAt, renewAt } = claims();
    assert.ok(claimAt(0, 7, A));
    assert.ok(renewAt(CLAIM_MS - 1, 7, A));
    assert.ok(!claimAt(2 * CLAIM_MS - 2, 7, B));
    assert.ok(!renewAt(2 * CLAIM_MS - 2, 7, B), 'the other brings the rest');
    const endMs = 2 * CLAIM_MS - 1;
    assert.ok(renewAt(endMs, 7, B));
    for (const ms of [endMs, 2 * endMs - 1]) {
      assert.ok(claimAt(ms, 7, B));
      assert.ok(claimAt(ms, 7, A));
    }
    assert.ok(claimAt(2 * endMs, 7, B));
    assert.ok(!claimAt(2 * endMs, 7, A));
  });

  it('does not last for ever, however much trickles in', () => {
    const { claimAt, renewAt } = claims();
    assert.ok(claimAt(0, 7, A));
    let heldMs = 0;
    for (let ms = 0; ms < 3 * MAX_CLAIM_MS; ms += CLAIM_MS / 2) {
      renewAt(ms, 7, A);
      if (!renewAt(ms, 7, B)) heldMs = ms;
    }
    assert.ok(heldMs < MAX_CLAIM_MS + CLAIM_MS);
    assert.ok(heldMs > MAX_CLAIM_MS - CLAIM_MS);
  });

  it('is made by who brings something unasked', () => {
    const { claimAt, renewAt } = claims();
    assert.ok(renewAt(0, 7, A));
    assert.ok(!claimAt(0, 7, B));
  });

  it('is one of so many', () => {
    const { state, claimAt } = claims();
    for (let subject = 0; subject < 20_000; subject++) claimAt(1_000, subject, A);
    assert.ok(state.size <= MAX_CLAIMS);
  });
});

/** What a late member gets from so many peers with the same ledger; auth-3 is late. */
function catchUp(peers: number, silent: readonly string[] = []) {
  const wallets = Array.from({ length: 400 }, (_, i) => `wallet-${i}`);
  const world = new World({ wallets: ['bob', ...wallets], verify: () => true });
  for (const wallet of wallets) {
    const order = orderOf(world, wallet, 'bob');
    const votes = [0, 1, 2].map((member) => ({
      member: member as MemberIndex,
      signature: new Uint8Array(64),
    }));
    const bytes = frameOf({ TAG: 'certificate', data: { epoch: 0 as Epoch, order, votes } });
    for (let i = 0; i < peers; i++) {
      world.event(world.place(`auth-${i}`), { kind: 'frame', link: 9n as never, bytes });
    }
  }
  let brought = 0;
  world.onFrame = (from, to, { message }) => {
    if (message.TAG !== 'certificates') return true;
    if (silent.includes(from.name)) return false;
    if (to.name === 'auth-3') brought += message.data.certificates.length;
    return true;
  };
  for (let i = 0; i < peers; i++) world.connect('auth-3', `auth-${i}`);
  world.run();
  let rounds = 0;
  while (digestOf(world, 'auth-3') !== digestOf(world, 'auth-0') && rounds < 400) {
    world.pass(250);
    rounds++;
  }
  assert.equal(digestOf(world, 'auth-3'), digestOf(world, 'auth-0'));
  return { share: brought / wallets.length, rounds };
}

describe('an authority that is late', () => {
  it('is brought little twice by two or three', () => {
    const [one, two, three] = [catchUp(1), catchUp(2), catchUp(3)];
    assert.ok(one.share < 1.2, `${one.share}`);
    assert.ok(two.share < 1.35, `${two.share}`);
    assert.ok(three.share < 1.35, `${three.share}`);
    assert.ok(two.rounds <= one.rounds && three.rounds <= one.rounds);
  });

  it('catches up where one of two says that it differs, and brings nothing', () => {
    assert.ok(catchUp(2, ['auth-1']).rounds < 400);
  });
});
