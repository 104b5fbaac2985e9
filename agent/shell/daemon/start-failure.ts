/** Why a daemon did not start, or had to end: exit status and one line for a person. */
import { describeDetail, type Mismatch } from '../../core/base/detail.ts';
import { EXIT_OF_STORE_ERROR, type ExitName } from '../exit-codes.ts';
import { StoreDamaged } from '../store/damage.ts';
import { errnoOf, messageOf } from '../store/layout.ts';
import { StoreError } from '../store/store-error.ts';

export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** The configuration, or a file that it names, does not fit the rest. */
export function wrongConfig(mismatch: Mismatch): StartFailure {
  return new StartFailure('config', describeDetail(mismatch));
}

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
  if (error instanceof StoreError) return EXIT_OF_STORE_ERROR[error.code];
  return EXIT_OF_ERRNO[errnoOf(error) ?? ''] ?? 'internal';
}

/** One line for a person. */
export function describeFailure(error: unknown): string {
  return messageOf(error);
}
