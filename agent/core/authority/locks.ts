/**
 * Money that waits to leave the network (PROTOCOL: Withdrawals). Applying a withdrawal moves its
 * amount from the balance to what is locked, and frees the sequence; from then on the account pays
 * on, and locks more, while each of its withdrawals goes its way:
 *
 *   locked  -> settled     the committee decided that it is to be paid out
 *   locked  -> refunded    it decided that the money goes back
 *   settled -> paid        the ledger's observers certify that it was paid out: the lock is burned
 *   settled -> returned    they certify that the ledger gave it back
 *   paid    -> returned    the same, after it was paid
 *
 * Safety: nothing moves by time, nor by what one node says; each move is a certified fact, and is
 * made once. What is locked in a token is the sum of the records that are `locked` or `settled`,
 * never less than zero. Where a move comes before the one that it follows, it is refused
 * (`missing_earlier`) and changes nothing: the other comes, and then it is told again.
 */
import { type Refusal, refusal } from '../base/refusal.ts';
import { credit, debit, type Sequence } from '../base/units.ts';
import type { Withdrawal } from '../codec/order.ts';
import type { Account, Move, WithdrawalRecord } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import {
  balanceOf,
  lockedOf,
  readAccount,
  withBalance,
  withLocked,
  writeAccount,
} from './account.ts';

import { listOpen, lookSoon, unlistOpen } from './open-withdrawals.ts';

type State = WithdrawalRecord['state'];
interface MoveRow {
  readonly to: State;
  /** From where it moves. */
  readonly from: readonly State[];
  /** Where it has nothing to do any more. */
  readonly past: readonly State[];
}

const MOVES: Readonly<Record<Move, MoveRow>> = {
  settle: { to: 'settled', from: ['locked'], past: ['settled', 'paid', 'returned'] },
  refund: { to: 'refunded', from: ['locked'], past: ['refunded'] },
  pay: { to: 'paid', from: ['settled'], past: ['paid', 'returned'] },
  return: { to: 'returned', from: ['settled', 'paid'], past: ['returned'] },
};

/** The certified withdrawal of an account with this sequence, and what became of it. */
export function withdrawalAt(
  read: Read,
  account: Uint8Array,
  sequence: Sequence,
): WithdrawalRecord | undefined {
  return recordAt(read, SPACES.withdrawal.at(account, sequence));
}

/** The account, whose withdrawal was certified and debited, with its amount locked. */
export function locking(account: Account, { token, amount }: Withdrawal): Account {
  return withLocked(account, token, credit(lockedOf(account, token), amount));
}

/** Notes for what it is locked. */
export function keepLock(
  draft: Draft,
  key: Uint8Array,
  sequence: Sequence,
  hash: Uint8Array,
  withdrawal: Withdrawal,
): void {
  const record: WithdrawalRecord = { state: 'locked', hash, withdrawal };
  draft.write(SPACES.withdrawal.at(key, sequence), record);
  listOpen(draft, key, sequence);
}

/**
 * Moves a withdrawal. Undefined: it moved, or has been there before. `missing_earlier`: what comes
 * before is not here yet. `contradicted`: another way was certified.
 */
export function moveLock(
  draft: Draft,
  key: Uint8Array,
  sequence: Sequence,
  move: Move,
): Refusal | undefined {
  const record = withdrawalAt(draft, key, sequence);
  const { from, past, to } = MOVES[move];
  if (record === undefined) return missing(draft, key, sequence);
  const { state, withdrawal } = record;
  if (past.includes(state)) return undefined;
  if (!from.includes(state)) {
    return state === 'locked'
      ? refusal('missing_earlier', { field: `withdrawal ${sequence}`, found: state })
      : refusal('contradicted', { field: `withdrawal ${sequence}`, found: state });
  }
  const { token, amount } = withdrawal;
  let account = readAccount(draft, key);
  if (holds(state) && !holds(to)) {
    account = withLocked(account, token, debit(lockedOf(account, token), amount));
  }
  if (to === 'refunded' || to === 'returned') {
    account = withBalance(account, token, credit(balanceOf(account, token), amount));
  }
  writeAccount(draft, key, account);
  draft.write(SPACES.withdrawal.at(key, sequence), { ...record, state: to });
  if (holds(to)) lookSoon(draft);
  else unlistOpen(draft, key, sequence);
  return undefined;
}

/** Whether the money of a withdrawal in this state is locked. */
function holds(state: State): boolean {
  return state === 'locked' || state === 'settled';
}

/** There is no withdrawal: not yet, or another order has its sequence. */
function missing(draft: Draft, key: Uint8Array, sequence: Sequence): Refusal {
  const { next } = readAccount(draft, key);
  const detail = { field: `withdrawal ${sequence}`, expected: `${next}`, found: `${sequence}` };
  return refusal(sequence < next ? 'contradicted' : 'missing_earlier', detail);
}
