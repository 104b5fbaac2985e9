/**
 * Texts that open with a passphrase: scrypt (RFC 7914) makes the key, XChaCha20-Poly1305 (as in
 * libsodium) seals. Three parts, a line each; the first two are sealed with the third, so none of
 * them can be changed.
 *
 *   meshpay locked v1
 *   scrypt 15 SALT            2^15 blocks of 1 KiB: 32 MiB of memory, which a small router has
 *   BOX                       nonce (24 bytes) and sealed text, in base64
 *
 * Safety: a box that somebody else wrote costs at most 256 MiB, and only after its form was found
 * sound. A passphrase that does not fit and a box that was changed look alike, to us as well.
 */
import { randomBytes, scryptSync } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { base64 } from '@scure/base';

const TITLE = 'meshpay locked v1';
const BLOCK_BYTES = 1_024;
const COST = 15;
const MOST_COST = 18;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
const SEAL_BYTES = 16;

/** Whether a text is one of these. */
export function isLocked(text: string): boolean {
  return text.startsWith(`${TITLE}\n`);
}

/** Seals a text. */
export function locked(text: string, passphrase: string): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const head = `${TITLE}\nscrypt ${COST} ${base64.encode(salt)}`;
  const key = keyOf(passphrase, salt, COST);
  const box = xchacha20poly1305(key, nonce, bytesOf(head)).encrypt(bytesOf(text));
  return `${head}\n${base64.encode(Buffer.concat([nonce, box]))}\n`;
}

/** Opens one. `malformed`: it is none; `closed`: this passphrase does not open it. */
export function unlocked(
  text: string,
  passphrase: string,
): { readonly text: string } | 'malformed' | 'closed' {
  const [title, second = '', box = '', ...rest] = text.trimEnd().split('\n');
  const [, cost = '', salt = ''] = /^scrypt ([0-9]{1,2}) ([A-Za-z0-9+/=]+)$/.exec(second) ?? [];
  const [saltBytes, boxBytes] = [decoded(salt), decoded(box)];
  const isSound =
    title === TITLE &&
    rest.length === 0 &&
    saltBytes?.length === SALT_BYTES &&
    boxBytes !== undefined &&
    boxBytes.length >= NONCE_BYTES + SEAL_BYTES &&
    Number(cost) >= 1 &&
    Number(cost) <= MOST_COST;
  if (!isSound) return 'malformed';
  const key = keyOf(passphrase, saltBytes, Number(cost));
  const cipher = xchacha20poly1305(
    key,
    boxBytes.subarray(0, NONCE_BYTES),
    bytesOf(`${title}\n${second}`),
  );
  try {
    const opened = cipher.decrypt(boxBytes.subarray(NONCE_BYTES));
    return { text: Buffer.from(opened).toString('utf8') };
  } catch {
    return 'closed'; // Its one error: the seal does not fit.
  }
}

function keyOf(passphrase: string, salt: Uint8Array, cost: number): Uint8Array {
  // However the letters of the passphrase were put together on this keyboard.
  const secret = passphrase.normalize('NFKC');
  const memory = 2 ** cost * BLOCK_BYTES;
  return scryptSync(secret, salt, 32, { N: 2 ** cost, r: 8, p: 1, maxmem: 2 * memory });
}

function decoded(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined; // Its errors all say that it is no base64.
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
