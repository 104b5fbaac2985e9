/** What an authority tells whoever asks: views of an account, and certificates in bounded pages. */
import type { Certificate } from '../codec/order.ts';
import type { Draft, WayBack } from '../draft.ts';
import { certificateAt, recorded } from '../journal.ts';
import { keyOfEntry } from '../keyspace.ts';
import { type LatestQuestion, latestOf } from '../latest.ts';
import { MAX_CERTIFICATES_PER_FRAME } from '../limits.ts';
import type { AuthoritySetup } from '../setup.ts';
import { nextSequence, type Sequence } from '../units.ts';
import { readAccount } from './account.ts';
import { mayVote } from './standing.ts';

export function answerAccount(
  draft: Draft,
  setup: AuthoritySetup,
  account: Uint8Array,
  origin: WayBack,
): void {
  const { next, received, pending, balances } = readAccount(draft, account);
  const { member } = setup.authority;
  const data = { member, account, next, received, pending, balances };
  draft.answer(origin, { TAG: 'account', data });
}

/** What this authority knows of the account, signed together with the question. */
export function answerLatest(
  draft: Draft,
  setup: AuthoritySetup,
  question: LatestQuestion,
  origin: WayBack,
): void {
  const account = readAccount(draft, question.account);
  draft.answer(origin, latestOf(setup, question, account, mayVote(draft)));
}

/** Certificates of the account's own orders, from a sequence on. */
export function answerCertificates(
  draft: Draft,
  setup: AuthoritySetup,
  account: Uint8Array,
  from: Sequence,
  origin: WayBack,
): void {
  const { next } = readAccount(draft, account);
  const certificates: Certificate[] = [];
  for (let at = from; at < next && certificates.length < MAX_CERTIFICATES_PER_FRAME; ) {
    const certificate = certificateAt(draft, account, at);
    if (certificate === undefined) break;
    certificates.push(certificate);
    at = nextSequence(at);
  }
  const { member } = setup.authority;
  draft.answer(origin, { TAG: 'certificates', data: { member, account, next, certificates } });
}

/** Certificates that credit the account, from the nth on, in this authority's order. */
export function answerCredits(
  draft: Draft,
  setup: AuthoritySetup,
  account: Uint8Array,
  from: bigint,
  origin: WayBack,
): void {
  const { received } = readAccount(draft, account);
  const certificates: Certificate[] = [];
  for (let n = from; n < received && certificates.length < MAX_CERTIFICATES_PER_FRAME; n++) {
    const fact = recorded(draft, keyOfEntry('received', account, n));
    if (fact?.TAG !== 'certificate') break;
    certificates.push(fact.data);
  }
  const { member } = setup.authority;
  draft.answer(origin, { TAG: 'credits', data: { member, account, from, received, certificates } });
}
