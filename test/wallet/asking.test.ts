/**
 * How a wallet asks before it signs (agent/wallet/asking.ts), and when a balance counts as
 * confirmed (refresh.ts), among the core's own authorities.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { createNode } from '../../agent/core/node.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { type Answers, answersOf, hasForgotten } from '../../agent/core/wallet/answers.ts';
import { type AskWatch, untilSigned } from '../../agent/wallet/asking.ts';
import { isFault, type NotSigned } from '../../agent/wallet/fault.ts';
import { pay } from '../../agent/wallet/pay.ts';
import { refresh } from '../../agent/wallet/refresh.ts';
import type { PayCommand } from '../../agent/wallet/request.ts';
import type { WalletSession } from '../../agent/wallet/session.ts';
import { Watchers } from '../../agent/wallet/until.ts';
import { signerOf } from '../support/keys.ts';
import { NO_MEMOS } from '../support/memos.ts';
import { sound } from '../support/sound.ts';
import { World } from '../support/world.ts';

interface Session extends WalletSession {
  /** Hands a notice on that came while no command was carried out. */
  tell(notice: Notice): void;
  readonly watchers: Watchers;
}

/** A session of alice's: each command is carried out at once, and everything that follows. */
function sessionOf(world: World): Session {
  const alice = world.place('alice');
  const listeners = new Set<(notice: Notice) => void>();
  const watchers = new Watchers();
  return {
    network: world.network,
    account: alice.signer.publicKey,
    memos: NO_MEMOS,
    read: { get: (key) => alice.state.get(key) },
    resumed: undefined,
    watchers,
    watch: (woken, broken) => watchers.watch(woken, broken),
    answers: (nonce) =>
      answersOf(
        { get: (key) => alice.state.get(key) },
        world.network,
        alice.signer.publicKey,
        nonce,
      ),
    contact: () => ({ isLinked: true, fault: undefined }),
    linkCount: () => 1,
    peerCount: () => 1,
    troubles: () => [],
    settled: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
    command(command) {
      const before = alice.notices.length;
      world.event(alice, { kind: 'command', command });
      world.run();
      for (const notice of alice.notices.slice(before)) this.tell(notice);
    },
    tell(notice) {
      for (const listener of listeners) listener(notice);
      watchers.wake();
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

interface Watched extends AskWatch {
  readonly told: Answers[];
  readonly insisted: NotSigned[];
}

/** The reason why nothing was signed. */
async function notSigned(...args: Parameters<typeof untilSigned>): Promise<NotSigned> {
  const result = await untilSigned(...args);
  assert.ok(result?.fault === 'not_signed', `not a reason: ${result?.fault}`);
  return result;
}

function watch(timeoutMs: number, insists = false): Watched {
  const told: Answers[] = [];
  const insisted: NotSigned[] = [];
  return {
    signal: new AbortController().signal,
    timeoutMs,
    insists,
    onAsking: (standing) => told.push(standing),
    onInsisted: (why) => insisted.push(why),
    told,
    insisted,
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
    assert.equal(await untilSigned(sessionOf(world), to(bob), watch(60_000)), undefined);
    assert.equal(created(world), 1);
  });

  it('says who is missing where fewer answer, and signs nothing, also not later', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-1', 'auth-3');
    const asking = watch(60);
    const { why, needed, agreeing, silent, refusing } = await notSigned(
      sessionOf(world),
      to(bob),
      asking,
    );
    assert.deepEqual([why, needed, agreeing], ['too_few', 3, 2]);
    assert.deepEqual([silent, refusing], [['auth-1', 'auth-3'], []]);
    assert.deepEqual(asking.told[0]?.willing, [0, 2]);
    for (const name of ['auth-1', 'auth-3']) world.place(name).up = true;
    world.pass(600_000);
    assert.equal(created(world), 0);
  });

  it('says who refuses and why, by name', async () => {
    const world = new World().connectAll();
    const reason = await notSigned(sessionOf(world), to(bob, 100_001n), watch(60_000));
    assert.deepEqual([reason.why, reason.code], ['refused', 'insufficient_balance']);
    assert.deepEqual([reason.heldMinor, reason.wantedMinor], [1_000n, 100_001n]);
    const code = 'insufficient_balance';
    assert.deepEqual(reason.refusing[0], { name: 'auth-0', code, balanceMinor: 1_000n });
    assert.equal(created(world), 0);
  });

  it('waits for a moment that can be tried again where there is no room for the recipient', async () => {
    const world = new World().connectAll();
    for (const place of world.authorities) {
      place.node = createNode({ ...place.setup, mostAccounts: 2 });
    }
    const newcomer = signerOf('newcomer').publicKey;
    const { why, code } = await notSigned(sessionOf(world), to(newcomer), watch(60_000));
    assert.deepEqual([why, code], ['refused', 'too_many_accounts']);
  });

  it('signs all the same where its owner insists, and says why it should not have', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-0', 'auth-1');
    const insisting = watch(30, true);
    await untilSigned(sessionOf(world), to(bob), insisting);
    assert.equal(created(world), 1);
    const [reason, ...others] = insisting.insisted;
    assert.deepEqual([reason?.why, reason?.agreeing, others], ['too_few', 2, []]);
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
      assert.equal((await notSigned(sessionOf(world), to(bob), asking)).why, 'forgotten');
      assert.ok(asking.told.some(hasForgotten));
    }
    assert.equal(created(world), 0);
  });

  it('ends with Ctrl-C, and nothing is signed', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-0', 'auth-1');
    const stop = new AbortController();
    stop.abort();
    const asking = { ...watch(60_000), signal: stop.signal };
    const result = await untilSigned(sessionOf(world), to(bob), asking);
    assert.deepEqual(result, { fault: 'interrupted' });
    assert.equal(created(world), 0);
  });

  it('keeps no listener and no waiter', async () => {
    const world = new World().connectAll();
    const session = sessionOf(world);
    await untilSigned(session, to(bob), watch(60_000));
    assert.equal(session.watchers.count, 0);
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
    assert.equal(sound(await paying).certificate, certified.certificate);
  });
});

describe('a session that breaks', () => {
  it('makes nothing of a payment that is done', async () => {
    const world = new World().connectAll();
    world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG !== 'applied';
    const session = sessionOf(world);
    const paying = pay(session, to(bob), watch(60_000));
    setImmediate(() => session.watchers.break(new Error('the disk is full')));
    const paid = sound(await paying);
    assert.equal((paid.trouble as Error).message, 'the disk is full');
    assert.equal(paid.certificate.order.order.action.data.amount, 10n);
  });

  it('tells what becomes of an order that is on its way', async () => {
    const world = new World().connectAll();
    world.onFrame = (_from, { name }, { message }) => name !== 'alice' || message.TAG !== 'vote';
    const session = sessionOf(world);
    const paying = pay(session, to(bob), watch(60_000));
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    setImmediate(() => session.watchers.break(full));
    const unfinished = await paying;
    assert.ok(isFault(unfinished) && unfinished.fault === 'unfinished');
    assert.deepEqual(unfinished.why, { fault: 'system', error: full });
    assert.equal(unfinished.live?.order.amountMinor, '10');
  });
});

describe('a balance', () => {
  const signal = new AbortController().signal;
  const refreshed = async (...args: Parameters<typeof refresh>) => sound(await refresh(...args));

  it('is confirmed by n - f that know of nothing newer, and says by whom', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-2');
    const fresh = await refreshed(sessionOf(world), signal);
    assert.equal(fresh.confirmed, true);
    assert.deepEqual(fresh.told, ['auth-0', 'auth-1', 'auth-3']);
  });

  it('is confirmed only when what it rests on is on the disk', async () => {
    const world = new World().connectAll();
    const session = sessionOf(world);
    let isOnDisk = false;
    const settled = async (): Promise<undefined> => {
      await new Promise((resolve) => setImmediate(resolve));
      isOnDisk = true;
    };
    const fresh = await refreshed({ ...session, settled }, signal);
    assert.deepEqual([fresh.confirmed, isOnDisk], [true, true]);
    const error = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const full = { fault: 'system', error } as const;
    const broken = await refresh({ ...session, settled: () => Promise.resolve(full) }, signal);
    assert.equal(broken, full);
  });

  it('is not confirmed by answers to an earlier question', async () => {
    const world = new World().connectAll();
    assert.equal((await refreshed(sessionOf(world), signal)).confirmed, true);
    silence(world, 'auth-0', 'auth-1', 'auth-2', 'auth-3');
    const late = await refreshed(sessionOf(world), signal);
    assert.deepEqual(late.doubt, { kind: 'too_few', answered: 0, needed: 3 });
    const deaf = { ...sessionOf(world), command: () => undefined };
    assert.equal((await refreshed(deaf, signal)).confirmed, false);
  });

  it('is not confirmed by fewer, by nobody, or with nobody to ask', async () => {
    const world = new World().connectAll();
    silence(world, 'auth-2', 'auth-3');
    const fewer = await refreshed(sessionOf(world), signal);
    assert.deepEqual([fewer.confirmed, fewer.told], [false, []]);
    assert.deepEqual(fewer.doubt, { kind: 'too_few', answered: 2, needed: 3 });
    silence(world, 'auth-0', 'auth-1');
    const nobody = await refreshed(sessionOf(world), signal);
    assert.equal(nobody.confirmed, false);
    assert.deepEqual(nobody.doubt, { kind: 'too_few', answered: 0, needed: 3 });
    const alone = await refreshed({ ...sessionOf(world), peerCount: () => 0 }, signal);
    assert.deepEqual([alone.confirmed, alone.doubt], [false, { kind: 'no_peers' }]);
  });

  it('is not confirmed while payments that others know of are withheld', async () => {
    const world = forgetful();
    world.onFrame = (_from, { name }, { message }) =>
      name !== 'alice' || !['account', 'certificates', 'credits'].includes(message.TAG);
    const fresh = await refreshed(sessionOf(world), signal);
    assert.deepEqual([fresh.confirmed, fresh.told], [false, []]);
    assert.deepEqual(fresh.doubt, { kind: 'newer', answered: 4, knowing: 4 });
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
    const fresh = await refreshed(sessionOf(world), signal);
    assert.equal(fresh.confirmed, false);
  });
});
