/**
 * The canonical encoding (DESIGN 4): big-endian, every length checked, and `decode` accepts only
 * bytes that `encode` would have made. The layouts themselves are declared with micro-packed, one
 * declaration for type, encoder and decoder.
 */
import * as P from 'micro-packed';
import { equalBytes } from '../bytes.ts';
import { type Refusal, refusal } from '../refusal.ts';
import type {
  Amount,
  Balance,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../units.ts';

/** Gives a layout's values their unit. */
function unit<T>(coder: P.CoderType<number> | P.CoderType<bigint>): P.CoderType<T> {
  return coder as unknown as P.CoderType<T>;
}

export const amountCoder = unit<Amount>(P.bigint(16, false, false));
export const balanceCoder = unit<Balance>(P.bigint(25, false, true));
export const sequenceCoder = unit<Sequence>(P.U64BE);
export const tokenCoder = unit<TokenIndex>(P.U16BE);
export const memberCoder = unit<MemberIndex>(P.U8);
export const epochCoder = unit<Epoch>(P.U32BE);
export const linkCoder = P.U64BE as unknown as P.CoderType<LinkId>;
export const keyCoder = P.bytes(32);
export const hashCoder = P.bytes(32);
export const signatureCoder = P.bytes(64);

/** A list with a one-byte count of at most `most` entries. */
export function listOf<T>(most: number, entry: P.CoderType<T>): P.CoderType<T[]> {
  return P.validate(P.array(P.U8, entry), (list) => {
    if (list.length > most) throw new Error(`a list of ${list.length}, at most ${most}`);
    return list;
  });
}

/** UTF-8 text with a one-byte length, of at most `most` bytes. */
export function textOf(most: number): P.CoderType<string> {
  const length = P.validate(P.U8, (n) => {
    if (n > most) throw new Error(`a text of ${n} bytes, at most ${most}`);
    return n;
  });
  return P.string(length);
}

/** The bytes of a value. Throws for values out of range: a fault of ours, never a peer's. */
export function encode<T>(coder: P.CoderType<T>, value: T): Uint8Array {
  return coder.encode(value);
}

/** The value of canonical bytes; refused as `malformed` otherwise. Never throws. */
export function decode<T>(coder: P.CoderType<T>, bytes: Uint8Array): T | Refusal {
  try {
    const value = coder.decode(bytes);
    if (equalBytes(coder.encode(value), bytes)) return value;
    return refusal('malformed', { expected: 'the canonical encoding', found: 'another' });
  } catch (error) {
    return refusal('malformed', {
      expected: 'a canonical message',
      found: error instanceof Error ? error.message.slice(0, 120) : 'other bytes',
    });
  }
}

/** The value of bytes that this program wrote itself. */
export function decodeOwn<T>(coder: P.CoderType<T>, bytes: Uint8Array): T {
  return coder.decode(bytes);
}
