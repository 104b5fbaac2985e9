/**
 * `Verify` for production: the strict rule of core/base/ed25519.ts (libsodium's), and after it
 * the fastest library that there is: libsodium itself where it loads and there is much to do,
 * else node:crypto, which is ten times as fast as JavaScript. What passes the rule, every library
 * judges alike, so neither that nor the Node version matters (RFC 8032, "Taming the many EdDSAs";
 * test/core/ed25519.test.ts).
 */
import { createPublicKey, type KeyObject, verify as nodeVerify } from 'node:crypto';
import { toByteKey } from '../core/base/bytes.ts';
import type { Verify } from '../core/base/crypto.ts';
import { wellFormed } from '../core/base/ed25519.ts';
import { VERIFY_CACHE_KEYS } from './limits.ts';
import { sodiumWhenBusy } from './sodium.ts';

/** Makes a `Verify`; `check` judges what is well-formed. */
export function createVerify(check: Verify = createQuickCheck()): Verify {
  return (publicKey, message, signature) =>
    wellFormed(publicKey, signature) && check(publicKey, message, signature);
}

function createQuickCheck(): Verify {
  const sodium = sodiumWhenBusy();
  const nodeCheck = createNodeCheck();
  return (publicKey, message, signature) =>
    (sodium()?.check ?? nodeCheck)(publicKey, message, signature);
}

/**
 * Checks by node:crypto. The keys used last, at most `capacity` (an integer of at least 1), are
 * kept as KeyObjects. That changes speed only: an attacker who floods it with keys gets the speed
 * of no cache.
 */
export function createNodeCheck(capacity: number = VERIFY_CACHE_KEYS): Verify {
  const recent = new Map<string, KeyObject>();

  function keyObjectOf(publicKey: Uint8Array): KeyObject {
    const name = toByteKey(publicKey);
    const known = recent.get(name);
    if (known !== undefined) {
      recent.delete(name);
      recent.set(name, known);
      return known;
    }
    // As a JWK (RFC 8037): OpenSSL's DER decoder takes eight times as long for the same 32 bytes.
    const x = Buffer.from(publicKey).toString('base64url');
    const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    recent.set(name, made);
    if (recent.size > capacity) {
      const [oldest] = recent.keys();
      if (oldest !== undefined) recent.delete(oldest);
    }
    return made;
  }

  return (publicKey, message, signature) =>
    nodeVerify(null, message, keyObjectOf(publicKey), signature);
}
