/** Waiting at a session (agent/wallet/until.ts). */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beside, until, Watchers } from '../../agent/wallet/until.ts';

const HOUR_MS = 3_600_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const full = () => Object.assign(new Error('full'), { code: 'ENOSPC' });

/** A wait that is looked at: how often it judged, and what it came to. */
function waiting(watchers: Watchers, deadlines = {}) {
  const seen = { judged: 0, result: undefined as unknown, value: undefined as string | undefined };
  const done = until(
    watchers,
    () => {
      seen.judged += 1;
      return seen.value;
    },
    deadlines,
  ).then((result) => {
    seen.result = result;
  });
  return Object.assign(seen, { done });
}

describe('a wait', () => {
  it('judges at once, and whenever something happened, until that comes to something', async () => {
    const watchers = new Watchers();
    const wait = waiting(watchers);
    assert.equal(wait.judged, 1);
    watchers.wake();
    await turn();
    assert.deepEqual([wait.judged, wait.result, watchers.count], [2, undefined, 1]);
    wait.value = 'enough';
    watchers.wake();
    await wait.done;
    assert.deepEqual([wait.judged, wait.result, watchers.count], [3, 'enough', 0]);
    watchers.wake();
    await turn();
    assert.equal(wait.judged, 3);
  });

  it('does not begin where it is over already', async () => {
    const watchers = new Watchers();
    assert.equal(await until(watchers, () => 7), 7);
    assert.equal(await until(watchers, () => false), false);
    assert.equal(watchers.count, 0);
  });

  it('judges once for all that happens in one moment, and never in the middle of it', async () => {
    const watchers = new Watchers();
    const wait = waiting(watchers);
    for (let n = 0; n < 5; n++) watchers.wake();
    assert.equal(wait.judged, 1);
    await turn();
    assert.equal(wait.judged, 2);
    wait.value = 'enough';
    watchers.wake();
    await wait.done;
  });

  it('judges at its deadlines, which may move, and not between them', async () => {
    const watchers = new Watchers();
    let nextMs = performance.now() + 5;
    const moments: number[] = [];
    const judge = (): true | undefined => {
      const nowMs = performance.now();
      moments.push(nowMs);
      if (moments.length > 1 && nowMs >= nextMs) nextMs = nowMs + 5;
      return moments.length > 3 || undefined;
    };
    const begunMs = nextMs - 5;
    assert.equal(await until(watchers, judge, { nextMs: () => nextMs }), true);
    assert.ok((moments.at(-1) ?? 0) >= begunMs + 5);
    const still = waiting(watchers, { nextMs: () => Infinity });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(still.judged, 1);
    still.value = 'enough';
    watchers.wake();
    await still.done;
  });

  it('judges when its signal is aborted, and listens to it no more afterwards', async () => {
    const watchers = new Watchers();
    const stop = new AbortController();
    const judge = (): true | undefined => stop.signal.aborted || undefined;
    const stopped = until(watchers, judge, { signal: stop.signal });
    assert.equal(getEventListeners(stop.signal, 'abort').length, 1);
    stop.abort();
    assert.equal(await stopped, true);
    assert.equal(await until(watchers, judge, { signal: stop.signal }), true);
    assert.equal(watchers.count, 0);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });

  it('ends with what broke the session, also where that was before', async () => {
    const watchers = new Watchers();
    const [first, second] = [full(), full()];
    const wait = waiting(watchers);
    watchers.break(first);
    watchers.break(second);
    await wait.done;
    assert.deepEqual(wait.result, { fault: 'system', error: first });
    const late = await until(watchers, () => undefined);
    assert.equal((late as { error: unknown }).error, first);
    assert.equal(watchers.count, 0);
  });

  it('counts what came to something before the break', async () => {
    const watchers = new Watchers();
    const wait = waiting(watchers);
    wait.value = 'certified';
    watchers.break(full());
    await wait.done;
    assert.equal(wait.result, 'certified');
  });

  it('hands on a fault of this program, and one of its judge', async () => {
    const watchers = new Watchers();
    const wrong = until(watchers, () => {
      throw new TypeError('wrong');
    });
    await assert.rejects(wrong, { message: 'wrong' });
    const broken = until(watchers, () => undefined);
    watchers.break(new TypeError('broken'));
    await assert.rejects(broken, { message: 'broken' });
    assert.equal(watchers.count, 0);
  });
});

describe('work beside something that may break', () => {
  it('gives what it came to, and is forgotten', async () => {
    const watchers = new Watchers();
    assert.equal(await beside(watchers, Promise.resolve(7)), 7);
    await assert.rejects(beside(watchers, Promise.reject(new Error('no'))), { message: 'no' });
    await turn();
    assert.equal(watchers.count, 0);
  });

  it('fails when that breaks', async () => {
    const watchers = new Watchers();
    const working = beside(watchers, new Promise(() => undefined));
    watchers.break(new Error('first'));
    await assert.rejects(working, { message: 'first' });
    await assert.rejects(beside(watchers, new Promise(() => undefined)), { message: 'first' });
  });
});

describe('what waiting keeps', () => {
  it('is nothing, after 200,000 turns of one wait and 20,000 waits', async (t) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const watchers = new Watchers();
    const { signal } = new AbortController();
    const long = waiting(watchers, { signal, nextMs: () => performance.now() + HOUR_MS });
    // An hour would keep the process alive when something below fails.
    t.after(() => {
      long.value = 'enough';
      watchers.wake();
    });
    const turns = async (count: number): Promise<number> => {
      for (let n = 0; n < count; n++) {
        watchers.wake();
        await undefined;
        if (n % 10 > 0) continue;
        const wait = waiting(watchers, { signal });
        wait.value = 'enough';
        watchers.wake();
        await wait.done;
        await beside(watchers, Promise.resolve());
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    await turns(20_000);
    const before = await turns(2_000);
    const grown = (await turns(200_000)) - before;
    // A race against a promise that stays open kept more than 300 bytes a turn: 60 MB here.
    assert.ok(grown < 2_000_000, `${grown} bytes`);
    assert.ok(long.judged > 200_000);
    long.value = 'enough';
    watchers.wake();
    await long.done;
    assert.equal(watchers.count, 0);
  });
});
