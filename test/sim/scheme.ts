/**
 * Signatures for simulated nodes. Most runs use an ideal scheme: a signature is a keyed hash that
 * only this module can make, so checking is exact, forging is impossible by construction, and both
 * are some hundred times faster than Ed25519. The others use the real thing.
 */
import { toHex } from '../../agent/core/base/bytes.ts';
import type { Signer, Verify } from '../../agent/core/base/crypto.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { signerOf } from '../support/keys.ts';
import { latin1 } from './checkers/decode.ts';
import { Prng } from './prng.ts';

export interface Scheme {
  /** The key pair that belongs to a label; the same one every time. */
  readonly signerOf: (label: string) => Signer;
  /**
   * One whose public key begins with these bits, in hexadecimal digits: whoever makes a key may try
   * until it does. More than two digits take long with real keys.
   */
  readonly chosenSigner: (label: string, digits: string) => Signer;
  readonly verify: Verify;
}

/** Verdicts that the real scheme remembers. */
const MOST_VERDICTS = 20_000;

/**
 * Ed25519 as production has it. A verdict follows from its three arguments alone, so each is found
 * once and remembered: all nodes of a run share a process.
 */
export function realScheme(): Scheme {
  const verify = createVerify();
  const verdicts = new Map<string, boolean>();
  return {
    signerOf,
    chosenSigner(label, digits) {
      for (let i = 0; ; i++) {
        const signer = signerOf(`${label} ${i}`);
        if (toHex(signer.publicKey).startsWith(digits)) return signer;
      }
    },
    verify(publicKey, message, signature) {
      const question = [publicKey, signature, message].map(latin1).join('');
      const known = verdicts.get(question);
      if (known !== undefined) return known;
      const verdict = verify(publicKey, message, signature);
      if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
      verdicts.set(question, verdict);
      return verdict;
    },
  };
}

/** The ideal scheme. `seed` makes the keys of one run differ from those of another. */
export function idealScheme(seed: number): Scheme {
  const secret = Prng.named(seed, 'secret').u32();
  const signers = new Map<string, Signer>();
  const make = (label: string, digits = ''): Signer => {
    const prng = Prng.named(seed, label);
    const drawn = toHex(prng.bytes(32)).slice(digits.length);
    const publicKey = Uint8Array.from(Buffer.from(digits + drawn, 'hex'));
    return { publicKey, sign: (message) => tagOf(secret, publicKey, message) };
  };
  return {
    signerOf(label) {
      const signer = signers.get(label) ?? make(label);
      signers.set(label, signer);
      return signer;
    },
    chosenSigner: make,
    verify: (publicKey, message, signature) =>
      signature.length === 64 && isSame(tagOf(secret, publicKey, message), signature),
  };
}

const LANES = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

/** 64 bytes that depend on every bit of the secret, the key and the message. */
function tagOf(secret: number, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  let [a, b, c, d] = [secret, ~secret, secret ^ LANES[2], message.length];
  for (const bytes of [publicKey, message]) {
    for (let i = 0; i < bytes.length; i += 4) {
      const word =
        (bytes[i] ?? 0) |
        ((bytes[i + 1] ?? 0) << 8) |
        ((bytes[i + 2] ?? 0) << 16) |
        ((bytes[i + 3] ?? 0) << 24);
      a = Math.imul((a ^ word) + d, LANES[0]);
      b = Math.imul((b + word) ^ (a >>> 15), LANES[1]);
      c = Math.imul((c ^ word) + (b >>> 13), LANES[2]);
      d = Math.imul((d + word) ^ (c >>> 16), LANES[3]);
    }
  }
  const tag = new Uint8Array(64);
  for (let i = 0; i < 64; i += 4) {
    a = Math.imul(a ^ (a >>> 15) ^ d, LANES[1]) + i;
    b = Math.imul(b ^ (b >>> 13) ^ a, LANES[2]);
    c = Math.imul(c ^ (c >>> 16) ^ b, LANES[3]);
    d = Math.imul(d ^ (d >>> 14) ^ c, LANES[0]);
    tag[i] = d >>> 24;
    tag[i + 1] = c >>> 24;
    tag[i + 2] = b >>> 24;
    tag[i + 3] = a >>> 24;
  }
  return tag;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 64; i++) if (a[i] !== b[i]) return false;
  return true;
}
