import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanceAt, digestOf } from '../support/ledger.ts';
import { World } from '../support/world.ts';

test('a payment is certified, applied everywhere and known to the payee', () => {
  const world = new World().connectAll();
  world.pay('alice', 'bob', 250n, 'for bread');
  world.run();
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  for (const authority of world.authorities) {
    assert.equal(balanceAt(world, authority.name, 'alice'), 750n);
    assert.equal(balanceAt(world, authority.name, 'bob'), 1_250n);
  }
  world.refresh('bob');
  world.run();
  assert.equal(world.notices('bob', 'received').length, 1);
  assert.equal(new Set(world.authorities.map((place) => digestOf(world, place.name))).size, 1);
});

test('an authority that was away catches up by certificates', () => {
  const world = new World().connectAll();
  world.cut('auth-3');
  for (let i = 0; i < 10; i++) {
    world.pay('alice', 'bob', 1n);
    world.pay('bob', 'alice', 2n);
    world.run();
    world.pass(30_000);
  }
  for (const other of ['auth-0', 'auth-1', 'auth-2']) world.connect('auth-3', other);
  world.run();
  world.pass(60_000);
  assert.equal(balanceAt(world, 'auth-3', 'alice'), 1_010n);
  assert.equal(new Set(world.authorities.map((place) => digestOf(world, place.name))).size, 1);
});

test('a wallet that reaches only a relay pays', () => {
  const world = new World({ relays: ['relay'], wallets: ['alice', 'bob'] });
  for (const authority of world.authorities) world.connect('relay', authority.name);
  world.connect('alice', 'relay');
  world.pay('alice', 'bob', 5n);
  world.run();
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  assert.equal(world.notices('alice', 'spread').length, 4);
});

test('with two authorities of four silent nothing completes, and later the same order does', () => {
  const world = new World().connectAll();
  world.place('auth-0').up = false;
  world.place('auth-1').up = false;
  world.pay('alice', 'bob', 5n);
  world.pass(60_000);
  assert.equal(world.notices('alice', 'order_certified').length, 0);
  world.place('auth-0').up = true;
  world.pass(60_000);
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  assert.equal(world.notices('alice', 'order_created').length, 1);
});
