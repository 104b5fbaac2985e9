/** The two halves of a datagram connection at their bounds, and the cookies that are kept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCommons } from '../../../../agent/shell/net/datagram/commons.ts';
import { createCookies } from '../../../../agent/shell/net/datagram/cookie.ts';
import { Inbound } from '../../../../agent/shell/net/datagram/inbound.ts';
import { DATAGRAM_LIMITS } from '../../../../agent/shell/net/datagram/limits.ts';
import { type Conditions, Outbound } from '../../../../agent/shell/net/datagram/outbound.ts';
import { COOKIE_BYTES, MAX_SEGMENT_BYTES } from '../../../../agent/shell/net/datagram/packet.ts';

const NOTHING = new Uint8Array();

function segment(sequence: number, text = 'x', fin = false) {
  return { sequence, fin, bytes: Buffer.from(text) };
}

function receiving() {
  const budget = { used: 0, most: 1_000_000 };
  return { budget, inbound: new Inbound(DATAGRAM_LIMITS, budget) };
}

describe('what is received', () => {
  it('is kept as it came, in order or ahead, though its memory is used again', () => {
    const { inbound } = receiving();
    const [ahead, next] = [segment(1, 'ahead'), segment(0, 'next')];
    assert.equal(inbound.take(ahead), 'ahead');
    assert.equal(inbound.take(next), 'next');
    for (const { bytes } of [ahead, next]) bytes.fill(0);
    const text = () => Buffer.from(inbound.read() ?? []).toString();
    assert.deepEqual([text(), text(), inbound.read()], ['next', 'ahead', undefined]);
  });

  it('is known when it came before, and refused above what was offered', () => {
    const { inbound } = receiving();
    const offered = inbound.window();
    assert.equal(inbound.take(segment(offered - 1)), 'ahead');
    assert.equal(inbound.take(segment(offered - 1)), 'known');
    assert.equal(inbound.take(segment(0)), 'next');
    assert.equal(inbound.take(segment(0)), 'known');
    const edge = inbound.next() + inbound.window();
    assert.equal(inbound.take(segment(edge)), 'refused');
  });

  it('ends with the end, whatever comes after it or came ahead of it', () => {
    const { inbound } = receiving();
    inbound.take(segment(2, 'after'));
    inbound.take(segment(0, 'a'));
    assert.equal(inbound.take(segment(1, 'b', true)), 'next');
    assert.deepEqual([inbound.isComplete(), inbound.ended(), inbound.next()], [true, false, 2]);
    assert.equal(inbound.take(segment(3, 'more')), 'refused');
    inbound.read();
    assert.equal(inbound.ended(), false);
    inbound.read();
    assert.deepEqual([inbound.read(), inbound.ended()], [undefined, true]);
  });

  it('is told by bits, up to the last that is set, in whatever order it came', () => {
    const { inbound } = receiving();
    assert.deepEqual(inbound.have(), NOTHING);
    inbound.take(segment(10));
    inbound.take(segment(1));
    assert.deepEqual([...inbound.have()], [1, 2]);
    inbound.take(segment(0));
    assert.deepEqual([...inbound.have()], [128]);
  });

  it('is accounted for until it is read, moved or given up', () => {
    const { budget, inbound } = receiving();
    inbound.take(segment(0, 'a'));
    inbound.take(segment(2, 'c'));
    const held = budget.used;
    inbound.read();
    assert.ok(budget.used < held && budget.used > 0);
    const other = { used: 5, most: 1_000_000 };
    const before = budget.used;
    inbound.move(other);
    assert.deepEqual([budget.used, other.used], [0, 5 + before]);
    inbound.drop();
    inbound.drop();
    assert.equal(other.used, 5);
    inbound.move(budget);
    assert.deepEqual([budget.used, other.used, inbound.window()], [0, 5, 0]);
    assert.equal(inbound.take(segment(1)), 'refused');
  });

  it('costs what is offered, and what is read makes room for as much again', () => {
    const { budget, inbound } = receiving();
    for (let sequence = 0; sequence < 500; sequence++) {
      inbound.window();
      assert.equal(inbound.take(segment(sequence, 'y'.repeat(MAX_SEGMENT_BYTES))), 'next');
      assert.ok(inbound.read() !== undefined);
    }
    const left = budget.used;
    inbound.drop();
    assert.ok(left > 0);
    assert.equal(budget.used, 0);
  });
});

const WAY: Conditions = { window: 1_000, copies: 1, intervalMs: 100, smoothedMs: 50 };
const ROOM = MAX_SEGMENT_BYTES + 50;

function sending(segments: number) {
  const outbound = new Outbound(DATAGRAM_LIMITS, () => true);
  outbound.write(new Uint8Array(segments * MAX_SEGMENT_BYTES));
  /** Sequences that leave now. */
  const send = (nowMs: number, way: Conditions = WAY): number[] => {
    const sent: number[] = [];
    for (;;) {
      const { segments: some } = outbound.gather(ROOM, nowMs, way);
      if (some.length === 0) return sent;
      sent.push(...some.map(({ sequence }) => sequence));
      assert.ok(sent.length < 1_000, 'nothing is sent without an end');
    }
  };
  const acknowledge = (next: number, window = 0, have = NOTHING, arrivedSentMs?: number) =>
    outbound.acknowledge({ next, window, have, arrivedSentMs }, 10);
  return { outbound, send, acknowledge };
}

describe('what is sent', () => {
  const first = DATAGRAM_LIMITS.firstWindow;

  it('is as much as is welcome and as the way takes, and no more', () => {
    const { outbound, send, acknowledge } = sending(first + 20);
    assert.equal(send(0, { ...WAY, window: 2 }).length, 2);
    assert.equal(send(0).length, first - 2);
    assert.equal(acknowledge(0, first + 3), 0);
    assert.equal(acknowledge(0, 1), 0, 'an older word takes nothing back');
    assert.equal(send(0).length, 3);
    assert.equal(outbound.inFlight(), first + 3);
    assert.equal(acknowledge(first + 3), first + 3);
    assert.deepEqual([outbound.inFlight(), outbound.isBlocked()], [0, true]);
  });

  it('is acknowledged once, by number or by bit, and by nothing that was not sent', () => {
    const { outbound, send, acknowledge } = sending(4);
    send(0);
    assert.equal(acknowledge(5), undefined);
    assert.equal(acknowledge(0, 0, Uint8Array.of(0b1000)), undefined, 'bit of the fifth');
    assert.equal(acknowledge(0, 0, Uint8Array.of(0b0100)), 1, 'of the fourth');
    assert.equal(acknowledge(0, 0, Uint8Array.of(0b0100)), 0);
    assert.equal(acknowledge(2), 2);
    assert.equal(acknowledge(1), 0, 'an older one');
    assert.equal(outbound.inFlight(), 1);
    assert.equal(acknowledge(4), 1);
    assert.equal(acknowledge(4), 0);
    assert.equal(outbound.inFlight(), 0);
  });

  it('stays on its way when an older word comes after a newer one', () => {
    const { outbound, send, acknowledge } = sending(4);
    send(0);
    for (const [next, count] of [
      [2, 2],
      [1, 0],
      [3, 1],
    ] as const) {
      assert.equal(acknowledge(next), count);
    }
    outbound.expire();
    assert.deepEqual(send(1), [3]);
  });

  it('is lost when what was sent clearly later has arrived, and repeated once for that', () => {
    const { send, acknowledge } = sending(2);
    send(0, { ...WAY, window: 1 });
    send(20);
    acknowledge(0, 0, Uint8Array.of(1), 10);
    assert.deepEqual(send(21), [], 'not later by more than may be');
    acknowledge(0, 0, Uint8Array.of(1), 11);
    assert.deepEqual(send(22), [0]);
    assert.deepEqual(send(23), []);
  });

  it('is done when the end has arrived, and over when it is given up', () => {
    const { outbound, send, acknowledge } = sending(1);
    outbound.finish();
    assert.equal(outbound.isDone(), false);
    send(0);
    assert.equal(outbound.isDone(), false);
    acknowledge(1);
    assert.equal(outbound.isDone(), true);
    assert.equal(outbound.dueAtMs(WAY), Number.POSITIVE_INFINITY);
    const dropped = sending(1);
    dropped.outbound.finish();
    dropped.outbound.drop();
    assert.deepEqual(dropped.send(0), []);
    assert.equal(dropped.outbound.dueAtMs(WAY), Number.POSITIVE_INFINITY);
  });

  it('fills a packet exactly, and is repeated only into one that has room', () => {
    const { outbound } = sending(1);
    const exact = MAX_SEGMENT_BYTES + 8;
    assert.equal(outbound.gather(exact, 0, WAY).segments.length, 1);
    outbound.expire();
    assert.equal(outbound.gather(exact - 1, 1, WAY).segments.length, 0);
    assert.equal(outbound.gather(exact, 1, WAY).segments.length, 1);
  });
});

describe('cookies', () => {
  it('are good in every byte, for one source, in their epoch and the next', () => {
    const cookies = createCookies(new Uint8Array(32), 1_000);
    const cookie = cookies.make('a', 5_999);
    const isGood = (nowMs: number, source = 'a', bytes = cookie) =>
      cookies.isGood(bytes, source, nowMs);
    assert.deepEqual(
      [5_000, 6_999, 7_000, 4_999].map((at) => isGood(at)),
      [true, true, false, false],
    );
    assert.equal(isGood(6_000, 'b'), false);
    for (let at = 0; at < COOKIE_BYTES; at++) {
      const changed = Uint8Array.from(cookie);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(isGood(6_000, 'a', changed), false, `byte ${at}`);
    }
  });

  it('of other nodes are kept for so many addresses, the latest', () => {
    const limits = { ...DATAGRAM_LIMITS, cookiesKept: 2 };
    const commons = createCommons(limits, () => 0);
    const cookie = new Uint8Array(COOKIE_BYTES);
    const kept = () => ['a', 'b', 'c'].filter((address) => commons.cookieOf(address)).join('');
    for (const address of ['a', 'b']) commons.keepCookie(address, cookie);
    assert.equal(kept(), 'ab');
    commons.keepCookie('a', cookie);
    commons.keepCookie('c', cookie);
    assert.equal(kept(), 'ac');
  });
});
