/**
 * Spreading the last certificate: every authority gets it, a few times, until it says that it has
 * applied it. Not needed for safety (anyone who holds it may spread it, and authorities exchange what
 * they hold), but it is why the next payment does not begin with feeding.
 */
import type { Draft } from '../draft.ts';
import type { WalletSetup } from '../setup.ts';
import { setTimer } from '../timers.ts';
import { FIRST_SEQUENCE, type MemberIndex, type Sequence } from '../units.ts';
import { chase, pauseMs, writeChase } from './chase.ts';
import { feed } from './feed.ts';
import { pursueAt } from './pursue.ts';
import { sendToMember } from './route.ts';
import { readPaid, readWallet } from './wallet.ts';

/** How often an authority that does not answer is given the same certificate. */
const MOST_ATTEMPTS = 6;

/** Sends the last certificate to every authority that has not applied it yet. */
export function spread(draft: Draft, setup: WalletSetup): void {
  const { attempts, unspread } = chase(draft);
  const { next } = readWallet(draft, setup.network, setup.wallet.publicKey);
  const last = next > FIRST_SEQUENCE ? readPaid(draft, (next - 1n) as Sequence) : undefined;
  if (last === undefined || unspread.length === 0 || attempts >= MOST_ATTEMPTS) {
    setTimer(draft, 'retryAtMs', undefined);
    return;
  }
  for (const member of unspread) {
    sendToMember(draft, member, { TAG: 'certificate', data: last }, attempts);
  }
  writeChase(draft, { attempts: attempts + 1, fed: [] });
  const pause = pauseMs(attempts, last.order.signature[attempts] ?? 0);
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
