/**
 * An ideal signature scheme for small worlds: a signature is a keyed hash, and the checker knows
 * all keys. Nobody who was not given a signer can sign, and the same message gives the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Signer, Verify } from '../../../agent/core/base/crypto.ts';

/** Key pairs by label, and the check that belongs to them. */
export class Signatures {
  readonly #secrets = new Map<string, Buffer>();

  /** The key pair of a label. */
  signer(label: string): Signer {
    const secret = hash(`secret of ${label}`);
    const publicKey = Uint8Array.from(hash(`key of ${label}`));
    this.#secrets.set(Buffer.from(publicKey).toString('latin1'), secret);
    return { publicKey, sign: (message) => signatureOf(secret, message) };
  }

  /** Whether the owner of the key signed exactly this message. */
  readonly verify: Verify = (publicKey, message, signature) => {
    const secret = this.#secrets.get(Buffer.from(publicKey).toString('latin1'));
    if (secret === undefined) return false;
    return Buffer.compare(signatureOf(secret, message), signature) === 0;
  };
}

/** 64 bytes that only the holder of the secret can make. */
function signatureOf(secret: Buffer, message: Uint8Array): Uint8Array {
  const half = createHash('sha256').update(secret).update(message).digest();
  return Uint8Array.from([...half, ...half]);
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
