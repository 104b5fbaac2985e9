/**
 * Ed25519 of libsodium, where it loads: half the time of node:crypto for the same bytes and
 * verdicts, and no key has to be parsed and kept. It is optional (glibc on x64 and arm64 have it,
 * musl and 32-bit ARM have not), and is taken only after it has signed and judged as RFC 8032
 * says, here and now.
 *
 * What is loaded is the addon alone. The package's own entry would load 15 modules of JavaScript
 * and 3 MB with it; so its version is pinned, and lengths, which the entry would check, are
 * checked here.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hex } from '@scure/base';
import { invariant } from '../core/base/assert.ts';
import { equalBytes } from '../core/base/bytes.ts';
import type { Sign, Verify } from '../core/base/crypto.ts';
import { BUSY_SIGNATURES, BUSY_WITHIN_MS } from './limits.ts';

const [SEED_BYTES, KEY_BYTES, SECRET_BYTES, SIGNATURE_BYTES] = [32, 32, 64, 64];

/** RFC 8032, section 7.1, TEST 2. */
const SAMPLE = {
  seed: hex.decode('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  publicKey: hex.decode('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  message: hex.decode('72'),
  signature: hex.decode(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ),
};

type Region = readonly [memory: ArrayBufferLike, offset: number, length: number];

/** The functions of the addon that are used, as it exports them. */
interface Addon {
  crypto_sign_seed_keypair(key: Uint8Array, secret: Uint8Array, seed: Uint8Array): number;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secret: Uint8Array): number;
  crypto_sign_verify_detached(...parts: readonly [...Region, ...Region, ...Region]): boolean;
}

export interface Sodium {
  /** Only of what is well-formed (core/base/ed25519.ts). */
  readonly check: Verify;
  readonly signerOf: (seed: Uint8Array) => Sign;
}

/** Undefined where there is none for this machine, or it is not what it should be. */
export function loadSodium(load: () => unknown = loadAddon): Sodium | undefined {
  try {
    const sodium = wrapped(load() as Addon);
    return isSound(sodium) ? sodium : undefined;
  } catch {
    // Not installed, or made for another machine: node:crypto does the same.
    return undefined;
  }
}

/**
 * To be asked at each signature that is made or checked: gives libsodium from the first moment on
 * at which there is much to do. A node at rest does without it, and without its memory.
 */
export function sodiumWhenBusy(
  nowMs: () => number = () => performance.now(),
  load: () => Sodium | undefined = loadSodium,
): () => Sodium | undefined {
  let begunMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  let loaded: Sodium | undefined;
  return () => {
    if (count === BUSY_SIGNATURES) return loaded;
    const now = nowMs();
    if (now - begunMs >= BUSY_WITHIN_MS) [begunMs, count] = [now, 0];
    count += 1;
    if (count === BUSY_SIGNATURES) loaded = load();
    return loaded;
  };
}

function loadAddon(): unknown {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('sodium-native/package.json'));
  const machine = `${process.platform}-${process.arch}`;
  return require(join(root, 'prebuilds', machine, 'sodium-native.node'));
}

function wrapped(addon: Addon): Sodium {
  return {
    check(publicKey, message, signature) {
      // The addon looks at memory, and does not ask how much of it there is.
      if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
      return addon.crypto_sign_verify_detached(
        signature.buffer,
        signature.byteOffset,
        SIGNATURE_BYTES,
        message.buffer,
        message.byteOffset,
        message.length,
        publicKey.buffer,
        publicKey.byteOffset,
        KEY_BYTES,
      );
    },
    signerOf(seed) {
      invariant(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes');
      const secret = new Uint8Array(SECRET_BYTES);
      const made = addon.crypto_sign_seed_keypair(new Uint8Array(KEY_BYTES), secret, seed);
      invariant(made === 0, 'a key pair is made of every seed');
      return (message) => {
        const signature = new Uint8Array(SIGNATURE_BYTES);
        const signed = addon.crypto_sign_detached(signature, message, secret);
        invariant(signed === 0, 'every message can be signed');
        return signature;
      };
    },
  };
}

/** Whether it signs and judges as it must, on both sides of the line. */
function isSound({ check, signerOf }: Sodium): boolean {
  const { seed, publicKey, message, signature } = SAMPLE;
  const other = Uint8Array.of(...message, 0);
  const broken = signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
  return (
    equalBytes(signerOf(seed)(message), signature) &&
    check(publicKey, message, signature) === true &&
    check(publicKey, other, signature) === false &&
    check(publicKey, message, broken) === false
  );
}
