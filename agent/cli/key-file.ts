/** Faults of key files (shell/keys.ts) as failures, and reading a key or failing. */
import type { Signer } from '../core/base/crypto.ts';
import type { ExitName } from '../shell/exit-codes.ts';
import { isKeyFault, type KeyFault, readKeyFile, signerFromSeed } from '../shell/keys.ts';
import { Failure } from './failure.ts';

/** How a command ends that met this fault. */
export const EXIT_OF_KEY_FAULT = {
  key_file_missing: 'no_input',
  key_file_exists: 'cannot_create',
  key_file_exposed: 'no_permission',
  key_file_malformed: 'bad_data',
  key_file_unusable: 'io',
} as const satisfies Record<KeyFault['code'], ExitName>;

export function keyFailure({ code, message }: KeyFault): Failure {
  return new Failure(code, EXIT_OF_KEY_FAULT[code], message, []);
}

/** The key pair in a file. Throws Failure where there is none, or where others may read it. */
export function signerFromFile(path: string): Signer {
  return signerFromSeed(seedFromFile(path));
}

/** The seed of the key in a file. Throws Failure likewise. */
export function seedFromFile(path: string): Uint8Array {
  const seed = readKeyFile(path);
  if (isKeyFault(seed)) throw keyFailure(seed);
  return seed;
}
