/**
 * Errors of the control API. A refusal of the core (core/base/refusal.ts) passes through under its
 * own code; `CONTROL_ERRORS` is the table of all others. Neither table has a code of the other.
 */

import { type Detail, describeDetail } from '../../core/base/detail.ts';
import {
  describeRefusal,
  REFUSALS,
  type Refusal,
  type RefusalCode,
  type Retry,
} from '../../core/base/refusal.ts';
import { EXIT_OF_REFUSAL, type ExitName } from '../exit-codes.ts';

interface ControlErrorRow {
  readonly retry: Retry;
  readonly exit: ExitName;
  readonly meaning: string;
}

export const CONTROL_ERRORS = {
  bad_request: { retry: 'never', exit: 'internal', meaning: 'the line is no request' },
  request_too_long: { retry: 'never', exit: 'usage', meaning: 'the request is above its bound' },
  unknown_method: { retry: 'never', exit: 'internal', meaning: 'the daemon has no such method' },
  bad_params: {
    retry: 'never',
    exit: 'usage',
    meaning: 'a parameter is missing, wrong or unknown',
  },
  too_many_clients: { retry: 'later', exit: 'try_again', meaning: 'too many control connections' },
  too_slow: { retry: 'later', exit: 'try_again', meaning: 'the client does not read its answers' },
  store_damaged: {
    retry: 'after_fix',
    exit: 'store_damaged',
    meaning: 'the stored state is damaged, so the node takes no part',
  },
  starting: {
    retry: 'later',
    exit: 'try_again',
    meaning: 'the node is still opening its store; "meshpay status" tells how it gets on',
  },
  backup_failed: { retry: 'after_fix', exit: 'io', meaning: 'the backup could not be written' },
  file_exists: { retry: 'after_fix', exit: 'cannot_create', meaning: 'there is a file already' },
  bad_config: { retry: 'after_fix', exit: 'config', meaning: 'the configuration is wrong' },
  stopping: { retry: 'later', exit: 'unavailable', meaning: 'the daemon is going down' },
  internal: { retry: 'never', exit: 'internal', meaning: 'a fault of the daemon; see its log' },
  no_daemon: { retry: 'later', exit: 'unavailable', meaning: 'nobody answers at the socket' },
  no_permission: {
    retry: 'after_fix',
    exit: 'no_permission',
    meaning: 'this user may not open the socket',
  },
  no_answer: { retry: 'later', exit: 'unavailable', meaning: 'the daemon does not answer' },
  connection_lost: { retry: 'later', exit: 'unavailable', meaning: 'the daemon hung up' },
} as const satisfies Record<string, ControlErrorRow>;

export type ControlErrorCode = keyof typeof CONTROL_ERRORS | RefusalCode;

/** An error as it travels. */
export interface ControlErrorView extends Detail {
  readonly code: ControlErrorCode;
  /** One line for a person, code included. */
  readonly message: string;
  readonly retry: Retry;
}

/** Thrown by the client for an error answer, and by the daemon's methods to give one. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly view: ControlErrorView;

  constructor(view: ControlErrorView) {
    super(view.message);
    this.view = view;
  }
}

/** An error of CONTROL_ERRORS. `text`: instead of its detail and the table's meaning. */
export function controlError(
  code: keyof typeof CONTROL_ERRORS,
  detail: Detail = {},
  text?: string,
): ControlError {
  const { meaning, retry } = CONTROL_ERRORS[code];
  const message = `${code}: ${text ?? describeDetail(detail, meaning)}`;
  return new ControlError({ code, message, ...detail, retry });
}

/** A refusal of the core as an error of the control API. */
export function refusalError(refused: Refusal): ControlError {
  const { refused: code, ...detail } = refused;
  const { retry } = REFUSALS[code];
  return new ControlError({ code, message: describeRefusal(refused), ...detail, retry });
}

/** How a command ends that got this error. A code of a newer daemon counts as a failure. */
export function exitOfError(code: string): ExitName {
  if (code in CONTROL_ERRORS) return CONTROL_ERRORS[code as keyof typeof CONTROL_ERRORS].exit;
  if (code in EXIT_OF_REFUSAL) return EXIT_OF_REFUSAL[code as RefusalCode];
  return 'failure';
}
