/**
 * Seals: what makes a changed record noticed. classic-level reads tables without checking LevelDB's
 * own checksums, and a compaction writes what it read with a fresh one, so they prove nothing.
 *
 *   digest = SHA-256(length of the key (2) | key | value)
 *   stored = value | first 8 bytes of the digest
 *
 * The key is part of it, so that a value under a wrong key is noticed too. This finds accidents,
 * not a thief: whoever can write the files can also write seals.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import { nativeSha256 } from '../hash.ts';
import { nameOfKey, StoreDamaged } from './damage.ts';

const SEAL_BYTES = 8;

/** The bytes of a byte key, as LevelDB takes them. */
export function keyBytes(key: ByteKey): Buffer {
  return Buffer.from(key, 'latin1');
}

/** The byte key of bytes that came from LevelDB. */
export function keyOfBytes(bytes: Uint8Array): ByteKey {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') as ByteKey;
}

/** The digest of a record, 32 bytes. */
export function digestOf(key: ByteKey, value: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(2 + key.length + value.length);
  bytes.writeUInt16BE(key.length);
  bytes.write(key, 2, 'latin1');
  bytes.set(value, 2 + key.length);
  return nativeSha256(bytes);
}

/** A value with its seal. */
export function seal(value: Uint8Array, digest: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(value.length + SEAL_BYTES);
  stored.set(value);
  // Byte by byte: a view of the digest costs more than eight bytes.
  for (let i = 0; i < SEAL_BYTES; i++) stored[value.length + i] = digest[i] ?? 0;
  return stored;
}

/**
 * A value without its seal, which is not checked. A view: no bytes are copied. LevelDB gives
 * Buffers, whose `slice` shares memory; the core is to have plain arrays, whose `slice` copies.
 */
export function valueIn({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, Math.max(0, length - SEAL_BYTES));
}

/** Whether the seal of a stored value fits a digest. */
export function isSealedWith(stored: Uint8Array, digest: Uint8Array): boolean {
  const start = stored.length - SEAL_BYTES;
  if (start < 0) return false;
  for (let i = 0; i < SEAL_BYTES; i++) if (stored[start + i] !== digest[i]) return false;
  return true;
}

/** A stored value's value and digest. Throws StoreDamaged if its seal does not fit. */
export function unseal(
  key: ByteKey,
  stored: Uint8Array,
): { readonly value: Uint8Array; readonly digest: Uint8Array } {
  const value = valueIn(stored);
  const digest = digestOf(key, value);
  if (!isSealedWith(stored, digest)) {
    const found = 'the checksum does not fit';
    throw new StoreDamaged({ code: 'checksum', where: nameOfKey(key), found });
  }
  return { value, digest };
}
