/**
 * Byte strings: comparison, joining, and the two text forms in use. `ByteKey` is a string with one
 * character (U+0000 to U+00FF) a byte: it can be a key of a Map as it is, sorts as the bytes do,
 * and a store turns it into bytes and back without loss ("latin1").
 */
import { hex } from '@scure/base';

/** A byte string carried in a JavaScript string, one character a byte. */
export type ByteKey = string & { readonly __brand: 'ByteKey' };

/** The byte key of these bytes, at most some thousands: each is an argument. */
export function toByteKey(bytes: Uint8Array): ByteKey {
  return Reflect.apply(String.fromCharCode, undefined, bytes) as ByteKey;
}

/** The bytes of a byte key. */
export function fromByteKey(key: ByteKey): Uint8Array {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}

/** Whether two byte strings are the same. Not constant in time: for public data only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order of two byte strings: negative, zero or positive; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The given byte strings, one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/** ASCII text as bytes; anything else is a fault of ours (tags and prefixes only). */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
