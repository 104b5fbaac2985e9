/** When a connection does what, to the millisecond and to the segment. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createShares } from '../../../../agent/shell/net/datagram/commons.ts';
import { Connection } from '../../../../agent/shell/net/datagram/connection.ts';
import { DATAGRAM_LIMITS as LIMITS } from '../../../../agent/shell/net/datagram/limits.ts';
import {
  type Body,
  COOKIE_BYTES,
  decodePacket,
  MAX_SEGMENT_BYTES,
  type Packet,
} from '../../../../agent/shell/net/datagram/packet.ts';
import { QUIET } from './simulated.ts';

const ID = 7n;
const START_MS = 1_000;

function opened(): Connection {
  const shares = createShares(LIMITS, START_MS);
  const connection = new Connection({ id: ID, dialled: false, limits: LIMITS, shares });
  connection.trust(true);
  return connection;
}

function drain(connection: Connection, nowMs: number): Body[] {
  const bodies: Body[] = [];
  for (;;) {
    const datagram = connection.poll(nowMs);
    if (datagram === undefined) return bodies;
    const packet: Packet | undefined = decodePacket(datagram);
    if (packet !== undefined && 'body' in packet) bodies.push(packet.body);
  }
}

const hear = (connection: Connection, body: Partial<Body>, nowMs: number) =>
  connection.receive({ kind: 'segment', id: ID, body: { ...QUIET, ...body } }, nowMs);

const segment = (sequence: number) => ({ sequence, fin: false, bytes: Uint8Array.of(1) });

describe('where much gets lost', () => {
  it('as many segments as make a payment are sent several times, and one more is not', () => {
    for (const [segments, copyMs] of [
      [LIMITS.leastWindow, LIMITS.copySpacingMs],
      [LIMITS.leastWindow + 1, LIMITS.repeatFirstMs],
    ] as const) {
      const connection = opened();
      hear(connection, { loss: 255 }, START_MS);
      connection.write(new Uint8Array(segments * MAX_SEGMENT_BYTES));
      assert.equal(drain(connection, START_MS).length, segments);
      assert.equal(connection.wakeAtMs(START_MS), START_MS + copyMs, `${segments} segments`);
    }
  });
});

describe('silence', () => {
  it('ends a connection that something was sent on, after as long as it takes', () => {
    const connection = opened();
    connection.write(Uint8Array.of(1));
    assert.equal(drain(connection, START_MS).length, 1);
    const lastMs = START_MS + LIMITS.deadMs;
    drain(connection, lastMs - 1);
    assert.equal(connection.failure(), undefined);
    assert.equal(connection.wakeAtMs(lastMs - 1), lastMs);
    assert.deepEqual([drain(connection, lastMs), connection.failure()], [[], 'silent']);
    assert.equal(connection.wakeAtMs(lastMs), Infinity);
  });

  it('is over as soon as anything is heard, and begins anew with what is sent then', () => {
    const connection = opened();
    connection.write(Uint8Array.of(1));
    drain(connection, START_MS);
    const heardMs = START_MS + LIMITS.deadMs - 1;
    hear(connection, {}, heardMs);
    drain(connection, heardMs);
    drain(connection, heardMs + LIMITS.deadMs - 1);
    assert.equal(connection.failure(), undefined);
    drain(connection, heardMs + LIMITS.deadMs);
    assert.equal(connection.failure(), 'silent');
  });

  it('of one that has nothing to say means nothing', () => {
    const connection = opened();
    assert.deepEqual(drain(connection, START_MS + 10 * LIMITS.deadMs), []);
    assert.equal(connection.failure(), undefined);
    assert.equal(connection.wakeAtMs(START_MS), Infinity);
  });
});

describe('a cookie', () => {
  it('is answered at once, and measures the way unless its echo is of another life', () => {
    const again = (echoMs: number) => {
      const shares = createShares(LIMITS, START_MS);
      const dialled = new Connection({ id: ID, dialled: true, limits: LIMITS, shares });
      dialled.write(Uint8Array.of(1));
      assert.equal(drain(dialled, START_MS).length, 1);
      const nowMs = START_MS + LIMITS.repeatFirstMs - 1;
      const cookie = new Uint8Array(COOKIE_BYTES).fill(9);
      const echo = (nowMs - echoMs + 2 ** 32) % 2 ** 32;
      dialled.receive({ kind: 'cookie', id: ID, echo, cookie }, nowMs);
      assert.deepEqual(dialled.cookie(), cookie);
      assert.equal(drain(dialled, nowMs).length, 1, 'at once');
      dialled.receive({ kind: 'cookie', id: ID, echo, cookie }, nowMs);
      assert.equal(drain(dialled, nowMs).length, 0, 'the same again is no news');
      return dialled.wakeAtMs(nowMs) - nowMs;
    };
    assert.equal(again(60_001), LIMITS.repeatFirstMs, 'nothing is known of the way');
    const [near, far, farthest] = [again(10), again(400), again(60_000)];
    assert.ok(near < far && near !== LIMITS.repeatFirstMs, `${near} and ${far}`);
    assert.equal(farthest, LIMITS.repeatLastMs);
  });
});

describe('an acknowledgement', () => {
  it('waits for something to travel with', () => {
    const connection = opened();
    hear(connection, { segments: [segment(0)] }, START_MS);
    const dueMs = START_MS + LIMITS.acknowledgeMs;
    assert.equal(connection.wakeAtMs(START_MS), dueMs);
    assert.deepEqual(drain(connection, dueMs - 1), []);
    const [body] = drain(connection, dueMs);
    assert.deepEqual([body?.next, body?.segments], [1, []]);
    assert.equal(connection.wakeAtMs(dueMs), Infinity);
    hear(connection, { count: 2, segments: [segment(1)] }, dueMs);
    connection.write(Uint8Array.of(1));
    const [one, ...more] = drain(connection, dueMs);
    assert.deepEqual([one?.next, one?.segments.length, more], [2, 1, []]);
  });

  it('of what came before its turn, again, or with a question leaves at once', () => {
    for (const body of [
      { segments: [segment(1)] },
      { wantsAnswer: true },
      { segments: [segment(LIMITS.firstWindow)] },
    ]) {
      const connection = opened();
      hear(connection, body, START_MS);
      assert.equal(drain(connection, START_MS).length, 1, JSON.stringify(body));
    }
    const connection = opened();
    hear(connection, { segments: [segment(0)] }, START_MS);
    drain(connection, START_MS + LIMITS.acknowledgeMs);
    hear(connection, { count: 2, segments: [segment(0)] }, START_MS + 50);
    assert.equal(drain(connection, START_MS + 50).length, 1, 'again');
  });

  it('alone is not acknowledged', () => {
    const connection = opened();
    hear(connection, {}, START_MS);
    assert.equal(connection.wakeAtMs(START_MS), Infinity);
  });

  it('is said several times where much gets lost', () => {
    const connection = opened();
    hear(connection, { loss: 255, segments: [segment(0)] }, START_MS);
    assert.equal(drain(connection, START_MS).length, 1, 'the first at once');
    const spacing = LIMITS.copySpacingMs;
    assert.equal(connection.wakeAtMs(START_MS), START_MS + spacing);
    assert.equal(drain(connection, START_MS + spacing).length, 1);
    assert.equal(drain(connection, START_MS + 2 * spacing).length, 1);
    assert.equal(connection.wakeAtMs(START_MS + 2 * spacing), Infinity, 'three in all');
  });
});

describe('an echo', () => {
  it('is said with the time that it was held, as long as that can be said', () => {
    for (const [heldMs, echo] of [
      [65_534, { sent: 77, held: 65_534 }],
      [65_535, undefined],
    ] as const) {
      const connection = opened();
      hear(connection, { sent: 77 }, START_MS);
      connection.write(Uint8Array.of(1));
      const [body] = drain(connection, START_MS + heldMs);
      assert.deepEqual(body?.echo, echo);
    }
  });
});

describe('a packet', () => {
  it('counts on, around the end of its numbers', () => {
    const connection = opened();
    const counts: number[] = [];
    for (let nowMs = START_MS; counts.length < 0x1_0002; nowMs += 1) {
      hear(connection, { count: nowMs & 0xffff, wantsAnswer: true }, nowMs);
      for (const { count } of drain(connection, nowMs)) counts.push(count);
    }
    assert.deepEqual(counts.slice(0, 2), [0, 1]);
    assert.deepEqual(counts.slice(0xffff, 0x1_0002), [0xffff, 0, 1]);
  });
});
