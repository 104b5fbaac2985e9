/** What a gateway hands to an outer ledger, and what it is told: shapes and layouts. */

import { MAX_LEDGER_REFERENCE_BYTES } from '../base/limits.ts';
import type { Amount, Sequence, TokenIndex } from '../base/units.ts';
import { amountCoder, hashCoder, keyCoder, sequenceCoder, tokenCoder } from './canonical.ts';
import type { Coder } from './coder.ts';
import { recipientCoder } from './order.ts';
import { struct, textOf, wordOf } from './parts.ts';

/** What a ledger is to pay, and for which withdrawal. */
export interface Payout {
  readonly account: Uint8Array;
  readonly sequence: Sequence;
  readonly token: TokenIndex;
  readonly amount: Amount;
  /** In the ledger's own way of writing it. */
  readonly recipient: Uint8Array;
}

export const payoutCoder: Coder<Payout> = struct<Payout>({
  account: keyCoder,
  sequence: sequenceCoder,
  token: tokenCoder,
  amount: amountCoder,
  recipient: recipientCoder,
});

/**
 * How a payout stands on its ledger.
 *
 *   absent     it is not there; or not there any more, after a reorganisation
 *   seen       it is there, and may still be undone
 *   final      it is paid for good
 *   refused    it will never be paid; nothing was
 *   returned   it was paid for good, and the ledger gave the money back for good
 */
export type LedgerState = 'absent' | 'seen' | 'final' | 'refused' | 'returned';

export interface LedgerStatus {
  readonly state: LedgerState;
  /** What the ledger calls it, for people: "payout 17", a transaction. Empty: nothing. */
  readonly reference: string;
}

export const ledgerStatusCoder: Coder<LedgerStatus> = struct<LedgerStatus>({
  state: wordOf<LedgerState>({ absent: 0, seen: 1, final: 2, refused: 3, returned: 4 }),
  reference: textOf(MAX_LEDGER_REFERENCE_BYTES),
});

/** A deposit that is final on its ledger. */
export interface LedgerDeposit {
  /** Which deposit it is: 32 bytes that no other one of the ledger ever has. */
  readonly id: Uint8Array;
  readonly account: Uint8Array;
  readonly token: TokenIndex;
  readonly amount: Amount;
}

export const ledgerDepositCoder: Coder<LedgerDeposit> = struct<LedgerDeposit>({
  id: hashCoder,
  account: keyCoder,
  token: tokenCoder,
  amount: amountCoder,
});

/**
 * Why a ledger did not do what it was asked.
 *
 *   transient   it was not done; the same may work later
 *   permanent   it was not done, and never will be
 *   unknown     it may have been done: ask by the key before anything else
 */
export type LedgerErrorClass = 'transient' | 'permanent' | 'unknown';

export interface LedgerError {
  readonly class: LedgerErrorClass;
  /** In one line, for people. */
  readonly reason: string;
}

export const ledgerErrorCoder: Coder<LedgerError> = struct<LedgerError>({
  class: wordOf<LedgerErrorClass>({ transient: 1, permanent: 2, unknown: 3 }),
  reason: textOf(MAX_LEDGER_REFERENCE_BYTES),
});
