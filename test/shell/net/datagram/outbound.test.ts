/** The sending half keeps what it was handed as it was. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DATAGRAM_LIMITS } from '../../../../agent/shell/net/datagram/limits.ts';
import { type Conditions, Outbound } from '../../../../agent/shell/net/datagram/outbound.ts';
import { MAX_SEGMENT_BYTES } from '../../../../agent/shell/net/datagram/packet.ts';

const WAY: Conditions = { window: 16, copies: 1, intervalMs: 100, smoothedMs: 50 };
const ROOM = 1_200;

function gathered(outbound: Outbound, nowMs: number): Buffer {
  return Buffer.concat(outbound.gather(ROOM, nowMs, WAY).segments.map(({ bytes }) => bytes));
}

describe('what was written', () => {
  it('is sent as it was then, though its owner uses the memory for something else', () => {
    const outbound = new Outbound(DATAGRAM_LIMITS, () => true);
    const mine = Buffer.from('pay Bob');
    outbound.write(mine);
    mine.fill('x');
    assert.equal(gathered(outbound, 0).toString(), 'pay Bob');
  });

  it('is repeated as it was sent', () => {
    const outbound = new Outbound(DATAGRAM_LIMITS, () => true);
    const mine = Buffer.from('pay Bob');
    outbound.write(mine);
    gathered(outbound, 0);
    mine.fill('x');
    outbound.expire();
    assert.equal(gathered(outbound, 10).toString(), 'pay Bob');
  });

  it('is so in every part of a long write and of several short ones', () => {
    const outbound = new Outbound(DATAGRAM_LIMITS, () => true);
    const long = Buffer.alloc(3 * MAX_SEGMENT_BYTES, 'a');
    outbound.write(long);
    const first = gathered(outbound, 0);
    long.fill('x');
    const short = Buffer.from('b');
    for (let i = 0; i < 10; i++) outbound.write(short);
    short.fill('x');
    const rest: Buffer[] = [first];
    for (let now = 1; outbound.waitingBytes() > 0; now++) rest.push(gathered(outbound, now));
    const all = Buffer.concat(rest).toString();
    assert.equal(all, 'a'.repeat(3 * MAX_SEGMENT_BYTES) + 'b'.repeat(10));
  });
});
