/** Errors of the store (shell/store/) as failures. */
import { EXIT_OF_STORE_ERROR } from '../shell/exit-codes.ts';
import { type Damage, describeDamage, StoreDamaged } from '../shell/store/damage.ts';
import { STORE_ERRORS, StoreError, type StoreErrorCode } from '../shell/store/store-error.ts';
import { Failure, failure } from './failure.ts';

const HINTS: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  data_in_use:
    'A running daemon, or another wallet command, keeps the folder to itself until it ends.',
  volatile_storage: 'A reboot would lose it. Name a folder on a disk.',
  move_not_requested: '"meshpay move request" at the new place comes first.',
  store_exists: 'Nothing is ever overwritten: name a data folder without a store.',
};

/** What a store threw, as a failure where it is one. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof StoreDamaged) return damageFailure([error.damage]);
  if (!(error instanceof StoreError)) return error;
  const hint = HINTS[error.code];
  const text = `${STORE_ERRORS[error.code]}: ${error.detail}`;
  return new Failure(
    error.code,
    EXIT_OF_STORE_ERROR[error.code],
    text,
    hint === undefined ? [] : [hint],
  );
}

/** A store that is not whole. */
function damageFailure(damage: readonly Damage[], ...hints: readonly string[]): Failure {
  return failure('store_damaged', {}, ...damage.map(describeDamage), ...hints);
}

/** Does something with a store; what it throws becomes a failure. */
export async function withStore<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw storeFailure(error);
  }
}
