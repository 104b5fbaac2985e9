/**
 * Showing income: an authority that finds too little money in this account, or has credited less than
 * this wallet can prove, may not have seen what came in. The wallet holds those certificates, and
 * shows some each time, all of them in turn.
 */
import { equalBytes } from '../bytes.ts';
import type { Draft } from '../draft.ts';
import { MAX_INCOME_SHOWN } from '../limits.ts';
import type { WalletSetup } from '../setup.ts';
import type { MemberIndex } from '../units.ts';
import { chase, mixed, writeChase } from './chase.ts';
import { sendToMember } from './route.ts';
import { readPayment, readWallet } from './wallet.ts';

/** Sends a member some of the certificates that pay this wallet, the newest first. */
export function showIncome(draft: Draft, setup: WalletSetup, member: MemberIndex): void {
  const account = setup.wallet.publicKey;
  const { payments } = readWallet(draft, setup.network, account);
  const { ways } = chase(draft);
  writeChase(draft, { ways: (ways + 1) >>> 0 });
  const pages = payments / BigInt(MAX_INCOME_SHOWN) + 1n;
  const newest = payments - 1n - (BigInt(mixed(ways)) % pages) * BigInt(MAX_INCOME_SHOWN);
  for (let n = newest; n >= 0n && n > newest - BigInt(MAX_INCOME_SHOWN); n--) {
    const certificate = readPayment(draft, n)?.certificate;
    if (certificate === undefined) continue;
    if (!equalBytes(certificate.order.order.action.data.recipient, account)) continue;
    sendToMember(draft, member, { TAG: 'certificate', data: certificate });
  }
}
