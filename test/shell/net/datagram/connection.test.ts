/** The stream over a bad network: it arrives whole, in order, within its bounds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DATAGRAM_LIMITS } from '../../../../agent/shell/net/datagram/limits.ts';
import { seeded, simulatedPair } from './simulated.ts';

const FAR_MS = 3_600_000;

function bytesOf(seed: number, length: number): Buffer {
  const random = seeded(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

describe('a connection', () => {
  it('brings the first bytes over after one round trip', () => {
    const pair = simulatedPair(1, { loss: 0, delayMs: 10 });
    const { dialler, server } = pair;
    dialler.connection?.write(Buffer.from('hello'));
    const startMs = pair.nowMs();
    assert.ok(pair.run(() => server.received.length === 5, 1_000));
    assert.equal(pair.nowMs() - startMs, 30, 'there, back, and there with the bytes');
    assert.equal(dialler.sentPackets, 2);
  });

  it('says nothing while nothing is on its way', () => {
    const pair = simulatedPair(1, { loss: 0 });
    const { dialler, server } = pair;
    dialler.connection?.write(Buffer.from('hello'));
    pair.run(() => false, 5_000);
    const sent = dialler.sentPackets + server.sentPackets;
    pair.run(() => false, FAR_MS);
    assert.equal(dialler.sentPackets + server.sentPackets, sent);
    assert.equal(dialler.connection?.wakeAtMs(pair.nowMs()), Infinity);
  });

  for (const loss of [0, 0.25, 0.5, 0.8, 0.9]) {
    it(`carries both directions to their ends at ${loss * 100} % loss`, () => {
      for (let seed = 1; seed <= 12; seed++) {
        const weather = { loss, duplicates: 0.1, damage: 0.05, delayMs: 3, jitterMs: 20 };
        const pair = simulatedPair(seed, weather);
        const { dialler, server } = pair;
        const [there, back] = [bytesOf(seed, 30_000), bytesOf(seed + 100, 12_345)];
        dialler.connection?.write(there);
        dialler.connection?.finish();
        assert.ok(pair.run(() => server.connection !== undefined, FAR_MS));
        server.connection?.write(back);
        server.connection?.finish();
        const over = (): boolean =>
          dialler.ended && server.ended && dialler.connection?.finished() === true;
        assert.ok(pair.run(over, FAR_MS), `seed ${seed}`);
        assert.ok(server.received.equals(there) && dialler.received.equals(back), `seed ${seed}`);
      }
    });
  }

  it('carries whatever is written, whenever, over whatever network', () => {
    const writes = fc.array(fc.tuple(fc.nat(3_000), fc.nat(200), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(), fc.nat(85), fc.nat(30), fc.nat(60), writes, (...values) => {
        const [seed, loss, delayMs, jitterMs, plan] = values;
        const pair = simulatedPair(seed, { loss: loss / 100, duplicates: 0.1, delayMs, jitterMs });
        const { dialler, server } = pair;
        const sent = { there: Buffer.from('first'), back: Buffer.alloc(0) };
        dialler.connection?.write(sent.there);
        for (const [length, pauseMs, isBack] of plan) {
          const bytes = bytesOf(length, length);
          const way = isBack && server.connection !== undefined ? 'back' : 'there';
          (way === 'back' ? server : dialler).connection?.write(bytes);
          sent[way] = Buffer.concat([sent[way], bytes]);
          pair.run(() => false, pauseMs);
        }
        const all = (): boolean =>
          server.received.length === sent.there.length &&
          dialler.received.length === sent.back.length;
        // Above 80 % a dialler may rightly give up when nobody has ever heard of it.
        const isGivenUp = (): boolean =>
          loss > 80 &&
          server.connection === undefined &&
          dialler.connection?.failure() === 'silent';
        assert.ok(pair.run(() => all() || isGivenUp(), FAR_MS));
        if (isGivenUp()) return;
        assert.ok(server.received.equals(sent.there) && dialler.received.equals(sent.back));
      }),
      { numRuns: 150 },
    );
  });

  it('does not slow down for loss: at 80 % an answer takes no doubling timers', () => {
    const pair = simulatedPair(5, { loss: 0.8, delayMs: 2 });
    const { dialler, server } = pair;
    dialler.connection?.write(Buffer.alloc(100));
    assert.ok(pair.run(() => server.received.length === 100, 60_000));
    let worstMs = 0;
    for (let i = 1; i <= 100; i++) {
      pair.run(() => false, 200);
      const startMs = pair.nowMs();
      dialler.connection?.write(Buffer.alloc(300));
      assert.ok(pair.run(() => server.received.length === 100 + 300 * i, 60_000));
      worstMs = Math.max(worstMs, pair.nowMs() - startMs);
    }
    assert.ok(worstMs < 10 * DATAGRAM_LIMITS.repeatLastMs, `${worstMs} ms of virtual time`);
  });

  it('gives up when nothing is heard for long, and says so', () => {
    const pair = simulatedPair(1, { loss: 0 });
    const { dialler } = pair;
    dialler.connection?.write(Buffer.from('hello'));
    pair.run(() => false, 1_000);
    pair.weather = { loss: 1 };
    dialler.connection?.write(Buffer.from('anybody?'));
    const sent = dialler.sentPackets;
    pair.run(() => dialler.connection?.failure() !== undefined, FAR_MS);
    assert.equal(dialler.connection?.failure(), 'silent');
    assert.ok(dialler.sentPackets - sent < 250, `${dialler.sentPackets - sent} packets for a wall`);
  });

  it('picks up after the network was away for a while', () => {
    const pair = simulatedPair(1, { loss: 0 });
    const { dialler, server } = pair;
    dialler.connection?.write(Buffer.from('hello'));
    pair.run(() => false, 1_000);
    pair.weather = { loss: 1 };
    dialler.connection?.write(Buffer.from(' again'));
    pair.run(() => false, 10_000);
    pair.weather = { loss: 0 };
    const backMs = pair.nowMs();
    assert.ok(pair.run(() => server.received.length === 11, 60_000));
    assert.ok(pair.nowMs() - backMs <= DATAGRAM_LIMITS.repeatLastMs + 10);
  });
});

describe('a reader that does not read', () => {
  it('stops the writer within the window, and lets it go on later', () => {
    for (const loss of [0, 0.5]) {
      const pair = simulatedPair(3, { loss });
      const { dialler, server } = pair;
      server.held = true;
      const bytes = bytesOf(3, 400_000);
      dialler.connection?.write(bytes);
      pair.run(() => false, 60_000);
      const left = dialler.connection?.waitingBytes() ?? 0;
      assert.ok(bytes.length - left <= DATAGRAM_LIMITS.receiveBytes, 'no more than was offered');
      const sent = dialler.sentPackets;
      pair.run(() => false, 60_000);
      assert.ok(dialler.sentPackets - sent < 250, 'only asks now and then whether there is room');
      server.held = false;
      assert.ok(pair.run(() => server.received.length === bytes.length, FAR_MS));
      assert.ok(server.received.equals(bytes));
    }
  });
});

describe('the end of a connection', () => {
  it('by a reset cuts off, unless everything had come', () => {
    for (const finishes of [false, true]) {
      const pair = simulatedPair(1, { loss: 0 });
      const { dialler, server } = pair;
      dialler.connection?.write(Buffer.from('hello'));
      pair.run(() => server.received.length === 5, 1_000);
      if (finishes) server.connection?.finish();
      pair.run(() => false, 1_000);
      dialler.connection?.receive({ kind: 'reset', id: 0x0102030405060708n }, pair.nowMs());
      assert.equal(dialler.connection?.failure(), finishes ? undefined : 'reset');
      assert.equal(dialler.connection?.finished(), finishes);
    }
  });

  it('is not brought about by a reset for another connection', () => {
    const pair = simulatedPair(1, { loss: 0 });
    const { dialler } = pair;
    dialler.connection?.write(Buffer.from('hello'));
    pair.run(() => false, 1_000);
    dialler.connection?.receive({ kind: 'reset', id: 1n }, pair.nowMs());
    assert.equal(dialler.connection?.failure(), undefined);
  });
});
