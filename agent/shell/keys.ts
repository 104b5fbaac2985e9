/**
 * Keys of this node: the file that holds the secret, and the `Signer` made from it.
 *
 * A key file is one line of text: the 32-byte Ed25519 seed of RFC 8032, in bech32m
 * ("mpsecret1...", whose checksum finds a mistyped paper copy; BIP 350) or in hexadecimal. It
 * belongs to its owner alone (mode 0600 or less); a file that others may read is refused, because
 * a secret that has been readable is no secret, and a silent chmod would hide that.
 *
 * Public keys are made by @noble/ed25519 and, independently, by node:crypto: a machine on which
 * the two disagree must not sign. libsodium signs where it loads, else node:crypto, because an
 * authority signs thousands a second; their bytes are noble's (RFC 8032 signatures are
 * deterministic; test/core/ed25519.test.ts).
 */
import { createPrivateKey, createPublicKey, sign as nodeSign, randomBytes } from 'node:crypto';
import { getPublicKey, hashes } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { bech32m, hex } from '@scure/base';
import { readWhole } from '../../platform/file-reader.ts';
import { writeNewFile } from '../../platform/file-writer.ts';
import { invariant } from '../core/base/assert.ts';
import { equalBytes } from '../core/base/bytes.ts';
import { strayNameIn, trimmed } from '../core/base/characters.ts';
import type { Sign, Signer } from '../core/base/crypto.ts';
import { MAX_KEY_FILE_BYTES } from './limits.ts';
import { sodiumWhenBusy } from './sodium.ts';

hashes.sha512 = sha512;

/** What stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
export const SPKI_PREFIX = hex.decode('302a300506032b6570032100');
/** The same for a seed in PKCS #8. */
const PKCS8_PREFIX = hex.decode('302e020100300506032b657004220420');

const SECRET_HRP = 'mpsecret';

/** Why a key file cannot be used. */
export const KEY_FAULTS = {
  key_file_missing: 'there is no file of this name',
  key_file_exists: 'a file of this name is there already, and a key is never overwritten',
  key_file_exposed: 'others than the owner may read or write the file: make a new key',
  key_file_malformed: 'the file does not hold one seed in bech32m (mpsecret1...) or hexadecimal',
  key_file_unusable: 'the system refused to open or write the file',
} as const;

export interface KeyFault {
  readonly code: keyof typeof KEY_FAULTS;
  /** One line for a person, with the file's name. */
  readonly message: string;
}

/** Whether the result of reading or writing a key file is a fault. */
export function isKeyFault(result: Uint8Array | KeyFault | undefined): result is KeyFault {
  return result !== undefined && 'code' in result;
}

/** A new seed from the system's entropy. */
export function newSeed(): Uint8Array {
  return Uint8Array.from(randomBytes(32));
}

/** A seed as text, with a checksum. */
export function formatSeed(seed: Uint8Array): string {
  return bech32m.encode(SECRET_HRP, bech32m.toWords(seed));
}

/** The seed in a text of either form, or undefined. */
export function parseSeed(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return hex.decode(text.toLowerCase());
  const words = bech32m.decodeUnsafe(text);
  if (words === undefined || words.prefix !== SECRET_HRP) return undefined;
  const seed = bech32m.fromWordsUnsafe(words.words);
  return seed instanceof Uint8Array && seed.length === 32 ? seed : undefined;
}

/** Writes a seed to a file that must not exist yet, for its owner alone, and makes it durable. */
export function writeKeyFile(path: string, seed: Uint8Array): KeyFault | undefined {
  try {
    writeNewFile(path, `${formatSeed(seed)}\n`, 0o600);
    return undefined;
  } catch (error) {
    return systemFault(path, error);
  }
}

/** Reads a seed; refuses a file that others may read or write. */
export function readKeyFile(path: string): Uint8Array | KeyFault {
  const reading = readWhole(path, MAX_KEY_FILE_BYTES);
  if (!reading.ok) {
    if (reading.error !== undefined) return systemFault(path, reading.error);
    return fault('key_file_malformed', `${path} (${reading.found}, not ${reading.expected})`);
  }
  const { bytes, mode } = reading;
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    return fault('key_file_exposed', `${path} (mode ${shown}, at most 0600)`);
  }
  const text = trimmed(bytes.toString('utf8'));
  // Of what stands around it nothing is shown: it is the secret.
  const stray = strayNameIn(text);
  const where = stray === undefined ? path : `${path} (${stray} in it)`;
  return parseSeed(text) ?? fault('key_file_malformed', where);
}

/** The key pair of a seed (32 bytes), for who signs all day: by libsodium while there is much. */
export function quickSignerFromSeed(seed: Uint8Array): Signer {
  const { publicKey, sign: nodeSigns } = signerFromSeed(seed);
  const sodium = sodiumWhenBusy();
  let quick: Sign | undefined;
  const sign: Sign = (message) => {
    quick ??= sodium()?.signerOf(seed);
    return (quick ?? nodeSigns)(message);
  };
  return { publicKey, sign };
}

/** The key pair of a seed (32 bytes). */
export function signerFromSeed(seed: Uint8Array): Signer {
  const privateKey = createPrivateKey({ key: pkcs8Of(seed), format: 'der', type: 'pkcs8' });
  const publicKey = getPublicKey(seed);
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  invariant(
    equalBytes(spki, Buffer.concat([SPKI_PREFIX, publicKey])),
    'two implementations of Ed25519 derive the same public key',
  );
  return {
    publicKey,
    sign: (message) => Uint8Array.from(nodeSign(null, message, privateKey)),
  };
}

/** A seed as a PKCS #8 private key (RFC 8410), DER. */
export function pkcs8Of(seed: Uint8Array): Buffer {
  invariant(seed.length === 32, 'an Ed25519 seed has 32 bytes');
  return Buffer.concat([PKCS8_PREFIX, seed]);
}

function systemFault(path: string, error: unknown): KeyFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT') return fault('key_file_missing', path);
  if (code === 'EEXIST') return fault('key_file_exists', path);
  return fault('key_file_unusable', `${path} (${code})`);
}

function fault(code: KeyFault['code'], about: string): KeyFault {
  return { code, message: `${about}: ${KEY_FAULTS[code]}` };
}
