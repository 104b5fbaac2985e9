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
  await store.commit([put(ONE, 1), put(TWO, 1)]);
  const gate = gateBefore(t);
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

  it('is the only one: the next is neither in the log nor told before LevelDB has it', async (t) => {
    const { folder, store, gate } = await heldUp(t);
    const next = store.commit([put(ONE, 3)]);
    assert.equal(await hasEnded(next), false);
    const copy = asKilled(t, folder);
    const again = await open(copy);
    assertSeesAll(again);
    await again.close();
    assert.deepEqual(gate.calls, ['batch']);
    gate.release();
    await next;
    assert.deepEqual(store.get(ONE), Uint8Array.of(3));
    await store.close();
    assert.deepEqual(await damageIn(folder), []);
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
    await store.commit(ledger.genesis());
    const gate = gateBefore(t);
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
    await assert.rejects(store.commit([put(ONE, 3)]), failed);
    await assert.rejects(store.commit([put(ONE, 3)]), failed);
    assertSeesAll(store);
    await assert.rejects(store.scrub(10), failed);
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
