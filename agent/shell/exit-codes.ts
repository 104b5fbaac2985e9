/**
 * Exit statuses of `meshpayd` and `meshpay`: one table, printed by both manuals. Numbers from 64 on
 * are those of BSD's sysexits.h where one fits; 80 and above are our own.
 */
import type { RefusalCode } from '../core/base/refusal.ts';
import type { StoreErrorCode } from './store/store-error.ts';

export const EXITS = {
  ok: { status: 0, meaning: 'done' },
  failure: { status: 1, meaning: 'done, and the answer is no: refused for good, check failed' },
  usage: { status: 2, meaning: 'the command line is wrong: option, argument, amount or name' },
  bad_data: { status: 65, meaning: 'a file is not what it should be: genesis, receipt, backup' },
  no_input: { status: 66, meaning: 'a file or folder that is needed is not there' },
  unavailable: { status: 69, meaning: 'nobody answers: no daemon at the socket, no authority' },
  internal: { status: 70, meaning: 'a fault of this program; please report it' },
  system: {
    status: 71,
    meaning: 'the operating system refused: address in use, no such interface',
  },
  cannot_create: { status: 73, meaning: 'the target exists already or cannot be made' },
  io: { status: 74, meaning: 'reading or writing failed: disk full, disk broken' },
  try_again: { status: 75, meaning: 'not yet: the same thing may succeed later' },
  no_permission: { status: 77, meaning: 'not allowed: file mode, owner, socket' },
  config: { status: 78, meaning: 'the configuration, or a file that it names, is wrong' },
  store_damaged: { status: 80, meaning: 'the stored state is damaged' },
  data_in_use: { status: 81, meaning: 'another process has the data folder open' },
  paid_not_written: {
    status: 82,
    meaning: 'paid, and then the receipt, the result or the wallet could not be written',
  },
  hung_up: { status: 129, meaning: 'stopped because its terminal went away' },
  interrupted: { status: 130, meaning: 'stopped by Ctrl-C' },
  terminated: { status: 143, meaning: 'stopped by SIGTERM' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ExitName = keyof typeof EXITS;

/** The number that a process ends with. */
export function exitStatus(name: ExitName): number {
  return EXITS[name].status;
}

/** How a command ends that was answered with this refusal (core/base/refusal.ts). */
export const EXIT_OF_REFUSAL = {
  malformed: 'bad_data',
  oversized: 'bad_data',
  wrong_network: 'bad_data',
  bad_signature: 'bad_data',
  unknown_token: 'usage',
  amount_zero: 'usage',
  pays_itself: 'usage',
  sequence_used: 'failure',
  missing_earlier: 'try_again',
  order_pending: 'try_again',
  insufficient_balance: 'failure',
  account_frozen: 'failure',
  too_many_accounts: 'try_again',
  below_opening: 'failure',
  too_many_votes: 'try_again',
  not_voting: 'try_again',
  not_an_authority: 'failure',
  not_the_owner: 'failure',
  unknown_epoch: 'try_again',
  unknown_member: 'bad_data',
  no_quorum: 'bad_data',
  unreachable: 'unavailable',
  too_many_hops: 'failure',
  overloaded: 'try_again',
  bad_name: 'usage',
  bad_amount: 'usage',
  too_many_decimals: 'usage',
  bad_genesis: 'bad_data',
  memo_too_long: 'usage',
  recipient_no_key: 'usage',
  order_in_flight: 'try_again',
  payout_differs: 'failure',
  unknown_payout: 'usage',
  payout_closed: 'failure',
  receipt_used: 'failure',
  no_ledger: 'config',
  unknown_ledger: 'usage',
  token_not_paid_out: 'usage',
  bad_recipient: 'usage',
  partitioned: 'try_again',
  bad_valid_until: 'usage',
  contradicted: 'failure',
  sequence_closing: 'try_again',
  nothing_to_close: 'usage',
  sequence_closed: 'failure',
  bad_receipt: 'bad_data',
  bad_committee: 'usage',
  epoch_ending: 'try_again',
  epoch_over: 'bad_data',
  order_kept: 'try_again',
  not_a_wallet: 'usage',
} as const satisfies Record<RefusalCode, ExitName>;

/** How a program ends that cannot use a store (store/store-error.ts). */
export const EXIT_OF_STORE_ERROR = {
  data_in_use: 'data_in_use',
  volatile_storage: 'config',
  schema_newer: 'bad_data',
  store_moved: 'bad_data',
  store_damaged: 'store_damaged',
  store_unavailable: 'io',
  store_exists: 'cannot_create',
  store_absent: 'no_input',
  store_empty: 'bad_data',
  disk_full: 'io',
  commit_failed: 'io',
  bad_backup: 'bad_data',
  bad_move_code: 'usage',
  move_not_requested: 'failure',
  move_code_differs: 'bad_data',
  file_exists: 'cannot_create',
} as const satisfies Record<StoreErrorCode, ExitName>;
