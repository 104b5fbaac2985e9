/** An authority's part of a step: which message is handled by whom. */
import { unreachable } from '../base/assert.ts';
import { isRefusal, REFUSALS, type RefusalCode, refusal } from '../base/refusal.ts';
import { FIRST_SEQUENCE } from '../base/units.ts';
import type { AccountView, Message } from '../codec/message.ts';
import type { Certificate } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import { wayOf } from '../mesh/way.ts';
import { progressOf } from '../progress.ts';
import type { AuthoritySetup } from '../setup.ts';
import { readAccount } from './account.ts';
import { applyCertificate } from './apply.ts';
import { takeBucket, takeCertificates, takeDigest, takeRoot } from './catchup.ts';
import { takeDoubleSpend } from './double-spend.ts';
import { answerFirstStart, takeVouch } from './first-start.ts';
import { takeGossip, takeOrder } from './order.ts';
import { sendProofs, takeProofCount, takeProofs } from './proofs.ts';
import { answerAccount, answerCertificates, answerQuestion } from './queries.ts';
import { isOwnersOrder, nextAsTold } from './told.ts';

/** Handles a message that is for this authority. */
export function authorityMessage(
  draft: Draft,
  setup: AuthoritySetup,
  message: Message,
  origin: Origin,
): void {
  const { link } = origin;
  switch (message.TAG) {
    case 'order':
      return takeOrder(draft, setup, message.data, origin);
    case 'certificate':
      return takeCertificate(draft, setup, message.data, origin);
    case 'question':
      return answerQuestion(draft, setup, message.data, origin);
    case 'wayQuery':
      return draft.answer(origin, wayOf(setup, message.data.nonce));
    case 'firstStart':
      return answerFirstStart(draft, setup, message.data, origin);
    case 'vouch':
      return takeVouch(draft, setup, message.data);
    case 'accountQuery':
      return answerAccount(draft, setup, message.data.account, origin);
    case 'account':
      return noteAccount(draft, message.data);
    case 'certificatesQuery':
      return answerCertificates(draft, setup, message.data.account, message.data.from, origin);
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
    case 'vote':
    case 'orderRefusal':
    case 'applied':
    case 'rejected':
    case 'credits':
    case 'progress':
    case 'latest':
    case 'way':
      return; // Answers to questions that an authority does not ask, or that others take (ways.ts).
    default:
      unreachable(message);
  }
}

function noteAccount(draft: Draft, view: AccountView): void {
  const { member, account, next, pending, balances } = view;
  const seen = { member, account, next, pending: pending !== undefined, balances };
  draft.note({ kind: 'account_seen', ...seen });
}

/** A certificate from anyone: applied, and answered with how far the account is with it (told.ts). */
function takeCertificate(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
  origin: Origin,
): void {
  const { account, sequence } = certificate.order.order;
  const isNews = sequence >= readAccount(draft, account).next;
  const refused = applyCertificate(draft, setup, certificate);
  const isApplied = !isRefusal(refused);
  if (!isApplied) draft.note({ kind: 'refused', link: origin.link, refusal: refused });
  const { member } = setup.authority;
  if (!isApplied && refused.refused !== 'missing_earlier') {
    return reject(draft, setup, refused.refused, origin);
  }
  const isOwners = (isApplied && isNews) || isOwnersOrder(draft, setup, certificate.order);
  if (!isOwners) return reject(draft, setup, 'bad_signature', origin);
  const next = nextAsTold(readAccount(draft, account).next, certificate.order);
  if (origin.route.length > 0) {
    draft.answer(origin, progressOf(setup, account, next));
  } else if (isApplied) {
    draft.answer(origin, { TAG: 'applied', data: { member, account, next } });
  } else {
    const { wire: code } = REFUSALS.missing_earlier;
    draft.answer(origin, { TAG: 'rejected', data: { member, code, account, next } });
  }
}

/** Says no, and nothing else. */
function reject(draft: Draft, setup: AuthoritySetup, code: RefusalCode, origin: Origin): void {
  const { member } = setup.authority;
  const data = { member, code: REFUSALS[code].wire, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(origin, { TAG: 'rejected', data });
}

/** The answer of a node without a ledger to what only an authority can do. */
export function rejectAsNoAuthority(draft: Draft, origin: Origin): void {
  const { wire: code } = REFUSALS.not_an_authority;
  const data = { member: undefined, code, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(origin, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link: origin.link, refusal: refusal('not_an_authority') });
}
