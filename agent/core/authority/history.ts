/**
 * The history of an account: the digest of the orders that were certified of it, in whatever order
 * an authority came to know of them. Two authorities that are equally far with an account, and have
 * other histories, do not hold the same orders.
 *
 * A bucket tells a mark of it. The mark is of its hash, not its first bytes: those of a sum could
 * be made to fit by whoever tries many orders.
 */
import { sha256 } from '../base/crypto.ts';
import { HISTORY_MARK_BYTES } from '../base/limits.ts';

/** What tells a history from another. */
export function historyMark(history: Uint8Array): Uint8Array {
  return sha256(history).slice(0, HISTORY_MARK_BYTES);
}

/** The mark of an account that never ordered. */
export const NO_HISTORY_MARK = historyMark(new Uint8Array(32));
