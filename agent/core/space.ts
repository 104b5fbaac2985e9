/**
 * What a space of the state is: one row that says which byte its keys begin with, whether its
 * records are kept on disk, what its keys are made of, and how its values lie in bytes (spaces.ts
 * is the table of all rows).
 *
 *   one(DISK, 0x48, journalHeadCoder)                         a single record
 *   many(DISK, 0x41, bytesKey('account', 32), accountCoder)   a record for each key
 *
 * A `Cell` is where one record lies: its key, and the coder of its value. Only a row makes cells,
 * so a key of one space and the coder of another never come together; what does not fit does not
 * compile.
 */
import { invariant } from './base/assert.ts';
import { type ByteKey, toByteKey } from './base/bytes.ts';
import { decodeOwn, encode } from './codec/canonical.ts';
import type { Coder } from './codec/coder.ts';
import type { Read, Write } from './io.ts';

/** Where one record lies. */
export interface Cell<V> {
  readonly key: ByteKey;
  readonly coder: Coder<V>;
}

/** Kept on disk: what a process writes, the next one reads. */
export const DISK = 'disk';
/** Gone with the process, and grown anew by the next. */
export const MEMORY = 'memory';

/** What all rows have in common. */
export interface Row {
  readonly byte: number;
  readonly kept: typeof DISK | typeof MEMORY;
  /** What every key of the space begins with: that byte. */
  readonly prefix: ByteKey;
  readonly parts: readonly KeyPart[];
}

/** A space with one record, which lies at the space itself. */
export interface Single<V> extends Row, Cell<V> {}

/** A space with a record for each key. */
export interface Space<K extends readonly unknown[], V> extends Row {
  readonly at: (...key: K) => Cell<V>;
}

/** A part of a key: what people call it, and its length; undefined: all the rest. */
export interface KeyPart {
  readonly name: string;
  readonly bytes: number | undefined;
}

/** What the keys of a space are made of. */
export interface KeyLayout<K extends readonly unknown[]> {
  readonly parts: readonly KeyPart[];
  readonly encode: (...key: K) => string;
}

/** A space with one record. */
export function one<V>(kept: Row['kept'], byte: number, coder: Coder<V>): Single<V> {
  const prefix = prefixOf(byte);
  return { byte, kept, prefix, parts: [], key: prefix, coder };
}

/** A space with a record for each key. */
export function many<K extends readonly unknown[], V>(
  kept: Row['kept'],
  byte: number,
  { parts, encode }: KeyLayout<K>,
  coder: Coder<V>,
): Space<K, V> {
  const prefix = prefixOf(byte);
  const at = (...key: K) => ({ key: (prefix + encode(...key)) as ByteKey, coder });
  return { byte, kept, prefix, parts, at };
}

/** Bytes of one length: an account, a member's key. */
export function bytesKey(name: string, bytes: number): KeyLayout<[Uint8Array]> {
  return {
    parts: [{ name, bytes }],
    encode(value) {
      invariant(value.length === bytes, `the ${name} of a key has ${bytes} bytes`);
      return toByteKey(value);
    },
  };
}

/** A number below 2^64. */
export function numberKey<N extends bigint = bigint>(name: string): KeyLayout<[N]> {
  return { parts: [{ name, bytes: 8 }], encode: bigEndian64 };
}

/** An account, and a number in it. */
export function entryKey<N extends bigint = bigint>(
  name: string,
  nth: string,
): KeyLayout<[Uint8Array, N]> {
  const account = bytesKey(name, 32);
  return {
    parts: [...account.parts, { name: nth, bytes: 8 }],
    encode: (value, n) => account.encode(value) + bigEndian64(n),
  };
}

/** A number of 1 to 4 bytes, most significant byte first. */
export function placeKey<N extends number = number>(
  name: string,
  bytes: 1 | 2 | 4,
): KeyLayout<[N]> {
  return {
    parts: [{ name, bytes }],
    encode(n) {
      invariant(n >= 0 && n < 2 ** (8 * bytes), `the ${name} of a key has ${bytes} bytes`);
      if (bytes === 1) return String.fromCharCode(n);
      const low = String.fromCharCode((n >>> 8) & 255, n & 255);
      return bytes === 2 ? low : String.fromCharCode(n >>> 24, (n >>> 16) & 255) + low;
    },
  };
}

/** Two keys, one behind the other; the first is of one length. */
export function joinedKey<A, B>(first: KeyLayout<[A]>, second: KeyLayout<[B]>): KeyLayout<[A, B]> {
  return {
    parts: [...first.parts, ...second.parts],
    encode: (one, other) => first.encode(one) + second.encode(other),
  };
}

/** Numbers below 2^8, as many as there are. */
export function pathKey(name: string): KeyLayout<[readonly number[]]> {
  return {
    parts: [{ name, bytes: undefined }],
    encode: (path) => String.fromCharCode(...path),
  };
}

/** The record in a cell, which this program wrote itself; for whoever reads outside a step. */
export function recordAt<V>(read: Read, { key, coder }: Cell<V>): V | undefined {
  const bytes = read.get(key);
  return bytes === undefined ? undefined : decodeOwn(coder, bytes);
}

/** What writes a record, for whoever writes outside a step. */
export function writeOf<V>({ key, coder }: Cell<V>, value: V): Write {
  return { key, value: encode(coder, value) };
}

/**
 * The rows by their bytes. Throws InvariantError where two have one byte, or one has a byte that is
 * retired: a key says which space it is of, in every store that ever was.
 */
export function rowsByByte<R extends Row>(
  rows: readonly R[],
  retired: readonly number[],
): readonly (R | undefined)[] {
  const byByte = new Array<R | undefined>(256).fill(undefined);
  for (const row of rows) {
    const { byte } = row;
    invariant(byByte[byte] === undefined, `no two spaces have the byte ${byte}`);
    invariant(!retired.includes(byte), `no space has the byte ${byte}, which is retired`);
    byByte[byte] = row;
  }
  return byByte;
}

/** 255 begins no key: whoever reads a whole space reads up to the next byte. */
function prefixOf(byte: number): ByteKey {
  invariant(Number.isInteger(byte) && byte >= 0 && byte < 255, 'a prefix is a byte below 255');
  return String.fromCharCode(byte) as ByteKey;
}

/** 64 bits, most significant byte first, so that keys sort as numbers do. */
function bigEndian64(n: bigint): string {
  invariant(n >= 0n && n < 2n ** 64n, 'a number of a key is below 2^64');
  const high = Number(n >> 32n);
  const low = Number(n & 0xffffffffn);
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    low >>> 24,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  );
}
