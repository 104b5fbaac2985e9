/**
 * After healing, two authorities exchange work in proportion to what they differ in, whatever the
 * size of their ledgers. All bytes count that go over the link between them, heartbeats included.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { digestAt } from '../../agent/core/authority/digest.ts';
import { equalBytes } from '../../agent/core/base/bytes.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { fullLedger } from '../support/full-ledger.ts';
import { type Place, World } from '../support/world.ts';

const ACCOUNTS = 100_000;
const DIFFERING = 10;
const MOST_BYTES = 200 * 1024;

function rootOf({ state }: Place): Uint8Array {
  return digestAt(new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 }), []);
}

it(`ledgers that differ in ${DIFFERING} of ${ACCOUNTS} accounts exchange less than 200 KiB`, (t) => {
  const wallets = Array.from({ length: DIFFERING }, (_, i) => `wallet-${i}`);
  const world = new World({ wallets, heartbeats: true });
  const [one, other] = [world.place('auth-0'), world.place('auth-1')];
  const payee = world.place('wallet-0').signer.publicKey;
  for (const { key, value } of fullLedger(ACCOUNTS - DIFFERING, DIFFERING, payee)) {
    for (const { state } of [one, other]) if (value !== undefined) state.set(key, value);
  }
  assert.ok(equalBytes(rootOf(one), rootOf(other)));
  // Each side had half of the payments: to be merged is a difference both ways.
  for (const [i, name] of wallets.entries()) {
    const order = orderOf(world, name, wallets[(i + 1) % DIFFERING] ?? name);
    const data = certificateOf(world, order, [0, 1, 2]);
    const bytes = frameOf({ TAG: 'certificate', data });
    world.event(i % 2 === 0 ? one : other, { kind: 'frame', link: 0xbadn as LinkId, bytes });
  }
  assert.ok(!equalBytes(rootOf(one), rootOf(other)));

  const bytes = { to: 0, from: 0 };
  let frames = 0;
  world.onFrame = (from, _to, frame) => {
    bytes[from === one ? 'to' : 'from'] += encode(frameCoder, frame).length;
    frames++;
    return true;
  };
  world.connect('auth-0', 'auth-1');
  world.run();
  const begunMs = world.nowMs;
  while (!equalBytes(rootOf(one), rootOf(other))) {
    assert.ok(world.nowMs - begunMs < 60_000, 'the ledgers come together');
    world.pass(50);
  }
  const all = bytes.to + bytes.from;
  assert.ok(all < MOST_BYTES, `${all} bytes`);
  const ms = world.nowMs - begunMs;
  t.diagnostic(
    `${bytes.to} + ${bytes.from} bytes in ${frames} frames, ${ms} ms of the core's time`,
  );
});
