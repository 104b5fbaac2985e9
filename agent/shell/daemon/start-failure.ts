/** Why a daemon did not start, or had to end: exit status and one line for a person. */
import type { ExitName } from '../exit-codes.ts';
import { StoreDamaged } from '../store/damage.ts';
import { errnoOf, messageOf } from '../store/layout.ts';
import { StoreError, type StoreErrorCode } from '../store/store-error.ts';

export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.exit = exit;
  }
}

const EXIT_OF_STORE_ERROR: Readonly<Partial<Record<StoreErrorCode, ExitName>>> = {
  data_in_use: 'data_in_use',
  volatile_storage: 'config',
  schema_newer: 'bad_data',
  store_moved: 'bad_data',
  store_damaged: 'store_damaged',
};

const EXIT_OF_ERRNO: Readonly<Record<string, ExitName>> = {
  EADDRINUSE: 'system',
  EADDRNOTAVAIL: 'system',
  EACCES: 'no_permission',
  EPERM: 'no_permission',
  EROFS: 'no_permission',
  ENOSPC: 'io',
  EIO: 'io',
};

/** How the process ends after this error; `internal` for what nobody foresaw. */
export function exitOf(error: unknown): ExitName {
  if (error instanceof StartFailure) return error.exit;
  if (error instanceof StoreDamaged) return 'store_damaged';
  if (error instanceof StoreError) return EXIT_OF_STORE_ERROR[error.code] ?? 'io';
  return EXIT_OF_ERRNO[errnoOf(error) ?? ''] ?? 'internal';
}

/** One line for a person. */
export function describeFailure(error: unknown): string {
  return messageOf(error);
}
