/**
 * What a gateway asks of its ledgers and is told (gateway/doorway.ts), what it keeps of payouts,
 * and what shows a ledger that a payout was decided.
 */
import { MAX_DEPOSITS_PER_PAGE, MAX_LEDGER_REFERENCE_BYTES } from '../base/limits.ts';
import { decisionCoder } from './agreement.ts';
import { hashCoder, keyCoder, ledgerCoder, sequenceCoder } from './canonical.ts';
import type { ValueOf } from './coder.ts';
import { u8, u16, u64 } from './numbers.ts';
import { certificateCoder } from './order.ts';
import { bool, listOf, optional, sizedBytes, struct, textOf, variant, wordOf } from './parts.ts';
import { ledgerDepositCoder, ledgerErrorCoder, ledgerStatusCoder, payoutCoder } from './payout.ts';

/** The order for a payout: a certified withdrawal, and the decision to settle it. */
export const settlementCoder = struct({ certificate: certificateCoder, decision: decisionCoder });

/** What is asked about a payout: to have it made, or how it stands. */
export const payoutAskCoder = struct({
  ledger: ledgerCoder,
  /** What the ledger knows it by (gateway/payout-key.ts). */
  key: hashCoder,
  payout: payoutCoder,
  /** Without one it is only asked how the payout stands. */
  proof: optional(sizedBytes(u16)),
});

export const payoutAnswerCoder = variant({
  status: [1, ledgerStatusCoder],
  error: [2, ledgerErrorCoder],
});

export const depositsAskCoder = struct({ ledger: ledgerCoder, from: u64 });

const depositsCoder = struct({
  deposits: listOf(MAX_DEPOSITS_PER_PAGE, ledgerDepositCoder),
  next: u64,
});
/** Deposits from the place that was asked for on, and where to read on. */
export const depositsAnswerCoder = variant({
  page: [1, depositsCoder],
  error: [2, ledgerErrorCoder],
});

/** A withdrawal whose money is locked (authority/open-withdrawals.ts). */
export const openWithdrawalCoder = struct({
  account: keyCoder,
  sequence: sequenceCoder,
  /** A gateway asked the committee what becomes of it. */
  isPresented: bool,
});
export type OpenWithdrawal = ValueOf<typeof openWithdrawalCoder>;

/**
 * How far a payout is, that this gateway had made.
 *
 *   submitted  it was handed to the ledger, or is about to be: from here on the ledger is asked
 *   seen       the ledger has it, and may still undo it
 *   final, refused, returned   as in LedgerState: that is the end, and observers say so
 *   stuck      the ledger refuses to take it; nothing was paid by this gateway
 */
export const payoutRecordCoder = struct({
  state: wordOf({ submitted: 1, seen: 2, final: 3, refused: 4, returned: 5, stuck: 6 }),
  /** What the ledger calls it, or what it said last. */
  reference: textOf(MAX_LEDGER_REFERENCE_BYTES),
  wallMs: u64,
  /** Times in a row that the ledger could not be asked. */
  failures: u8,
});
export type PayoutRecord = ValueOf<typeof payoutRecordCoder>;

/**
 * How many looks there were at open withdrawals, where the next one begins, and how many
 * withdrawals are still to be looked at because a ledger had news.
 */
export const looksCoder = struct({ count: u64, next: u64, fresh: u64 });
export type Looks = ValueOf<typeof looksCoder>;
