/** A node at work: in which order it comes up and goes down, and what is lost by it: nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Amount } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { accountOf, networkOf } from '../../agent/core/views.ts';
import { type Clock, systemClock } from '../../agent/shell/clock.ts';
import {
  createEngine,
  type Engine,
  type EngineOptions,
  openEngine,
} from '../../agent/shell/engine.ts';
import { DRAIN_TIMEOUT_MS } from '../../agent/shell/limits.ts';
import { identityFromSeed } from '../../agent/shell/net/identity.ts';
import type { Damage } from '../../agent/shell/store/damage.ts';
import { holdFolder } from '../../agent/shell/store/holder.ts';
import { storePaths } from '../../agent/shell/store/layout.ts';
import type { Store } from '../../agent/shell/store/store.ts';
import { orderOf } from '../support/forge.ts';
import { seedOf, signerOf } from '../support/keys.ts';
import { NO_MEMOS } from '../support/memos.ts';
import { until } from '../support/wait.ts';
import { HRS, World } from '../support/world.ts';
import { type HeldStore, openHeldStore } from './held-store.ts';
import { onlyLink, startNode, type TestNode } from './net/harness.ts';
import { temporaryFolder } from './store/fixture.ts';

const world = new World({ authorities: 1 });
const { network } = world;
const AUTHORITY = signerOf('auth-0');

interface Told {
  readonly faults: unknown[];
  readonly damage: (readonly Damage[])[];
}

/** The options of the one authority, which listens on loopback. */
function authority(more: Partial<EngineOptions> = {}): EngineOptions & Told {
  const faults: unknown[] = [];
  const damage: (readonly Damage[])[] = [];
  return {
    network,
    signer: AUTHORITY,
    role: { kind: 'authority' },
    links: {
      identity: identityFromSeed(seedOf('auth-0')),
      listen: [{ host: '127.0.0.1', port: 0 }],
      wanted: [],
      dialFound: 0,
      limits: { goodbyeMs: 200 },
    },
    onDamage: (found) => damage.push(found),
    onFatal: (error) => faults.push(error),
    faults,
    damage,
    ...more,
  };
}

/** An engine over a store that can be held. It is stopped after the test, whatever became of it. */
async function make(t: TestContext, options = authority(), change: Partial<Store> = {}) {
  let made: { readonly engine: Engine; readonly store: HeldStore } | undefined;
  // Before the folder goes: hooks are run in their order.
  t.after(async () => {
    made?.store.release();
    await made?.engine.stop();
  });
  const folder = temporaryFolder(t);
  const store = await openHeldStore(folder);
  const engine = createEngine(options, { ...store, ...change });
  made = { engine, store };
  return { engine, store, options, folder };
}

const isListening = ({ links }: Engine): boolean => links.listening().some(({ open }) => open);

/** A stranger with a link to the engine. */
async function link(t: TestContext, { links }: Engine): Promise<TestNode> {
  const [listening] = links.listening();
  assert.ok(listening !== undefined);
  const wanted = [{ ...listening.address, key: AUTHORITY.publicKey }];
  const node = await startNode(undefined, { network: network.id, wanted, transport: 'tcp' });
  t.after(() => node.stop());
  await until(() => node.up().length === 1, 'there is a link');
  return node;
}

function say(node: TestNode, message: Message): void {
  const frame = { to: undefined, route: [], isPassedOn: false, message };
  node.links.send({ link: onlyLink(node), bytes: encode(frameCoder, frame) });
}

const heardBy = (node: TestNode): string[] =>
  node.frames().map((bytes) => decodeOwn(frameCoder, bytes).message.TAG);

const ORDER = orderOf(world, 'alice', 'bob');

/** Lets the engine vote, and keeps the disk from taking the vote. */
async function withHeldVote(t: TestContext, engine: Engine, store: HeldStore): Promise<TestNode> {
  await engine.start();
  const node = await link(t, engine);
  store.hold();
  say(node, { TAG: 'order', data: ORDER });
  await until(() => store.waiting === 1, 'the vote waits for the disk');
  return node;
}

describe('a start', () => {
  it('lets nobody meet a node whose first step is not on disk', async (t) => {
    const { engine, store } = await make(t);
    store.hold();
    assert.equal(networkOf(engine.read), undefined, 'nothing happens before');
    const started = engine.start();
    await until(() => store.waiting === 1, 'the first step waits for the disk');
    assert.deepEqual([isListening(engine), networkOf(store)], [false, undefined]);
    assert.deepEqual(networkOf(engine.read), network.id);
    store.release();
    await started;
    assert.equal(isListening(engine), true);
    assert.deepEqual(networkOf(store), network.id);
  });

  it('rejects when the first step cannot be written, and nobody else is told', async (t) => {
    const { engine, store, options } = await make(t);
    store.hold();
    const rejected = assert.rejects(engine.start(), /disk full/);
    await until(() => store.waiting === 1, 'the first step waits for the disk');
    store.release(new Error('disk full'));
    await rejected;
    assert.equal(isListening(engine), false);
    assert.deepEqual(options.faults, []);
    assert.equal(await engine.stop(), 'failed');
    assert.equal(store.isClosed, true);
  });

  it('rejects when an address is taken', async (t) => {
    const first = await make(t);
    await first.engine.start();
    const [taken] = first.engine.links.listening();
    assert.ok(taken !== undefined);
    const plain = authority();
    const links = { ...plain.links, listen: [taken.address] };
    const second = await make(t, { ...plain, links });
    await assert.rejects(second.engine.start(), { code: 'EADDRINUSE' });
    assert.deepEqual(second.options.faults, []);
    assert.equal(await second.engine.stop(), 'clean');
  });

  it('that is overtaken by a stop neither listens nor dials', async (t) => {
    const { engine, store } = await make(t);
    store.hold();
    const started = engine.start();
    await until(() => store.waiting === 1, 'the first step waits for the disk');
    const stopped = engine.stop();
    store.release();
    await started;
    assert.equal(isListening(engine), false);
    assert.equal(await stopped, 'clean');
  });

  it('needs no stop before it, which closes the store', async (t) => {
    const { engine, store } = await make(t);
    assert.equal(await engine.stop(), 'clean');
    assert.equal(store.isClosed, true);
  });
});

describe('a node that works', () => {
  it('as authority and as wallet pays', async (t) => {
    const { engine } = await make(t);
    await engine.start();
    const [listening] = engine.links.listening();
    assert.ok(listening !== undefined);
    const plain = authority();
    const wallet = await make(t, {
      ...plain,
      signer: signerOf('alice'),
      role: { kind: 'wallet', sealMemo: NO_MEMOS.seal },
      links: {
        identity: undefined,
        listen: [],
        wanted: [{ ...listening.address, key: AUTHORITY.publicKey }],
        dialFound: 0,
      },
    });
    const heard: Notice['kind'][] = [];
    wallet.engine.hear(({ kind }) => heard.push(kind));
    let others = 0;
    const unhear = wallet.engine.hear(() => {
      others += 1;
    });
    unhear();
    await wallet.engine.start();
    const recipient = signerOf('bob').publicKey;
    const amount = 400n as Amount;
    const pay = { kind: 'pay', recipient, token: HRS, amount, memo: '', nonce: undefined } as const;
    assert.equal(wallet.engine.command(pay), true);
    await until(() => heard.includes('order_certified'), 'the payment is certified');
    await until(() => engine.ledger().journalEntries === 1n, 'it is applied');
    assert.equal(accountOf(engine.read, recipient).balances[0]?.balance, 1_400n);
    assert.equal(others, 0, 'who hears no longer is told nothing');
    await wallet.engine.settled();
    assert.equal(await wallet.engine.stop(), 'clean');
    assert.equal(wallet.engine.command(pay), false, 'nothing is taken any more');
  });

  it('tells a commit that fails, once', async (t) => {
    const { engine, store, options } = await make(t);
    await withHeldVote(t, engine, store);
    const broken = new Error('disk full');
    store.release(broken);
    await until(() => options.faults.length > 0, 'the fault is told');
    assert.equal(await engine.stop(), 'failed');
    assert.deepEqual(options.faults, [broken]);
  });

  it('tells what the scrub finds', async (t) => {
    const damage: readonly Damage[] = [{ code: 'records_differ', where: 'x', found: 'y' }];
    const { engine, options } = await make(t, authority(), { scrub: async () => damage });
    await engine.start();
    await until(() => options.damage.length > 0, 'the damage is told');
    assert.deepEqual(options.damage, [damage]);
    assert.deepEqual(options.faults, []);
    await engine.leave();
  });
});

describe('a stop', () => {
  it('loses nothing that was taken: it is written, put out, and then the links go', async (t) => {
    const { engine, store, folder } = await make(t);
    const node = await withHeldVote(t, engine, store);
    const stopped = engine.stop();
    assert.equal(engine.command({ kind: 'drop' }), false);
    assert.deepEqual([heardBy(node), node.up().length], [[], 1]);
    store.release();
    assert.equal(await stopped, 'clean');
    await until(() => node.up().length === 0, 'the link is down');
    assert.deepEqual(heardBy(node), ['vote']);
    assert.equal(
      node.reports.findLast(({ what }) => what === 'down')?.fault?.code,
      'closed_by_peer',
    );
    assert.equal(store.isClosed, true);
    const again = await openHeldStore(folder);
    const { account } = ORDER.order;
    assert.deepEqual(accountOf(again, account).pending, ORDER);
    await again.close();
    assert.equal(await engine.stop(), 'clean', 'again, it is the same stop');
  });

  it('says good-bye also where the disk does not answer', async (t) => {
    const clock = handTimers();
    const { engine, store } = await make(t, authority({ clock }));
    const node = await withHeldVote(t, engine, store);
    const stopped = engine.stop();
    clock.fire(DRAIN_TIMEOUT_MS);
    assert.equal(await stopped, 'timed_out');
    await until(() => node.up().length === 0, 'the link is down');
    assert.deepEqual(heardBy(node), [], 'a vote that is not on disk does not leave');
    assert.equal(
      node.reports.findLast(({ what }) => what === 'down')?.fault?.code,
      'closed_by_peer',
    );
  });

  it('lets the scrub get on where that is wanted', async (t) => {
    const scrubbed: number[] = [];
    const { engine } = await make(t, authority({ scrubAtEnd: 77 }), {
      scrub(records) {
        scrubbed.push(records);
        return Promise.reject(new Error('it cannot be read'));
      },
    });
    assert.equal(await engine.stop(), 'clean');
    assert.deepEqual(scrubbed, [77]);
  });
});

describe('a node that leaves', () => {
  it('puts nothing out any more, and its store stays open until it stops', async (t) => {
    const { engine, store } = await make(t);
    const node = await withHeldVote(t, engine, store);
    const port = engine.links.listening()[0]?.address.port ?? 0;
    const left = engine.leave();
    store.release();
    await left;
    await until(() => node.up().length === 0, 'the link is down');
    assert.deepEqual(heardBy(node), []);
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    assert.equal(store.isClosed, false);
    assert.deepEqual(networkOf(store), network.id);
    assert.equal(engine.command({ kind: 'drop' }), false);
    await engine.stop();
    assert.equal(store.isClosed, true);
  });
});

describe('an engine is opened', () => {
  const open = (folder: string) => openEngine(authority(), { folder, allowVolatile: true });

  it('where the store is sound', async (t) => {
    const opened = await open(temporaryFolder(t));
    assert.ok(opened.state === 'open');
    await opened.engine.start();
    assert.equal(await opened.engine.stop(), 'clean');
  });

  it('not where the store is damaged, which can be read, or is held by another process', async (t) => {
    const folder = temporaryFolder(t);
    const first = await open(folder);
    assert.ok(first.state === 'open');
    await first.engine.start();
    const held = await open(folder);
    assert.ok(held.state === 'refused');
    assert.equal(held.error.code, 'data_in_use');
    await first.engine.stop();
    rmSync(storePaths(folder).log);
    const damaged = await open(folder);
    assert.equal(damaged.state, 'damaged');
    if (damaged.state === 'damaged') await damaged.reader?.close();
    await (await holdFolder(folder)).release();
  });
});

/** The machine's clock, with timers that the test fires. */
function handTimers(): Clock & { fire(delayMs: number): void } {
  const { stamp } = systemClock();
  const timers = new Set<{ readonly delayMs: number; readonly call: () => void }>();
  return {
    stamp,
    after(delayMs, call) {
      const timer = { delayMs, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    fire(delayMs) {
      for (const timer of [...timers]) {
        if (timer.delayMs === delayMs && timers.delete(timer)) timer.call();
      }
    },
  };
}
