/**
 * Committees of every size that the protocol is planned for: what a quorum is worth, to the vote.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_CERTIFICATE_BYTES, MAX_FRAME_BYTES } from '../../agent/core/base/limits.ts';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import { ownLifeCoder, standingCoder } from '../../agent/core/codec/record.ts';
import { checkCertificate } from '../../agent/core/network/certificate.ts';
import { faultsTolerated, quorumOf, vouchersNeeded } from '../../agent/core/network/committee.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, orderOf, verdictOf } from '../support/forge.ts';
import { verify } from '../support/keys.ts';
import { balanceAt, digestOf } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const SIZES = Array.from({ length: 31 }, (_, i) => i + 1);

/** f and the quorum of 1 to 31 members, reckoned by hand. */
const FAULTS = [
  0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10,
];
const QUORUMS = [
  1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 11, 11, 12, 13, 13, 14, 15, 15, 16, 17, 17, 18, 19, 19,
  20, 21, 21,
];

function names(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Wallets with links to these members alone, and no links between those. */
function worldWith(n: number, members: readonly number[]): World {
  const world = new World({ authorities: n });
  for (const wallet of ['alice', 'bob']) {
    for (const member of members) world.connect(wallet, `auth-${member}`);
  }
  world.run();
  return world;
}

describe('a committee of 1 to 31', () => {
  it('stands f hostile members, and decides by a quorum', () => {
    for (const n of SIZES) {
      assert.equal(faultsTolerated(n), FAULTS[n - 1], `f of ${n}`);
      assert.equal(quorumOf(n), QUORUMS[n - 1], `quorum of ${n}`);
      const [f, q] = [faultsTolerated(n), quorumOf(n)];
      assert.ok(2 * q - n > f && q <= n - f, 'two share an honest one, and one can be had');
      // One fault more, or one vote fewer, and it is not so any more. (Of 3, 6, 9 one would do
      // less.)
      assert.ok(3 * (f + 1) >= n);
      assert.ok(n % 3 === 0 || 2 * (q - 1) - n <= f);
      assert.equal(vouchersNeeded(n), Math.min(n - f, n - 1));
    }
  });

  it('takes a certificate of a quorum, and none with a vote fewer', () => {
    for (const n of SIZES) {
      const world = new World({ authorities: n });
      const order = orderOf(world, 'alice', 'bob');
      const q = quorumOf(n);
      const [few, enough, all] = [q - 1, q, n].map((count) =>
        certificateOf(world, order, names(0, count)),
      );
      assert.ok(few !== undefined && enough !== undefined && all !== undefined);
      const check = (certificate: typeof few) =>
        checkCertificate(world.network.state, { network: world.network, verify }, certificate)
          ?.refused;
      assert.equal(check(few), 'no_quorum');
      assert.equal(check(enough), undefined);
      assert.equal(check(all), undefined);
      // To an authority, and to the one that has no vote in it where there is one.
      const place = world.place(`auth-${n - 1}`);
      ask(world, place, { TAG: 'order', data: order });
      const bring = (data: typeof few) =>
        verdictOf(ask(world, place, { TAG: 'certificate', data }));
      assert.equal(bring(few), REFUSALS.no_quorum.wire);
      assert.equal(bring(enough), 'applied');
      assert.equal(bring(all), 'applied');
    }
  });

  it('pays while f members are silent, and not with one more', () => {
    for (const n of SIZES) {
      const f = faultsTolerated(n);
      const world = worldWith(n, names(f, n));
      world.pay('alice', 'bob', 3n);
      world.run();
      assert.equal(world.notices('alice', 'order_certified').length, 1, `${n}`);
      const quorums = world.notices('alice', 'vote_received').map(({ quorum }) => quorum);
      assert.ok(quorums.every((quorum) => quorum === quorumOf(n)));
      if (n === 1) continue;
      const short = worldWith(n, names(f + 1, n));
      short.pay('alice', 'bob', 3n);
      short.run();
      assert.equal(short.notices('alice', 'order_certified').length, 0, `${n}`);
    }
  });
});

describe('before it signs, a wallet has the words of n - f, not one fewer', () => {
  const signed = (world: World): number => world.notices('alice', 'order_created').length;

  it('of every size, where f + 1 are far fewer', () => {
    for (const n of [4, 5, 6, 7, 10, 13, 19, 31]) {
      const f = faultsTolerated(n);
      assert.ok(n - f > f + 1);
      const few = worldWith(n, names(f + 1, n));
      few.plan('alice', 'bob', 3n);
      few.run();
      assert.equal(signed(few), 0, `${n}`);
      few.connect('alice', 'auth-0');
      few.run();
      assert.equal(signed(few), 1, `${n}`);
    }
  });

  it('and of those who know what they voted for', () => {
    for (const space of ['standing', 'firstStart'] as const) {
      const world = worldWith(4, [1, 2, 3]);
      const reason = encode(standingCoder, { reason: 'an old copy' });
      const life = encode(ownLifeCoder, { life: new Uint8Array(16) });
      const place = world.place('auth-3');
      place.state.set(SPACES[space].key, space === 'standing' ? reason : life);
      world.plan('alice', 'bob', 3n);
      world.run();
      assert.equal(signed(world), 0, space);
      world.connect('alice', 'auth-0');
      world.run();
      assert.equal(signed(world), 1, space);
    }
  });
});

describe('a committee of 31', () => {
  it('pays, spreads, catches one up that was away, and tells a payee', () => {
    const world = new World({ authorities: 31, wallets: ['alice', 'bob'] });
    const present = names(0, 30);
    for (const a of present)
      for (const b of names(a + 1, 30)) world.connect(`auth-${a}`, `auth-${b}`);
    for (const wallet of ['alice', 'bob']) {
      for (const member of present) world.connect(wallet, `auth-${member}`);
    }
    world.run(1_000_000);
    for (let n = 0; n < 3; n++) {
      world.pay('alice', 'bob', 10n);
      world.run(1_000_000);
    }
    assert.equal(world.notices('alice', 'order_certified').length, 3);
    for (const member of names(0, 30)) world.connect('auth-30', `auth-${member}`);
    world.pass(30_000);
    assert.equal(balanceAt(world, 'auth-30', 'bob'), 1_030n);
    assert.equal(new Set(world.authorities.map(({ name }) => digestOf(world, name))).size, 1);
    world.refresh('bob');
    world.run(1_000_000);
    assert.equal(world.notices('bob', 'received').length, 3);
  });

  it('has certificates of its largest size in a frame', () => {
    const world = new World({ authorities: 31 });
    const order = orderOf(world, 'alice', 'bob', { memo: 'm'.repeat(64) });
    const certificate = certificateOf(world, order, names(0, 31));
    assert.ok(encode(certificateCoder, certificate).length <= MAX_CERTIFICATE_BYTES);
    const account = world.place('alice').signer.publicKey;
    const page = { member: 30 as never, account, next: 4n as never };
    const certificates = [certificate, certificate, certificate, certificate];
    const message = { TAG: 'certificates', data: { ...page, certificates } } as const;
    const frame = encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
    assert.ok(frame.length <= MAX_FRAME_BYTES);
  });

  it('is reached through one relay', () => {
    const world = new World({ authorities: 31, relays: ['relay'] });
    for (const { name } of world.authorities) world.connect('relay', name);
    world.connect('alice', 'relay');
    world.run();
    world.pay('alice', 'bob', 5n);
    world.pass(10_000);
    assert.equal(world.notices('alice', 'order_certified').length, 1);
    for (const { name } of world.authorities) assert.equal(balanceAt(world, name, 'bob'), 1_005n);
  });
});
