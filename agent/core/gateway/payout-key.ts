/**
 * What an outer ledger knows a withdrawal by: SHA-256 of what names it, in a domain of its own
 * (network/signing.ts). It is the same for every gateway, before and after every restart, and no
 * two withdrawals of any network share one; so it is what makes a second payout impossible.
 */
import { sha256 } from '../base/crypto.ts';
import { encode } from '../codec/canonical.ts';
import { placeCoder, type WithdrawalPlace } from '../codec/fact.ts';
import { signingBytes } from '../network/signing.ts';

/** The key of the payout for the withdrawal of an account with this sequence. */
export function payoutKey(network: Uint8Array, { account, sequence }: WithdrawalPlace): Uint8Array {
  return sha256(signingBytes('payout', network, encode(placeCoder, { account, sequence })));
}
