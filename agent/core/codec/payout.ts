/** What a gateway hands to an outer ledger, and what it is told: shapes and layouts. */

import { MAX_PAYOUT_RECIPIENT_BYTES } from '../base/limits.ts';
import type { Amount, Sequence, TokenIndex } from '../base/units.ts';
import { amountCoder, keyCoder, sequenceCoder, tokenCoder } from './canonical.ts';
import type { Coder } from './coder.ts';
import { u8 } from './numbers.ts';
import { checked, sizedBytes, struct } from './parts.ts';

/** What a ledger is to pay, and for which withdrawal. */
export interface Payout {
  readonly account: Uint8Array;
  readonly sequence: Sequence;
  readonly token: TokenIndex;
  readonly amount: Amount;
  /** In the ledger's own way of writing it. */
  readonly recipient: Uint8Array;
}

const recipientCoder = checked(
  sizedBytes(u8),
  ({ length }) =>
    (length > 0 && length <= MAX_PAYOUT_RECIPIENT_BYTES) || `a recipient of ${length} bytes`,
);

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

/** A deposit that is final on its ledger. */
export interface LedgerDeposit {
  /** Which deposit it is: 32 bytes that no other one of the ledger ever has. */
  readonly id: Uint8Array;
  readonly account: Uint8Array;
  readonly token: TokenIndex;
  readonly amount: Amount;
}
