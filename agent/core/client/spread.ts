/**
 * Spreading the last certificate: every authority gets it, again and again while this wallet runs,
 * until it says that it has applied it.
 *
 * Liveness: the payee is paid on the ledgers even if nobody but this wallet ever held the
 * certificate. Safety does not need it: anyone who holds a certificate may spread it.
 */
import type { Draft } from '../draft.ts';
import type { WalletSetup } from '../setup.ts';
import { setTimer } from '../timers.ts';
import { FIRST_SEQUENCE, type MemberIndex, type Sequence } from '../units.ts';
import { chase, pauseMs, writeChase } from './chase.ts';
import { feed } from './feed.ts';
import { pursueAt } from './pursue.ts';
import { sendToMemberInEarnest } from './route.ts';
import { readPaid, readWallet } from './wallet.ts';

/** Sends the last certificate to every authority that has not applied it yet. */
export function spread(draft: Draft, setup: WalletSetup): void {
  const { attempts, unspread } = chase(draft);
  const { next } = readWallet(draft, setup.network, setup.wallet.publicKey);
  const last = next > FIRST_SEQUENCE ? readPaid(draft, (next - 1n) as Sequence) : undefined;
  if (last === undefined || unspread.length === 0) {
    setTimer(draft, 'retryAtMs', undefined);
    return;
  }
  for (const member of unspread) {
    sendToMemberInEarnest(draft, member, { TAG: 'certificate', data: last });
  }
  writeChase(draft, { attempts: attempts + 1, fed: [], shownNow: [] });
  const pause = pauseMs(attempts, last.order.signature[attempts % 32] ?? 0);
  setTimer(draft, 'retryAtMs', draft.stamp.nowMs + pause);
}

/** A member says how far it is with this wallet's account: feed it, or go on with the live order. */
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
  const { unspread } = chase(draft);
  if (unspread.includes(member)) {
    writeChase(draft, { unspread: unspread.filter((other) => other !== member) });
    draft.note({ kind: 'spread', member, next });
  }
  pursueAt(draft, member);
}
