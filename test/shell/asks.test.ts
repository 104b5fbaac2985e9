/** Questions to the outside: through the loop and a real store, and over the end of processes. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { InvariantError } from '../../agent/core/base/assert.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import type { Ask, Event, Step } from '../../agent/core/io.ts';
import { createNode } from '../../agent/core/node.ts';
import { PARTS } from '../../agent/core/parts.ts';
import { systemClock } from '../../agent/shell/clock.ts';
import { createLoop } from '../../agent/shell/loop.ts';
import type { Store } from '../../agent/shell/store/store.ts';
import { ASKED, askingPart, KNOWS, QUESTION, WAITS } from '../core/asking-part.ts';
import { World } from '../support/world.ts';
import { bench, frame } from './loop-bench.ts';
import { asKilled, open, temporaryFolder } from './store/fixture.ts';

const { setup } = new World({ relays: ['relay'] }).place('relay');
const COMMAND: Event = { kind: 'command', command: { kind: 'query', account: new Uint8Array(32) } };
const ANSWER: Event = { kind: 'told', answer: { ...QUESTION, body: Uint8Array.of(9) } };

/** What a store has on disk of how the part stands. */
function stateIn(store: Store): bigint | undefined {
  const bytes = store.get(ASKED.key);
  return bytes === undefined ? undefined : decodeOwn(ASKED.coder, bytes);
}

/** A process: a node with the part that asks, on a store. `commit` is asked after its start. */
async function run(store: Store, commit: Store['commit'] = (writes) => store.commit(writes)) {
  const node = createNode(setup, [...PARTS, askingPart]);
  const asks: Ask[] = [];
  const statesAtAsk: (bigint | undefined)[] = [];
  const failures: unknown[] = [];
  let isBegun = false;
  const loop = createLoop({
    step: node.step,
    store: {
      get: (key: ByteKey) => store.get(key),
      commit: (writes) => (isBegun ? commit(writes) : store.commit(writes)),
    },
    clock: systemClock(),
    onSend: () => undefined,
    onAsk: (ask) => {
      asks.push(ask);
      statesAtAsk.push(stateIn(store));
    },
    onClose: () => undefined,
    onNotice: () => undefined,
    onRelief: () => undefined,
    fatal: (error) => failures.push(error),
  });
  loop.offer({ kind: 'start', seed: new Uint8Array(32) });
  await loop.settled();
  isBegun = true;
  return { loop, asks, statesAtAsk, failures };
}

async function newStore(t: TestContext): Promise<{ store: Store; folder: string }> {
  const folder = temporaryFolder(t);
  return { store: await open(folder), folder };
}

describe('a question to the outside', () => {
  it('leaves when its step is on disk, is asked again by the next process, and answered once', async (t) => {
    const { store, folder } = await newStore(t);
    const first = await run(store);
    assert.deepEqual(first.asks, []);
    first.loop.offer(COMMAND);
    await first.loop.settled();
    assert.deepEqual(first.asks, [QUESTION]);
    assert.deepEqual(first.statesAtAsk, [WAITS]);

    // Killed before the answer: the next process asks by what is on disk, with the same key.
    const second = await open(asKilled(t, folder));
    await store.close();
    const again = await run(second);
    assert.deepEqual(again.asks, [QUESTION]);
    assert.equal(again.loop.offer(ANSWER), 'taken');
    await again.loop.settled();
    assert.equal(stateIn(second), KNOWS);
    again.loop.offer(ANSWER);
    await again.loop.settled();
    assert.equal(await again.loop.stop(), 'clean');
    assert.equal(stateIn(second), KNOWS);

    const third = await run(second);
    assert.deepEqual(third.asks, []);
    assert.equal(await third.loop.stop(), 'clean');
    await second.close();
  });

  it('waits for its commit, however long that takes', async (t) => {
    const { store } = await newStore(t);
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let allow = (): void => undefined;
    const allowed = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const { loop, asks, statesAtAsk } = await run(store, async (writes) => {
      begin();
      await allowed;
      return store.commit(writes);
    });
    loop.offer(COMMAND);
    await begun;
    // A step that writes nothing waits for those before it as well.
    loop.offer(frame('nothing'));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(asks, []);
    allow();
    await loop.settled();
    assert.deepEqual([asks, statesAtAsk], [[QUESTION], [WAITS]]);
    assert.equal(await loop.stop(), 'clean');
    await store.close();
  });

  it('does not leave when its commit fails, and the next process knows nothing of it', async (t) => {
    const { store, folder } = await newStore(t);
    const { loop, asks, failures } = await run(store, () => Promise.reject(new Error('disk full')));
    loop.offer(COMMAND);
    await assert.rejects(loop.settled());
    assert.deepEqual([asks, failures.map(String)], [[], ['Error: disk full']]);
    await store.close();
    const next = await open(folder);
    const after = await run(next);
    assert.deepEqual(after.asks, []);
    assert.equal(await after.loop.stop(), 'clean');
    await next.close();
  });

  it('that nobody takes out ends the process', async () => {
    const asking = (): Step => {
      const none = { writes: [], sends: [], closes: [], notices: [] };
      return { ...none, asks: [QUESTION], wakeAtMs: undefined };
    };
    const { say, failures } = bench(asking);
    await say('a');
    assert.equal(failures.length, 1);
    assert.ok(failures[0] instanceof InvariantError);
  });

  it('leaves after the sends of its step and before the links that it closes', async () => {
    const out: string[] = [];
    const step = (): Step => ({
      writes: [],
      sends: [{ link: 1n as never, bytes: new Uint8Array() }],
      asks: [QUESTION],
      closes: [{ link: 1n as never, reason: '' }],
      notices: [],
      wakeAtMs: undefined,
    });
    const { say } = bench(step, {
      onSend: () => out.push('send'),
      onAsk: () => out.push('ask'),
      onClose: () => out.push('close'),
    });
    await say('a');
    assert.deepEqual(out, ['send', 'ask', 'close']);
  });
});

it('an answer to what no part asks passes a node by', () => {
  const node = createNode(setup, [...PARTS, askingPart]);
  const answer = { ...QUESTION, kind: 'tides' };
  const state = { get: () => undefined };
  const step = node.step({ kind: 'told', answer }, { nowMs: 0, wallMs: 0 }, state);
  const nothing = { writes: [], sends: [], asks: [], closes: [], notices: [] };
  assert.deepEqual(step, { ...nothing, wakeAtMs: undefined });
});
