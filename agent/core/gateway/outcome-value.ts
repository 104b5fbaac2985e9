/** The two values that can be decided about the money of a withdrawal (PROTOCOL: Withdrawals). */
import { equalBytes } from '../base/bytes.ts';

/** It is to be paid out by its ledger. */
export const SETTLE = Uint8Array.of(1);
/** It goes back to the payer. */
export const REFUND = Uint8Array.of(2);

export function isSettle(value: Uint8Array): boolean {
  return equalBytes(value, SETTLE);
}

export function isRefund(value: Uint8Array): boolean {
  return equalBytes(value, REFUND);
}
