/**
 * Faults of the wallet (agent/wallet/fault.ts) as failures: in words, with what to do about them.
 */
import type { Detail } from '../core/base/detail.ts';
import { REFUSALS } from '../core/base/refusal.ts';
import { formatAmount } from '../core/base/units.ts';
import { EXIT_OF_REFUSAL } from '../shell/exit-codes.ts';
import { describeDamage } from '../shell/store/damage.ts';
import {
  type BrokenFault,
  type FileFault,
  isFault,
  type NamedRefuser,
  type NotSigned,
  type Unfinished,
  type WalletFault,
} from '../wallet/fault.ts';
import type { LiveOrderView } from '../wallet/view.ts';
import { Failure, failure, type ProblemCode, refusalFailure } from './failure.ts';
import { keyFailure } from './key-file.ts';
import { duration, listed } from './render/text.ts';
import { storeFailure } from './store-failure.ts';
import { systemFailure } from './system-errors.ts';

/** The token that amounts in a fault are of. */
export interface FaultToken {
  readonly symbol: string;
  readonly decimals: number;
}

/** Where nothing was to be paid. */
export const NO_TOKEN: FaultToken = { symbol: '', decimals: 0 };
export const NOTHING_SIGNED = 'Nothing was signed.';

/** The result, unless it is a fault: that is thrown as a Failure. */
export function orFail<T>(result: T | WalletFault, token?: FaultToken): Exclude<T, WalletFault> {
  if (isFault(result)) throw faultFailure(result, token);
  return result as Exclude<T, WalletFault>;
}

/** What to throw for a fault. `token`: of the payment that was wanted. */
export function faultFailure(fault: WalletFault, token: FaultToken = NO_TOKEN): unknown {
  switch (fault.fault) {
    case 'system':
    case 'store':
    case 'damaged':
      return brokenFailure(fault);
    case 'key':
      return keyFailure(fault.key);
    case 'refused':
      return refusalFailure(fault.refusal);
    case 'not_signed':
      return notSignedFailure(fault, token);
    case 'interrupted':
      return failure('interrupted', {}, NOTHING_SIGNED);
    case 'unfinished':
      return unfinishedFailure(fault);
    case 'order_failed': {
      const { refused } = fault.refusal;
      const found = `${refused}, ${REFUSALS[refused].meaning}`;
      return failure('order_failed', { field: 'order', expected: 'a certificate', found });
    }
    case 'not_stored': {
      const expected = `to be stored within ${duration(fault.afterMs)}`;
      return failure('file_failed', { field: 'receipt', expected, found: 'that it is not' });
    }
    default:
      return fileFailure(fault);
  }
}

/** What to throw for what broke a session. */
function brokenFailure(fault: BrokenFault): unknown {
  if (fault.fault === 'store') return storeFailure(fault.error);
  if (fault.fault === 'system') return systemFailure(fault.error) ?? fault.error;
  return failure(
    'store_damaged',
    { field: fault.folder, expected: 'a sound store', found: 'a damaged one' },
    ...fault.damage.map(describeDamage),
    'Move its folder "store" away: with the key alone, "meshpay wallet balance" brings back from the',
    'authorities what they know. An order that was on its way may come back with it.',
  );
}

const FILE_FAILURES: Readonly<
  Record<FileFault['fault'], readonly [ProblemCode, ...(readonly string[])]>
> = {
  no_wallet: ['file_missing', '"meshpay wallet new" makes one; "--wallet FOLDER" names another.'],
  no_network: [
    'no_network',
    '"meshpay wallet join GENESIS --peer HOST:PORT" tells it its network.',
  ],
  network_differs: [
    'file_exists',
    'A wallet belongs to one network for good. "meshpay wallet new" makes another wallet.',
  ],
  folder_taken: [
    'file_exists',
    'Nothing is ever overwritten: name another folder, or move this one away first.',
  ],
  bad_file: ['bad_file'],
  bad_config: ['bad_config'],
};

/** A file or folder that is not what it should be. */
export function fileFailure({ fault, field, expected, found }: FileFault): Failure {
  const [code, ...hints] = FILE_FAILURES[fault];
  return failure(code, { field, expected, found }, ...hints);
}

/** Why nothing was signed, in one line. */
export function notSignedText(fault: NotSigned, token: FaultToken): string {
  return notSignedFailure(fault, token).message;
}

function notSignedFailure(fault: NotSigned, token: FaultToken): Failure {
  const { why, code, needed, agreeing, silent, refusing } = fault;
  if (why === 'brought_back') {
    return failure(
      'not_latest',
      { field: 'wallet', expected: 'to know all its orders', found: 'that one was forgotten' },
      NOTHING_SIGNED,
      'An authority brought the order back: "meshpay wallet resume" goes on with it.',
    );
  }
  const reasons = refusing.map((refuser) => refuserText(refuser, token));
  if (why === 'refused' && code !== undefined) {
    const text = code === 'insufficient_balance' ? heldText(fault, token) : REFUSALS[code].meaning;
    return new Failure(code, EXIT_OF_REFUSAL[code], text, [
      NOTHING_SIGNED,
      ...reasons,
      '"--anyway" signs all the same: the order then waits, and holds up every later one until "wallet cancel".',
    ]);
  }
  return failure(
    'not_latest',
    { field: 'authorities', expected: `the word of ${needed}`, found: `${agreeing}` },
    NOTHING_SIGNED,
    ...(silent.length === 0 ? [] : [`No answer from ${listed(silent)}.`]),
    ...reasons,
    why === 'forgotten'
      ? 'This wallet has forgotten an order that authorities know of.'
      : 'Without them nobody can tell whether this wallet knows all its own orders; try again later.',
  );
}

function heldText({ heldMinor, wantedMinor }: NotSigned, token: FaultToken): string {
  const [most, wanted] = [money(heldMinor, token), money(wantedMinor, token)];
  return `amount: expected at most ${most}, by the word of the authorities, found ${wanted}`;
}

function refuserText({ name, code, balanceMinor }: NamedRefuser, token: FaultToken): string {
  const says = code === 'insufficient_balance' ? `; it says ${money(balanceMinor, token)}` : '';
  return `${name}: ${code}, ${REFUSALS[code].meaning}${says}`;
}

function money(minor: bigint, { symbol, decimals }: FaultToken): string {
  return `${formatAmount(minor, decimals)} ${symbol}`;
}

function unfinishedFailure({ why, live }: Unfinished): unknown {
  if (why === 'late' || why === 'interrupted') {
    const code = why === 'late' ? 'not_certified' : 'interrupted';
    return live === null ? failure(code) : failure(code, votesOf(live), ...liveHints(live));
  }
  // First what that means for the order, then what broke.
  const known = brokenFailure(why);
  if (live === null || !(known instanceof Failure)) return known;
  const { code, exit, message, hints } = known;
  return new Failure(code, exit, message, [...liveHints(live), ...hints]);
}

function votesOf({ order, votes, quorum }: LiveOrderView): Detail {
  const expected = `votes of ${quorum} authorities`;
  return { field: `order ${order.id}`, expected, found: `${votes.length}` };
}

/** What becomes of an order that has no quorum yet. */
function liveHints(live: LiveOrderView): readonly string[] {
  return [
    `The order ${live.order.id} stays live: it is stored, and only its very bytes are ever sent again.`,
    'Any wallet command goes on with it; "meshpay wallet resume" waits until it is done.',
    '"meshpay wallet cancel" gives it up, if it can still be given up.',
  ];
}
