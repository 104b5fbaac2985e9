/**
 * What the old committee agrees on when an epoch ends (PROTOCOL: Change of epoch): the next
 * committee, the ledger that it begins with, who stated their orders with that very ledger, and of
 * which orders a certificate may be hidden. The rules of the subject `epoch`.
 *
 * Safety: an honest member prevotes only for a committee that a quorum approved, with statements of
 * a quorum, all about one ledger, and with the possible orders that follow from their lists, each
 * of which it has read itself. Of a quorum at least one is honest, so that ledger holds certified
 * facts and nothing else, and somebody has it.
 * Liveness: ledgers of members that stopped grow only by what was certified before; once they are
 * equal at a quorum, and the lists have come, any of them can propose.
 */

import type { Opinion, SubjectRules } from '../agreement/rules.ts';
import { decidedDigest } from '../authority/digest.ts';
import { equalBytes } from '../base/bytes.ts';
import { isRefusal } from '../base/refusal.ts';
import type { Epoch } from '../base/units.ts';
import { decode, encode } from '../codec/canonical.ts';
import { type EpochValue, epochValueCoder, statementBodyCoder } from '../codec/epochs.ts';
import type { Draft } from '../draft.ts';
import { quorumOf } from '../network/committee.ts';
import { currentCommittee } from '../network/committees.ts';
import { isStatementValid } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimerBy } from '../timers.ts';
import { isReady, readyOf } from './approvals.ts';
import { adopt } from './chain.ts';
import { checkNext } from './change.ts';
import { type ListReading, nameOfList, readList } from './lists.ts';
import { possibleBy } from './possible.ts';
import { forgetJudged, isStopped, mostListed, statementsOf } from './stop.ts';

export const epochRules: SubjectRules<'epoch'> = {
  mayBegin: (draft, _setup, { epoch }) => isCurrent(draft, epoch) && isStopped(draft),
  propose: (draft, setup) => {
    const value = proposed(draft, setup);
    return value === undefined ? undefined : encode(epochValueCoder, value);
  },
  judge: (draft, setup, { epoch }, bytes) => judge(draft, setup, epoch, bytes),
  decided: (draft, setup, _subject, decision) => adopt(draft, setup, decision),
};

/**
 * The pages that this member misses of lists: of those that go with its own ledger, and of those
 * that the value which it last judged rests on.
 */
export function pagesWanted(draft: Draft, setup: AuthoritySetup): readonly Uint8Array[] {
  const lists = [
    ...statementsHere(draft).map(({ body }) => body.orders),
    ...(draft.read(SPACES.judgedLists) ?? []),
  ];
  return lists.flatMap((list) => {
    const reading = listOf(draft, setup, list);
    return reading.kind === 'missing' ? reading.pages : [];
  });
}

function isCurrent(draft: Draft, epoch: Epoch): boolean {
  return currentCommittee(draft).epoch === epoch;
}

/** What this member would have decided, once it can. */
function proposed(draft: Draft, setup: AuthoritySetup): EpochValue | undefined {
  const [members] = readyOf(draft);
  const stated = statementsHere(draft).filter(({ body }) => {
    return listOf(draft, setup, body.orders).kind === 'whole';
  });
  const { length: committee } = currentCommittee(draft).members;
  if (members === undefined || stated.length < quorumOf(committee)) return undefined;
  const statements = stated
    .map(({ member, body, signature }) => ({ member, orders: body.orders, signature }))
    .sort((a, b) => a.member - b.member);
  const possible = possibleOf(draft, setup, statements);
  if (possible === undefined) return undefined;
  return { members, root: decidedDigest(draft), statements, possible };
}

function judge(draft: Draft, setup: AuthoritySetup, epoch: Epoch, bytes: Uint8Array): Opinion {
  const value = decode(epochValueCoder, bytes);
  if (isRefusal(value) || !isCurrent(draft, epoch)) return 'invalid';
  const { members, root, statements, possible } = value;
  if (checkNext(draft, members) !== undefined) return 'invalid';
  if (statements.length < quorumOf(currentCommittee(draft).members.length)) return 'invalid';
  const areValid = statements.every(({ orders, ...signed }) =>
    isStatementValid(
      draft,
      setup,
      'statement',
      statementBodyCoder,
      { epoch, ...signed },
      { root, orders },
    ),
  );
  if (!areValid) return 'invalid';
  const lists = statements.map(({ orders }) => orders);
  forgetJudged(draft, lists);
  const isMissing = lists.some((list) => listOf(draft, setup, list).kind === 'missing');
  if (isMissing) setTimerBy(draft, 'epoch', draft.stamp.nowMs);
  if (isMissing || !isReady(draft, members)) return 'unknown';
  const found = possibleOf(draft, setup, statements);
  // By a ledger with fewer accounts a sound list may seem too long.
  if (found === undefined) return equalBytes(root, decidedDigest(draft)) ? 'invalid' : 'unknown';
  return equalBytes(found, possible) ? 'valid' : 'invalid';
}

/** What the list of possible orders is called; undefined: a list that was stated is none. */
function possibleOf(
  draft: Draft,
  setup: AuthoritySetup,
  statements: EpochValue['statements'],
): Uint8Array | undefined {
  const listed = possibleBy(draft, setup, statements, mostListed(draft));
  return listed === undefined ? undefined : nameOfList(listed);
}

/** What was stated of the very ledger that this member has. */
function statementsHere(draft: Draft) {
  const root = decidedDigest(draft);
  return statementsOf(draft).filter(({ body }) => equalBytes(body.root, root));
}

function listOf(draft: Draft, { network }: AuthoritySetup, list: Uint8Array): ListReading {
  return readList(draft, network.id, list, mostListed(draft));
}
