/**
 * A wallet that split the votes of four authorities 2 to 2, between its machine and a copy of it: a
 * hostile authority helped, voted for both orders, keeps a certificate of one of them to itself,
 * and says anything, or nothing, when the sequence is closed. The wallet is free again with the
 * rest of its money, and the hidden certificate is paid when it turns up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberIndex } from '../../../agent/core/base/units.ts';
import type { SignedOrder } from '../../../agent/core/codec/order.ts';
import { liveOrderOf } from '../../../agent/core/views.ts';
import { Closings, statementOf } from '../../support/closings.ts';
import { balanceAt } from '../../support/ledger.ts';

const HOSTILE = 3 as MemberIndex;
const HONEST = [0, 1, 2];
/** What the two machines pay, and what the wallet pays once it is free. */
const [FIRST, SECOND, REST] = [300n, 500n, 100n];

/** Two honest members have voted for the first order, one for the second; each wallet waits. */
function split(): { world: Closings; first: SignedOrder; second: SignedOrder } {
  const world = new Closings();
  world.copy('alice', 'twin');
  world.connect('twin', 'auth-2');
  world.run();
  world.silence(HOSTILE);
  const hears = world.onFrame;
  world.onFrame = (from, to, frame) => {
    const isOrder = frame.message.TAG === 'order' || frame.message.TAG === 'gossip';
    return hears(from, to, frame) && !(isOrder && to.name === 'auth-2' && from.name !== 'twin');
  };
  world.pay('alice', 'bob', FIRST);
  world.run();
  world.pay('twin', 'carol', SECOND);
  world.run();
  const orders = ['alice', 'twin'].map((name) => liveOrderOf(world.place(name).state)?.order);
  const [first, second] = orders;
  assert.ok(first !== undefined && second !== undefined, 'neither has a quorum');
  world.onFrame = hears;
  return { world, first, second };
}

/** What the hostile member states: an order, none, or it says nothing at all. */
const LIES = ['the first', 'the second', 'none', 'nothing'] as const;
type Lie = (typeof LIES)[number];

function lie(world: Closings, what: Lie, first: SignedOrder, second: SignedOrder): void {
  if (what === 'nothing') return;
  const request = world.proofOf(first, second);
  const stated = what === 'the first' ? first : what === 'the second' ? second : undefined;
  const said = statementOf(world, HOSTILE, request, stated);
  for (const member of HONEST) world.bring(`auth-${HOSTILE}`, `auth-${member}`, said);
}

for (const what of LIES) {
  test(`a wallet is free again where a hostile member states ${what}, and what it hid is paid`, () => {
    const { world, first, second } = split();
    // Its retries reach everybody now: it learns of the other order.
    world.pass(5_000);
    world.close('alice', 'proof');
    lie(world, what, first, second);
    world.pass(8_000);
    const { live, next } = world.wallet('alice');
    assert.deepEqual([live, next], [false, 1n], 'nothing is on its way any more');
    // The certificate may be there, for all that the honest ones can know.
    const isKept = what === 'the second' || what === 'nothing';
    for (const member of HONEST) {
      assert.equal(world.reservedAt(`auth-${member}`), isKept ? SECOND : 0n, `auth-${member}`);
    }
    world.plan('alice', 'bob', REST);
    world.run();
    world.pass(2_000);
    assert.equal(world.wallet('alice').next, 2n, 'it pays with the rest');

    // Votes that two honest members gave, and the hostile one's.
    world.show('auth-1', world.certificate(first, [0, 1, HOSTILE]));
    world.pass(10_000);
    for (const member of HONEST) {
      const held = ['alice', 'bob', 'carol'].map((name) =>
        balanceAt(world, `auth-${member}`, name),
      );
      assert.deepEqual(held, [1_000n - FIRST - REST, 1_000n + FIRST + REST, 1_000n]);
    }
    world.consistent(HONEST, true);
    world.refresh('alice');
    world.run();
    assert.equal(world.wallet('alice').balance, 1_000n - FIRST - REST);
  });
}
