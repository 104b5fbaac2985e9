/** Faults of key files (shell/keys.ts) as failures. */
import type { ExitName } from '../shell/exit-codes.ts';
import type { KeyFault } from '../shell/keys.ts';
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
