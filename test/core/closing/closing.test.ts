/**
 * Closing a sequence, as real nodes do it: what the owner asks, what members state, what is decided
 * and what becomes of the account; and that whoever knows the same holds the same ledger.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderHash } from '../../../agent/core/codec/order.ts';
import { recordAt } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { Closings } from '../../support/closings.ts';
import { HRS } from '../../support/world.ts';

test('an order that nobody may vote for is cancelled, and the account pays on', () => {
  const world = new Closings();
  world.pay('alice', 'bob', 5_000n);
  world.run();
  world.close('alice', 'wish');
  world.pass(3_000);
  world.agree({ next: 1n, balance: 1_000n, reserved: 0n });
  assert.deepEqual(world.wallet('alice'), { next: 1n, balance: 1_000n, live: false });
  world.plan('alice', 'bob', 7n);
  world.run();
  world.pass(1_000);
  world.agree({ next: 2n, balance: 993n, reserved: 0n });
});

test('nobody but the owner can have a sequence closed', () => {
  const world = new Closings();
  world.request('bob', world.wishOf('bob', { of: 'alice', sequence: 0n }));
  world.pass(3_000);
  world.agree({ next: 0n, balance: 1_000n, reserved: 0n });
  for (const place of world.authorities) {
    assert.equal(world.account(place)?.stated ?? false, false, place.name);
  }
});

test('a wish for a later or an earlier sequence closes nothing', () => {
  const world = new Closings();
  world.plan('alice', 'bob', 1n);
  world.run();
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 2n }));
  world.pass(3_000);
  world.agree({ next: 1n, balance: 999n, reserved: 0n });
});

test('after its statement an authority votes for nothing else at that sequence', () => {
  const world = new Closings();
  world.silence(2, 3);
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.run();
  const order = world.order('bob', 5n);
  assert.equal(world.vote(0, order), false);
  world.restart('auth-0');
  assert.equal(world.vote(0, order), false, 'nor after a restart');
});

test('the order that it stated it votes for again', () => {
  const world = new Closings();
  world.silence(2, 3);
  const order = world.order('bob', 5n);
  assert.equal(world.vote(0, order), true);
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.run();
  assert.equal(world.vote(0, order), true);
  assert.equal(world.vote(0, world.order('carol', 5n)), false);
});

test('of votes that are split 2 to 2 both orders stay possible, and the rest is free', () => {
  const world = new Closings();
  const [first, second] = world.split(300n, 500n);
  world.request('alice', world.proofOf(first, second));
  world.pass(3_000);
  world.agree({ next: 1n, balance: 500n, reserved: 500n });
  world.payNow('alice', 100n, 1n);
  world.agree({ next: 2n, balance: 400n, reserved: 500n });
});

for (const which of [0, 1] as const) {
  test(`a hidden certificate is paid from the reserve, and the rest comes back (${which})`, () => {
    const world = new Closings();
    const orders = world.split(300n, 500n);
    world.request('alice', world.proofOf(...orders));
    world.pass(3_000);
    world.payNow('alice', 100n, 1n);
    // A traitor voted for both, and an honest one for this, who lost count: three votes.
    world.show('auth-2', world.certificate(orders[which], [0, 1, 2]));
    world.pass(20_000);
    const amount = orders[which].order.action.data.amount;
    world.agree({ next: 2n, balance: 900n - amount, reserved: 0n });
  });
}

test('votes of 3 to 1 with one silent member: the order wins, and gets an ordinary certificate', () => {
  const world = new Closings();
  const [first, second] = [world.order('bob', 300n), world.order('carol', 500n)];
  for (const member of [0, 1]) assert.equal(world.vote(member, first), true);
  assert.equal(world.vote(3, second), true);
  world.silence(3);
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.pass(5_000);
  world.hear();
  world.pass(20_000);
  world.agree({ next: 1n, balance: 700n, reserved: 0n });
  for (const place of world.authorities) {
    const certificate = world.certified(place, 0n);
    assert.deepEqual(
      certificate && orderHash(world.network.id, certificate.order.order),
      orderHash(world.network.id, first.order),
    );
  }
});

test('a member that comes back settles a reserve, and the money is free again', () => {
  const world = new Closings();
  const [first, second] = [world.order('bob', 300n), world.order('carol', 500n)];
  assert.equal(world.vote(0, first), true);
  assert.equal(world.vote(1, second), true);
  world.silence(3);
  world.request('alice', world.proofOf(first, second));
  world.pass(5_000);
  world.agree({ next: 1n, balance: 500n, reserved: 500n }, [0, 1, 2]);
  world.hear();
  world.pass(30_000);
  world.agree({ next: 1n, balance: 1_000n, reserved: 0n });
});

test('a member that was away learns what was closed, and what came after', () => {
  const world = new Closings();
  world.silence(3);
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.pass(5_000);
  world.payNow('alice', 100n, 1n, [0, 1, 2]);
  world.agree({ next: 2n, balance: 900n, reserved: 0n }, [0, 1, 2]);
  world.hear();
  world.pass(30_000);
  world.agree({ next: 2n, balance: 900n, reserved: 0n });
});

test('a certificate that some have already ends the closing: nothing else is decided', () => {
  const world = new Closings();
  const order = world.order('bob', 300n);
  for (const member of [0, 1, 2, 3]) assert.equal(world.vote(member, order), true);
  world.silence(3);
  world.show('auth-3', world.certificate(order, [0, 1, 2]), false);
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.pass(300);
  world.hear();
  world.pass(30_000);
  world.agree({ next: 1n, balance: 700n, reserved: 0n });
});

test('what a closing left is on disk, and known after a restart', () => {
  const world = new Closings();
  const [first, second] = world.split(300n, 500n);
  world.request('alice', world.proofOf(first, second));
  world.pass(3_000);
  for (const { name } of world.authorities) world.restart(name);
  world.connectAll();
  world.pass(6_000);
  world.agree({ next: 1n, balance: 500n, reserved: 500n });
  const closing = recordAt(
    { get: (key) => world.place('auth-0').state.get(key) },
    SPACES.closing.at(first.order.account, first.order.sequence),
  );
  assert.deepEqual(closing?.reserve?.amounts, [{ token: HRS, amount: 500n }]);
});

test('a closing takes one of the votes that the account has an hour', () => {
  const world = new Closings({ votesPerHour: 1 });
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
  world.pass(3_000);
  world.agree({ next: 1n, balance: 1_000n, reserved: 0n });
  world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 1n }));
  world.pass(3_000);
  world.agree({ next: 1n, balance: 1_000n, reserved: 0n });
});

for (const dead of [0, 1, 2, 3]) {
  test(`with member ${dead} of four dead a closing takes less than two seconds of waiting`, () => {
    const world = new Closings();
    world.silence(dead);
    const begunMs = world.nowMs;
    const closed = (): boolean =>
      world.authorities.every(({ name }) => {
        return name === `auth-${dead}` || world.notices(name, 'closed').length > 0;
      });
    world.request('alice', world.wishOf('alice', { of: 'alice', sequence: 0n }));
    while (!closed()) {
      assert.ok(world.nowMs - begunMs < 2_000, `${world.nowMs - begunMs}`);
      world.pass(50);
    }
  });
}

test('who applied a certificate before the others closed with a reserve holds the same ledger', () => {
  const world = new Closings();
  const [first, second] = [world.order('bob', 300n), world.order('carol', 500n)];
  for (const member of [0, 1]) assert.equal(world.vote(member, first), true);
  assert.equal(world.vote(2, second), true);
  world.silence(3);
  world.show('auth-3', world.certificate(first, [0, 1, 3]), false);
  world.request('alice', world.proofOf(first, second));
  world.pass(4_000);
  world.agree({ next: 1n, balance: 500n, reserved: 500n }, [0, 1, 2]);
  world.payNow('alice', 100n, 1n, [0, 1, 2]);
  world.hear();
  world.pass(30_000);
  world.agree({ next: 2n, balance: 600n, reserved: 0n });
});

test('what a member states late is told again when it was lost', () => {
  const world = new Closings();
  const [first, second] = [world.order('bob', 300n), world.order('carol', 500n)];
  assert.equal(world.vote(0, first), true);
  assert.equal(world.vote(1, second), true);
  world.silence(3);
  world.request('alice', world.proofOf(first, second));
  world.pass(5_000);
  const hears = world.onFrame;
  let lost = 0;
  world.onFrame = (from, to, frame) => {
    const isStatement = frame.message.TAG === 'closingStatement';
    const isLost = isStatement && from.name === 'auth-3' && lost < 3;
    if (isLost) lost++;
    // It learns of all this from the decision alone.
    const isKept = isStatement && to.name === 'auth-3';
    return !isLost && !isKept && hears(from, to, frame);
  };
  world.hear();
  world.pass(40_000);
  assert.equal(lost, 3);
  world.agree({ next: 1n, balance: 1_000n, reserved: 0n });
});
