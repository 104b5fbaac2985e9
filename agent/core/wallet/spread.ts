/**
 * Spreading the last certificate: every authority gets it, again and again while this wallet runs,
 * until it says that it has applied it.
 *
 * Liveness: the payee is paid on the ledgers even if nobody but this wallet ever held the
 * certificate. Safety does not need it: anyone who holds a certificate may spread it.
 */

import { FIRST_SEQUENCE, type MemberIndex, type Sequence } from '../base/units.ts';
import type { Certificate } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import type { WalletSetup } from '../setup.ts';
import { setTimer } from '../timers.ts';
import { attemptsOf, pauseMs, sendEscalating, writeAttempts } from './attempts.ts';
import { bringOnce, feed } from './feed.ts';
import { readPaid, readWallet } from './holdings.ts';
import { pursueAt } from './pursue.ts';

/** Sends the last certificate to every authority that has not applied it, and sets the next try. */
export function spread(draft: Draft, setup: WalletSetup): void {
  const last = spreadNow(draft, setup);
  if (last === undefined) {
    setTimer(draft, 'retry', undefined);
    return;
  }
  const { count } = attemptsOf(draft);
  writeAttempts(draft, { count: count + 1, fed: [], shownNow: [] });
  const pause = pauseMs(count, last.order.signature[count % 32] ?? 0);
  setTimer(draft, 'retry', draft.stamp.nowMs + pause);
}

/** The same out of turn. Returns the last certificate; undefined: nobody waits for one. */
export function spreadNow(draft: Draft, setup: WalletSetup): Certificate | undefined {
  const { unspread } = attemptsOf(draft);
  const { next } = readWallet(draft, setup.network, setup.wallet.publicKey);
  const last = next > FIRST_SEQUENCE ? readPaid(draft, (next - 1n) as Sequence) : undefined;
  if (last === undefined || unspread.length === 0) return undefined;
  for (const member of unspread) {
    sendEscalating(draft, member, { TAG: 'certificate', data: last });
  }
  return last;
}

/**
 * A member says how far it is with this wallet's account: feed it, or go on with the live order.
 */
export function takeProgress(
  draft: Draft,
  setup: WalletSetup,
  member: MemberIndex,
  next: Sequence,
): void {
  const wallet = readWallet(draft, setup.network, setup.wallet.publicKey);
  if (next < wallet.next) {
    feed(draft, member, next);
    return;
  }
  const { unspread } = attemptsOf(draft);
  if (unspread.includes(member)) {
    writeAttempts(draft, { unspread: unspread.filter((other) => other !== member) });
    draft.note({ kind: 'spread', member, next });
  }
  if (bringOnce(draft, member, wallet.next)) pursueAt(draft, member);
}
