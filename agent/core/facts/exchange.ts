/**
 * Authorities bring their facts together. A new one is told at once to all members; this is for
 * those whom it never reached, or reached before what it follows from.
 *
 *   A -> B  factCount    how many I hold, and the digest of which; in each round of catch-up
 *   B -> A  factsQuery   those from the nth on
 *   A -> B  facts        a page of them
 *
 * Safety: a fact proves itself, whoever shows it.
 * Liveness: B remembers for each member how far it has read that member's list. It goes on past
 * what it holds and what proves nothing, and stops at what follows from something that is not here
 * yet, to be asked for again when the next count comes. A lost frame costs a round.
 * Bounds: one number a member; a page leads to one question at most, and only after progress.
 */
import { equalBytes } from '../base/bytes.ts';
import { MAX_FACTS_PER_FRAME, MAX_FRAME_BYTES } from '../base/limits.ts';
import { isRefusal } from '../base/refusal.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import {
  type CertifiedFact,
  certifiedFactCoder,
  type FactCount,
  type FactPage,
} from '../codec/fact.ts';
import type { DataOf } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import { type LinkUp, part, type Turnover } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { factCount, nthFact } from './fact-list.ts';
import { takeFact, tellFact } from './facts.ts';

export const factsPart = part({
  name: 'facts',
  roles: ['authority'],
  spaces: [
    'factCount',
    'factNumber',
    'factList',
    'accountFacts',
    'accountFact',
    'factCursor',
    'depositAt',
  ],
  epochBegan: forgetGone,
  linkUp: forgetCursor,
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

/** The peer may be another process than before, with another disk: its list is read anew. */
function forgetCursor(draft: Draft, _setup: AuthoritySetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  if (member !== undefined) draft.remove(SPACES.factCursor.at(member));
}

function forgetGone(draft: Draft, _setup: AuthoritySetup, { gone }: Turnover): void {
  for (const member of gone) draft.remove(SPACES.factCursor.at(member));
}

/** A member tells of a fact: if it is one, and new, it goes on to the others. */
function takeTold(draft: Draft, setup: AuthoritySetup, _from: Origin, fact: CertifiedFact): void {
  if (takeFact(draft, setup, fact) === 'new') tellFact(draft, setup, fact);
}

function takeCount(
  draft: Draft,
  _setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { count, set }: FactCount,
): void {
  if (member === undefined) return;
  if (equalBytes(set, factCount(draft).set)) return setCursor(draft, member, count);
  // Fewer than were read once: the peer came back from an old copy.
  if (count < cursorOf(draft, member)) setCursor(draft, member, 0n);
  askOn(draft, link, member, count);
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

function takePage(
  draft: Draft,
  setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { from, count, list }: FactPage,
): void {
  if (member === undefined || from !== cursorOf(draft, member)) return;
  let at = from;
  for (const fact of list) {
    if (at >= count) break;
    const became = takeFact(draft, setup, fact);
    if (isRefusal(became) && became.refused === 'missing_earlier') break;
    at++;
  }
  if (at === from) return;
  setCursor(draft, member, at);
  askOn(draft, link, member, count);
}

function askOn(draft: Draft, link: LinkId, member: MemberIndex, count: bigint): void {
  const from = cursorOf(draft, member);
  if (from < count) draft.send(link, { TAG: 'factsQuery', data: { from } });
}

/** How many facts of this member's list were read. */
function cursorOf(draft: Draft, member: MemberIndex): bigint {
  return draft.read(SPACES.factCursor.at(member)) ?? 0n;
}

function setCursor(draft: Draft, member: MemberIndex, n: bigint): void {
  if (n !== cursorOf(draft, member)) draft.write(SPACES.factCursor.at(member), n);
}
