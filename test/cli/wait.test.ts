/** Waiting beside something that may break (agent/cli/wait.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Bell } from '../../agent/cli/wait.ts';

const HOUR_MS = 3_600_000;

describe('a bell', () => {
  it('wakes all who wait, once', async () => {
    const bell = new Bell();
    const waiting = [bell.next(HOUR_MS), bell.next(HOUR_MS)];
    assert.equal(bell.waiting, 2);
    bell.ring();
    await Promise.all(waiting);
    assert.equal(bell.waiting, 0);
  });

  it('lets nobody wait longer than asked, or after an abort', async () => {
    const bell = new Bell();
    await bell.next(1);
    const stop = new AbortController();
    const waiting = bell.next(HOUR_MS, stop.signal);
    stop.abort();
    await waiting;
    await bell.next(HOUR_MS, stop.signal);
    assert.equal(bell.waiting, 0);
  });

  it('fails whoever waits when it breaks, and whoever comes later, with the first error', async () => {
    const bell = new Bell();
    const waiting = bell.next(HOUR_MS);
    const resting = bell.rest(HOUR_MS);
    const working = bell.during(new Promise(() => undefined));
    bell.break(new Error('first'));
    bell.break(new Error('second'));
    for (const broken of [waiting, resting, working, bell.next(1), bell.during(bell.next(1))]) {
      await assert.rejects(broken, { message: 'first' });
    }
    assert.equal(bell.waiting, 0);
  });

  it('gives what work came to, and forgets it', async () => {
    const bell = new Bell();
    assert.equal(await bell.during(Promise.resolve(7)), 7);
    await assert.rejects(bell.during(Promise.reject(new Error('no'))), { message: 'no' });
    bell.ring();
    await Promise.resolve();
    assert.equal(bell.waiting, 0);
  });

  it('rests though it rings', async () => {
    const bell = new Bell();
    let isOver = false;
    const resting = bell.rest(30).then(() => {
      isOver = true;
    });
    bell.ring();
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(isOver, false);
    await resting;
  });

  it('keeps nothing of a turn', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bell = new Bell();
    const { signal } = new AbortController();
    const turns = async (count: number): Promise<number> => {
      for (let turn = 0; turn < count; turn++) {
        const waiting = bell.next(HOUR_MS, signal);
        bell.ring();
        await waiting;
        await bell.during(Promise.resolve());
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    await turns(2_000);
    const before = await turns(2_000);
    const grown = (await turns(20_000)) - before;
    // A race against a promise that stays open kept more than 300 bytes a turn.
    assert.ok(grown < 20_000 * 30, `${grown} bytes`);
  });
});
