/**
 * The part that ends an epoch (PROTOCOL: Change of epoch), at an authority: approvals of operators,
 * the stop, statements, the lists that go with them, and the debate about the cut.
 *
 *   all -> all  approval    my operator wants this committee to come next
 *   all -> all  statement   I vote no more; this is my ledger, and what I voted for besides
 *   A -> B      pageQuery   a page of such a list, by its name
 *   B -> A      page
 *
 * Liveness: a member tells its approval and its statement again and again until the epoch ends, and
 * asks for the pages that it misses whoever has the same ledger or the cut.
 */

import { subjectHash } from '../agreement/decision.ts';
import { beginAgreement, wakeSubject } from '../agreement/open.ts';
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { MAX_PAGES_ASKED, RETELL_STATEMENT_MS, SYNC_IDLE_MS } from '../base/limits.ts';
import type { Refusal } from '../base/refusal.ts';
import { someOf } from '../chance.ts';
import type { Subject } from '../codec/agreement.ts';
import type { Approval, Statement } from '../codec/epochs.ts';
import type { DataOf } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { memberLinks, memberOf } from '../mesh/links.ts';
import { currentCommittee } from '../network/committees.ts';
import { type LinkUp, part } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimer, setTimerBy } from '../timers.ts';
import { approve, takeApproval, tellApproval } from './approvals.ts';
import { pagesWanted } from './cut.ts';
import { keepPage, pageNamed } from './lists.ts';
import { keptPagesWanted, settle } from './settle.ts';
import {
  isStopped,
  restate,
  restateSoon,
  stopIfApproved,
  takeStatement,
  tellStatement,
} from './stop.ts';

export const epochsPart = part({
  name: 'epochs',
  roles: ['authority'],
  spaces: [
    'approval',
    'readyCommittees',
    'stopped',
    'statement',
    'statedPage',
    'cutPage',
    'lastCut',
    'keptOrders',
    'carried',
    'behind',
    'alike',
    'judgedLists',
  ],
  start: goOn,
  epochBegan: goOn,
  linkUp: greet,
  afterMessage: look,
  takes: {
    approval: hearApproval,
    statement: hearStatement,
    pageQuery: answerPage,
    page: takePage,
  },
  commands: { approve: carryOut },
  due: { epoch: goOn },
});

function carryOut(
  draft: Draft,
  setup: AuthoritySetup,
  { members }: { readonly members: Parameters<typeof approve>[2] },
): Refusal | undefined {
  const refused = approve(draft, setup, members);
  if (refused === undefined) goOn(draft, setup);
  return refused;
}

/** What is to be told and asked again, and when next. */
function goOn(draft: Draft, setup: AuthoritySetup): void {
  stopIfApproved(draft, setup);
  tellApproval(draft, setup);
  if (isStopped(draft)) {
    setTimerBy(draft, 'sync', draft.stamp.nowMs);
    restate(draft, setup);
    tellStatement(draft, setup);
    debate(draft, setup);
  }
  settle(draft, setup);
  askPages(draft, setup);
  const isWaiting = draft.has(SPACES.stopped) || draft.has(SPACES.behind);
  const hasApproved = draft.has(SPACES.approval.at(setup.authority.member));
  if (isWaiting) setTimer(draft, 'epoch', draft.stamp.nowMs + RETELL_STATEMENT_MS);
  else if (hasApproved) setTimer(draft, 'epoch', draft.stamp.nowMs + SYNC_IDLE_MS);
}

/** A member whose link came up may have missed anything. */
function greet(draft: Draft, setup: AuthoritySetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  if (member === undefined) return;
  tellApproval(draft, setup, member);
  tellStatement(draft, setup, member);
}

/** Something came in: the ledger may be another. */
function look(draft: Draft, setup: AuthoritySetup): void {
  restateSoon(draft, setup);
  settle(draft, setup);
}

function hearApproval(draft: Draft, setup: AuthoritySetup, _: Origin, approval: Approval): void {
  if (!takeApproval(draft, setup, approval)) return;
  stopIfApproved(draft, setup);
  if (isStopped(draft)) debate(draft, setup);
}

function hearStatement(draft: Draft, setup: AuthoritySetup, _: Origin, statement: Statement): void {
  if (!takeStatement(draft, setup, statement) || !isStopped(draft)) return;
  askPages(draft, setup);
  debate(draft, setup);
}

/** Has the others look at what can be proposed or judged now. */
function debate(draft: Draft, setup: AuthoritySetup): void {
  const subject: Subject = { TAG: 'epoch', data: { epoch: currentCommittee(draft).epoch } };
  beginAgreement(draft, setup, subject);
  wakeSubject(draft, subjectHash(subject));
}

function wanted(draft: Draft, setup: AuthoritySetup): readonly Uint8Array[] {
  const stated = isStopped(draft) ? pagesWanted(draft, setup) : [];
  return [...stated, ...keptPagesWanted(draft, setup)];
}

/** Asks all members for pages: whoever has one answers, and the first answer ends the question. */
function askPages(draft: Draft, setup: AuthoritySetup): void {
  const names = someOf(draft, wanted(draft, setup), MAX_PAGES_ASKED, 'pages');
  if (names.length === 0) return;
  for (const link of memberLinks(draft)) draft.send(link, { TAG: 'pageQuery', data: { names } });
}

function answerPage(
  draft: Draft,
  _setup: AuthoritySetup,
  from: Origin,
  { names }: DataOf<'pageQuery'>,
): void {
  for (const name of names) {
    const bytes = pageNamed(draft, name);
    if (bytes !== undefined) draft.answer(from, { TAG: 'page', data: { bytes } });
  }
}

function takePage(
  draft: Draft,
  setup: AuthoritySetup,
  _from: Origin,
  { bytes }: DataOf<'page'>,
): void {
  const name = sha256(bytes);
  const isOfCut = keptPagesWanted(draft, setup).some((other) => equalBytes(other, name));
  if (!isOfCut && !wanted(draft, setup).some((other) => equalBytes(other, name))) return;
  keepPage(draft, isOfCut ? SPACES.cutPage : SPACES.statedPage, bytes);
  askPages(draft, setup);
  settle(draft, setup);
  if (isStopped(draft)) debate(draft, setup);
}
