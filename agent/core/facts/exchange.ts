/**
 * Authorities bring their facts together. A new one is told at once to all members; this is for
 * those whom it never reached, or reached before what it follows from.
 *
 *   A -> B  factCount    how many I hold, and the digest of which; in each round of catch-up
 *   B -> A  factsQuery   those from the nth on
 *   A -> B  facts        a page of them
 *
 * Safety: a fact proves itself, whoever shows it. Liveness, bounds: authority/peer-lists.ts; what
 * follows from something that is not here yet, a withdrawal or an epoch, cannot be judged yet.
 */
import { PeerLists } from '../authority/peer-lists.ts';
import { MAX_FACTS_PER_FRAME, MAX_FRAME_BYTES } from '../base/limits.ts';
import { isRefusal, type RefusalCode } from '../base/refusal.ts';
import type { LinkId } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import {
  type CertifiedFact,
  certifiedFactCoder,
  type FactCount,
  type FactPage,
} from '../codec/fact.ts';
import type { DataOf } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { part, type Turnover } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { factCount, nthFact } from './fact-list.ts';
import { takeFact, tellFact } from './facts.ts';

/** How far the others' facts were read. */
const FACT_LISTS = new PeerLists(SPACES.factCursor, (from) => {
  return { TAG: 'factsQuery', data: { from } };
});

/** Why a fact cannot be judged yet. */
const NOT_YET: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'missing_earlier',
  'unknown_epoch',
]);

export const factsPart = part({
  name: 'facts',
  roles: ['authority'],
  spaces: [
    'factCount',
    'factNumber',
    'factList',
    'outcomeSet',
    'accountFacts',
    'accountFact',
    'factCursor',
    'depositAt',
  ],
  epochBegan: forgetGone,
  linkUp: (draft, _setup, { link }) => FACT_LISTS.forgetAt(draft, link),
  takes: {
    fact: takeTold,
    factCount: takeCount,
    factsQuery: sendPage,
    facts: takePage,
  },
});

/** Tells a peer how many facts are held here; nothing while there are none. */
export function sendFactCount(draft: Draft, link: LinkId): void {
  const held = factCount(draft);
  if (held.count > 0n) draft.send(link, { TAG: 'factCount', data: held });
}

function forgetGone(draft: Draft, _setup: AuthoritySetup, { gone }: Turnover): void {
  for (const member of gone) FACT_LISTS.forget(draft, member);
}

/** A member tells of a fact: if it is one, and new, it goes on to the others. */
function takeTold(draft: Draft, setup: AuthoritySetup, _from: Origin, fact: CertifiedFact): void {
  if (takeFact(draft, setup, fact) === 'new') tellFact(draft, setup, fact);
}

function takeCount(draft: Draft, _setup: AuthoritySetup, from: Origin, theirs: FactCount): void {
  FACT_LISTS.compare(draft, from, theirs, factCount(draft).set);
}

/** Shows facts from the nth on, as many as fit a frame. */
function sendPage(
  draft: Draft,
  _setup: AuthoritySetup,
  { link }: Origin,
  { from }: DataOf<'factsQuery'>,
): void {
  const { count } = factCount(draft);
  const list: CertifiedFact[] = [];
  let room = MAX_FRAME_BYTES - 256;
  for (let n = from; n < count && list.length < MAX_FACTS_PER_FRAME; n++) {
    const fact = nthFact(draft, n);
    room -= encode(certifiedFactCoder, fact).length;
    if (room < 0) break;
    list.push(fact);
  }
  draft.send(link, { TAG: 'facts', data: { from, count, list } });
}

function takePage(draft: Draft, setup: AuthoritySetup, from: Origin, page: FactPage): void {
  FACT_LISTS.read(draft, from, page, (fact) => {
    const became = takeFact(draft, setup, fact);
    return !isRefusal(became) || !NOT_YET.has(became.refused);
  });
}
