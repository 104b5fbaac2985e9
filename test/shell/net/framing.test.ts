/** Frames survive any cutting of the stream, and nothing above the bound is ever held. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_FRAME_BYTES } from '../../../agent/core/base/limits.ts';
import { faultCodeOf, LINK_FAULTS, wireOf } from '../../../agent/shell/net/fault.ts';
import {
  createFrameReader,
  goodbyeReason,
  goodbyeWord,
  PING,
  PONG,
  wordBytes,
} from '../../../agent/shell/net/framing.ts';

type Item = Uint8Array | number;

function readAll(chunks: readonly Uint8Array[]): readonly Item[] {
  const reader = createFrameReader(MAX_FRAME_BYTES);
  const items: Item[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let item = reader.next(); item !== undefined; item = reader.next()) items.push(item);
  }
  return items;
}

function bytesOf(items: readonly Item[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) =>
      typeof item === 'number' ? [wordBytes(item)] : [wordBytes(item.length), item],
    ),
  );
}

describe('the frame reader', () => {
  it('gives the same frames and words however the stream is cut', () => {
    const item = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.constantFrom(PING, PONG, goodbyeWord(1), goodbyeWord(239)),
    );
    fc.assert(
      fc.property(fc.array(item), fc.array(fc.nat(300), { minLength: 1 }), (items, cuts) => {
        const stream = bytesOf(items);
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = 1 + (cuts[i % cuts.length] ?? 0);
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        assert.deepEqual(readAll(chunks), items);
      }),
    );
  });

  it('takes the largest frame and tells one byte more by its announcement alone', () => {
    const largest = new Uint8Array(MAX_FRAME_BYTES).fill(1);
    assert.deepEqual(readAll([bytesOf([largest])]), [largest]);
    assert.deepEqual(readAll([wordBytes(MAX_FRAME_BYTES + 1)]), [MAX_FRAME_BYTES + 1]);
    assert.deepEqual(readAll([wordBytes(0x8000_0000)]), [0x8000_0000]);
  });

  it('gives frames that do not share memory with the chunk', () => {
    const chunk = bytesOf([Uint8Array.of(1, 2, 3)]);
    const [frame] = readAll([chunk]);
    chunk.fill(0);
    assert.deepEqual(frame, Uint8Array.of(1, 2, 3));
  });

  it('can be stopped between two frames of a chunk and goes on where it stopped', () => {
    const reader = createFrameReader(MAX_FRAME_BYTES);
    reader.feed(bytesOf([Uint8Array.of(1), Uint8Array.of(2)]));
    assert.deepEqual(reader.next(), Uint8Array.of(1));
    reader.feed(bytesOf([Uint8Array.of(3)]));
    assert.deepEqual(reader.next(), Uint8Array.of(2));
    assert.deepEqual(reader.next(), Uint8Array.of(3));
    assert.equal(reader.next(), undefined);
  });
});

describe('goodbyes', () => {
  it('carry every reason that may be told, and no other word is one', () => {
    for (const code of Object.keys(LINK_FAULTS) as (keyof typeof LINK_FAULTS)[]) {
      const wire = wireOf(code);
      if (wire === undefined) continue;
      assert.equal(faultCodeOf(goodbyeReason(goodbyeWord(wire)) ?? 0), code);
    }
    for (const word of [PING, PONG, 1, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1, 0xffff_ff00]) {
      assert.equal(goodbyeReason(word), undefined);
    }
    for (const wire of [1, 239]) assert.equal(goodbyeReason(goodbyeWord(wire)), wire);
    assert.equal(goodbyeReason(goodbyeWord(240)), undefined);
  });
});
