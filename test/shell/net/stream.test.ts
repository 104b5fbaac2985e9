/**
 * One link after its handshake: its signs of life, its price, its pauses and its end. Time by hand.
 */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type LinkFault, linkFault, wireOf } from '../../../agent/shell/net/fault.ts';
import { goodbyeWord, PING, PONG, wordBytes } from '../../../agent/shell/net/framing.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { Stream, type StreamOptions, turnAway } from '../../../agent/shell/net/stream.ts';
import type { Bounds } from '../../../agent/shell/net/terms.ts';
import type { Purse } from '../../../agent/shell/net/token-bucket.ts';

const FAR_MS = 20_000;

/** A socket that takes what is written, or does not; what it hears the test says. */
function fakeSocket(takes = true) {
  const written: Buffer[] = [];
  const duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      if (takes) done();
    },
  });
  const says = (...parts: readonly Uint8Array[]) => duplex.emit('data', Buffer.concat(parts));
  return { socket: duplex as unknown as TLSSocket, written, says, words: () => wordsOf(written) };
}

function wordsOf(written: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(written);
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}

function frame(mark: number, size = 1): Uint8Array {
  return Buffer.concat([wordBytes(size), new Uint8Array(size).fill(mark)]);
}

const goodbye = (code: LinkFault['code']) => wordBytes(goodbyeWord(wireOf(code) ?? 0));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** A bucket that says how long to wait, and what it was asked for. */
function bucket() {
  const state = { waitMs: 0, paid: [] as number[] };
  const made = {
    pay(cost: number) {
      state.paid.push(cost);
      return state.waitMs;
    },
  } as unknown as Purse;
  return { state, made };
}

type More = Partial<StreamOptions> & { readonly bound?: Partial<Bounds> };

function open({ bound, ...more }: More = {}, takes = true) {
  const time = { nowMs: 0 };
  const [price, fruitless] = [bucket(), bucket()];
  const fake = fakeSocket(takes);
  const marks: number[] = [];
  const ends: string[] = [];
  const opens: number[] = [];
  const stream = new Stream({
    socket: fake.socket,
    dialled: false,
    alive: true,
    limits: { ...NET_LIMITS },
    bounds: {
      outputBytes: NET_LIMITS.memberOutputBytes,
      budget: undefined,
      buckets: [price.made],
      fruitless: [fruitless.made],
      ...bound,
    },
    traffic: { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 },
    nowMs: () => time.nowMs,
    onOpen: () => opens.push(time.nowMs),
    onFrame: (bytes) => marks.push(bytes[0] ?? -1),
    onEnd: ({ code }) => ends.push(code),
    ...more,
  });
  return {
    ...fake,
    stream,
    time,
    price: price.state,
    fruitless: fruitless.state,
    marks,
    ends,
    opens,
  };
}

function mockTimers(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return (ms) => t.mock.timers.tick(ms);
}

describe('a stream', () => {
  it('is open when the side that was dialled says something, unless that is goodbye', () => {
    const refused = open({ dialled: true });
    refused.says(goodbye('too_many_links'));
    assert.deepEqual([refused.opens, refused.ends], [[], ['closed_by_peer']]);
    const taken = open({ dialled: true });
    taken.says(wordBytes(PING));
    taken.says(wordBytes(PING), frame(1));
    assert.deepEqual([taken.opens, taken.marks], [[0], [1]]);
  });

  it('hears nothing more when its opening ended it', () => {
    const made = open({ dialled: true, onOpen: () => made.stream.close(linkFault('duplicate')) });
    made.says(frame(1), frame(2));
    assert.deepEqual([made.marks, made.ends], [[], ['duplicate']]);
  });

  it('measures from the first ping that is not answered, and smooths', async () => {
    const { stream, time, says, words } = open();
    await turn();
    assert.deepEqual(words(), [PING], 'the side that was dialled speaks first');
    const at = (nowMs: number) => {
      time.nowMs = nowMs;
    };
    at(NET_LIMITS.pingEveryMs);
    stream.tend(NET_LIMITS.pingEveryMs);
    at(2_500);
    says(wordBytes(PONG));
    assert.equal(stream.roundTripMs(), 2_500);
    at(2_600);
    says(wordBytes(PONG));
    assert.equal(stream.roundTripMs(), 2_500, 'that of the second ping tells nothing');
    at(5_000);
    stream.tend(5_000);
    at(5_100);
    says(wordBytes(PONG));
    assert.equal(stream.roundTripMs(), 0.8 * 2_500 + 0.2 * 100);
  });

  it('pays by what comes: words as frames without anything, frames by KiB', () => {
    const { price, says } = open();
    says(wordBytes(PING), wordBytes(PONG), frame(1, 1_023), frame(1, 1_024), frame(1, 4_096));
    assert.deepEqual(price.paid, [1, 1, 1, 2, 5]);
    says(goodbye('stopping'));
    assert.equal(price.paid.length, 5, 'an end costs nothing');
  });

  it('takes one thing at a time, also when it is held and let go in the middle of it', () => {
    const seen: string[] = [];
    const made = open({
      onFrame: ([mark]) => {
        seen.push(`${mark}`);
        made.stream.hold(true);
        made.stream.hold(false);
        seen.push(`${mark} done`);
      },
    });
    made.says(frame(1), frame(2));
    assert.deepEqual(seen, ['1', '1 done', '2', '2 done']);
  });
});

describe('a stream that is in debt', () => {
  it('is not read until the longest of its debts is paid', (t) => {
    const tick = mockTimers(t);
    const { price, fruitless, says, marks, stream, socket } = open();
    price.waitMs = 100;
    says(frame(1), frame(2));
    assert.deepEqual([marks, socket.isPaused()], [[1], true]);
    fruitless.waitMs = 300;
    stream.payFruitless(7);
    assert.deepEqual(fruitless.paid, [7]);
    price.waitMs = 0;
    tick(299);
    assert.deepEqual(marks, [1], 'the shorter one is over');
    tick(1);
    assert.deepEqual([marks, socket.isPaused()], [[1, 2], false]);
  });

  it('is paused at once for signatures that brought nothing', (t) => {
    mockTimers(t);
    const { fruitless, stream, socket } = open();
    fruitless.waitMs = 5;
    stream.payFruitless(1);
    assert.ok(socket.isPaused());
  });

  it('is not called silent for that, nor just after it', (t) => {
    const tick = mockTimers(t);
    const { price, says, stream, time, ends } = open();
    price.waitMs = 2 * NET_LIMITS.silenceMs;
    says(frame(1));
    time.nowMs = price.waitMs;
    stream.tend(time.nowMs);
    tick(price.waitMs);
    stream.tend(time.nowMs + 1);
    assert.deepEqual(ends, []);
  });

  it('leaves no timer when it ends', () => {
    const before = timers();
    const { price, says, stream } = open();
    price.waitMs = FAR_MS;
    says(frame(1));
    assert.equal(timers(), before + 1);
    price.waitMs += 1_000;
    stream.payFruitless(1);
    says(frame(1));
    stream.close(linkFault('stopping'));
    assert.equal(timers(), before + 1, 'that of its goodbye');
  });
});

describe('a stream that is held', () => {
  it('gives what was read when it goes on, and is not called silent meanwhile', () => {
    const { says, stream, time, marks, ends, socket } = open();
    stream.hold(true);
    says(frame(1));
    assert.deepEqual([marks, socket.isPaused()], [[], true]);
    time.nowMs = 2 * NET_LIMITS.silenceMs;
    stream.tend(time.nowMs);
    stream.hold(false);
    stream.tend(time.nowMs + 1);
    assert.deepEqual([marks, ends, socket.isPaused()], [[1], [], false]);
  });
});

describe('a stream that says nothing', () => {
  it('is silent, or idle where no signs of life are asked for, after so long exactly', () => {
    for (const [alive, mostMs, code] of [
      [true, NET_LIMITS.silenceMs, 'silent'],
      [false, NET_LIMITS.anonymousIdleMs, 'idle'],
    ] as const) {
      const { stream, ends } = open({ alive });
      stream.tend(mostMs);
      assert.deepEqual(ends, []);
      stream.tend(mostMs + 1);
      assert.deepEqual(ends, [code]);
    }
  });

  it('is not pinged by a side that was not accepted yet', async () => {
    const { stream, words } = open({ dialled: true });
    stream.tend(NET_LIMITS.pingEveryMs);
    await turn();
    assert.deepEqual(words(), []);
  });
});

describe('a stream whose other side is judged anew', () => {
  it('pays from its new purses, and what it owed it still owes', (t) => {
    const tick = mockTimers(t);
    const { fruitless, price, marks, says, stream, socket } = open();
    const [other, vain] = [bucket(), bucket()];
    fruitless.waitMs = 5;
    stream.payFruitless(1);
    const buckets = [other.made];
    stream.rebind({ outputBytes: 1, budget: undefined, buckets, fruitless: [vain.made] });
    assert.ok(socket.isPaused());
    tick(5);
    says(frame(1));
    stream.payFruitless(3);
    assert.deepEqual([marks, price.paid, fruitless.paid], [[1], [], [1]]);
    assert.deepEqual([other.state.paid, vain.state.paid], [[1], [3]]);
  });

  it('may have as much waiting as it may now, and it counts in its new budget', async () => {
    const [before, after] = [
      { used: 0, most: 1_000_000 },
      { used: 0, most: 1_000_000 },
    ];
    const { stream, socket, ends } = open({ bound: { budget: before } }, false);
    stream.send(new Uint8Array(1_000));
    await turn();
    const waiting = before.used;
    assert.ok(waiting > 1_000);
    const rest = { buckets: [], fruitless: [] };
    stream.rebind({ outputBytes: 3_000, budget: after, ...rest });
    assert.deepEqual([before.used, after.used], [0, waiting]);
    stream.rebind({ outputBytes: 3_000, budget: undefined, ...rest });
    assert.deepEqual([before.used, after.used], [0, 0]);
    stream.rebind({ outputBytes: 3_000, budget: after, ...rest });
    stream.send(new Uint8Array(1_000));
    assert.deepEqual(ends, []);
    stream.send(new Uint8Array(1_000));
    assert.deepEqual(ends, ['slow_reader']);
    socket.destroy();
    await stream.gone;
    assert.equal(after.used, 0);
  });
});

describe('the end of a stream', () => {
  it('is told to the other side, but not to one that does not read', async () => {
    const polite = open();
    polite.stream.close(linkFault('evicted'));
    assert.deepEqual(polite.words(), [PING, goodbyeWord(wireOf('evicted') ?? 0)]);
    const slow = open({ bound: { outputBytes: 2_000 } }, false);
    for (let i = 0; i < 3; i++) slow.stream.send(new Uint8Array(1_000));
    assert.deepEqual(slow.ends, ['slow_reader']);
    await turn();
    const told = goodbyeWord(wireOf('slow_reader') ?? 0);
    assert.ok(!slow.words().includes(told));
  });

  it('is waited for so long, and leaves no timer when the socket is gone', async (t) => {
    await t.test('it ends', async () => {
      const before = timers();
      const { stream, socket } = open({ limits: { ...NET_LIMITS, goodbyeMs: FAR_MS } });
      stream.close(linkFault('stopping'));
      assert.equal(timers(), before + 1);
      socket.destroy();
      await stream.gone;
      assert.equal(timers(), before);
    });
    await t.test('it does not', (inner) => {
      const tick = mockTimers(inner);
      const { stream, socket } = open({}, false);
      stream.close(linkFault('stopping'));
      tick(NET_LIMITS.goodbyeMs - 1);
      assert.ok(!socket.destroyed);
      tick(1);
      assert.ok(socket.destroyed);
    });
  });

  it('gives back what it had waiting', async () => {
    const budget = { used: 0, most: 1_000_000 };
    const { stream, socket, ends } = open({ bound: { budget } }, false);
    stream.send(new Uint8Array(1_000));
    await turn();
    assert.ok(budget.used > 1_000);
    socket.destroy();
    await stream.gone;
    assert.deepEqual([budget.used, ends], [0, ['lost']]);
  });

  it('of a connection that does not become one is waited for as long', async (t) => {
    await t.test('it ends', async () => {
      const before = timers();
      const { socket, words } = fakeSocket();
      turnAway(socket, linkFault('no_key'), FAR_MS);
      assert.deepEqual(words(), [goodbyeWord(wireOf('no_key') ?? 0)]);
      const gone = new Promise((resolve) => socket.once('close', resolve));
      socket.destroy();
      await gone;
      assert.equal(timers(), before);
    });
    await t.test('it does not', (inner) => {
      const tick = mockTimers(inner);
      const { socket } = fakeSocket(false);
      turnAway(socket, linkFault('no_key'), 50);
      tick(49);
      assert.ok(!socket.destroyed);
      tick(1);
      assert.ok(socket.destroyed);
    });
  });
});
