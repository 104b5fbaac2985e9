/** The bytes of datagrams: frozen, canonical, and nothing else is read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Body,
  COOKIE_BYTES,
  decodePacket,
  encodePacket,
  MAX_DATAGRAM_BYTES,
  MAX_SEGMENT_BYTES,
  type Packet,
  roomForSegments,
  segmentSize,
} from '../../../../agent/shell/net/datagram/packet.ts';

const ID = 0x0102030405060708n;
const COOKIE = Uint8Array.from({ length: COOKIE_BYTES }, (_, i) => 0xa0 + i);
const BODY: Body = {
  count: 0x1234,
  loss: 51,
  wantsAnswer: false,
  sent: 0x01020304,
  echo: { sent: 0x0a0b0c0d, held: 7 },
  next: 0x010203040506,
  window: 64,
  have: Uint8Array.of(0x05, 0x80),
  segments: [
    { sequence: 9, fin: false, bytes: Uint8Array.of(0xca, 0xfe) },
    { sequence: 10, fin: true, bytes: new Uint8Array() },
  ],
};
const EMPTY: Body = {
  ...BODY,
  wantsAnswer: true,
  echo: undefined,
  have: new Uint8Array(),
  segments: [],
};

const BODY_HEX =
  '1234 33 00 01020304 0a0b0c0d 0007 010203040506 40 02 0580' +
  ' 000000000009 0002 cafe 00000000000a 8000';

/** Frozen: a change needs new kinds. */
const VECTORS: readonly (readonly [string, Packet, string])[] = [
  [
    'open',
    { kind: 'open', id: ID, cookie: COOKIE, body: BODY },
    `d1 0102030405060708 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0 ${BODY_HEX}`,
  ],
  ['segment', { kind: 'segment', id: ID, body: BODY }, `d2 0102030405060708 ${BODY_HEX}`],
  [
    'segment without anything to echo',
    { kind: 'segment', id: ID, body: EMPTY },
    'd2 0102030405060708 1234 33 01 01020304 00000000 ffff 010203040506 40 00',
  ],
  [
    'cookie',
    { kind: 'cookie', id: ID, echo: 0x01020304, cookie: COOKIE },
    'd3 0102030405060708 01020304 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0',
  ],
  ['reset', { kind: 'reset', id: ID }, 'd4 0102030405060708'],
];

function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** Plain arrays, so that views and buffers compare by their bytes. */
function plain(packet: Packet | undefined): unknown {
  return JSON.parse(
    JSON.stringify(packet ?? null, (_, value: unknown) => {
      if (typeof value === 'bigint') return `${value}`;
      if (value instanceof Uint8Array) return [...value];
      const isBuffer = typeof value === 'object' && value !== null && 'data' in value;
      return isBuffer ? value.data : value;
    }),
  );
}

describe('a datagram', () => {
  for (const [name, packet, hex] of VECTORS) {
    it(`of kind ${name} has the frozen bytes`, () => {
      assert.equal(encodePacket(packet).toString('hex'), hex.replaceAll(' ', ''));
      assert.deepEqual(plain(decodePacket(fromHex(hex))), plain(packet));
    });

    it(`of kind ${name} is not read when it is cut or too long by a byte`, () => {
      const whole = fromHex(hex);
      const last = whole.subarray(0, -1);
      const cut = decodePacket(last);
      assert.ok(cut === undefined || !encodePacket(cut).equals(whole));
      assert.equal(decodePacket(Buffer.concat([whole, Buffer.alloc(1)])), undefined);
    });
  }

  it('fits the smallest IPv6 packet when it is full', () => {
    const have = new Uint8Array(8).fill(0xff);
    const segment = { sequence: 1, fin: false, bytes: new Uint8Array(MAX_SEGMENT_BYTES) };
    assert.ok(segmentSize(segment) <= roomForSegments('open', have.length));
    const body = { ...BODY, have, segments: [segment] };
    const bytes = encodePacket({ kind: 'open', id: ID, cookie: COOKIE, body });
    assert.ok(bytes.length <= MAX_DATAGRAM_BYTES && MAX_DATAGRAM_BYTES + 48 <= 1_280);
  });

  it('has one form only: what is read is written the same', () => {
    const bases = VECTORS.map(([, packet]) => encodePacket(packet));
    fc.assert(
      fc.property(
        fc.nat(bases.length - 1),
        fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 }),
        (base, changes) => {
          const bytes = Buffer.from(bases[base] ?? []);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const packet = decodePacket(bytes);
          if (packet !== undefined) assert.deepEqual(encodePacket(packet), bytes);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('is at most as long as a datagram may be, its pieces as a piece, its numbers as a number', () => {
    const of = (...segments: Body['segments']) =>
      encodePacket({ kind: 'segment', id: ID, body: { ...EMPTY, segments } });
    const piece = (length: number, sequence = 1, fin = false) => ({
      sequence,
      fin,
      bytes: new Uint8Array(length),
    });
    const reads = (bytes: Buffer) => decodePacket(bytes) !== undefined;
    const head = of().length;
    const full = MAX_DATAGRAM_BYTES - head - 2 * (segmentSize(piece(1)) - 1);
    assert.ok(full - 100 <= MAX_SEGMENT_BYTES);
    const twoPieces = (all: number) => of(piece(100), piece(all - 100));
    assert.equal(twoPieces(full).length, MAX_DATAGRAM_BYTES);
    assert.deepEqual([reads(twoPieces(full)), reads(twoPieces(full + 1))], [true, false]);
    const long = [MAX_SEGMENT_BYTES, MAX_SEGMENT_BYTES + 1].map((length) =>
      reads(of(piece(length))),
    );
    assert.deepEqual(long, [true, false]);
    const lasts = [2 ** 48 - 2, 2 ** 48 - 1].map((sequence) => reads(of(piece(1, sequence))));
    assert.deepEqual(lasts, [true, false]);
    assert.deepEqual([reads(of(piece(0, 1, true))), reads(of(piece(0)))], [true, false]);
    const have = (...bytes: number[]) =>
      encodePacket({ kind: 'segment', id: ID, body: { ...EMPTY, have: Uint8Array.from(bytes) } });
    assert.ok(reads(have(0, 0, 0, 0, 0, 0, 0, 1)));
    assert.ok(!reads(have(0, 0, 0, 0, 0, 0, 0, 0, 1)));
    assert.deepEqual([reads(have(1)), reads(have(1, 0))], [true, false]);
  });

  it('that is garbage is nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: MAX_DATAGRAM_BYTES + 50 }), (garbage) => {
        const packet = decodePacket(Buffer.from(garbage));
        if (packet !== undefined) assert.deepEqual(encodePacket(packet), Buffer.from(garbage));
      }),
    );
  });
});
