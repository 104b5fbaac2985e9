/**
 * Why a store cannot be used, and the one table of those codes. Damage is not in it: what is wrong
 * with the records themselves is in damage.ts.
 */

export const STORE_ERRORS = {
  data_in_use: 'another process holds the data folder',
  volatile_storage: 'the data folder is in memory and would be gone after a restart',
  schema_newer: 'a newer version of the program wrote the store',
  store_moved: 'the store was moved to other hardware and is sealed for good',
  store_damaged: 'the store is damaged',
  store_unavailable: 'the store cannot be opened now',
  store_exists: 'the folder has a store already',
  store_absent: 'the folder has no store',
  store_empty: 'the store has no network yet',
  disk_full: 'the disk is full',
  commit_failed: 'the disk refused a write',
  bad_backup: 'the file is not a sound backup',
  bad_move_code: 'not a code of a move, or mistyped',
  move_not_requested: 'the folder has no secret of a move: request one first',
  move_code_differs: 'the file was made for another code',
  file_exists: 'a file that would be replaced is there already',
} as const;

export type StoreErrorCode = keyof typeof STORE_ERRORS;

/** A store, or a file of one, that cannot be used. `detail` says which and why, for a person. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly detail: string;
  /** Of `store_unavailable`: the system's code ("EACCES"), where it is known. */
  readonly errno: string | undefined;

  constructor(code: StoreErrorCode, detail: string, cause?: unknown, errno?: string) {
    super(`${code}: ${STORE_ERRORS[code]}: ${detail}`, { cause });
    this.code = code;
    this.detail = detail;
    this.errno = errno;
  }
}
