/**
 * What the core needs of cryptography, and where it comes from. SHA-256 is that of @noble/hashes
 * unless the shell provides a faster one; signatures are functions that the shell injects,
 * because JavaScript is slow at them. Each has one fixed meaning (FIPS 180-4, ed25519.ts),
 * whoever provides it.
 *
 * Unlike `verify`, SHA-256 is no part of a node's setup. Coders, seals and records hash far from
 * any setup, several times a step, and an order remembers its hash beside the bytes: handed through
 * all of them it would be an argument that may only ever have one value. So it is kept here, and
 * whoever provides another one has to pass the test vector.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { invariant } from './assert.ts';
import { ascii, concatBytes, toHex } from './bytes.ts';

/** Whether `signature` (64 bytes) of `message` is accepted under `publicKey` (32 bytes). Pure. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Signs as RFC 8032 says, so the same message always gives the same 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** A key pair in use: the secret half stays inside `sign`. */
export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/** SHA-256 of some bytes: 32 bytes, in an array that is nobody else's. Pure. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const ABC_HASH = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

let provided: Sha256 = nobleSha256;

/**
 * From here on hashes are computed by this function. Nothing else changes: its results are those of
 * the one before, and one that fails the test vector is refused by an invariant.
 */
export function provideSha256(sha: Sha256): void {
  invariant(toHex(sha(ascii('abc'))) === ABC_HASH, 'SHA-256 is as in FIPS 180-4');
  provided = sha;
}

/** SHA-256 of the parts, one after the other: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return provided(parts.length === 1 && only !== undefined ? only : concatBytes(...parts));
}
