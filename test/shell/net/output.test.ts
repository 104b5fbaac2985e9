/** What leaves over a link whose other side reads slowly: whose frames wait, and whose are lost. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_FRAME_BYTES } from '../../../agent/core/base/limits.ts';
import type { LinkId } from '../../../agent/core/base/units.ts';
import { FairQueue } from '../../../agent/shell/fair-queue.ts';
import {
  FORWARD_LANE_BYTES,
  NET_LIMITS,
  OUTPUT_AHEAD_BYTES,
} from '../../../agent/shell/net/limits.ts';
import { type Cause, Output, type OutputBudget } from '../../../agent/shell/net/output.ts';

type Lanes = FairQueue<unknown, unknown>;

const MOST_BYTES = NET_LIMITS.memberOutputBytes;

function from(n: number, standing: Cause['place']['standing'] = 'anonymous'): Cause {
  return { link: BigInt(n) as LinkId, place: { standing, source: `source ${n}` } };
}

function wordOf(mark: number): Uint8Array {
  return new Uint8Array(4).fill(mark);
}

function frame(mark: number, size: number): Uint8Array {
  return new Uint8Array(size).fill(mark);
}

/** An output into a socket that takes what the test lets it take. */
function slow(mostBytes = MOST_BYTES, budget?: OutputBudget) {
  const written: Buffer[] = [];
  const done: (() => void)[] = [];
  const deferred: (() => void)[] = [];
  const output = new Output({
    mostBytes,
    budget,
    write(batch, call) {
      written.push(batch);
      done.push(call);
    },
    defer(call) {
      deferred.push(call);
      return () => void deferred.splice(deferred.indexOf(call), 1);
    },
  });
  const turn = () => {
    for (const call of deferred.splice(0)) call();
  };
  /** The socket takes all that it was given, and what then comes. */
  const drain = () => {
    for (turn(); done.length > 0; turn()) done.shift()?.();
  };
  /** First bytes of the frames that were written. */
  const marks = () => {
    const bytes = Buffer.concat(written);
    const found: number[] = [];
    for (let i = 0; i + 4 < bytes.length; ) {
      const size = bytes.readUInt32BE(i);
      found.push(bytes[i + 4] ?? -1);
      i += 4 + size;
    }
    return found;
  };
  return { output, written, drain, marks, turn };
}

/** Fills what a socket is handed before frames wait. */
function fill({ output }: ReturnType<typeof slow>): void {
  for (let bytes = 0; bytes < OUTPUT_AHEAD_BYTES; bytes += 16_384) output.send(frame(0, 16_384));
}

describe('frames that leave over a link', () => {
  it('leave as one write a turn, in their order, while the other side reads', () => {
    const made = slow();
    made.output.send(frame(1, 10));
    made.output.forward(frame(2, 10), from(7));
    made.output.send(frame(3, 10));
    assert.equal(made.written.length, 0);
    made.turn();
    assert.equal(made.written.length, 1);
    assert.deepEqual(made.marks(), [1, 2, 3]);
  });

  it('leave in turn by whose they are, when they have waited', () => {
    const made = slow();
    fill(made);
    for (let i = 0; i < 50; i++) made.output.forward(frame(1, 1_000), from(1));
    for (let i = 0; i < 5; i++) made.output.forward(frame(2, 1_000), from(2));
    for (let i = 0; i < 5; i++) assert.ok(made.output.send(frame(3, 1_000)));
    made.drain();
    const marks = made.marks().filter((mark) => mark !== 0);
    assert.equal(marks.length, 60);
    assert.ok(marks.lastIndexOf(2) < 25, 'few are ahead of those of another source');
    assert.ok(marks.lastIndexOf(3) < 25, 'and of the own ones');
  });

  it('of one stranger never cost the link, nor the frames of others', () => {
    const made = slow();
    fill(made);
    for (let i = 0; i < 5_000; i++) made.output.forward(frame(1, 1_000), from(1));
    made.output.forward(frame(2, 1_000), from(2, 'trusted'));
    assert.ok(made.output.send(frame(3, 1_000)), 'the reader is not too slow for that');
    made.drain();
    const marks = made.marks();
    const passedOn = marks.filter((mark) => mark === 1).length;
    assert.equal(passedOn, Math.floor(FORWARD_LANE_BYTES / 1_004));
    assert.equal(marks.filter((mark) => mark === 2).length, 1);
  });

  it('of many strangers have half of the bound, and who has most waiting loses it', () => {
    const made = slow();
    fill(made);
    const size = 16_000;
    made.output.forward(frame(1, 100), from(1));
    for (let n = 2; n < 200; n++) {
      for (let i = 0; i < 3; i++) made.output.forward(frame(2, size), from(n));
      assert.ok(made.output.ownBytes <= OUTPUT_AHEAD_BYTES + 16_384 + 100);
    }
    made.drain();
    const marks = made.marks();
    const bytes = marks.filter((mark) => mark === 2).length * (size + 4);
    assert.ok(bytes <= MOST_BYTES / 2 && bytes > MOST_BYTES / 4, `${bytes}`);
    assert.equal(marks.filter((mark) => mark === 1).length, 1, 'who has little keeps it');
  });

  it('of one link may wait up to its bound exactly', () => {
    const made = slow();
    fill(made);
    const size = FORWARD_LANE_BYTES / 4;
    for (let i = 0; i < 5; i++) made.output.forward(frame(1, size - 4), from(1));
    made.drain();
    assert.equal(made.marks().filter((mark) => mark === 1).length, 4);
  });

  it('are passed on where all links together have too much waiting, if this one reads', () => {
    const made = slow(MOST_BYTES, { used: 10, most: 5 });
    made.output.forward(frame(1, 10), from(1));
    made.drain();
    assert.deepEqual(made.marks(), [1]);
  });

  it('are accounted for, also those that are lost to make room', () => {
    const budget: OutputBudget = { used: 0, most: 100 * MOST_BYTES };
    const made = slow(MOST_BYTES, budget);
    fill(made);
    for (let n = 2; n < 200; n++) made.output.forward(frame(2, 16_000), from(n));
    assert.ok(budget.used > MOST_BYTES / 2);
    made.drain();
    assert.equal(budget.used, 0);
  });

  it('leave nothing behind of the link that they came over', (t) => {
    const lanes = new Set<unknown>();
    const { place, remove } = FairQueue.prototype;
    t.mock.method(FairQueue.prototype, 'place', function (this: Lanes, key, where) {
      lanes.add(key);
      place.call(this, key, where);
    } as Lanes['place']);
    t.mock.method(FairQueue.prototype, 'remove', function (this: Lanes, key) {
      lanes.delete(key);
      remove.call(this, key);
    } as Lanes['remove']);
    const made = slow();
    made.output.forward(frame(1, 10), from(1));
    assert.deepEqual([...lanes], ['own'], 'that left at once');
    fill(made);
    for (let n = 2; n < 200; n++) made.output.forward(frame(2, 16_000), from(n));
    assert.ok(lanes.size > 2);
    made.drain();
    assert.deepEqual([...lanes], ['own'], 'that waited, or were lost');
  });

  it('leave at once when there are enough of them for one write', () => {
    const made = slow();
    for (let i = 0; i < 3; i++) made.output.send(frame(1, 16_380));
    assert.equal(made.written.length, 0);
    made.output.send(frame(1, 16_380));
    assert.equal(made.written.length, 1, '64 KiB exactly');
  });

  it('pay for their size when they wait', () => {
    const made = slow();
    fill(made);
    for (let i = 0; i < 3; i++) made.output.forward(frame(1, 16_000), from(1));
    for (let i = 0; i < 30; i++) made.output.forward(frame(2, 100), from(2));
    made.drain();
    const marks = made.marks().filter((mark) => mark !== 0);
    const between = marks.lastIndexOf(1) - marks.indexOf(1);
    assert.ok(between > 20, `${between} in the time of two large ones`);
  });

  it('are none after the last word', () => {
    const budget: OutputBudget = { used: 0, most: MOST_BYTES };
    const made = slow(MOST_BYTES, budget);
    made.output.end(wordOf(9));
    made.output.send(frame(1, 10));
    made.output.forward(frame(1, 10), from(1));
    assert.equal(budget.used, 4);
    made.drain();
    assert.deepEqual([Buffer.concat(made.written).length, budget.used], [4, 0]);
  });

  it('of this node make a reader too slow at the bound, and not before', () => {
    const made = slow(10 * 1_004);
    for (let i = 0; i < 10; i++) assert.ok(made.output.send(frame(1, 1_000)));
    assert.ok(!made.output.send(frame(1, 1_000)));
  });

  it('make it so sooner where all links together have too much waiting', () => {
    const budget: OutputBudget = { used: 0, most: 3 * MAX_FRAME_BYTES };
    const [first, second] = [slow(MOST_BYTES, budget), slow(MOST_BYTES, budget)];
    for (let i = 0; i < 2; i++) assert.ok(first.output.send(frame(1, MAX_FRAME_BYTES)));
    assert.ok(second.output.send(frame(1, 1_000)));
    assert.ok(!first.output.send(frame(1, MAX_FRAME_BYTES)));
    assert.ok(second.output.send(frame(1, 1_000)), 'not for who has hardly anything waiting');
  });

  it('are accounted for until they have left or are lost', () => {
    const budget: OutputBudget = { used: 0, most: MOST_BYTES };
    const [read, lost, ended] = [1, 2, 3].map(() => slow(MOST_BYTES, budget));
    for (const made of [read, lost, ended]) {
      assert.ok(made !== undefined);
      fill(made);
      made.output.send(frame(1, 1_000));
      made.output.word(Uint8Array.of(0, 0, 0, 0));
      made.output.forward(frame(2, 1_000), from(1));
    }
    assert.ok(budget.used > 3 * OUTPUT_AHEAD_BYTES);
    read?.drain();
    lost?.output.settle();
    lost?.drain();
    ended?.output.end(undefined);
    ended?.drain();
    ended?.output.settle();
    assert.equal(budget.used, 0);
  });

  it('of this node go before the last word, and what was passed on does not', () => {
    const made = slow();
    fill(made);
    made.output.forward(frame(2, 1_000), from(1));
    made.output.send(frame(1, 1_000));
    made.output.end(Uint8Array.of(0xff, 0xff, 0xff, 1));
    const bytes = Buffer.concat(made.written);
    assert.deepEqual([...bytes.subarray(-4)], [0xff, 0xff, 0xff, 1]);
    assert.equal(bytes[bytes.length - 5], 1);
    assert.ok(!bytes.subarray(-2_000).includes(2));
    made.output.send(frame(3, 10));
    made.drain();
    assert.equal(Buffer.concat(made.written).length, bytes.length, 'and nothing after it');
  });
});
