/**
 * A wallet that died between its quorum and the spreading tells its last certificate at its next
 * start.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const ALL = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];

/** Alice has paid, and died before anybody was told; no authority will hear of it from another. */
function diedBeforeSpreading(payments = 1): World {
  const world = new World();
  for (const name of ALL) world.connect('alice', name);
  world.run();
  for (let n = 0; n < payments; n++) {
    world.pay('alice', 'bob', 10n);
    if (n === payments - 1) {
      world.onFrame = (_from, _to, { message }) => message.TAG !== 'certificate';
    }
    world.run();
  }
  assert.equal(world.notices('alice', 'order_certified').length, payments);
  world.restart('alice');
  world.onFrame = () => true;
  for (const name of ALL) assert.equal(accountAt(world, name, 'alice').next, BigInt(payments - 1));
  return world;
}

function told(world: World, next: bigint): string[] {
  return ALL.filter((name) => accountAt(world, name, 'alice').next === next);
}

describe('at its next start, without a refresh, a wallet tells its last certificate', () => {
  it('to every authority as soon as there is a link to it', () => {
    const world = diedBeforeSpreading();
    for (const [n, name] of ALL.entries()) {
      world.connect('alice', name);
      world.run();
      assert.equal(told(world, 1n).length, n + 1, name);
      assert.equal(balanceAt(world, name, 'bob'), 1_010n);
    }
    assert.equal(world.notices('alice', 'spread').length, 4);
    assert.equal(world.notices('alice', 'refreshed').length, 0);
  });

  it('again while the frames are lost, until all have said that they applied it', () => {
    const world = diedBeforeSpreading(2);
    let lost = 0;
    world.onFrame = (_from, to, { message }) =>
      message.TAG !== 'certificate' || to.name !== 'auth-2' || ++lost > 3;
    for (const name of ALL) world.connect('alice', name);
    world.run();
    assert.equal(told(world, 2n).length, 3);
    world.pass(30_000);
    assert.deepEqual(told(world, 2n), ALL);
    const sent = lost;
    world.pass(60_000);
    assert.equal(lost, sent, 'and then no more');
  });

  it('also when a link was there before it started to listen for time', () => {
    const world = diedBeforeSpreading();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'certificate';
    for (const name of ALL) world.connect('alice', name);
    world.run();
    world.onFrame = () => true;
    world.pass(15_000);
    assert.deepEqual(told(world, 1n), ALL);
  });

  it('the newest one alone, and those before it to who asks for them', () => {
    const world = new World();
    for (const name of ALL) world.connect('alice', name);
    world.run();
    world.cut('auth-3');
    for (let n = 0; n < 3; n++) {
      world.pay('alice', 'bob', 10n);
      world.run();
    }
    world.restart('alice');
    const brought = new Set<bigint>();
    world.onFrame = (from, _to, { message }) => {
      if (from.name !== 'alice' || message.TAG !== 'certificate') return true;
      brought.add(message.data.order.order.sequence);
      return true;
    };
    world.connect('alice', 'auth-0');
    world.run();
    assert.deepEqual([...brought], [2n]);
    world.connect('alice', 'auth-3');
    world.run();
    assert.equal(accountAt(world, 'auth-3', 'alice').next, 3n);
  });

  it('and nothing where it never paid', () => {
    const world = new World();
    world.restart('bob');
    let frames = 0;
    world.onFrame = (from, _to, { message }) => {
      // It asks whether the committee is still the one that it knows.
      if (from.name === 'bob' && message.TAG !== 'epochsQuery') frames++;
      return true;
    };
    for (const name of ALL) world.connect('bob', name);
    world.run();
    world.pass(20_000);
    assert.equal(frames, 0);
  });
});
