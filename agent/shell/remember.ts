/**
 * Signatures that were made lately, given again instead of made again: an authority needs its vote
 * when the order comes, and once more when its certificate does. Speed only: who signs as RFC 8032
 * says gives the same bytes for the same message each time (core/base/crypto.ts).
 *
 * Bounds: each message has one place, by its last bytes, and takes it over from the one before. A
 * vote ends with a hash; whoever makes orders that share a place makes them as slow as without
 * this.
 */
import { concatBytes, equalBytes } from '../core/base/bytes.ts';
import type { Sign } from '../core/base/crypto.ts';
import { REMEMBERED_SIGNATURES } from './limits.ts';

/** A `Sign` that remembers its last signatures in so many places. */
export function rememberSignatures(sign: Sign, places: number = REMEMBERED_SIGNATURES): Sign {
  /** Message and signature, one behind the other: half the memory of two arrays. */
  const kept = new Map<number, Uint8Array>();
  return (message) => {
    const place = tailOf(message) % places;
    const known = kept.get(place);
    if (known !== undefined && isOf(message, known)) return known.slice(message.length);
    const signature = sign(message);
    kept.set(place, concatBytes(message, signature));
    return signature;
  };
}

const SIGNATURE_BYTES = 64;

function isOf(message: Uint8Array, known: Uint8Array): boolean {
  if (known.length !== message.length + SIGNATURE_BYTES) return false;
  return equalBytes(known.subarray(0, message.length), message);
}

/** The last four bytes, as a number. */
function tailOf(message: Uint8Array): number {
  let tail = 0;
  for (const byte of message.subarray(-4)) tail = tail * 256 + byte;
  return tail;
}
