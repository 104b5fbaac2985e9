/** Who is next, what is counted, and who is remembered, on the queue alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FairQueue } from '../../agent/shell/fair-queue.ts';
import { MAX_QUEUE_SOURCES, SERVICE_CREDIT } from '../../agent/shell/limits.ts';
import type { Standing } from '../../agent/shell/place.ts';

const at = (source: string, standing: Standing = 'node') => ({ standing, source });

/** A queue in which each of these has a lane of its own source, and something waits. */
function withLanes(...keys: string[]): FairQueue<string, string> {
  const queue = new FairQueue<string, string>();
  for (const key of keys) {
    queue.place(key, at(key));
    queue.push(key, key, 1);
  }
  return queue;
}

/** Who is served next, so many times, at this cost each; whoever is served has more at once. */
function serve(queue: FairQueue<string, string>, times: number, cost = 5): string {
  let served = '';
  for (let i = 0; i < times; i++) {
    const { key = '-', value = '' } = queue.shift() ?? {};
    queue.charge(cost - 1);
    queue.push(key, value, 1);
    served += key;
  }
  return served;
}

describe('who is next', () => {
  it('is, of several that were served as much, who has waited longest', () => {
    assert.equal(serve(withLanes('a', 'b', 'c'), 6), 'abcabc');
  });

  it('is as far ahead as the credit and no further, also after another who was', () => {
    const queue = withLanes('x');
    serve(queue, 200);
    for (const key of ['a', 'b']) {
      queue.place(key, at(key));
      queue.push(key, key, 1);
      const turns = SERVICE_CREDIT / 5;
      assert.equal(serve(queue, turns), key.repeat(turns), key);
      queue.remove(key);
    }
    for (const key of ['c', 'd']) {
      queue.place(key, at(key));
      queue.push(key, key, 1);
      serve(queue, 1);
    }
    assert.equal(serve(queue, 2), 'cd', 'they came at the same time');
  });

  it('is nobody anew who had more than his share a moment ago', () => {
    const queue = withLanes('a', 'b');
    serve(queue, 1, 100);
    queue.remove('a');
    queue.place('a again', at('a'));
    queue.push('a again', '', 1);
    assert.equal(serve(queue, 19), 'b'.repeat(19));
  });

  it('is charged alone for what it cost, and nobody once that is over', () => {
    const queue = withLanes('a', 'b');
    serve(queue, 1, 1);
    queue.rest();
    queue.charge(1_000);
    assert.equal(serve(queue, 3, 1), 'bab');
  });
});

describe('what is counted', () => {
  it('moves with a lane to another source or standing, and goes with it', () => {
    const queue = new FairQueue<string, string>();
    queue.place('k', at('s'));
    queue.push('k', '', 10);
    queue.push('k', '', 5);
    const counts = () => [queue.length, queue.bytes, queue.bytesOf('node')];
    assert.deepEqual(counts(), [2, 15, 15]);
    queue.place('k', at('s', 'trusted'));
    assert.deepEqual(queue.placeOf('k'), at('s', 'trusted'));
    assert.deepEqual([...counts(), queue.bytesOf('trusted')], [2, 15, 0, 15]);
    queue.place('k', at('t', 'trusted'));
    assert.deepEqual(queue.placeOf('k'), at('t', 'trusted'));
    assert.deepEqual([...counts(), queue.bytesOf('trusted')], [2, 15, 0, 15]);
    assert.equal(queue.shift((standing) => standing === 'trusted')?.key, 'k');
    assert.deepEqual([...counts(), queue.bytesOf('trusted')], [1, 5, 0, 5]);
    queue.remove('k');
    assert.deepEqual([...counts(), queue.bytesOf('trusted')], [0, 0, 0, 0]);
    assert.equal(queue.shift(), undefined);
  });

  it('is of its own lane alone where several of a source wait', () => {
    const queue = new FairQueue<string, string>();
    for (const key of ['a', 'b']) {
      queue.place(key, at('s'));
      queue.push(key, key, 1);
    }
    queue.remove('a');
    assert.deepEqual([queue.length, queue.sourcesOf('node')], [1, 1]);
    assert.equal(queue.shift()?.key, 'b');
  });
});

describe('a source', () => {
  it('is remembered with its lanes, and after them only if it had more than its share', () => {
    const queue = withLanes('a', 'b');
    queue.place('more of a', at('a'));
    assert.equal(queue.sourcesOf('node'), 2);
    serve(queue, 100);
    queue.remove('more of a');
    assert.equal(queue.sourcesOf('node'), 2, 'it has another lane');
    queue.place('idle', at('idle'));
    queue.remove('idle');
    assert.equal(queue.sourcesOf('node'), 2, 'it was served nothing');
    for (const key of ['one', 'other']) queue.place(key, at('idle'));
    queue.remove('one');
    assert.equal(queue.sourcesOf('node'), 3, 'neither was this, but it has a lane');
    queue.remove('other');
    assert.equal(queue.sourcesOf('node'), 2);
    queue.remove('a');
    assert.equal(queue.sourcesOf('node'), 2, 'it is ahead of those who would come now');
    queue.place('idle', at('somewhere'));
    queue.place('idle', at('elsewhere'));
    assert.equal(queue.sourcesOf('node'), 3, 'the place that a lane has left is forgotten');
  });

  it('is remembered beside so many, the oldest is forgotten, and none that has a lane', () => {
    const queue = new FairQueue<string, string>();
    const once = (n: number): void => {
      queue.place(`${n}`, at(`${n}`));
      queue.push(`${n}`, '', 1);
      queue.shift();
      queue.charge(100);
      queue.remove(`${n}`);
    };
    for (let n = 0; n < MAX_QUEUE_SOURCES; n++) once(n);
    assert.equal(queue.sourcesOf('node'), MAX_QUEUE_SOURCES);
    once(MAX_QUEUE_SOURCES);
    assert.equal(queue.sourcesOf('node'), MAX_QUEUE_SOURCES);
    const first = new FairQueue<number, string>();
    for (let n = 0; n <= MAX_QUEUE_SOURCES; n++) first.place(n, at(`${n}`));
    assert.equal(first.sourcesOf('node'), MAX_QUEUE_SOURCES + 1, 'each has a lane, the last too');
  });
});
