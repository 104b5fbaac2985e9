/** Coders of numbers: big-endian and of fixed width, so that each number has one encoding. */
import type { Coder } from './coder.ts';

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);
export const u64 = bigUnsigned(8);

/** An unsigned number of 1 to 4 bytes. */
function unsigned(size: number): Coder<number> {
  const most = 2 ** (8 * size) - 1;
  return {
    put(value, out) {
      if (!Number.isInteger(value) || value < 0 || value > most) {
        throw new RangeError(`${value} is no unsigned number of ${size} bytes`);
      }
      const at = out.reserve(size);
      putWord(out.bytes, at, size, value);
    },
    take(from) {
      const at = from.skip(size);
      return takeWord(from.bytes, at, size);
    },
  };
}

/** An unsigned integer of so many bytes. */
export function bigUnsigned(size: number): Coder<bigint> {
  const end = 1n << BigInt(8 * size);
  return {
    put(value, out) {
      if (value < 0n || value >= end) {
        throw new RangeError(`${value} is no unsigned integer of ${size} bytes`);
      }
      const at = out.reserve(size);
      putBig(out.bytes, at, size, value);
    },
    take(from) {
      const at = from.skip(size);
      return takeBig(from.bytes, at, size);
    },
  };
}

/** A signed integer of so many bytes, in two's complement. */
export function bigSigned(size: number): Coder<bigint> {
  const end = 1n << BigInt(8 * size);
  const half = end >> 1n;
  return {
    put(value, out) {
      if (value < -half || value >= half) {
        throw new RangeError(`${value} is no signed integer of ${size} bytes`);
      }
      const at = out.reserve(size);
      putBig(out.bytes, at, size, value < 0n ? value + end : value);
    },
    take(from) {
      const at = from.skip(size);
      const value = takeBig(from.bytes, at, size);
      return value < half ? value : value - end;
    },
  };
}

/** Puts a number into `size` bytes at `at`, at most 4. */
function putWord(bytes: Uint8Array, at: number, size: number, value: number): void {
  let left = value;
  for (let i = at + size - 1; i >= at; i--) {
    bytes[i] = left & 255;
    left >>>= 8;
  }
}

/** The number in the `size` bytes at `at`, at most 4. */
function takeWord(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = at; i < at + size; i++) value = (value << 8) | (bytes[i] ?? 0);
  return value >>> 0;
}

/** Four bytes at a time from the back: most integers are small, and small ones take one turn. */
function putBig(bytes: Uint8Array, at: number, size: number, value: bigint): void {
  let left = value;
  let end = at + size;
  while (left > 0n) {
    const word = Math.min(4, end - at);
    putWord(bytes, end - word, word, Number(left & 0xffff_ffffn));
    left >>= 32n;
    end -= word;
  }
  bytes.fill(0, at, end);
}

function takeBig(bytes: Uint8Array, at: number, size: number): bigint {
  const end = at + size;
  let start = at;
  while (start < end - 4 && bytes[start] === 0) start++;
  let value = 0n;
  while (start < end) {
    const word = (end - start) % 4 || 4;
    const next = BigInt(takeWord(bytes, start, word));
    value = value === 0n ? next : (value << 32n) | next;
    start += word;
  }
  return value;
}
