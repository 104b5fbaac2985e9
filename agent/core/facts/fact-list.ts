/**
 * The list of the facts that this authority holds, in the order in which it came to hold them. It
 * only grows, so a peer that knows where it stopped reading goes on from there (exchange.ts). A
 * fact's name is SHA-256 of what it says without its proof: two proofs of one fact are one fact.
 */
import { invariant } from '../base/assert.ts';
import { sha256 } from '../base/crypto.ts';
import { withHash } from '../base/set-digest.ts';
import { subjectCoder } from '../codec/agreement.ts';
import { encode } from '../codec/canonical.ts';
import { type CertifiedFact, type FactCount, reportBodyCoder } from '../codec/fact.ts';
import type { Draft } from '../draft.ts';
import { factAt, record } from '../journal.ts';
import { SPACES } from '../spaces.ts';

const NO_FACTS: FactCount = { count: 0n, set: new Uint8Array(32) };

/** How many facts are held, and the digest of which. */
export function factCount(draft: Draft): FactCount {
  return draft.read(SPACES.factCount) ?? NO_FACTS;
}

/** The digest of which outcomes are among them; undefined: none. */
export function outcomeSet(draft: Draft): Uint8Array | undefined {
  return draft.read(SPACES.outcomeSet);
}

/** What a fact is called. */
export function factName(fact: CertifiedFact): Uint8Array {
  if (fact.TAG === 'report') {
    return sha256(Uint8Array.of(2), encode(reportBodyCoder, fact.data.body));
  }
  const { subject, value } = fact.data;
  return sha256(Uint8Array.of(1), encode(subjectCoder, subject), value);
}

/** Whether this fact is held, whatever its proof. */
export function isHeld(draft: Draft, fact: CertifiedFact): boolean {
  return draft.has(SPACES.factNumber.at(factName(fact)));
}

/** Keeps a fact that was carried out, for ever. */
export function keepFact(draft: Draft, fact: CertifiedFact): void {
  const name = factName(fact);
  const number = record(draft, { TAG: 'certified', data: fact }, SPACES.factNumber.at(name));
  const { count, set } = factCount(draft);
  draft.write(SPACES.factList.at(count), number);
  draft.write(SPACES.factCount, { count: count + 1n, set: withHash(set, name) });
  if (fact.TAG === 'outcome') {
    draft.write(SPACES.outcomeSet, withHash(outcomeSet(draft) ?? NO_FACTS.set, name));
  }
  const account = accountIn(fact);
  if (account === undefined) return;
  const nth = accountFactCount(draft, account);
  draft.write(SPACES.accountFact.at(account, nth), number);
  draft.write(SPACES.accountFacts.at(account), nth + 1n);
}

/** The account that a fact is about: its owner is told of it. */
export function accountIn(fact: CertifiedFact): Uint8Array | undefined {
  if (fact.TAG === 'report') return fact.data.body.event.data.account;
  const { subject } = fact.data;
  return 'account' in subject.data ? subject.data.account : undefined;
}

/** How many facts about an account are held. */
export function accountFactCount(draft: Draft, account: Uint8Array): bigint {
  return draft.read(SPACES.accountFacts.at(account)) ?? 0n;
}

/** The nth fact about an account, from 0 on; `n` below its count. */
export function accountFactAt(draft: Draft, account: Uint8Array, n: bigint): CertifiedFact {
  return certifiedAt(draft, draft.read(SPACES.accountFact.at(account, n)));
}

/** The nth fact, from 0 on; `n` below the count. */
export function nthFact(draft: Draft, n: bigint): CertifiedFact {
  return certifiedAt(draft, draft.read(SPACES.factList.at(n)));
}

function certifiedAt(draft: Draft, number: bigint | undefined): CertifiedFact {
  invariant(number !== undefined, 'the list of facts is as long as their count');
  const fact = factAt(draft, number);
  invariant(fact.TAG === 'certified', 'the list names facts');
  return fact.data;
}
