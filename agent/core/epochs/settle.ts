/**
 * An authority goes from one epoch to the next (PROTOCOL: Change of epoch).
 *
 * The committee changes at once, for whoever learns of the decision. The ledger is another matter:
 * an authority votes in the new epoch only when it knows that its ledger contains the one that the
 * decision names, and which orders are kept. Until then it is *behind*: it catches up, serves, and
 * takes certificates of former epochs as before.
 *
 * Safety: a ledger contains that of the decision if this authority stated its orders with that
 * ledger, or has it now, or has the same ledger as f + 1 members of the current committee, of which
 * one is honest and not behind. From then on a certificate of a former epoch is applied only if its
 * order was kept. What else such certificates may say was never in any ledger of an honest member,
 * nor can it have had a quorum before the cut.
 * Liveness: ledgers of the committee are alike whenever payments pause for as long as a round of
 * catch-up takes; and while members that are needed for a quorum are behind, payments do pause.
 */

import { subjectHash } from '../agreement/decision.ts';
import { beginAgreement } from '../agreement/open.ts';
import { readAccount, writePending } from '../authority/account.ts';
import { decidedDigest } from '../authority/digest.ts';
import { noteOutvoted } from '../authority/lives.ts';
import { equalBytes } from '../base/bytes.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import type { Epoch, MemberIndex } from '../base/units.ts';
import type { EpochValue } from '../codec/epochs.ts';
import { type Certificate, type Order, orderHash } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { faultsTolerated } from '../network/committee.ts';
import { currentCommittee } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { isBehind } from '../standing.ts';
import { forgetApprovals } from './approvals.ts';
import { isKept, keptAt } from './kept.ts';
import { forgetList, keepList, type Listed, type ListReading, readList } from './lists.ts';
import { possibleBy } from './possible.ts';
import { forgetStatements, mostKept, mostListed, statedRoots } from './stop.ts';

/**
 * The current epoch is over: what the decision says of the ledger, and nothing of what was only
 * wanted or stated in it, is kept. Before the committee changes.
 */
export function endEpoch(draft: Draft, setup: AuthoritySetup, value: EpochValue): void {
  const { root, possible, statements } = value;
  const known = [...(isBehind(draft) ? [] : [decidedDigest(draft)]), ...statedRoots(draft)];
  const isContained = known.some((each) => equalBytes(each, root));
  const listed = possibleBy(draft, setup, statements, mostListed(draft));
  if (listed !== undefined) keepList(draft, SPACES.cutPage, listed);
  const last = draft.read(SPACES.lastCut);
  if (last !== undefined) forgetList(draft, SPACES.cutPage, last, [possible]);
  draft.write(SPACES.lastCut, possible);
  draft.write(SPACES.behind, { root, isContained });
  draft.remove(SPACES.alike);
  forgetStatements(draft);
  forgetApprovals(draft);
}

/** Starts to vote in this epoch, if nothing is missing for it. */
export function settle(draft: Draft, setup: AuthoritySetup): void {
  const behind = draft.read(SPACES.behind);
  const last = draft.read(SPACES.lastCut);
  if (behind === undefined || last === undefined) return;
  const isContained = behind.isContained || equalBytes(decidedDigest(draft), behind.root);
  const reading = listOf(draft, setup, last);
  if (isContained && reading.kind === 'whole') return enforce(draft, setup, reading);
  if (isContained !== behind.isContained) draft.write(SPACES.behind, { ...behind, isContained });
}

/** The pages of the list of kept orders that are missing here. */
export function keptPagesWanted(draft: Draft, setup: AuthoritySetup): readonly Uint8Array[] {
  const last = draft.read(SPACES.lastCut);
  if (last === undefined || !isBehind(draft)) return [];
  const reading = listOf(draft, setup, last);
  return reading.kind === 'missing' ? reading.pages : [];
}

/**
 * A member of the current committee has this very ledger in this epoch: who is behind in it sends
 * no root (authority/catchup.ts).
 */
export function noteAlike(
  draft: Draft,
  setup: AuthoritySetup,
  member: MemberIndex,
  epoch: Epoch,
): void {
  const behind = draft.read(SPACES.behind);
  if (behind === undefined || behind.isContained) return;
  if (epoch !== currentCommittee(draft).epoch) return;
  const root = decidedDigest(draft);
  const before = draft.read(SPACES.alike);
  const others = before !== undefined && equalBytes(before.root, root) ? before.members : [];
  const members = [...others.filter((other) => other !== member), member];
  draft.write(SPACES.alike, { root, members });
  if (members.length <= faultsTolerated(currentCommittee(draft).members.length)) return;
  draft.write(SPACES.behind, { ...behind, isContained: true });
  settle(draft, setup);
}

/** Why a certificate counts for nothing here, its votes being what they may. */
export function refusedByCut(
  draft: Draft,
  setup: AuthoritySetup,
  { epoch, order }: Certificate,
): Refusal | undefined {
  const { epoch: current } = currentCommittee(draft);
  if (epoch >= current || isBehind(draft)) return undefined;
  if (isKept(draft, setup.network.id, order.order)) return undefined;
  return refusal('epoch_over', { field: 'epoch', expected: `${current}`, found: `${epoch}` });
}

/** The place is taken: what was kept for it is of no use any more. */
export function forgetKept(draft: Draft, { account, sequence }: Order): void {
  draft.remove(SPACES.keptOrders.at(account, sequence));
}

/** From now on no other orders get votes at their places. */
function enforce(draft: Draft, setup: AuthoritySetup, { orders, polkas }: Listed): void {
  draft.remove(SPACES.behind);
  draft.remove(SPACES.alike);
  for (const { order } of orders)
    draft.remove(SPACES.keptOrders.at(order.order.account, order.order.sequence));
  for (const { order } of orders) {
    const { account, sequence } = order.order;
    if (sequence < readAccount(draft, account).next) continue;
    draft.write(SPACES.keptOrders.at(account, sequence), [
      ...keptAt(draft, account, sequence),
      order,
    ]);
  }
  for (const { order } of orders) dropOutvoted(draft, setup, order.order);
  for (const polka of polkas) draft.write(SPACES.carried.at(subjectHash(polka.subject)), polka);
  // What they are about waits for it: a closing gives no votes at its place before (kept.ts).
  for (const { subject } of polkas) beginAgreement(draft, setup, subject);
  draft.note({ kind: 'epoch_settled', epoch: currentCommittee(draft).epoch, kept: orders.length });
}

/** A vote of a former epoch for what cannot have been certified there stands in nobody's way. */
function dropOutvoted(draft: Draft, { network }: AuthoritySetup, { account }: Order): void {
  const record = readAccount(draft, account);
  const { pending } = record;
  if (pending === undefined || keptAt(draft, account, record.next).length === 0) return;
  if (isKept(draft, network.id, pending.order)) return;
  noteOutvoted(draft, pending.order, orderHash(network.id, pending.order));
  writePending(draft, account, { ...record, pending: undefined });
}

function listOf(draft: Draft, { network }: AuthoritySetup, list: Uint8Array): ListReading {
  return readList(draft, network.id, list, mostKept(draft));
}
