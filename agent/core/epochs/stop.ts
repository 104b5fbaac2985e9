/**
 * How a member ends an epoch for itself (PROTOCOL: Change of epoch): it gives no more votes in it,
 * and states what it voted for that its ledger has not settled.
 *
 * Safety: the record that it stopped is written in the step in which it first says so, and in that
 * epoch nothing takes it back. A statement names the ledger that it goes with, and is true of that
 * ledger for good: each order that the member ever voted for is either in its list, or its place
 * was taken by a certificate in that ledger. So a ledger that grows brings a new statement, and the
 * old ones stay true. Who does not remember each of its votes states nothing.
 * Liveness: who has stopped compares its ledger with the others', states anew what it holds a
 * moment after its ledger changed, and tells its last statement again and again.
 */

import { decisionOn } from '../agreement/decision.ts';
import { openSubjects, waitingSubjects } from '../agreement/open.ts';
import { accountCount, readAccount } from '../authority/account.ts';
import { decidedDigest } from '../authority/digest.ts';
import { equalBytes } from '../base/bytes.ts';
import { MAX_LISTED_POLKAS, MAX_MEMBERS, MAX_STATED_ROOTS, RESTATE_MS } from '../base/limits.ts';
import type { Epoch, MemberIndex } from '../base/units.ts';
import type { Polka } from '../codec/agreement.ts';
import { type ListedOrder, type Statement, statementBodyCoder } from '../codec/epochs.ts';
import type { SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { sendToMember } from '../mesh/route.ts';
import { committeeOf, currentCommittee, membersOf } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { setTimerBy } from '../timers.ts';
import { readyOf } from './approvals.ts';
import { latestPolkas } from './carried.ts';
import { keptAt } from './kept.ts';
import {
  compareListed,
  forgetList,
  keepList,
  type MostListed,
  namesOf,
  polkaNamed,
  readList,
  timesListed,
} from './lists.ts';

/** Whether this authority gives no more votes in the current epoch. */
export function isStopped(read: Read): boolean {
  return recordAt(read, SPACES.stopped)?.epoch === currentCommittee(read).epoch;
}

/** Stops, if a quorum wants another committee. */
export function stopIfApproved(draft: Draft, setup: AuthoritySetup): void {
  if (isStopped(draft) || readyOf(draft).length === 0 || !mayVote(draft)) return;
  const { epoch } = currentCommittee(draft);
  draft.write(SPACES.stopped, { epoch, roots: [] });
  draft.note({ kind: 'epoch_ends', epoch });
  restate(draft, setup);
}

/** The ledgers that this authority stated its orders with, the newest last. */
export function statedRoots(draft: Draft): readonly Uint8Array[] {
  return draft.read(SPACES.stopped)?.roots ?? [];
}

/** States what it voted for, if its ledger is another than the last time. */
export function restate(draft: Draft, setup: AuthoritySetup): void {
  if (!isStopped(draft) || !mayVote(draft)) return;
  const { member } = setup.authority;
  const root = decidedDigest(draft);
  const before = draft.read(SPACES.statement.at(member));
  if (before !== undefined && equalBytes(before.body.root, root)) return;
  const orders = keepList(draft, SPACES.statedPage, {
    orders: unsettled(draft, setup, before),
    polkas: openPolkas(draft),
  });
  const body = { root, orders };
  const statement = { ...signStatement(draft, setup, 'statement', statementBodyCoder, body), body };
  replace(draft, statement, before);
  const { epoch } = statement;
  const roots = [...statedRoots(draft), root].slice(-MAX_STATED_ROOTS);
  draft.write(SPACES.stopped, { epoch, roots });
  tellStatement(draft, setup);
}

/** If the ledger changed: states it anew in a moment, when more may have come. */
export function restateSoon(draft: Draft, { authority }: AuthoritySetup): void {
  if (!isStopped(draft)) return;
  const last = draft.read(SPACES.statement.at(authority.member));
  if (last !== undefined && equalBytes(last.body.root, decidedDigest(draft))) return;
  setTimerBy(draft, 'epoch', draft.stamp.nowMs + RESTATE_MS);
}

/** Tells the own statement to one other member, or to all; nothing where there is none. */
export function tellStatement(draft: Draft, setup: AuthoritySetup, only?: MemberIndex): void {
  const { member: self } = setup.authority;
  const data = draft.read(SPACES.statement.at(self));
  if (data === undefined) return;
  const others = only === undefined ? membersOf(draft) : [only];
  for (const member of others) {
    if (member !== self) sendToMember(draft, member, { TAG: 'statement', data });
  }
}

/**
 * Keeps what another member stated last. What it said of the very ledger that is held here stays:
 * an older statement that somebody brings again does not take its place.
 */
export function takeStatement(draft: Draft, setup: AuthoritySetup, statement: Statement): boolean {
  const { epoch, member, body } = statement;
  if (epoch !== currentCommittee(draft).epoch || member === setup.authority.member) return false;
  const before = draft.read(SPACES.statement.at(member));
  if (before !== undefined) {
    const isKnown = equalBytes(before.body.root, body.root);
    if (isKnown || equalBytes(before.body.root, decidedDigest(draft))) return false;
  }
  if (!isStatementValid(draft, setup, 'statement', statementBodyCoder, statement, body)) {
    return false;
  }
  replace(draft, statement, before);
  return true;
}

/** What the members of this epoch stated, as far as it is known here. */
export function statementsOf(draft: Draft): readonly Statement[] {
  return membersOf(draft).flatMap((member) => draft.read(SPACES.statement.at(member)) ?? []);
}

/** The epoch is over: what was stated, and the lists, go. */
export function forgetStatements(draft: Draft): void {
  for (const { member, body } of statementsOf(draft)) {
    forgetList(draft, SPACES.statedPage, body.orders, []);
    draft.remove(SPACES.statement.at(member));
  }
  draft.remove(SPACES.stopped);
  forgetJudged(draft, []);
}

/** Has the pages of these lists kept that a value rests on, and not of those judged before. */
export function forgetJudged(draft: Draft, lists: readonly Uint8Array[]): void {
  const before = draft.read(SPACES.judgedLists) ?? [];
  const needed = [...lists, ...statementsOf(draft).map(({ body }) => body.orders)];
  for (const list of before) forgetList(draft, SPACES.statedPage, list, needed);
  if (lists.length === 0) draft.remove(SPACES.judgedLists);
  else draft.write(SPACES.judgedLists, lists);
}

/**
 * How much a member's list may have: of each account the order voted for, and those that the cut
 * before kept, of which each member of the committee then may have brought one.
 */
export function mostListed(draft: Draft): MostListed {
  const { epoch, members } = currentCommittee(draft);
  const before = epoch === 0 ? undefined : committeeOf(draft, (epoch - 1) as Epoch);
  const kept = Math.max(members.length, before?.members.length ?? 0);
  return { orders: (1 + kept) * (Number(accountCount(draft)) + 1), polkas: MAX_LISTED_POLKAS };
}

/** How much the last cut may have kept: as much as was listed for it. */
export function mostKept(draft: Draft): MostListed {
  return timesListed(mostListed(draft), MAX_MEMBERS);
}

function replace(draft: Draft, statement: Statement, before: Statement | undefined): void {
  draft.write(SPACES.statement.at(statement.member), statement);
  if (before === undefined) return;
  const others = statementsOf(draft).map(({ body }) => body.orders);
  forgetList(draft, SPACES.statedPage, before.body.orders, others);
}

/** What this authority voted for at places that are free still, and what was kept for them. */
function unsettled(
  draft: Draft,
  { network }: AuthoritySetup,
  before: Statement | undefined,
): readonly ListedOrder[] {
  const listed: ListedOrder[] = [];
  for (const account of accountsToList(draft, network.id, before)) {
    const { next, pending } = readAccount(draft, account);
    if (pending !== undefined) listed.push({ why: 'voted', order: pending });
    const kept: readonly SignedOrder[] = keptAt(draft, account, next);
    listed.push(...kept.map((order) => ({ why: 'kept' as const, order })));
  }
  return listed.sort((a, b) => compareListed(network.id, a, b));
}

/**
 * The latest polka of each debate that is open here, or was carried over to be decided. Nothing of
 * debates that are decided: what came of them is in the ledger, and shows in its root.
 */
function openPolkas(draft: Draft): readonly Polka[] {
  const polkas: Polka[] = [];
  for (const hash of [...openSubjects(draft), ...waitingSubjects(draft)]) {
    const record = draft.read(SPACES.agreement.at(hash));
    if (record?.valid === undefined || record.subject.TAG === 'epoch') continue;
    const { epoch, subject, valid } = record;
    polkas.push({ epoch, subject, ...valid });
  }
  const last = draft.read(SPACES.lastCut);
  for (const name of last === undefined ? [] : namesOf(draft, last)) {
    const polka = polkaNamed(draft, name);
    if (polka !== undefined && isOpenStill(draft, polka)) polkas.push(polka);
  }
  return latestPolkas(polkas);
}

/** Whether it can still come to a decision that changes anything. */
function isOpenStill(draft: Draft, { subject }: Polka): boolean {
  if (decisionOn(draft, subject) !== undefined) return false;
  if (subject.TAG !== 'closing' || subject.data.turn > 1) return true;
  return readAccount(draft, subject.data.account).next <= subject.data.sequence;
}

/** Nobody is voted for any more, so accounts without such an order get none. */
function* accountsToList(
  draft: Draft,
  network: Uint8Array,
  before: Statement | undefined,
): Generator<Uint8Array> {
  const listed = before && readList(draft, network, before.body.orders, mostListed(draft));
  if (listed?.kind === 'whole') {
    let last: Uint8Array | undefined;
    for (const { order } of listed.orders) {
      const { account } = order.order;
      if (last === undefined || !equalBytes(last, account)) yield account;
      last = account;
    }
    return;
  }
  const count = accountCount(draft);
  for (let n = 0n; n < count; n++) {
    const account = draft.read(SPACES.accountAt.at(n));
    if (account !== undefined) yield account;
  }
}
