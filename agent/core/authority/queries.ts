/**
 * What an authority tells of an account: a view of it, and certificates in bounded pages. The owner
 * has to sign what it asks (question.ts); other authorities ask over their own links. Whoever else
 * asks learns nothing but that.
 */
import { unreachable } from '../base/assert.ts';
import {
  MAX_CERTIFICATES_PER_FRAME,
  MAX_FACTS_PER_FRAME,
  MAX_FRAME_BYTES,
} from '../base/limits.ts';
import { REFUSALS, refusal } from '../base/refusal.ts';
import { FIRST_SEQUENCE, nextSequence, type Sequence } from '../base/units.ts';
import { tellPlace } from '../closing/tell.ts';
import { encode } from '../codec/canonical.ts';
import { type CertifiedFact, certifiedFactCoder } from '../codec/fact.ts';
import type { AccountView, Plan, Question, QuestionBody } from '../codec/message.ts';
import type { Certificate } from '../codec/order.ts';
import type { Draft, Origin, WayBack } from '../draft.ts';
import { accountFactAt, accountFactCount } from '../facts/fact-list.ts';
import { certificateAt, recorded } from '../journal.ts';
import { latestOf } from '../latest.ts';
import { memberLinks } from '../mesh/links.ts';
import { wayOf } from '../mesh/way.ts';
import { part } from '../part.ts';
import { isQuestionValid } from '../question.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { asShown, readAccount } from './account.ts';
import { answerToPlan } from './order.ts';

export const queriesPart = part({
  name: 'queries',
  roles: ['authority'],
  spaces: [],
  takes: {
    question: answerQuestion,
    accountQuery: (draft, setup, from, { account }) => answerAccount(draft, setup, from, account),
    account: noteAccount,
    wayQuery: (draft, setup, from, { nonce }) => draft.answer(from, wayOf(draft, setup, nonce)),
  },
  commands: { query: askOthers },
});

/**
 * Asks the other authorities over links of their own, which is all that they answer without a
 * signature.
 */
function askOthers(
  draft: Draft,
  _setup: AuthoritySetup,
  { account }: { readonly account: Uint8Array },
): undefined {
  for (const link of memberLinks(draft)) {
    draft.send(link, { TAG: 'accountQuery', data: { account } });
  }
}

function noteAccount(
  draft: Draft,
  _setup: AuthoritySetup,
  _from: Origin,
  { member, account, next, pending, ...held }: AccountView,
): void {
  const shown = asShown({ pending, ...held });
  draft.note({
    kind: 'account_seen',
    member,
    account,
    next,
    pending: pending !== undefined,
    ...shown,
  });
}

/** The owner of an account asks, or somebody who pretends to be. */
function answerQuestion(
  draft: Draft,
  setup: AuthoritySetup,
  origin: Origin,
  question: Question,
): void {
  if (!isQuestionValid(setup, question)) return refuseQuestion(draft, setup, origin);
  const { account, wish } = question.body;
  switch (wish.TAG) {
    case 'state':
      return answerAccount(draft, setup, origin, account);
    case 'latest':
      return answerLatest(draft, setup, origin, question.body, undefined);
    case 'plan':
      return answerLatest(draft, setup, origin, question.body, wish.data);
    case 'orders':
      return answerCertificates(draft, setup, origin, account, wish.data.from);
    case 'credits':
      return answerCredits(draft, setup, origin, account, wish.data.from);
    case 'facts':
      return answerFacts(draft, setup, origin, account, wish.data.from);
    default:
      unreachable(wish);
  }
}

function refuseQuestion(draft: Draft, setup: AuthoritySetup, origin: WayBack): void {
  const { member } = setup.authority;
  const { wire: code } = REFUSALS.not_the_owner;
  const data = { member, code, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(origin, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link: origin.link, refusal: refusal('not_the_owner') });
}

function answerAccount(
  draft: Draft,
  setup: AuthoritySetup,
  origin: WayBack,
  account: Uint8Array,
): void {
  const { next, received, pending, balances, locked } = readAccount(draft, account);
  const { member } = setup.authority;
  const data = { member, account, next, received, pending, balances, locked };
  draft.answer(origin, { TAG: 'account', data });
}

function answerLatest(
  draft: Draft,
  setup: AuthoritySetup,
  origin: WayBack,
  { account, nonce }: QuestionBody,
  plan: Plan | undefined,
): void {
  const answer = plan && answerToPlan(draft, setup, account, plan);
  const said = { knows: mayVote(draft), answer };
  draft.answer(
    origin,
    latestOf(draft, setup, { account, nonce }, readAccount(draft, account), said),
  );
}

/** Certificates of the account's own orders, from a sequence on. */
export function answerCertificates(
  draft: Draft,
  setup: AuthoritySetup,
  origin: WayBack,
  account: Uint8Array,
  from: Sequence,
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
  const sequence = (from + BigInt(certificates.length)) as Sequence;
  const isGap = sequence < next && certificates.length < MAX_CERTIFICATES_PER_FRAME;
  // What closed a sequence stands where its certificate would.
  if (isGap) tellPlace(draft, setup, origin, { account, sequence });
}

/** Certificates that credit the account, from the nth on, in this authority's order. */
function answerCredits(
  draft: Draft,
  setup: AuthoritySetup,
  origin: WayBack,
  account: Uint8Array,
  from: bigint,
): void {
  const { received } = readAccount(draft, account);
  const certificates: Certificate[] = [];
  for (let n = from; n < received && certificates.length < MAX_CERTIFICATES_PER_FRAME; n++) {
    const fact = recorded(draft, SPACES.received.at(account, n));
    if (fact?.TAG !== 'certificate') break;
    certificates.push(fact.data);
  }
  const { member } = setup.authority;
  draft.answer(origin, { TAG: 'credits', data: { member, account, from, received, certificates } });
}

/** Facts about the account, from the nth on, as many as fit a frame. */
function answerFacts(
  draft: Draft,
  setup: AuthoritySetup,
  origin: WayBack,
  account: Uint8Array,
  from: bigint,
): void {
  const count = accountFactCount(draft, account);
  const list: CertifiedFact[] = [];
  let room = MAX_FRAME_BYTES - 256;
  for (let n = from; n < count && list.length < MAX_FACTS_PER_FRAME; n++) {
    const fact = accountFactAt(draft, account, n);
    room -= encode(certifiedFactCoder, fact).length;
    if (room < 0) break;
    list.push(fact);
  }
  const { member } = setup.authority;
  draft.answer(origin, { TAG: 'accountFacts', data: { member, account, from, count, list } });
}
