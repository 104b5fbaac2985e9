/**
 * Frames on a stream. A word of four bytes, big-endian, and what it announces:
 *
 *   0                      ping: answer with a pong
 *   1 to MAX_FRAME_BYTES   a frame of so many bytes follows
 *   0xffffff01 .. ffffffef goodbye: the stream ends, for the reason of this number (fault.ts)
 *   0xffffffff             pong
 *   anything else          an oversized frame: nothing behind it is read
 *
 * The reader gives one item at a time, so that its owner can stop between two of them. It holds at
 * most the chunk it was fed and one frame in the making.
 */

export const PING = 0;
export const PONG = 0xffff_ffff;
const GOODBYE = 0xffff_ff00;
const LAST_GOODBYE = 0xffff_ffef;
const WORD_BYTES = 4;

/** A word as bytes. */
export function wordBytes(word: number): Uint8Array {
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
}

/** The goodbye for a reason of this number (1 to 239). */
export function goodbyeWord(wire: number): number {
  return GOODBYE + wire;
}

/** The reason in a goodbye, or undefined for any other word. */
export function goodbyeReason(word: number): number | undefined {
  return word > GOODBYE && word <= LAST_GOODBYE ? word - GOODBYE : undefined;
}

export interface FrameReader {
  /** Takes over a chunk of the stream. Call `next` until it gives undefined before the next one. */
  feed(chunk: Uint8Array): void;
  /** A frame (own memory), a word that announces none, or undefined: more is needed. */
  next(): Uint8Array | number | undefined;
}

/** Makes a reader for frames of at most `mostBytes`. */
export function createFrameReader(mostBytes: number): FrameReader {
  let chunk: Uint8Array = new Uint8Array();
  let at = 0;
  let word = 0;
  let wordFill = 0;
  let frame: Uint8Array | undefined;
  let frameFill = 0;

  /** Moves on to the end of the word, as far as the chunk reaches. */
  function readWord(): boolean {
    while (wordFill < WORD_BYTES && at < chunk.length) {
      word = ((word << 8) | (chunk[at] ?? 0)) >>> 0;
      at += 1;
      wordFill += 1;
    }
    return wordFill === WORD_BYTES;
  }

  function readFrame(into: Uint8Array): Uint8Array | undefined {
    const part = chunk.subarray(at, at + into.length - frameFill);
    into.set(part, frameFill);
    frameFill += part.length;
    at += part.length;
    if (frameFill < into.length) return undefined;
    frame = undefined;
    return into;
  }

  return {
    feed(next) {
      chunk = at < chunk.length ? Buffer.concat([chunk.subarray(at), next]) : next;
      at = 0;
    },
    next() {
      if (frame !== undefined) return readFrame(frame);
      if (!readWord()) return undefined;
      wordFill = 0;
      if (word === PING || word > mostBytes) return word;
      frame = new Uint8Array(word);
      frameFill = 0;
      return readFrame(frame);
    },
  };
}
