/** Gossip about an order that is pending here is known by its bytes (authority/known-gossip.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isKnownGossip } from '../../agent/core/authority/known-gossip.ts';
import { hasGossiped } from '../../agent/core/authority/lives.ts';
import type { LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { type SignedOrder, signedOrderCoder } from '../../agent/core/codec/order.ts';
import { accountCoder, endsWithPending } from '../../agent/core/codec/record.ts';
import { Draft } from '../../agent/core/draft.ts';
import { nodeLinks } from '../../agent/core/mesh/links.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { signedOrder } from '../support/arbitraries.ts';
import { ask, certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { World } from '../support/world.ts';

function draftAt(world: World, name: string): Draft {
  const { state } = world.place(name);
  return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
}

/** auth-1 with a link to auth-0, and an order that is pending at auth-1. */
function begun() {
  const world = new World({ relays: ['relay'] });
  world.connect('auth-0', 'auth-1');
  world.connect('relay', 'auth-1');
  world.run();
  const order = orderOf(world, 'alice', 'bob');
  world.onFrame = (_from, _to, { message }) => message.TAG !== 'gossip';
  ask(world, world.place('auth-1'), { TAG: 'order', data: order });
  world.run();
  world.onFrame = () => true;
  const [first, second] = nodeLinks(draftAt(world, 'auth-1'));
  assert.ok(first?.member === 0 && second !== undefined && second.member === undefined);
  return { world, order, member: first.link, relay: second.link };
}

const gossip = (data: SignedOrder): Message => ({ TAG: 'gossip', data });

function isKnown(world: World, link: LinkId, bytes: Uint8Array): boolean {
  const { setup } = world.place('auth-1');
  assert.ok(isAuthority(setup));
  return isKnownGossip(draftAt(world, 'auth-1'), setup, link, bytes);
}

function hear(world: World, link: LinkId, bytes: Uint8Array) {
  return world.event(world.place('auth-1'), { kind: 'frame', link, bytes });
}

describe('gossip about the pending order', () => {
  it('is known from the second time on: the first tells that the member votes', () => {
    const { world, order, member } = begun();
    const bytes = frameOf(gossip(order));
    assert.ok(!isKnown(world, member, bytes));
    assert.deepEqual(hear(world, member, bytes).closes, []);
    assert.ok(hasGossiped(draftAt(world, 'auth-1'), 0 as MemberIndex));
    assert.ok(isKnown(world, member, bytes));
    const { writes, sends, closes, notices } = hear(world, member, bytes);
    assert.deepEqual([writes, sends, closes, notices], [[], [], [], []]);
  });

  it('ends the link of a stranger all the same', () => {
    const { world, order, member, relay } = begun();
    const bytes = frameOf(gossip(order));
    hear(world, member, bytes);
    assert.ok(!isKnown(world, relay, bytes));
    assert.equal(hear(world, relay, bytes).closes.length, 1);
    assert.equal(hear(world, 77n as LinkId, bytes).closes.length, 1);
  });

  it('is another frame with any other byte', () => {
    const { world, order, member } = begun();
    const bytes = frameOf(gossip(order));
    hear(world, member, bytes);
    for (let at = 0; at < bytes.length; at++) {
      const other = Uint8Array.from(bytes);
      other[at] = (other[at] ?? 0) ^ 1;
      assert.ok(!isKnown(world, member, other), `byte ${at}`);
    }
    assert.ok(!isKnown(world, member, bytes.subarray(0, -1)));
    assert.ok(!isKnown(world, member, Uint8Array.of(...bytes, 0)));
  });

  it('about another order of that sequence is a double spend', () => {
    const { world, order, member } = begun();
    hear(world, member, frameOf(gossip(order)));
    hear(world, member, frameOf(gossip(orderOf(world, 'alice', 'bob', { amount: 2n }))));
    assert.equal(world.notices('auth-1', 'double_spend').length, 1);
  });

  it('is not known any more when the order is certified', () => {
    const { world, order, member } = begun();
    const bytes = frameOf(gossip(order));
    hear(world, member, bytes);
    const data = certificateOf(world, order);
    ask(world, world.place('auth-1'), { TAG: 'certificate', data });
    assert.ok(!isKnown(world, member, bytes));
  });
});

it('the record of an account ends with its pending order, and with no other', () => {
  const balances = [{ token: 0 as never, balance: 5n as never }];
  const record = (pending: SignedOrder | undefined, count: number) =>
    encode(accountCoder, {
      next: 3n as never,
      history: new Uint8Array(32).fill(1),
      received: 4n,
      frozen: false,
      locked: [],
      stated: false,
      reserved: [],
      balances: balances.slice(0, count),
      votes: { hour: 7, count },
      pending,
    });
  fc.assert(
    fc.property(signedOrder, signedOrder, fc.nat(1), (one, two, count) => {
      const [first, second] = [one, two].map((order) => encode(signedOrderCoder, order));
      assert.ok(first !== undefined && second !== undefined);
      assert.ok(endsWithPending(record(one, count), first));
      assert.ok(!endsWithPending(record(undefined, count), first));
      const isSame = Buffer.compare(first, second) === 0;
      assert.equal(endsWithPending(record(one, count), second), isSame);
    }),
  );
  const bare = record(undefined, 0);
  assert.ok(!endsWithPending(bare, new Uint8Array()));
  assert.ok(!endsWithPending(Uint8Array.of(1, ...bare), bare));
});
