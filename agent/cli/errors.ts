/** All error codes of `meshpay` in one list, for the manual and `meshpay help`. */
import { REFUSALS, type RefusalCode } from '../core/base/refusal.ts';
import { CONTROL_ERRORS } from '../shell/control/errors.ts';
import {
  EXIT_OF_REFUSAL,
  EXIT_OF_STORE_ERROR,
  type ExitName,
  exitStatus,
} from '../shell/exit-codes.ts';
import { KEY_FAULTS, type KeyFault } from '../shell/keys.ts';
import { STORE_ERRORS, type StoreErrorCode } from '../shell/store/store-error.ts';
import { PROBLEMS } from './failure.ts';
import { EXIT_OF_KEY_FAULT } from './key-file.ts';
import { type ErrorCode, REMEDIES } from './remedies.ts';

export interface ErrorRow {
  readonly code: string;
  readonly status: number;
  readonly meaning: string;
  /** What can be done about it. */
  readonly remedy: string;
  /** The part that it comes from. */
  readonly origin: 'protocol' | 'daemon' | 'store' | 'key file' | 'command line';
}

/** Every code once, in alphabetical order; where two parts share one, the first part's words. */
export function errorRows(): readonly ErrorRow[] {
  const rows = [
    ...Object.entries(REFUSALS).map(([code, { meaning }]) =>
      row('protocol', code, EXIT_OF_REFUSAL[code as RefusalCode], meaning),
    ),
    ...Object.entries(STORE_ERRORS).map(([code, meaning]) =>
      row('store', code, EXIT_OF_STORE_ERROR[code as StoreErrorCode], meaning),
    ),
    ...Object.entries(KEY_FAULTS).map(([code, meaning]) =>
      row('key file', code, EXIT_OF_KEY_FAULT[code as KeyFault['code']], meaning),
    ),
    ...Object.entries(CONTROL_ERRORS).map(([code, { exit, meaning }]) =>
      row('daemon', code, exit, meaning),
    ),
    ...Object.entries(PROBLEMS).map(([code, { exit, meaning }]) =>
      row('command line', code, exit, meaning),
    ),
  ];
  const first = new Map<string, ErrorRow>();
  for (const entry of rows) if (!first.has(entry.code)) first.set(entry.code, entry);
  return [...first.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

function row(origin: ErrorRow['origin'], code: string, exit: ExitName, meaning: string): ErrorRow {
  const remedy = REMEDIES[code as ErrorCode];
  return { code, status: exitStatus(exit), meaning, remedy, origin };
}
