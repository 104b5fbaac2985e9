/** Key pairs for tests: the secret is a hash of a label, so the same test has the same keys. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import type { Signer, Verify } from '../../agent/core/base/crypto.ts';
import { wellFormed } from '../../agent/core/base/ed25519.ts';

const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** The secret seed that belongs to a label: 32 bytes. */
export function seedOf(label: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`test key ${label}`).digest());
}

/** The key pair that belongs to a label. */
export function signerOf(label: string): Signer {
  const der = Buffer.concat([PKCS8_HEAD, seedOf(label)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(SPKI_HEAD.length)),
    sign: (message) => Uint8Array.from(nodeSign(null, message, key)),
  };
}

/** The strict rule in front of node:crypto, as in production. */
export const verify: Verify = (publicKey, message, signature) => {
  if (!wellFormed(publicKey, signature)) return false;
  const x = Buffer.from(publicKey).toString('base64url');
  const key = { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' } as const;
  return nodeVerify(null, message, key, signature);
};
