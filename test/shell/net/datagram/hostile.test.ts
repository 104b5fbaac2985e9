/** A hostile other side: what it says of itself and of us never breaks a bound or an invariant. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createShares } from '../../../../agent/shell/net/datagram/commons.ts';
import { Connection } from '../../../../agent/shell/net/datagram/connection.ts';
import { Inbound } from '../../../../agent/shell/net/datagram/inbound.ts';
import {
  DATAGRAM_LIMITS as LIMITS,
  MAX_SEGMENT_COST_BYTES,
} from '../../../../agent/shell/net/datagram/limits.ts';
import {
  type Body,
  decodePacket,
  encodePacket,
  type Segment,
} from '../../../../agent/shell/net/datagram/packet.ts';
import { QUIET } from './simulated.ts';

const ID = 7n;

function opened(shares = createShares(LIMITS, 0)): {
  connection: Connection;
  budget: { used: number; most: number };
} {
  const { budget } = shares.stranger;
  const connection = new Connection({ id: ID, dialled: false, limits: LIMITS, shares });
  return { connection, budget };
}

function drain(connection: Connection, nowMs: number): Buffer[] {
  const datagrams: Buffer[] = [];
  for (;;) {
    const datagram = connection.poll(nowMs);
    if (datagram === undefined) return datagrams;
    datagrams.push(datagram);
    assert.ok(datagrams.length < 1_000, 'it does not send for ever');
  }
}

describe('a forged acknowledgement', () => {
  const forgeries: readonly (readonly [string, Partial<Body>])[] = [
    ['of more than was sent', { next: 2 }],
    ['of far more than was sent', { next: 2 ** 47 }],
    ['of single segments that were not sent', { next: 0, have: Uint8Array.of(1) }],
    ['of a single segment far ahead', { next: 1, have: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80) }],
  ];
  for (const [name, forgery] of forgeries) {
    it(`${name} changes nothing`, () => {
      const { connection } = opened();
      connection.write(Buffer.from('one segment'));
      assert.equal(drain(connection, 100).length, 1);
      connection.receive({ kind: 'segment', id: ID, body: { ...QUIET, ...forgery } }, 110);
      assert.equal(drain(connection, 1_000).length, 1, 'it is still repeated');
      connection.receive({ kind: 'segment', id: ID, body: { ...QUIET, next: 1 } }, 1_010);
      assert.equal(connection.wakeAtMs(1_010), Infinity, 'until it is really acknowledged');
    });
  }
});

describe('one that says that everything gets lost, echoes, and acknowledges nothing', () => {
  const EVERY_MS = 25;

  /** How many packets are sent to all of them in so many milliseconds. */
  function repeated(connections: readonly Connection[], forMs: number): number {
    let packets = 0;
    for (let nowMs = 1_000; nowMs < 1_000 + forMs; nowMs += EVERY_MS) {
      const echo = { sent: nowMs - 1, held: 0 };
      const body = { ...QUIET, count: (nowMs / EVERY_MS) & 0xffff, loss: 255, sent: nowMs, echo };
      for (const connection of connections) {
        connection.receive({ kind: 'segment', id: ID, body }, nowMs);
        packets += drain(connection, nowMs).length;
      }
    }
    return packets;
  }

  it('is repeated little to while it is a stranger, and nothing at the cost of others', () => {
    const shares = createShares(LIMITS, 0);
    const strangers = Array.from({ length: 64 }, () => opened(shares).connection);
    for (const connection of strangers) connection.write(new Uint8Array(1_000));
    const packets = repeated(strangers, 10_000);
    const fair = 64 * 10 * LIMITS.strangerRepeatsPerSecond;
    assert.ok(packets > 0.8 * fair && packets < 1.3 * fair, `${packets} packets in ten seconds`);
    for (const standing of ['guest', 'own'] as const) {
      for (let n = 0; n < LIMITS.repeatsPerSecond; n++) {
        assert.ok(shares[standing].repeats.tryPay(`${n % 4}`, 11_000), `a token of ${standing}`);
      }
    }
  });

  it('that is a guest leaves other guests their repeats, whatever it lets get lost', () => {
    const shares = createShares(LIMITS, 0);
    let granted = 0;
    for (let n = 0; n < 5_000; n++) if (shares.guest.repeats.tryPay('hostile', 1)) granted += 1;
    assert.equal(granted, LIMITS.guestRepeatsPerSecond);
    for (let n = 0; n < 5_000; n++) shares.guest.repeats.tryPay(`hostile ${n % 40}`, 1);
    assert.ok(shares.guest.repeats.tryPay('honest', 1));
  });

  it('is repeated to at the usual pace once it is trusted', () => {
    const { connection } = opened();
    connection.trust(true);
    connection.write(new Uint8Array(1_000));
    assert.ok(repeated([connection], 10_000) > 20 * LIMITS.strangerRepeatsPerSecond);
  });
});

describe('segments beyond what was offered', () => {
  it('are not kept', () => {
    const budget = { used: 0, most: LIMITS.sharedReceiveBytes };
    const inbound = new Inbound(LIMITS, budget);
    const piece = (sequence: number): Segment => ({
      sequence,
      fin: false,
      bytes: new Uint8Array(1_150),
    });
    assert.equal(inbound.take(piece(LIMITS.firstWindow)), 'refused');
    assert.equal(inbound.take(piece(LIMITS.firstWindow - 1)), 'ahead');
    assert.equal(inbound.take(piece(2 ** 40)), 'refused');
    for (let sequence = 0; sequence < 10_000; sequence++) inbound.take(piece(sequence));
    assert.ok(budget.used <= LIMITS.receiveBytes, `${budget.used} bytes are held`);
    inbound.drop();
    assert.equal(budget.used, 0);
  });

  it('are not kept when they are tiny and many, either', () => {
    const budget = { used: 0, most: LIMITS.sharedReceiveBytes };
    const inbound = new Inbound(LIMITS, budget);
    let taken = 0;
    for (let sequence = 0; sequence < 100_000; sequence++) {
      if (inbound.take({ sequence, fin: false, bytes: Uint8Array.of(1) }) === 'next') taken += 1;
    }
    assert.ok(taken < 1_000, `${taken} pieces of a byte are held`);
  });

  it('are not kept by more than the budget of all, however many there are to offer them', () => {
    const shares = createShares(LIMITS, 0);
    const { budget } = shares.stranger;
    const crowd = Array.from({ length: 2_000 }, () => new Inbound(LIMITS, budget));
    const most = budget.most + crowd.length * LIMITS.leastWindow * MAX_SEGMENT_COST_BYTES;
    for (const inbound of crowd) {
      inbound.window();
      for (let sequence = LIMITS.windowSegments; sequence > 0; sequence--) {
        inbound.take({ sequence, fin: false, bytes: new Uint8Array(1) });
      }
    }
    assert.ok(budget.used <= most, `${budget.used} bytes are offered or held`);
    assert.equal(new Inbound(LIMITS, budget).window(), LIMITS.leastWindow);
    assert.equal(new Inbound(LIMITS, shares.own.budget).window(), LIMITS.firstWindow);
    for (const inbound of crowd) inbound.drop();
    assert.ok(budget.used <= LIMITS.receiveBytes, 'and given back');
  });

  it('are paid from another budget once the connection is trusted', () => {
    const shares = createShares(LIMITS, 0);
    const { connection } = opened(shares);
    connection.receive({ kind: 'segment', id: ID, body: { ...QUIET, wantsAnswer: true } }, 1);
    assert.equal(drain(connection, 1).length, 1);
    const { used } = shares.stranger.budget;
    assert.ok(used > 0);
    connection.trust(false);
    assert.deepEqual([shares.stranger.budget.used, shares.guest.budget.used], [0, used]);
    connection.abort(2);
    assert.equal(shares.guest.budget.used, 0);
  });

  it('are hardly offered when the node holds too much as a whole', () => {
    const inbound = new Inbound(LIMITS, { used: 101, most: 100 });
    assert.equal(inbound.window(), LIMITS.leastWindow);
  });
});

describe('anything at all', () => {
  it('leaves the connection within its bounds', () => {
    const segment = fc.record({
      sequence: fc.oneof(fc.nat(80), fc.nat(2 ** 31)),
      fin: fc.boolean(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 1_000 }),
    });
    const body = fc.record({
      count: fc.nat(0xffff),
      loss: fc.nat(255),
      wantsAnswer: fc.boolean(),
      sent: fc.nat(2 ** 31),
      echo: fc.option(fc.record({ sent: fc.nat(2 ** 31), held: fc.nat(65_534) }), {
        nil: undefined,
      }),
      next: fc.nat(40),
      window: fc.nat(255),
      have: fc.uint8Array({ maxLength: 8 }).filter((have) => have.at(-1) !== 0),
      segments: fc.array(segment, { maxLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(body, fc.nat(2_000)), { maxLength: 60 }), (packets) => {
        const { connection, budget } = opened();
        connection.write(new Uint8Array(20_000));
        let nowMs = 1_000;
        for (const [hostile, pauseMs] of packets) {
          nowMs += pauseMs;
          connection.receive({ kind: 'segment', id: ID, body: hostile }, nowMs);
          for (const datagram of drain(connection, nowMs)) {
            const packet = decodePacket(datagram);
            assert.ok(packet !== undefined && encodePacket(packet).equals(datagram));
          }
          assert.ok(budget.used <= LIMITS.receiveBytes);
        }
        connection.abort(nowMs);
        assert.equal(budget.used, 0);
      }),
      { numRuns: 300 },
    );
  });
});
