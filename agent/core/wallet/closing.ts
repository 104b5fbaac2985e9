/**
 * A wallet has its sequence closed (PROTOCOL: Closing a sequence): its order may never be certified
 * (too little money, a gap, votes that another order has), and its owner wants to go on. The signed
 * wish, or the two orders, go out instead of the order (pursue.ts), again and again, until the
 * sequence is settled: closed without an order, or taken by a certificate, which may be that of the
 * order itself.
 *
 * Safety: only decisions that prove themselves count, and only in the account's turn. A wallet that
 * lost its disk comes by them as it does by its certificates (refresh.ts).
 */
import { checkDecision } from '../agreement/decision.ts';
import { equalBytes } from '../base/bytes.ts';
import { isRefusal, type Refusal, refusal } from '../base/refusal.ts';
import { resultOf } from '../closing/result.ts';
import { decode, encode } from '../codec/canonical.ts';
import {
  type ClosingCause,
  type ClosingPlace,
  type ClosingResult,
  type ClosingTold,
  closingValueCoder,
  placeCoder,
} from '../codec/closing.ts';
import type { LiveOrder } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { membersOf } from '../network/committees.ts';
import { signingBytes } from '../network/signing.ts';
import type { WalletSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { writeAttempts } from './attempts.ts';
import { readLiveOrder, readWallet } from './holdings.ts';
import { pursue } from './pursue.ts';
import { askOrders } from './refresh.ts';
import { closedAt, withoutReserve, withReserve } from './reserves.ts';
import { spread } from './spread.ts';

/** Has the sequence of the live order closed: for the owner's wish, or for two orders signed. */
export function closeOwn(
  draft: Draft,
  setup: WalletSetup,
  by: ClosingCause['TAG'],
): Refusal | undefined {
  const live = readLiveOrder(draft);
  if (live === undefined) return refusal('nothing_to_close', { field: 'order' });
  const { account, sequence } = live.order.order;
  const place = { account, sequence };
  const cause = by === 'wish' ? wishOf(setup, place) : proofOf(live);
  if (cause === undefined) {
    const expected = 'another order of this account for the same sequence';
    return refusal('nothing_to_close', { field: 'order', expected, found: 'none seen' });
  }
  draft.write(SPACES.ownClosing, { place, cause });
  writeAttempts(draft, { count: 0, fed: [] });
  pursue(draft);
  return undefined;
}

function wishOf({ network, wallet }: WalletSetup, place: ClosingPlace): ClosingCause {
  const bytes = signingBytes('closing', network.id, encode(placeCoder, place));
  return { TAG: 'wish', data: wallet.sign(bytes) };
}

function proofOf({ order, rival }: LiveOrder): ClosingCause | undefined {
  return rival && { TAG: 'proof', data: { first: order, second: rival } };
}

/** A member tells what it knows of a place: how many have stated, or what was decided. */
export function takeTold(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  { member, place, statements, decision }: ClosingTold,
): void {
  const { publicKey } = setup.wallet;
  if (!equalBytes(place.account, publicKey)) return;
  if (decision === undefined) {
    const asked = draft.read(SPACES.ownClosing)?.place.sequence;
    const of = membersOf(draft).length;
    if (asked === place.sequence) draft.note({ kind: 'closing_heard', member, statements, of });
    return;
  }
  const { subject } = decision;
  if (subject.TAG !== 'closing' || !equalBytes(subject.data.account, publicKey)) return;
  const { next, reserves } = readWallet(draft, setup.network, publicKey);
  const { sequence, turn } = subject.data;
  const kept = reserves.find((reserve) => reserve.sequence === sequence);
  if (sequence !== next && (kept === undefined || kept.turn >= turn)) return;
  const value = decode(closingValueCoder, decision.value);
  if (isRefusal(value) || checkDecision(draft, setup, decision) !== undefined) return;
  const result = resultOf(setup.network.id, value.orders);
  // The certificate of the order that won comes by itself.
  if (result.TAG === 'win') return;
  const wallet = withoutReserve(readWallet(draft, setup.network, publicKey), sequence);
  const closed = kept === undefined ? closedAt(wallet) : wallet;
  const reserve =
    result.TAG === 'reserve' ? { sequence, turn, amounts: result.data.amounts } : undefined;
  draft.write(SPACES.wallet, reserve === undefined ? closed : withReserve(closed, reserve));
  if (kept === undefined) settled(draft, setup, result);
  askOrders(draft, setup, member);
}

/** The live order is over, if there is one, and its sequence is spent. */
function settled(draft: Draft, setup: WalletSetup, result: ClosingResult): void {
  const live = readLiveOrder(draft);
  draft.remove(SPACES.liveOrder);
  draft.remove(SPACES.ownClosing);
  writeAttempts(draft, { count: 0, fed: [] });
  if (live !== undefined) {
    const found = result.TAG === 'reserve' ? 'closed, with a reserve' : 'closed';
    const reason = refusal('sequence_closed', { field: 'sequence', found });
    draft.note({ kind: 'order_failed', order: live.order, refusal: reason });
  }
  spread(draft, setup);
}
