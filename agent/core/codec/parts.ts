/**
 * Coders of everything that is not a number, and the ways to build larger coders of smaller ones.
 */
import { utf8 } from '@scure/base';
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { type Coder, Malformed, type Reader } from './coder.ts';
import { u8 } from './numbers.ts';

/** 0 or 1; any other byte is refused. */
export const bool: Coder<boolean> = {
  put: (value, out) => u8.put(value ? 1 : 0, out),
  take(from) {
    const byte = u8.take(from);
    if (byte > 1) throw new Malformed(`${byte} is neither yes nor no`);
    return byte === 1;
  },
};

/** So many bytes as they are. What is taken is a view of the bytes that it came in. */
export function bytesOf(size: number): Coder<Uint8Array> {
  return {
    put(value, out) {
      if (value.length !== size) throw new RangeError(`${value.length} bytes instead of ${size}`);
      const at = out.reserve(size);
      out.bytes.set(value, at);
    },
    take(from) {
      const at = from.skip(size);
      return from.bytes.subarray(at, at + size);
    },
  };
}

/** Bytes with their count in front. */
export function sizedBytes(count: Coder<number>): Coder<Uint8Array> {
  return {
    put(value, out) {
      count.put(value.length, out);
      const at = out.reserve(value.length);
      out.bytes.set(value, at);
    },
    take(from) {
      const size = count.take(from);
      const at = from.skip(size);
      return from.bytes.subarray(at, at + size);
    },
  };
}

/** UTF-8 text of at most `most` bytes (255 or fewer), with their count in front. */
export function textOf(most: number): Coder<string> {
  const whole = sizedBytes(checked(u8, (size) => size <= most || `${size} bytes, at most ${most}`));
  return {
    put: (value, out) => whole.put(asciiBytes(value) ?? utf8.decode(value), out),
    take(from) {
      const bytes = whole.take(from);
      const text = asciiIn(bytes) ?? textIn(bytes);
      if (text === undefined) throw new Malformed('a text that is not UTF-8');
      return text;
    },
  };
}

/** The bytes of a text that is ASCII, as most are; undefined for others. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** The text of bytes that are ASCII; undefined for others. */
function asciiIn(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The text of UTF-8; undefined for bytes that are not what a text would be encoded as. */
export function textIn(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = utf8.encode(bytes);
  } catch (error) {
    // So says TextDecoder of bytes that are no UTF-8.
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
  return equalBytes(utf8.decode(text), bytes) ? text : undefined;
}

/** Whether there is a value, and the value. */
export function optional<T>(inner: Coder<T>): Coder<T | undefined> {
  return {
    put(value, out) {
      bool.put(value !== undefined, out);
      if (value !== undefined) inner.put(value, out);
    },
    take: (from) => (bool.take(from) ? inner.take(from) : undefined),
  };
}

/** The fields in the order in which they are declared. */
export function struct<T extends object>(
  fields: {
    readonly [K in keyof T]: Coder<T[K]>;
  },
): Coder<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    put(value, out) {
      for (const name of names) fields[name].put(value[name], out);
    },
    take(from) {
      const value: Partial<T> = {};
      for (const name of names) value[name] = fields[name].take(from);
      return value as T;
    },
  };
}

/** As many entries as their number in front says. */
export function listWith<T>(count: Coder<number>, entry: Coder<T>): Coder<readonly T[]> {
  return {
    put(list, out) {
      count.put(list.length, out);
      for (const value of list) entry.put(value, out);
    },
    take: (from) => takeMany(from, count.take(from), entry),
  };
}

/** At most `most` entries (255 or fewer), with their number in one byte in front. */
export function listOf<T>(most: number, entry: Coder<T>): Coder<readonly T[]> {
  return listWith(
    checked(u8, (length) => length <= most || `${length} entries, at most ${most}`),
    entry,
  );
}

/** Always so many entries. */
export function tupleOf<T>(length: number, entry: Coder<T>): Coder<readonly T[]> {
  return {
    put(list, out) {
      if (list.length !== length) throw new RangeError(`${list.length} entries, not ${length}`);
      for (const value of list) entry.put(value, out);
    },
    take: (from) => takeMany(from, length, entry),
  };
}

function takeMany<T>(from: Reader, count: number, entry: Coder<T>): T[] {
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(entry.take(from));
  return list;
}

/** One of several cases: its number in a byte, then its value. */
export function variant<T extends object>(
  cases: {
    readonly [K in keyof T]: readonly [number, Coder<T[K]>];
  },
): Coder<{ [K in keyof T]: { readonly TAG: K; readonly data: T[K] } }[keyof T]> {
  type Case = { [K in keyof T]: { readonly TAG: K; readonly data: T[K] } }[keyof T];
  const names = Object.keys(cases) as (keyof T)[];
  const byNumber = new Map(names.map((name) => [cases[name][0], name]));
  invariant(byNumber.size === names.length, 'no two cases have one number');
  return {
    put({ TAG, data }: Case, out) {
      const [number, coder] = cases[TAG];
      u8.put(number, out);
      coder.put(data, out);
    },
    take(from) {
      const number = u8.take(from);
      const name = byNumber.get(number);
      if (name === undefined) throw new Malformed(`${number} is no kind that is known`);
      return { TAG: name, data: cases[name][1].take(from) } as Case;
    },
  };
}

/** The same from rows of a table. */
export function variantOf<T extends object>(
  rows: {
    readonly [K in keyof T]: { readonly wire: number; readonly coder: Coder<T[K]> };
  },
): ReturnType<typeof variant<T>> {
  const cases: Partial<{ [K in keyof T]: readonly [number, Coder<T[K]>] }> = {};
  for (const name of Object.keys(rows) as (keyof T)[]) {
    cases[name] = [rows[name].wire, rows[name].coder];
  }
  return variant(cases as { [K in keyof T]: readonly [number, Coder<T[K]>] });
}

/** One of several words, each as its number in a byte. */
export function wordOf<T extends string>(words: Readonly<Record<T, number>>): Coder<T> {
  const names = Object.keys(words) as T[];
  const byNumber = new Map(names.map((name) => [words[name], name]));
  return {
    put: (value, out) => u8.put(words[value], out),
    take(from) {
      const number = u8.take(from);
      const name = byNumber.get(number);
      if (name === undefined) throw new Malformed(`${number} is none of ${names.join(', ')}`);
      return name;
    },
  };
}

/** Only values that keep a rule: `rule` returns true, or what is wrong in words. */
export function checked<T>(coder: Coder<T>, rule: (value: T) => true | string): Coder<T> {
  return {
    put(value, out) {
      const verdict = rule(value);
      if (verdict !== true) throw new RangeError(verdict);
      coder.put(value, out);
    },
    take(from) {
      const value = coder.take(from);
      const verdict = rule(value);
      if (verdict !== true) throw new Malformed(verdict);
      return value;
    },
  };
}
