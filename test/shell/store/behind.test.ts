/**
 * A commit is told when the log has it, and LevelDB gets it behind that: whoever reads sees it at
 * once, whatever needs LevelDB as of a commit waits, and what LevelDB refuses ends the store, not
 * the commit.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ClassicLevel } from 'classic-level';
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import {
  BEHIND_BATCH_BYTES,
  BEHIND_MS,
  MOST_BEHIND_BYTES,
} from '../../../agent/shell/store/limits.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import {
  account,
  asKilled,
  damageAtWork,
  damageIn,
  IN_MEMORY,
  Ledger,
  open,
  scrubWhole,
  temporaryFolder,
} from './fixture.ts';

const [ONE, TWO, THREE] = [1, 2, 3].map((n) => SPACES.account.at(account(n)).key) as [
  ByteKey,
  ByteKey,
  ByteKey,
];
const put = (key: ByteKey, byte: number) => ({ key, value: Uint8Array.of(byte) });

interface Gate {
  /** Batches and flushes that LevelDB was asked for since the test began. */
  readonly calls: string[];
  /** Resolves when LevelDB is asked for one more. */
  called(what: 'batch'): Promise<void>;
  /** From the next batch on: nothing goes on until `release`. */
  hold(): void;
  release(): void;
  /** From the next batch on, LevelDB refuses. */
  refuse(): void;
}

/** Stands before LevelDB until the test ends. */
function gateBefore(t: TestContext): Gate {
  const { batch, compactRange } = ClassicLevel.prototype;
  t.after(() => Object.assign(ClassicLevel.prototype, { batch, compactRange }));
  const calls: string[] = [];
  let woken = (): void => undefined;
  let wait: Promise<void> | undefined;
  let release = (): void => undefined;
  let refuses = false;
  /** The first that is given something from here on; others are let through. */
  let own: unknown;
  Object.assign(ClassicLevel.prototype, {
    async batch(this: unknown, ...parts: unknown[]): Promise<void> {
      own ??= this;
      if (own === this) {
        calls.push('batch');
        woken();
        await wait;
        if (refuses) throw new Error('IO error: of the test');
      }
      await (batch as (...all: unknown[]) => Promise<void>).apply(this, parts);
    },
    async compactRange(this: unknown, ...parts: unknown[]): Promise<void> {
      if (own === this) calls.push('flush');
      await (compactRange as (...all: unknown[]) => Promise<void>).apply(this, parts);
    },
  });
  return {
    calls,
    called: () =>
      new Promise((resolve) => {
        // The store keeps no process alive that has nothing else to do.
        const alive = setInterval(() => undefined, 60_000);
        woken = () => {
          clearInterval(alive);
          resolve();
        };
      }),
    hold() {
      wait = new Promise((resolve) => {
        release = resolve;
      });
    },
    release() {
      wait = undefined;
      release();
    },
    refuse() {
      refuses = true;
    },
  };
}

/** Whether something has ended after everything that does not wait for the gate had its turns. */
async function hasEnded(what: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  what.then(end, end);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  return isOver;
}

async function keysOf(records: ReturnType<Store['records']>): Promise<ByteKey[]> {
  const keys: ByteKey[] = [];
  for await (const group of records) keys.push(...group.map(({ key }) => key));
  return keys;
}

/** A store that has ONE and TWO, and acknowledged a commit that LevelDB does not have yet. */
async function heldUp(t: TestContext) {
  const folder = temporaryFolder(t, IN_MEMORY);
  const store = await open(folder);
  const gate = gateBefore(t);
  await store.commit([put(ONE, 1), put(TWO, 1)]);
  // LevelDB has that before it is looked for.
  assert.deepEqual(await scrubWhole(store), []);
  gate.calls.length = 0;
  gate.hold();
  await store.commit([put(ONE, 2), { key: TWO, value: undefined }, put(THREE, 2)]);
  return { folder, store, gate };
}

function assertSeesAll(store: Pick<Store, 'get'>): void {
  assert.deepEqual(store.get(ONE), Uint8Array.of(2));
  assert.equal(store.get(TWO), undefined);
  assert.deepEqual(store.get(THREE), Uint8Array.of(2));
}

describe('a commit that LevelDB does not have yet', () => {
  it('is read at once: what it wrote, replaced and removed, and later from LevelDB', async (t) => {
    const { store, gate } = await heldUp(t);
    assertSeesAll(store);
    assert.equal(store.get(ONE)?.constructor, Uint8Array);
    gate.release();
    await store.commit([put(SPACES.account.at(account(4)).key, 4)]);
    assertSeesAll(store);
    await store.close();
  });

  it('is there after a crash', async (t) => {
    const { folder, store, gate } = await heldUp(t);
    const copy = asKilled(t, folder);
    const again = await open(copy);
    assertSeesAll(again);
    await again.close();
    assert.deepEqual(await damageIn(copy), []);
    gate.release();
    await store.close();
  });

  it('holds up no other: the next is told, read and in the log as well', async (t) => {
    const { folder, store, gate } = await heldUp(t);
    await store.commit([put(ONE, 3)]);
    await store.commit([{ key: THREE, value: undefined }, put(TWO, 3)]);
    const assertSeesLast = ({ get }: Pick<Store, 'get'>) => {
      const [one, two, three] = [ONE, TWO, THREE].map(get);
      assert.deepEqual([one, two, three], [Uint8Array.of(3), Uint8Array.of(3), undefined]);
    };
    assertSeesLast({ get: (key) => store.get(key) });
    const copy = asKilled(t, folder);
    const again = await open(copy);
    assertSeesLast({ get: (key) => again.get(key) });
    assert.equal(again.statistics().commitNumber, store.statistics().commitNumber);
    await again.close();
    gate.release();
    await store.close();
    assert.deepEqual(await damageIn(folder), []);
  });

  it('is given to LevelDB by itself, with all others of that moment as one', async (t) => {
    const { store, gate } = await heldUp(t);
    await store.commit([put(TWO, 4)]);
    assert.deepEqual(gate.calls, []);
    await gate.called('batch');
    // What is committed while LevelDB is at work is the next batch.
    await store.commit([put(ONE, 5)]);
    await store.commit([put(ONE, 6)]);
    assert.deepEqual(gate.calls, ['batch']);
    gate.release();
    await gate.called('batch');
    assert.deepEqual(gate.calls, ['batch', 'batch']);
    assert.deepEqual(await scrubWhole(store), []);
    assert.deepEqual(gate.calls, ['batch', 'batch']);
    assert.deepEqual(store.get(ONE), Uint8Array.of(6));
    await store.close();
  });

  it('is given after a batch that took longer than it waits', async (t) => {
    const { store, gate } = await heldUp(t);
    await gate.called('batch');
    await store.commit([put(ONE, 7)]);
    await new Promise((resolve) => setTimeout(resolve, 2 * BEHIND_MS));
    assert.deepEqual(gate.calls, ['batch']);
    const next = gate.called('batch');
    gate.release();
    await next;
    assert.deepEqual(store.get(ONE), Uint8Array.of(7));
    await store.close();
  });

  it('is waited for when there is much', async (t) => {
    const { store, gate } = await heldUp(t);
    const large = (n: number) => ({ key: ONE, value: new Uint8Array(60_000).fill(n) });
    let told = 0;
    const all = (async () => {
      for (; told < 20; told++) await store.commit([large(told)]);
    })();
    await gate.called('batch');
    // One batch is given, and behind it as many wait as fit.
    const most = Math.ceil(BEHIND_BATCH_BYTES / 60_000) + Math.ceil(MOST_BEHIND_BYTES / 60_000);
    while (told < most) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 10; turn++) assert.equal(await hasEnded(all), false);
    assert.equal(told, most);
    gate.release();
    await all;
    assert.deepEqual(store.get(ONE), large(19).value);
    await store.close();
  });

  it('is in all records as of now, and a later one is not', async (t) => {
    const { store, gate } = await heldUp(t);
    const records = store.records();
    const next = store.commit([put(TWO, 3)]);
    gate.release();
    await next;
    const keys = await keysOf(records);
    assert.ok(keys.includes(THREE) && keys.includes(ONE));
    assert.ok(!keys.includes(TWO));
    await store.close();
  });

  it('holds up a scrub, which then finds nothing wrong, whatever is committed beside', async (t) => {
    const { store, gate } = await heldUp(t);
    const slice = store.scrub(2);
    assert.equal(await hasEnded(slice), false);
    const next = store.commit([put(TWO, 3), { key: ONE, value: undefined }]);
    gate.release();
    await Promise.all([slice, next]);
    assert.deepEqual(await scrubWhole(store), []);
    await store.close();
  });

  it('holds up the end of the store, and the checkpoint that comes with it', async (t) => {
    const { folder, store, gate } = await heldUp(t);
    const closed = store.close();
    assert.equal(await hasEnded(closed), false);
    assert.deepEqual(gate.calls, ['batch']);
    gate.release();
    await closed;
    assert.deepEqual(gate.calls, ['batch', 'flush', 'batch']);
    const again = await open(folder);
    assertSeesAll(again);
    await again.close();
    assert.deepEqual(await damageIn(folder), []);
  });
});

describe('a checkpoint beside commits', () => {
  it('loses none, at whatever moment the process ends', async (t) => {
    const folder = temporaryFolder(t, IN_MEMORY);
    const store = await open(folder);
    const ledger = new Ledger();
    const gate = gateBefore(t);
    await store.commit(ledger.genesis());
    assert.deepEqual(await scrubWhole(store), []);
    let acknowledged = 0;
    for (let round = 0; round < 6; round++) {
      // Until one more flush was begun; the commits after it are on their way beside it.
      const flushes = gate.calls.filter((call) => call === 'flush').length;
      while (gate.calls.filter((call) => call === 'flush').length === flushes) {
        await store.commit(ledger.fact(30_000));
        acknowledged += 1;
      }
      for (let n = 0; n <= round; n++) await store.commit(ledger.fact(100));
      acknowledged += round + 1;
      const copy = asKilled(t, folder);
      assert.deepEqual(await damageAtWork(copy), [], `after ${acknowledged}`);
      const again = await open(copy);
      assert.equal(again.statistics().commitNumber, store.statistics().commitNumber);
      await again.close();
    }
    await store.close();
  });
});

describe('a commit that LevelDB refuses', () => {
  it('was told and stays readable; the next one fails, and so does all that needs LevelDB', async (t) => {
    const { folder, store, gate } = await heldUp(t);
    gate.refuse();
    gate.release();
    const failed = { code: 'commit_failed' };
    await assert.rejects(store.scrub(10), failed);
    await assert.rejects(store.commit([put(ONE, 3)]), failed);
    await assert.rejects(store.commit([put(ONE, 3)]), failed);
    assertSeesAll(store);
    await assert.rejects(keysOf(store.records()), failed);
    // No checkpoint: it would free what LevelDB does not have.
    await store.close();
    assert.deepEqual(gate.calls, ['batch']);
    const again = await open(folder);
    assertSeesAll(again);
    await again.close();
    assert.deepEqual(await damageIn(folder), []);
  });
});
