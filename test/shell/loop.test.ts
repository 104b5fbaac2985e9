/** The loop: nothing leaves before it is on disk, in order, within bounds. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Read, Stamp, Step } from '../../agent/core/io.ts';
import {
  DRAIN_TIMEOUT_MS,
  HELD_SHARES,
  LANE_BOUNDS,
  MAX_LEFT_EVENTS,
  MAX_TURN_COST,
  MAX_UNCOMMITTED_BYTES,
  MAX_UNCOMMITTED_STEPS,
} from '../../agent/shell/limits.ts';

import { bench, frame, keys, LINK, letters, MEMBER, turns } from './loop-bench.ts';

describe('the loop lets out', () => {
  it('at once what wrote nothing while nothing waits', async () => {
    const { say, out, store } = bench();
    await say('a', 'b');
    assert.deepEqual(out, ['a', 'b']);
    assert.equal(store.commits.length, 0);
  });

  it('nothing of a step before its writes are on disk', async () => {
    const { say, out, store } = bench();
    await say('A');
    assert.deepEqual(out, []);
    await turns(50);
    assert.deepEqual(out, []);
    await store.finish();
    assert.deepEqual(out, ['A']);
  });

  it('nothing of a later step either, though it wrote nothing', async () => {
    const { say, out, store } = bench();
    await say('A', 'b');
    await say('c');
    assert.deepEqual(out, []);
    await store.finish();
    assert.deepEqual(out, ['A', 'b', 'c']);
  });

  it('what came after one batch and before the next without waiting for the next', async () => {
    const { say, out, store } = bench();
    await say('A');
    await say('b', 'C', 'd');
    await store.finish();
    assert.deepEqual(out, ['A', 'b']);
    assert.deepEqual(store.commits.map(keys), [['A'], ['C']]);
    await store.finish();
    assert.deepEqual(out, ['A', 'b', 'C', 'd']);
  });

  it('sends, closes and notices step by step', async () => {
    const { say, out, store } = bench();
    await say('A', 'x', 'b');
    await store.finish();
    assert.deepEqual(out, ['A', 'x', 'close x', 'notice relayed', 'b']);
  });

  it('nothing any more once a commit failed, and says so once', async () => {
    const { say, out, store, failures, loop } = bench();
    await say('A', 'b', 'C');
    await say('d');
    await store.finish(new Error('disk full'));
    await say('e');
    assert.deepEqual(out, []);
    assert.deepEqual(failures.map(String), ['Error: disk full']);
    assert.equal(loop.offer(frame('f')), 'refused');
    assert.equal(await loop.stop(), 'failed');
  });

  it('nothing any more once the core broke', async () => {
    const { say, out, store, failures } = bench();
    await say('A', '!', 'b');
    assert.deepEqual(failures.map(String), ['Error: broken invariant']);
    assert.deepEqual(out, []);
    assert.equal(store.commits.length, 0);
  });
});

describe('group commit', () => {
  it('merges the writes of the steps that came while the disk was busy', async () => {
    const { say, out, store } = bench();
    await say('A1');
    await say('B1', 'B2');
    await say('C1', 'B3');
    assert.equal(store.commits.length, 1);
    await store.finish();
    assert.equal(store.commits.length, 2);
    const merged = store.commits[1]?.map(({ value }) => Buffer.from(value ?? []).toString());
    assert.deepEqual(merged, ['B3', 'C1']);
    assert.deepEqual(out, ['A1']);
    await store.finish();
    assert.deepEqual(out, ['A1', 'B1', 'B2', 'C1', 'B3']);
  });

  it('shows every step the writes before it, on disk or not', async () => {
    const { say, out, store } = bench();
    await say('A1', '?');
    await say('A2', '?');
    await store.finish();
    await say('?');
    await store.finish();
    await say('?');
    assert.deepEqual(out, ['A1', 'A=A1', 'A2', 'A=A2', 'A=A2', 'A=A2']);
  });

  it('shows what is on the disk now, not what was read from it once', async () => {
    const { say, out, store } = bench();
    for (const text of ['A1', 'B1']) {
      await say(text);
      await store.finish();
    }
    await say('?');
    for (const text of ['A2', 'B2']) {
      await say(text);
      await store.finish();
    }
    await say('?');
    assert.deepEqual(
      out.filter((text) => text.startsWith('A=')),
      ['A=A1', 'A=A2'],
    );
  });

  it('keeps memory records away from the disk', async () => {
    const timers = 't' as ByteKey;
    const count = (_: Event, __: Stamp, read: Read): Step => {
      const value = Uint8Array.of((read.get(timers)?.[0] ?? 0) + 1);
      const sends = [{ link: LINK, bytes: Buffer.from(String(value[0])) }];
      const writes = [{ key: timers, value }];
      return { writes, sends, asks: [], closes: [], notices: [], wakeAtMs: undefined };
    };
    const { say, out, store } = bench(count);
    await say('a', 'b');
    assert.deepEqual(out, ['1', '2']);
    assert.equal(store.commits.length, 0);
  });
});

describe('a loop with too much to do', () => {
  const { pauseEvents, mostEvents, mostBytes } = LANE_BOUNDS.trusted;

  it('asks a link to pause, then refuses, and says when there is relief', async () => {
    const { loop, out, reliefs } = bench();
    const intakes: string[] = [];
    for (let i = 0; i < mostEvents + 10; i++) intakes.push(loop.offer(frame('a'), MEMBER));
    assert.equal(intakes.indexOf('pause'), pauseEvents - 1);
    assert.equal(intakes.indexOf('refused'), mostEvents);
    assert.equal(loop.statistics().refused, 10);
    assert.notEqual(loop.offer({ kind: 'link_down', link: 2n as LinkId }), 'refused');
    while (reliefs.length === 0) await turns(1);
    assert.ok(loop.statistics().queued <= pauseEvents / 2);
    await turns(100);
    assert.equal(out.length, mostEvents + 1);
    assert.deepEqual(reliefs, [LINK]);
  });

  it('counts bytes, too', () => {
    const { loop } = bench();
    const event: Event = { kind: 'frame', link: LINK, bytes: new Uint8Array(16_384) };
    let taken = 0;
    while (loop.offer(event, MEMBER) !== 'refused') taken += event.bytes.length;
    assert.ok(taken <= mostBytes && taken > mostBytes - 16_384);
  });

  it('stops stepping when the disk does not follow, and goes on when it does', async () => {
    const { out, loop, say, store } = bench();
    await say('A');
    for (let i = 1; i < MAX_UNCOMMITTED_STEPS + 500; i++) {
      loop.offer(frame('A'), MEMBER);
      if (i % 100 === 0) await turns();
    }
    await turns();
    assert.equal(loop.statistics().held, MAX_UNCOMMITTED_STEPS);
    assert.equal(loop.statistics().queued, 500);
    while (out.length < MAX_UNCOMMITTED_STEPS + 500) await store.finish();
    assert.equal(loop.statistics().held, 0);
  });

  for (const [what, written, sent] of [
    ['writes', 65_535, 0],
    ['sends', 0, 65_535],
  ] as const) {
    it(`stops stepping when what is held takes enough bytes, of ${what}`, async () => {
      const { loop, store } = bench(() => ({
        writes: [{ key: 'A' as ByteKey, value: new Uint8Array(written) }],
        sends: [{ link: LINK, bytes: new Uint8Array(sent) }],
        asks: [],
        closes: [],
        notices: [],
        wakeAtMs: undefined,
      }));
      // One byte of each step is its key.
      const fits = MAX_UNCOMMITTED_BYTES / 65_536;
      for (let i = 0; i < fits + 3; i++) {
        loop.offer(frame('A'), MEMBER);
        await turns(2);
      }
      assert.deepEqual([loop.statistics().held, loop.statistics().queued], [fits, 3]);
      await store.finish();
      assert.equal(loop.statistics().queued, 2, 'the room of the first one');
    });
  }

  it('leaves members room when strangers have filled what the disk has to follow', async () => {
    const { loop, say } = bench();
    await say('A');
    for (let i = 0; i < MAX_UNCOMMITTED_STEPS; i += 8) {
      for (let n = 0; n < 8; n++) loop.offer({ ...frame('A'), link: 2n as LinkId });
      await turns(2);
    }
    const held = HELD_SHARES.anonymous * MAX_UNCOMMITTED_STEPS;
    assert.equal(loop.statistics().held, held);
    loop.offer(frame('A'), MEMBER);
    await turns(2);
    assert.equal(loop.statistics().held, held + 1);
  });

  it('counts what is held back exactly, so that nothing is held for ever', async () => {
    const { loop, out, say, store } = bench();
    const large = 'z'.repeat(100_000);
    for (let i = 0; i < 100; i++) {
      await say(`A${i}`);
      await say(large);
      await store.finish();
    }
    assert.equal(out.length, 200);
    assert.equal(loop.statistics().held, 0);
  });

  it('lets sockets have their turn after some steps', async () => {
    const { loop, out } = bench();
    for (let i = 0; i < 3 * MAX_TURN_COST; i++) loop.offer(frame('a'), MEMBER);
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(out.length);
    }
    assert.deepEqual(
      seen,
      [1, 2, 3].map((n) => n * MAX_TURN_COST),
    );
  });
});

describe('time', () => {
  it('ticks when the last step asked for it, and once', async () => {
    const { say, out, clock } = bench();
    await say('w1500');
    assert.deepEqual(clock.armed, [1_500]);
    await say('w1400');
    assert.deepEqual(clock.armed, [1_400]);
    clock.move(1_399);
    await turns();
    assert.deepEqual(out, ['w1500', 'w1400']);
    clock.move(1_400);
    await turns();
    assert.deepEqual(out, ['w1500', 'w1400', 'tick@1400']);
    assert.deepEqual(clock.armed, []);
  });

  it('is not waited for when the last step has no wish, and never spins', async () => {
    const { say, clock } = bench();
    await say('w1500', 'a');
    assert.deepEqual(clock.armed, []);
    await say('w3');
    assert.deepEqual(clock.armed, [1_001]);
  });

  it('ticks again where a tick asks for the time that is over', async () => {
    const kinds: string[] = [];
    const { say, clock } = bench(({ kind }) => {
      kinds.push(kind);
      return { writes: [], sends: [], asks: [], closes: [], notices: [], wakeAtMs: 1_500 };
    });
    await say('a');
    clock.move(1_500);
    await turns();
    assert.deepEqual(clock.armed, [1_501]);
    clock.move(1_501);
    await turns();
    assert.deepEqual(kinds, ['frame', 'tick', 'tick']);
  });

  it('never goes back for the core', async () => {
    const stamps: number[] = [];
    const { say, clock } = bench((event, stamp, read) => {
      stamps.push(stamp.nowMs);
      return letters(event, stamp, read);
    });
    await say('a');
    clock.nowMs = 900;
    await say('b');
    clock.nowMs = 1_100;
    await say('c');
    assert.deepEqual(stamps, [1_000, 1_000, 1_100]);
  });
});

describe('a loop is settled', () => {
  it('at once when it has nothing to do', async () => {
    const { loop, say } = bench();
    await loop.settled();
    await say('a');
    await loop.settled();
  });

  it('when what was taken until then is on disk and out, whatever comes after it', async () => {
    const { loop, say, out, store } = bench();
    let settled: readonly string[] | undefined;
    loop.offer(frame('A'));
    loop.offer(frame('b'));
    const waiting = loop.settled().then(() => {
      settled = [...out];
    });
    await turns();
    await say('C');
    assert.equal(settled, undefined);
    await store.finish();
    await waiting;
    assert.deepEqual(settled, ['A', 'b']);
  });

  it('when what it waits for was thrown away, with the link that it came over', async () => {
    const { loop } = bench();
    const ids = Array.from(
      { length: MAX_LEFT_EVENTS / 32 + 2 },
      (_, n) => BigInt(n + 10) as LinkId,
    );
    for (const link of ids) for (let i = 0; i < 32; i++) loop.offer({ ...frame('a'), link });
    let isSettled = false;
    const settled = loop.settled().then(() => {
      isSettled = true;
    });
    for (const link of ids) loop.offer({ kind: 'link_down', link });
    await turns(100);
    assert.ok(isSettled);
    await settled;
  });

  it('never when a commit fails or it is stopped before', async () => {
    const failing = bench();
    await failing.say('A');
    const waiting = assert.rejects(failing.loop.settled(), /disk full/);
    await failing.store.finish(new Error('disk full'));
    await waiting;
    await assert.rejects(failing.loop.settled(), /has ended/);
    assert.equal(failing.failures.length, 1);

    const stopped = bench();
    await stopped.say('A');
    const hoping = assert.rejects(stopped.loop.settled(), /timed_out/);
    const stopping = stopped.loop.stop();
    stopped.clock.move(1_000 + DRAIN_TIMEOUT_MS);
    await hoping;
    assert.equal(await stopping, 'timed_out');
  });
});

describe('a stop', () => {
  it('finishes what was taken, commits it, lets it out, and takes nothing new', async () => {
    const { loop, out, store, clock, say } = bench();
    await say('w9000');
    for (const text of ['A', 'b', 'C']) loop.offer(frame(text));
    const stopping = loop.stop();
    assert.equal(loop.offer(frame('d')), 'refused');
    await turns();
    await store.finish();
    assert.equal(await stopping, 'clean');
    assert.deepEqual(out, ['w9000', 'A', 'b', 'C']);
    assert.deepEqual(clock.armed, []);
    assert.equal(await loop.stop(), 'clean');
  });

  it('is over at once when nothing is left to do', async () => {
    const { loop } = bench();
    assert.equal(await loop.stop(), 'clean');
  });

  it('gives up on a disk that does not answer, and lets nothing out after that', async () => {
    const { loop, out, store, clock, say, failures } = bench();
    await say('A');
    const stopping = loop.stop();
    await turns();
    clock.move(1_000 + DRAIN_TIMEOUT_MS);
    assert.equal(await stopping, 'timed_out');
    await store.finish();
    assert.deepEqual(out, []);
    assert.deepEqual(failures, []);
  });

  it('that gave up on a disk is not told of its failure any more', async () => {
    const { loop, store, clock, say, failures } = bench();
    await say('A');
    const stopping = loop.stop();
    clock.move(1_000 + DRAIN_TIMEOUT_MS);
    assert.equal(await stopping, 'timed_out');
    await store.finish(new Error('disk full'));
    assert.deepEqual(failures, []);
  });
});
