/** What becomes of a receipt that is imported (agent/wallet/import.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { importReceipt } from '../../agent/wallet/import.ts';
import type { WalletSession } from '../../agent/wallet/session.ts';
import { Watchers } from '../../agent/wallet/until.ts';
import { certificateOf, orderOf } from '../support/forge.ts';
import { balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

/** Imports at bob's, who has links to all authorities, and notes what was asked of the session. */
function bobs() {
  const world = new World({ wallets: ['alice', 'bob', 'carol'] });
  for (const { name } of world.authorities) world.connect('bob', name);
  world.run();
  const bob = world.place('bob');
  const watchers = new Watchers();
  let looks = 0;
  const session = {
    network: world.network,
    account: bob.signer.publicKey,
    read: { get: (key: ByteKey) => bob.state.get(key) },
    watch: (woken, broken) => watchers.watch(woken, broken),
    linkCount: () => {
      looks += 1;
      return 1;
    },
    peerCount: () => 1,
    command(command) {
      // As in a real session, what a command does is there a moment later.
      setImmediate(() => {
        world.event(bob, { kind: 'command', command });
        world.run();
        watchers.wake();
      });
    },
  } satisfies Partial<WalletSession>;
  const take = (certificate: Certificate, signal?: AbortSignal) =>
    importReceipt(session as unknown as WalletSession, certificate, signal);
  return { world, take, looks: () => looks };
}

describe('a receipt that is imported', () => {
  it('is taken once it is stored, and is known the next time', async () => {
    const { world, take, looks } = bobs();
    const certificate = certificateOf(world, orderOf(world, 'alice', 'bob', { amount: 7n }));
    assert.equal(await take(certificate), 'taken');
    assert.equal(world.notices('bob', 'received').length, 1);
    assert.equal(await take(certificate), 'known');
    assert.equal(world.notices('bob', 'received').length, 1);
    assert.equal(looks(), 0, 'nobody waits for links without a network');
    const other = certificateOf(world, orderOf(world, 'carol', 'bob'));
    assert.equal(await take(other), 'taken');
  });

  it('is given to the authorities, whomever it pays', async () => {
    const { world, take, looks } = bobs();
    const sent: Message['TAG'][] = [];
    world.onFrame = (from, _to, { message }) => {
      if (from.name === 'bob') sent.push(message.TAG);
      return true;
    };
    const certificate = certificateOf(world, orderOf(world, 'alice', 'carol'), [1, 2, 3]);
    assert.equal(await take(certificate, new AbortController().signal), 'passed_on');
    assert.ok(looks() > 0);
    assert.equal(sent.filter((tag) => tag === 'certificate').length, 4);
    for (const { name } of world.authorities) assert.equal(balanceAt(world, name, 'carol'), 1_001n);
    assert.equal(world.notices('bob', 'received').length, 0);
  });
});
