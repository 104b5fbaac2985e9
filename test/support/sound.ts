/** Results of the wallet's library (agent/wallet) in tests. */
import assert from 'node:assert/strict';
import { isFault, type WalletFault } from '../../agent/wallet/fault.ts';

/** The result, which is no fault. */
export function sound<T>(result: T | WalletFault): Exclude<T, WalletFault> {
  assert.ok(!isFault(result), isFault(result) ? `a fault: ${result.fault}` : '');
  return result as Exclude<T, WalletFault>;
}
