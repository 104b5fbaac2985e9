/**
 * The one-time secret of a move (move.ts), and its code: a bech32m text, so that a typo is refused.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bech32m } from '@scure/base';
import { replaceFile } from '../../../platform/file-writer.ts';
import { errnoOf, makeFolder, storePaths, syncFolder } from './layout.ts';

const SECRET_BYTES = 32;
const CODE_PREFIX = 'mpmove';
const CODE_BYTES = 16;

/** Whether a text is the code of a move, typed without a mistake. */
export function isMoveCode(code: string): boolean {
  const decoded = bech32m.decodeUnsafe(code);
  return (
    decoded?.prefix === CODE_PREFIX && bech32m.fromWordsUnsafe(decoded.words)?.length === CODE_BYTES
  );
}

/** The code of a secret, for a person to carry: it tells nothing about the secret. */
export function codeOf(secret: Uint8Array): string {
  const hash = createHash('sha256').update('meshpay/move').update(secret).digest();
  return bech32m.encode(CODE_PREFIX, bech32m.toWords(hash.subarray(0, CODE_BYTES)));
}

function secretPath(folder: string): string {
  return join(storePaths(folder, 'store.moving').root, 'secret');
}

/** The secret that a move into this data folder waits with, if there is one. */
export async function readSecret(folder: string): Promise<Uint8Array | undefined> {
  try {
    const secret = await readFile(secretPath(folder));
    return secret.length === SECRET_BYTES ? secret : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the secret, durable when this resolves. */
export async function makeSecret(folder: string): Promise<Uint8Array> {
  const path = secretPath(folder);
  await makeFolder(storePaths(folder, 'store.moving').root);
  const secret = randomBytes(SECRET_BYTES);
  replaceFile(path, secret, 0o600);
  await syncFolder(folder);
  return secret;
}

/** Removes what is left of the secret in a store that was published. */
export async function dropSecret(folder: string): Promise<void> {
  await rm(join(storePaths(folder).root, 'secret'), { force: true });
}
