/**
 * The canonical encoding (PROTOCOL: Encoding): big-endian, every length checked, and `decode`
 * accepts only bytes that `encode` would have made (coder.ts says why). Here are the coders of the
 * core's units.
 */
import { type Refusal, refusal } from '../base/refusal.ts';
import type {
  Amount,
  Balance,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../base/units.ts';
import { type Coder, Malformed, Reader, Writer } from './coder.ts';
import { bigSigned, bigUnsigned, u8, u16, u32, u64 } from './numbers.ts';
import { bytesOf } from './parts.ts';

/** Gives a coder's values their unit. */
function unit<T>(coder: Coder<number> | Coder<bigint>): Coder<T> {
  return coder as unknown as Coder<T>;
}

export const amountCoder = unit<Amount>(bigUnsigned(16));
export const balanceCoder = unit<Balance>(bigSigned(25));
export const sequenceCoder = unit<Sequence>(u64);
export const tokenCoder = unit<TokenIndex>(u16);
export const memberCoder = unit<MemberIndex>(u16);
export const ledgerCoder = unit<LedgerIndex>(u8);
export const epochCoder = unit<Epoch>(u32);
export const linkCoder = unit<LinkId>(u64);
export const keyCoder = bytesOf(32);
export const hashCoder = bytesOf(32);
export const signatureCoder = bytesOf(64);

/** One writer serves every encoding: they do not nest, and what is handed out is a copy. */
const writer = new Writer();

/** The bytes of a value. Throws for values out of range: a fault of ours, never a peer's. */
export function encode<T>(coder: Coder<T>, value: T): Uint8Array {
  writer.length = 0;
  coder.put(value, writer);
  return writer.bytes.slice(0, writer.length);
}

/**
 * The value of canonical bytes; refused as `malformed` otherwise. Whatever else is thrown is a
 * fault of ours, and nobody else's: it goes through.
 */
export function decode<T>(coder: Coder<T>, bytes: Uint8Array): T | Refusal {
  try {
    return decodeOwn(coder, bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const found = error.message.slice(0, 120);
    return refusal('malformed', { expected: 'a canonical message', found });
  }
}

/** The value of bytes that this program wrote itself. Throws Malformed for any other. */
export function decodeOwn<T>(coder: Coder<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = coder.take(reader);
  if (reader.at < bytes.length) {
    throw new Malformed(`${bytes.length} bytes, of which ${reader.at} were expected`);
  }
  return value;
}
