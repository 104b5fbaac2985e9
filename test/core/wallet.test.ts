import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import type { Command, Read } from '../../agent/core/io.ts';
import { readLiveOrder, readPayment, readWallet } from '../../agent/core/wallet/holdings.ts';
import { certificateOf, orderOf } from '../support/forge.ts';
import { HRS, World } from '../support/world.ts';

function walletAt(world: World, name: string): { next: bigint; balance: bigint; live: boolean } {
  const place = world.place(name);
  const read = { get: (key: never) => place.state.get(key) };
  const { next, balances } = readWallet(read, world.network, place.signer.publicKey);
  const live = readLiveOrder(read) !== undefined;
  return { next, balance: balances[0]?.balance ?? 0n, live };
}

test('the order is on disk before it is sent, and the same bytes go out on every retry', () => {
  const world = new World().connectAll();
  const sent: string[] = [];
  world.onFrame = (from, _to, frame) => {
    if (from.name === 'alice' && frame.message.TAG === 'order') {
      sent.push(Buffer.from(frame.message.data.signature).toString('hex'));
    }
    return from.name !== 'alice';
  };
  const step = world.pay('alice', 'bob', 5n);
  assert.ok(step.writes.some(({ key }) => key.startsWith('L')));
  world.pass(60_000);
  world.restart('alice');
  for (const { name } of world.authorities) world.connect('alice', name);
  world.onFrame = () => true;
  world.pass(30_000);
  assert.ok(sent.length > 20);
  assert.equal(new Set(sent).size, 1);
  assert.deepEqual(walletAt(world, 'alice'), { next: 1n, balance: 995n, live: false });
});

test('a second order waits until the first is done', () => {
  const world = new World();
  world.pay('alice', 'bob', 5n);
  const step = world.pay('alice', 'bob', 6n);
  assert.deepEqual(step.writes, []);
  assert.equal(world.notices('alice', 'command_refused')[0]?.refusal.refused, 'order_in_flight');
});

test('an order above the balance stays live, and completes when the income comes', () => {
  const world = new World().connectAll();
  world.pay('alice', 'bob', 1_500n);
  world.pass(30_000);
  assert.equal(walletAt(world, 'alice').live, true);
  const refused = world.notices('alice', 'order_refused');
  assert.ok(refused.length >= 4);
  world.pay('bob', 'alice', 600n);
  world.pass(60_000);
  assert.equal(walletAt(world, 'alice').live, false);
  assert.equal(world.notices('alice', 'order_certified').length, 1);
});

test('a payee knows its money from the certificate alone, and counts it once', () => {
  const world = new World();
  const certificate = encode(
    certificateCoder,
    certificateOf(world, orderOf(world, 'alice', 'bob', { amount: 30n })),
  );
  for (let i = 0; i < 2; i++) {
    world.event(world.place('bob'), { kind: 'command', command: { kind: 'deliver', certificate } });
  }
  assert.equal(walletAt(world, 'bob').balance, 1_030n);
});

test('a payment that cannot be is refused before anybody is asked, and leaves nothing', () => {
  const bob = new World().place('bob').signer.publicKey;
  /** How alice's wallet refuses it, planned or not. */
  const refused = (change: Partial<Extract<Command, { kind: 'pay' }>>) => {
    const told = [undefined, new Uint8Array(16)].map((nonce) => {
      const world = new World().connectAll();
      const amount = 5n as Amount;
      const wish = { recipient: bob, token: HRS, amount, memo: '', nonce, ...change };
      const alice = world.place('alice');
      const step = world.event(alice, { kind: 'command', command: { kind: 'pay', ...wish } });
      const [no] = world.notices('alice', 'command_refused');
      if (no === undefined) assert.ok(step.sends.length > 0);
      else assert.deepEqual([step.sends, step.writes], [[], []]);
      return no?.refusal.refused;
    });
    assert.equal(told[0], told[1]);
    return told[0];
  };
  assert.equal(refused({}), undefined);
  assert.equal(refused({ memo: 'm'.repeat(64) }), undefined);
  assert.equal(refused({ memo: 'm'.repeat(65) }), 'memo_too_long');
  assert.equal(refused({ memo: '€'.repeat(22) }), 'memo_too_long');
  assert.equal(refused({ token: 1 as TokenIndex }), undefined);
  assert.equal(refused({ token: 2 as TokenIndex }), 'unknown_token');
  assert.equal(refused({ amount: 1n as Amount }), undefined);
  assert.equal(refused({ amount: 0n as Amount }), 'amount_zero');
  assert.equal(refused({ amount: -1n as Amount }), 'amount_zero');
  const own = new World().place('alice').signer.publicKey;
  assert.equal(refused({ recipient: own }), 'pays_itself');
  assert.equal(refused({ recipient: new Uint8Array(32) }), 'recipient_no_key');
});

test('a wallet whose clock stands before 1970 takes and makes payments all the same', () => {
  const world = new World();
  const certificate = encode(
    certificateCoder,
    certificateOf(world, orderOf(world, 'alice', 'bob')),
  );
  const bob = world.place('bob');
  const read = { get: (key: never) => bob.state.get(key) };
  const recipient = world.place('alice').signer.publicKey;
  const amount = 5n as Amount;
  const commands: Command[] = [
    { kind: 'deliver', certificate },
    { kind: 'pay', recipient, token: HRS, amount, memo: '', nonce: undefined },
  ];
  for (const command of commands) {
    const stamp = { nowMs: 1_000, wallMs: -1_000 };
    const { writes } = bob.node.step({ kind: 'command', command }, stamp, read as Read);
    for (const { key, value } of writes) if (value !== undefined) bob.state.set(key, value);
  }
  assert.equal(readPayment(read, 0n)?.wallMs, 0n);
  assert.equal(readLiveOrder(read)?.createdWallMs, 0n);
});

test('a receipt with a vote too few is refused and changes nothing', () => {
  const world = new World();
  const order = orderOf(world, 'alice', 'bob', { amount: 30n });
  const certificate = encode(certificateCoder, certificateOf(world, order, [0, 1]));
  world.event(world.place('bob'), { kind: 'command', command: { kind: 'deliver', certificate } });
  assert.equal(world.notices('bob', 'command_refused')[0]?.refusal.refused, 'no_quorum');
  assert.equal(walletAt(world, 'bob').balance, 1_000n);
});

test('a wallet that has only its key learns its past and goes on with its pending order', () => {
  const world = new World().connectAll();
  for (let i = 0; i < 6; i++) {
    world.pay('alice', 'bob', 10n);
    world.run();
  }
  world.pay('bob', 'alice', 1n);
  world.run();
  world.place('auth-0').up = false;
  world.place('auth-1').up = false;
  world.pay('alice', 'bob', 100n);
  world.run();
  world.place('auth-0').up = true;
  world.place('auth-1').up = true;
  world.place('alice').state.clear();
  world.restart('alice');
  for (const { name } of world.authorities) world.connect('alice', name);
  world.refresh('alice');
  world.pass(30_000);
  assert.deepEqual(walletAt(world, 'alice'), { next: 7n, balance: 841n, live: false });
});

test('authorities that were away when the account paid are fed by its wallet', () => {
  const world = new World();
  for (const name of ['auth-0', 'auth-1', 'auth-2']) world.connect('alice', name);
  for (let i = 0; i < 5; i++) {
    world.pay('alice', 'bob', 1n);
    world.pass(60_000);
  }
  world.cut('auth-0');
  world.connect('alice', 'auth-3');
  world.pay('alice', 'bob', 1n);
  world.pass(10_000);
  assert.equal(world.notices('alice', 'order_certified').length, 6);
});
