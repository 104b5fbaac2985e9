/**
 * Showing income: an authority that finds too little money in this account, or has credited less
 * than this wallet can prove, may not have seen what came in. The wallet holds those certificates,
 * and shows some each time, the newest and then all in turn, over all ways: which of them arrived
 * is not told. Words that can be repeated by others lead here, so a member is shown one page an
 * attempt.
 */
import { equalBytes } from '../base/bytes.ts';
import { MAX_INCOME_SHOWN } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import { draw } from '../chance.ts';
import { payeeOf } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { sendToMemberAllWays } from '../mesh/route.ts';
import type { WalletSetup } from '../setup.ts';
import { attemptsOf, writeAttempts } from './attempts.ts';
import { readPayment, readWallet } from './holdings.ts';

/**
 * Sends a member some of the certificates that pay this wallet, the newest first, once an attempt.
 */
export function showIncome(draft: Draft, setup: WalletSetup, member: MemberIndex): void {
  const account = setup.wallet.publicKey;
  const { payments } = readWallet(draft, setup.network, account);
  const size = BigInt(MAX_INCOME_SHOWN);
  const pages = (payments + size - 1n) / size;
  const { shownNow } = attemptsOf(draft);
  if (pages === 0n || shownNow.includes(member)) return;
  writeAttempts(draft, { shownNow: [...shownNow, member] });
  const newest = payments - 1n - (nextPage(draft, member, pages) % pages) * size;
  for (let n = newest; n >= 0n && n > newest - BigInt(MAX_INCOME_SHOWN); n--) {
    const certificate = readPayment(draft, n)?.certificate;
    if (certificate === undefined) continue;
    const payee = payeeOf(certificate.order.order);
    if (payee === undefined || !equalBytes(payee, account)) continue;
    sendToMemberAllWays(draft, member, { TAG: 'certificate', data: certificate });
  }
}

/**
 * The page that a member is shown now: the newest first, then all in turn, each member's on its
 * own, from one on that is drawn. So also a wallet that never lives long comes by every page,
 * however many small payments somebody puts on top of those that count.
 */
function nextPage(draft: Draft, member: MemberIndex, of: bigint): bigint {
  const { shown } = attemptsOf(draft);
  const before = shown.find((entry) => entry.member === member);
  const others = shown.filter((entry) => entry.member !== member);
  const first = () => draw(draft, Number(of), `income ${member}`);
  const next = before === undefined ? first() : (before.pages + 1) >>> 0;
  writeAttempts(draft, { shown: [...others, { member, pages: next }] });
  return before === undefined ? 0n : BigInt(before.pages);
}
