/**
 * Observers of an outer ledger bring their words together (PROTOCOL: Deposits). Each says what it
 * sees to all members, again and again until it is a fact. Observers keep what the others say;
 * whoever sees the same, and has enough of them, makes the fact and tells it.
 *
 * Safety: testimony.ts. Bounds: of each observer MAX_TESTIMONIES words are kept, in places that
 * follow from what they say; one that is pushed out is said again.
 */
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { MAX_TESTIMONIES } from '../base/limits.ts';
import { encode } from '../codec/canonical.ts';
import {
  type CertifiedFact,
  type ReportBody,
  reportBodyCoder,
  type Testimony,
} from '../codec/fact.ts';
import type { Draft, Origin } from '../draft.ts';
import { isHeld } from '../facts/fact-list.ts';
import { takeFact, tellFact } from '../facts/facts.ts';
import { sendToOthers } from '../mesh/route.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { isObserver, isTestimonyValid, testify } from './testimony.ts';

/**
 * Whether there is nothing more to say of this: it is a fact by now, whatever proves it, or never
 * can be one, since a deposit of this name was certified that says something else.
 */
export function isReported(draft: Draft, body: ReportBody): boolean {
  const { event, ledger } = body;
  if (event.TAG === 'deposit') return draft.has(SPACES.depositAt.at(ledger, event.data.id));
  return isHeld(draft, { TAG: 'report', data: { body, statements: [] } });
}

/** Says to all members what this node's own ledger calls final, unless it is a fact already. */
export function say(draft: Draft, setup: AuthoritySetup, body: ReportBody): void {
  if (!isObserver(setup, body.ledger, setup.authority.member) || isReported(draft, body)) return;
  const own = testify(draft, setup, body);
  if (conclude(draft, setup, own)) return;
  sendToOthers(draft, setup, { TAG: 'testimony', data: own });
}

/** Another observer says what it sees. It counts once this node sees the same (`say`). */
export function takeTestimony(
  draft: Draft,
  setup: AuthoritySetup,
  { link }: Origin,
  testimony: Testimony,
): void {
  const { body, member } = testimony;
  const { authority } = setup;
  if (member === authority.member || !isObserver(setup, body.ledger, authority.member)) return;
  const cell = SPACES.testimony.at(member, placeOf(body));
  const known = draft.read(cell);
  if (known !== undefined && isSameBody(known.body, body)) return;
  if (isReported(draft, body)) return;
  if (!isTestimonyValid(draft, setup, testimony)) {
    const refusal = { refused: 'bad_signature', field: 'testimony' } as const;
    return draft.note({ kind: 'refused', link, refusal });
  }
  draft.write(cell, testimony);
}

/** Makes the fact, if enough observers of the ledger said the same; true if it is one now. */
function conclude(draft: Draft, setup: AuthoritySetup, own: Testimony): boolean {
  const { body } = own;
  const ledger = setup.network.genesis.ledgers[body.ledger];
  if (ledger === undefined) return false;
  const place = placeOf(body);
  const said = ledger.observers.flatMap((member) => {
    if (member === own.member) return [own];
    const other = draft.read(SPACES.testimony.at(member, place));
    return other !== undefined && isSameBody(other.body, body) ? [other] : [];
  });
  if (said.length < ledger.quorum) return false;
  const statements = said
    .slice(0, ledger.quorum)
    .map(({ epoch, member, signature }) => ({ epoch, member, signature }));
  const fact: CertifiedFact = { TAG: 'report', data: { body, statements } };
  if (takeFact(draft, setup, fact) !== 'new') return false;
  tellFact(draft, setup, fact);
  return true;
}

function placeOf(body: ReportBody): number {
  const [first = 0, second = 0] = sha256(encode(reportBodyCoder, body));
  return (256 * first + second) % MAX_TESTIMONIES;
}

function isSameBody(one: ReportBody, other: ReportBody): boolean {
  return equalBytes(encode(reportBodyCoder, one), encode(reportBodyCoder, other));
}
