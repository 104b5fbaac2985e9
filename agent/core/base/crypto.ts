/**
 * What the core needs of cryptography, and where it comes from: SHA-256 from @noble/hashes;
 * signatures from functions that the shell injects, because JavaScript is slow at them. An injected
 * `verify` has one fixed meaning (ed25519.ts) whoever provides it.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Order } from '../codec/order.ts';
import { concatBytes } from './bytes.ts';

/** Whether `signature` (64 bytes) of `message` is accepted under `publicKey` (32 bytes). Pure. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Signs as RFC 8032 says, so the same message always gives the same 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** A key pair in use: the secret half stays inside `sign`. */
export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/**
 * The sealed memo for an order of one's own, whose memo is not looked at (memo.ts). Undefined: the
 * recipient is no key that anything can be sealed to. Pure.
 */
export type SealMemo = (order: Order, text: string) => Uint8Array | undefined;

/** SHA-256 of the parts, one after the other: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return nobleSha256(parts.length === 1 && only !== undefined ? only : concatBytes(...parts));
}
