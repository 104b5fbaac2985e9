/** The names of what ledgers are asked and tell (core/io.ts). */

/** How a payout stands, after it was submitted if it is not there. */
export const PAYOUT = 'payout';
/** Deposits from a place on. */
export const DEPOSITS = 'deposits';
/** A ledger tells by itself that something changed. */
export const LEDGER_NEWS = 'ledger_news';
