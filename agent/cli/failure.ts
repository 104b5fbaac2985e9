/**
 * How a command fails: a code, what was expected, what was found, and what to do about it.
 * `PROBLEMS` are the codes that are the command line's own; all tables are in errors.ts, and every
 * code has its exit status.
 *
 * A `Failure` is thrown by commands and shown by run.ts, nowhere else. Any other exception is a
 * fault of this program.
 */
import { type Detail, describeDetail } from '../core/base/detail.ts';
import { REFUSALS, type Refusal } from '../core/base/refusal.ts';
import { CONTROL_ERRORS, type ControlError, exitOfError } from '../shell/control/errors.ts';
import { EXIT_OF_REFUSAL, type ExitName } from '../shell/exit-codes.ts';

interface ProblemRow {
  readonly exit: ExitName;
  readonly meaning: string;
}

export const PROBLEMS = {
  bad_usage: { exit: 'usage', meaning: 'a word or option of the command line is wrong' },
  file_missing: { exit: 'no_input', meaning: 'a file or folder that is needed is not there' },
  file_forbidden: { exit: 'no_permission', meaning: 'a file may not be read or written' },
  file_failed: { exit: 'io', meaning: 'the operating system could not read or write a file' },
  bad_file: { exit: 'bad_data', meaning: 'a file is not what it should be' },

  no_home: { exit: 'config', meaning: 'nothing says where the home folder of this user is' },
  no_network: { exit: 'config', meaning: 'the wallet has not joined a network' },
  other_network: {
    exit: 'bad_data',
    meaning: "a genesis document is not that of the wallet's own network",
  },
  no_peers: { exit: 'config', meaning: 'the wallet knows no peer to connect to' },
  nobody_answers: { exit: 'unavailable', meaning: 'no peer of the wallet answers' },
  not_latest: {
    exit: 'try_again',
    meaning: 'too few authorities have told whether this wallet knows all its own payments',
  },
  not_certified: { exit: 'try_again', meaning: 'the order is live but has no quorum yet' },
  paid_not_written: {
    exit: 'paid_not_written',
    meaning: 'the payment is done; what should have been written after it is not',
  },
  order_failed: { exit: 'failure', meaning: 'another order has the sequence for good' },
  no_such_payment: { exit: 'no_input', meaning: 'the wallet has no such payment' },
  checks_failed: { exit: 'failure', meaning: 'doctor found something that must be mended' },
  radio_settings: { exit: 'config', meaning: 'the mesh cannot come up as [radio] describes it' },
  radio_unfit: { exit: 'system', meaning: 'no radio of this machine can carry the mesh now' },
  radio_failed: { exit: 'system', meaning: 'the system refused a step of bringing up the mesh' },
  radio_silent: { exit: 'unavailable', meaning: 'meshpay-radio does not run' },
  needs_root: { exit: 'no_permission', meaning: 'only root may change or look into the radio' },
  out_of_reach: { exit: 'try_again', meaning: 'no quorum of authorities can be reached from here' },
  lab_failed: { exit: 'failure', meaning: 'the lab did not do what it should' },
  not_wanted: { exit: 'failure', meaning: 'the person at the terminal said no' },
  interrupted: { exit: 'interrupted', meaning: 'stopped by Ctrl-C or another signal' },
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS | keyof typeof CONTROL_ERRORS;

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly exit: ExitName;
  /** What the person can do now; whole lines. */
  readonly hints: readonly string[];
  /** What `message` says, in parts, where they are known. */
  readonly detail: Detail;

  constructor(
    code: string,
    exit: ExitName,
    text: string,
    hints: readonly string[],
    detail: Detail = {},
  ) {
    super(text);
    this.code = code;
    this.exit = exit;
    this.hints = hints;
    this.detail = detail;
  }
}

/** A failure of this program's own or the control socket's tables. */
export function failure(
  code: ProblemCode,
  detail: Detail = {},
  ...hints: readonly string[]
): Failure {
  const { exit, meaning } = rowOf(code);
  return new Failure(code, exit, describeDetail(detail, meaning), hints, detail);
}

/** A refusal of the protocol as a failure. */
export function refusalFailure(refused: Refusal, ...hints: readonly string[]): Failure {
  const { meaning } = REFUSALS[refused.refused];
  const exit = EXIT_OF_REFUSAL[refused.refused];
  return new Failure(refused.refused, exit, describeDetail(refused, meaning), hints, refused);
}

/** An error that the control socket answered with, as a failure. */
export function controlFailure({ view }: ControlError, ...hints: readonly string[]): Failure {
  const { code, message } = view;
  const text = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
  return new Failure(code, exitOfError(code), text, hints);
}

function rowOf(code: ProblemCode): ProblemRow {
  return code in PROBLEMS
    ? PROBLEMS[code as keyof typeof PROBLEMS]
    : CONTROL_ERRORS[code as keyof typeof CONTROL_ERRORS];
}
