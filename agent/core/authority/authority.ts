/** An authority's part of a step: which message is handled by whom. */
import { unreachable } from '../assert.ts';
import type { Message } from '../codec/message.ts';
import type { Certificate } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import { progressOf } from '../progress.ts';
import { isRefusal, REFUSALS, refusal } from '../refusal.ts';
import type { AuthoritySetup } from '../setup.ts';
import { FIRST_SEQUENCE } from '../units.ts';
import { isAmongAuthorities, type PeerMessage } from '../voices.ts';
import { readAccount } from './account.ts';
import { applyCertificate } from './apply.ts';
import { sendBucket, takeBucket, takeCertificates, takeDigest, takeRoot } from './catchup.ts';
import { takeDoubleSpend } from './double-spend.ts';
import { answerFirstStart, takeVouch } from './first-start.ts';
import { takeGossip, takeOrder } from './order.ts';
import { sendProofs, takeProofCount, takeProofs } from './proofs.ts';
import { answerAccount, answerCertificates, answerCredits, answerLatest } from './queries.ts';

/** Handles a message that is for this authority. */
export function authorityMessage(
  draft: Draft,
  setup: AuthoritySetup,
  message: Message,
  origin: Origin,
): void {
  if (isAmongAuthorities(message)) return peerMessage(draft, setup, message, origin);
  switch (message.TAG) {
    case 'order':
      return takeOrder(draft, setup, message.data, origin);
    case 'certificate':
      return takeCertificate(draft, setup, message.data, origin);
    case 'accountQuery':
      return answerAccount(draft, setup, message.data.account, origin);
    case 'latestQuery':
      return answerLatest(draft, setup, message.data, origin);
    case 'firstStart':
      return answerFirstStart(draft, setup, message.data, origin);
    case 'vouch':
      return takeVouch(draft, setup, message.data);
    case 'certificatesQuery':
      return answerCertificates(draft, setup, message.data.account, message.data.from, origin);
    case 'creditsQuery':
      return answerCredits(draft, setup, message.data.account, message.data.from, origin);
    case 'vote':
    case 'orderRefusal':
    case 'applied':
    case 'rejected':
    case 'account':
    case 'credits':
    case 'progress':
    case 'latest':
      return; // Answers to questions that an authority does not ask.
    default:
      unreachable(message);
  }
}

function peerMessage(
  draft: Draft,
  setup: AuthoritySetup,
  message: PeerMessage,
  { link }: Origin,
): void {
  switch (message.TAG) {
    case 'gossip':
      return takeGossip(draft, setup, message.data, link);
    case 'doubleSpend':
      return takeDoubleSpend(draft, setup, message.data);
    case 'root':
      return takeRoot(draft, link, message.data.digest);
    case 'digest':
      return takeDigest(draft, link, message.data.path, message.data.children);
    case 'bucket':
      return takeBucket(draft, setup, link, message.data);
    case 'bucketQuery':
      return sendBucket(draft, link, message.data.path, message.data.after);
    case 'certificates': {
      const { account, next, certificates } = message.data;
      return takeCertificates(draft, setup, link, account, next, certificates);
    }
    case 'proofCount':
      return takeProofCount(draft, link, message.data);
    case 'proofsQuery':
      return sendProofs(draft, link, message.data.from);
    case 'proofs':
      return takeProofs(draft, setup, link, message.data);
    default:
      unreachable(message);
  }
}

/** A certificate from anyone: applied, and answered with how far the account now is. */
export function takeCertificate(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
  origin: Origin,
): void {
  const refused = applyCertificate(draft, setup, certificate);
  const { account } = certificate.order.order;
  const record = readAccount(draft, account);
  const { next } = record;
  const { member } = setup.authority;
  if (isRefusal(refused)) draft.note({ kind: 'refused', link: origin.link, refusal: refused });
  const tellsProgress = !isRefusal(refused) || refused.refused === 'missing_earlier';
  if (origin.route.length > 0 && tellsProgress) {
    draft.answer(origin, progressOf(setup, account, record));
  } else if (!isRefusal(refused)) {
    draft.answer(origin, { TAG: 'applied', data: { member, account, next } });
  } else {
    const { wire: code } = REFUSALS[refused.refused];
    draft.answer(origin, { TAG: 'rejected', data: { member, code, account, next } });
  }
}

/** The answer of a node without a ledger to what only an authority can do. */
export function rejectAsNoAuthority(draft: Draft, origin: Origin): void {
  const { wire: code } = REFUSALS.not_an_authority;
  const data = { member: undefined, code, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(origin, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link: origin.link, refusal: refusal('not_an_authority') });
}
