/** Which messages are written and which are counted, to the millisecond. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFolder } from '../../agent/shell/log/log-fold.ts';

describe('the folder of messages', () => {
  it('counts what comes again before its window is over, and tells the last one then', () => {
    const folder = createFolder<string>(100, 2);
    assert.equal(folder.take('a', 'first', 0), true);
    assert.equal(folder.take('a', 'second', 1), false);
    assert.equal(folder.take('a', 'third', 99), false);
    assert.deepEqual(folder.flush(99), []);
    assert.deepEqual(folder.flush(100), [{ key: 'a', count: 2, last: 'third' }]);
    assert.deepEqual(folder.flush(1_000), [], 'told once');
  });

  it('writes again what comes when the window is over, if it has nothing to tell', () => {
    const folder = createFolder<string>(100, 2);
    folder.take('a', 'first', 0);
    assert.equal(folder.take('a', 'anew', 100), true);
    assert.equal(folder.take('a', 'again', 199), false, 'a window of its own');
    assert.equal(folder.take('a', 'late', 300), false, 'the count is not told yet');
    assert.deepEqual(folder.flush(Number.POSITIVE_INFINITY), [
      { key: 'a', count: 2, last: 'late' },
    ]);
  });

  it('tells nothing of what came once, and forgets it', () => {
    const folder = createFolder<string>(100, 1);
    folder.take('a', 'once', 0);
    assert.deepEqual(folder.flush(100), []);
    assert.equal(folder.take('b', 'has its place now', 101), true);
    assert.equal(folder.take('b', 'and is counted', 102), false);
  });

  it('writes all of those for which there is no place', () => {
    const folder = createFolder<string>(100, 2);
    for (const key of ['a', 'b', 'c', 'c']) assert.equal(folder.take(key, key, 0), true, key);
    assert.equal(folder.take('b', 'b', 0), false);
  });
});
