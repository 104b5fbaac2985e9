/**
 * How the command line asks before it signs (agent/cli/wallet/asking.ts), and when a balance counts
 * as confirmed (refresh.ts), among the core's own authorities.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bell } from '../../agent/cli/wait.ts';
import { type AskWatch, untilSigned } from '../../agent/cli/wallet/asking.ts';
import { type PayCommand, pay } from '../../agent/cli/wallet/pay.ts';
import { refresh } from '../../agent/cli/wallet/refresh.ts';
import type { WalletSession } from '../../agent/cli/wallet/session.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { isDurable } from '../../agent/core/keyspace.ts';
import { createNode } from '../../agent/core/node.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { signerOf } from '../support/keys.ts';
import { NO_MEMOS } from '../support/memos.ts';
import { World } from '../support/world.ts';

interface Session extends WalletSession {
  /** Hands a notice on that came while no command was carried out. */
  tell(notice: Notice): void;
}

/** A session of alice's: each command is carried out at once, and everything that follows. */
function sessionOf(world: World): Session {
  const alice = world.place('alice');
  const listeners = new Set<(notice: Notice) => void>();
  const bell = new Bell();
  return {
    network: world.network,
    account: alice.signer.publicKey,
    memos: NO_MEMOS,
    read: { get: (key) => alice.state.get(key) },
    resumed: undefined,
    bell,
    isLinked: () => true,
    linkCount: () => 1,
    peerCount: () => 1,
    troubles: () => [],
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
    command(command) {
      const before = alice.notices.length;
      world.event(alice, { kind: 'command', command });
      world.run();
      for (const notice of alice.notices.slice(before)) this.tell(notice);
    },
    tell(notice) {
      for (const listener of listeners) listener(notice);
      bell.ring();
    },
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const to = (recipient: Uint8Array, amount = 10n): PayCommand => {
  return { recipient, token: 0 as TokenIndex, amount: amount as Amount, memo: '' };
};
const bob = signerOf('bob').publicKey;
const created = (world: World): number => world.notices('alice', 'order_created').length;

function watch(timeoutMs: number, insists = false): AskWatch & { readonly told: string[] } {
  const told: string[] = [];
  return {
    signal: new AbortController().signal,
    timeoutMs,
    insists,
    onProgress: (line) => told.push(line),
    onInsisted: (why) => told.push(`insisted: ${why}`),
    told,
  };
}

/** Alice pays, and is put back to what she had before, behind a relay. */
function forgetful(payments = 1): World {
  const world = new World({ relays: ['relay'] });
  for (const { name } of world.authorities) world.connect('relay', name);
  world.connect('alice', 'relay');
  world.run();
  const alice = world.place('alice');
  let copy = new Map<ByteKey, Uint8Array>();
  for (let i = 0; i < payments; i++) {
    copy = new Map([...alice.state].filter(([key]) => isDurable(key)));
    world.pay('alice', 'bob', 10n);
    world.run();
  }
  alice.state = copy;
  world.restart('alice');
  alice.notices.length = 0;
  world.connect('alice', 'relay');
  return world;
}

/** Who of the authorities is not heard by alice. */
function silence(world: World, ...names: string[]): void {
  for (const name of names) world.place(name).up = false;
}

describe('asking before signing', () => {
  it('signs with the word of n - f', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-3');
    await untilSigned(sessionOf(world), to(bob), watch(60_000));
    assert.equal(created(world), 1);
  });

  it('says who is missing where fewer answer, and signs nothing, also not later', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-1', 'auth-3');
    const asking = watch(60);
    await assert.rejects(untilSigned(sessionOf(world), to(bob), asking), (error: unknown) => {
      const { code, exit, message, hints } = error as Record<string, unknown>;
      assert.deepEqual([code, exit], ['not_latest', 'try_again']);
      assert.equal(message, 'authorities: expected the word of 3, found 2');
      assert.deepEqual((hints as string[]).slice(0, 2), [
        'Nothing was signed.',
        'No answer from auth-1 and auth-3.',
      ]);
      return true;
    });
    assert.deepEqual(asking.told.slice(0, 1), ['asking before signing: 2 of 3 would vote']);
    for (const name of ['auth-1', 'auth-3']) world.place(name).up = true;
    world.pass(600_000);
    assert.equal(created(world), 0);
  });

  it('says who refuses and why, by name', async () => {
    const world = new World().connectAll();
    const rejected = untilSigned(sessionOf(world), to(bob, 100_001n), watch(60_000));
    await assert.rejects(rejected, (error: unknown) => {
      const { code, exit, message, hints } = error as Record<string, unknown>;
      assert.deepEqual([code, exit], ['insufficient_balance', 'failure']);
      assert.equal(
        message,
        'amount: expected at most 10.00 HRS, by the word of the authorities, found 1000.01 HRS',
      );
      const [first, second] = hints as string[];
      assert.equal(first, 'Nothing was signed.');
      assert.match(second ?? '', /^auth-0: insufficient_balance, .*; it says 10\.00 HRS$/);
      return true;
    });
    assert.equal(created(world), 0);
  });

  it('waits for a moment that can be tried again where there is no room for the recipient', async () => {
    const world = new World().connectAll();
    for (const place of world.authorities) {
      place.node = createNode({ ...place.setup, mostAccounts: 2 });
    }
    const newcomer = signerOf('newcomer').publicKey;
    const rejected = untilSigned(sessionOf(world), to(newcomer), watch(60_000));
    await assert.rejects(rejected, { code: 'too_many_accounts', exit: 'try_again' });
  });

  it('signs all the same where its owner insists, and says why it should not have', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-0', 'auth-1');
    const insisting = watch(30, true);
    await untilSigned(sessionOf(world), to(bob), insisting);
    assert.equal(created(world), 1);
    assert.ok(
      insisting.told.includes('insisted: authorities: expected the word of 3, found 2'),
      insisting.told.join('\n'),
    );
    const poor = new World().connectAll();
    await untilSigned(sessionOf(poor), to(bob, 100_001n), watch(60_000, true));
    assert.equal(created(poor), 1);
  });

  it('signs no second order, though its owner insists', async () => {
    const world = forgetful();
    const reminders = ['account', 'certificates', 'credits'];
    world.onFrame = (_from, { name }, { message }) =>
      name !== 'alice' || !reminders.includes(message.TAG);
    for (const insists of [false, true]) {
      const asking = watch(60, insists);
      const rejected = untilSigned(sessionOf(world), to(bob), asking);
      await assert.rejects(rejected, { code: 'not_latest' });
      assert.ok(asking.told.some((line) => line.includes('has forgotten an order')));
    }
    assert.equal(created(world), 0);
  });

  it('ends with Ctrl-C, and nothing is signed', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-0', 'auth-1');
    const stop = new AbortController();
    stop.abort();
    const rejected = untilSigned(sessionOf(world), to(bob), {
      ...watch(60_000),
      signal: stop.signal,
    });
    await assert.rejects(rejected, { code: 'interrupted' });
    assert.equal(created(world), 0);
  });

  it('keeps no listener and no waiter', async () => {
    const world = new World().connectAll();
    const session = sessionOf(world);
    await untilSigned(session, to(bob), watch(60_000));
    assert.equal(session.bell.waiting, 0);
  });
});

describe('a payment', () => {
  it('is made though it was refused before, where its owner insists and the money comes', async () => {
    const world = new World().connectAll();
    const session = sessionOf(world);
    const asked = { ...watch(60_000, true), timeoutMs: undefined };
    const paying = pay(session, to(bob, 1_500n), asked);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(created(world), 1);
    world.pay('bob', 'alice', 600n);
    world.run();
    session.command({ kind: 'refresh', nonce: new Uint8Array(16) });
    for (
      let tries = 0;
      tries < 100 && world.notices('alice', 'order_certified').length < 1;
      tries++
    ) {
      world.pass(1_000);
    }
    const [certified] = world.notices('alice', 'order_certified');
    assert.ok(certified !== undefined);
    session.tell(certified);
    assert.equal((await paying).certificate, certified.certificate);
  });
});

describe('a session that breaks', () => {
  it('makes nothing of a payment that is done', async () => {
    const world = new World().connectAll();
    world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG !== 'applied';
    const session = sessionOf(world);
    const paying = pay(session, to(bob), watch(60_000));
    setImmediate(() => session.bell.break(new Error('the disk is full')));
    const paid = await paying;
    assert.equal((paid.trouble as Error).message, 'the disk is full');
    assert.equal(paid.certificate.order.order.action.data.amount, 10n);
  });

  it('tells first what becomes of an order that is on its way', async () => {
    const world = new World().connectAll();
    world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG !== 'vote';
    const session = sessionOf(world);
    const paying = pay(session, to(bob), watch(60_000));
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    setImmediate(() => session.bell.break(full));
    await assert.rejects(paying, (error: unknown) => {
      const { code, hints } = error as Record<string, unknown>;
      assert.equal(code, 'file_failed');
      assert.match((hints as string[])[0] ?? '', /^The order [0-9a-f-]{36} stays live/);
      return true;
    });
  });
});

describe('a balance', () => {
  const signal = new AbortController().signal;

  it('is confirmed by n - f that know of nothing newer, and says by whom', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-2');
    const fresh = await refresh(sessionOf(world), signal);
    assert.equal(fresh.confirmed, true);
    assert.deepEqual(fresh.told, ['auth-0', 'auth-1', 'auth-3']);
  });

  it('is not confirmed by fewer, by nobody, or with nobody to ask', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-2', 'auth-3');
    const fewer = await refresh(sessionOf(world), signal);
    assert.deepEqual([fewer.confirmed, fewer.told], [false, []]);
    assert.equal(fewer.why, '2 authorities answered of the 3 that it takes');
    silence(world, 'auth-0', 'auth-1');
    const nobody = await refresh(sessionOf(world), signal);
    assert.deepEqual([nobody.confirmed, nobody.why], [false, 'no authority answered']);
    const alone = await refresh({ ...sessionOf(world), peerCount: () => 0 }, signal);
    assert.equal(alone.confirmed, false);
  });

  it('is not confirmed while payments that others know of are withheld', async () => {
    const world = forgetful();
    world.onFrame = (_from, { name }, { message }) =>
      name !== 'alice' || !['account', 'certificates', 'credits'].includes(message.TAG);
    const fresh = await refresh(sessionOf(world), signal);
    assert.deepEqual([fresh.confirmed, fresh.told], [false, []]);
    assert.match(fresh.why, /^4 authorities answered, and 4 of them know of payments/);
  });

  it('is not confirmed while an order that it forgot has a vote', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-2', 'auth-3');
    world.pay('alice', 'bob', 10n);
    world.run();
    world.place('alice').state.clear();
    world.restart('alice');
    for (const { name } of world.authorities) {
      world.place(name).up = true;
      world.connect('alice', name);
    }
    world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG === 'latest';
    const fresh = await refresh(sessionOf(world), signal);
    assert.equal(fresh.confirmed, false);
  });
});
