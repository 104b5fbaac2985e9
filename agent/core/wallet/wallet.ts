/** A wallet's part of a step: commands of its owner, answers of the authorities, links, time. */
import { equalBytes } from '../base/bytes.ts';
import { NONCE_BYTES } from '../base/limits.ts';
import { isRefusal, type Refusal, refusal, refusalCodeOf } from '../base/refusal.ts';
import { decode } from '../codec/canonical.ts';
import type { DataOf, Latest, Progress, Rejected } from '../codec/message.ts';
import { certificateCoder } from '../codec/order.ts';
import type { WantedPayment } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { isLatestValid } from '../latest.ts';
import { memberOf } from '../mesh/links.ts';
import { sendToMemberAllWays } from '../mesh/route.ts';
import { checkCertificate } from '../network/certificate.ts';
import { membersOf } from '../network/committees.ts';
import type { Notice } from '../notice.ts';
import { type CommandOf, type LinkUp, part } from '../part.ts';
import { isProgressValid } from '../progress.ts';
import { openedQuestion } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { answersOf, hasForgotten, takeWord } from './answers.ts';
import { writeAttempts } from './attempts.ts';
import { closeOwn, takeTold } from './closing.ts';
import { countVotesAnew, turnOver } from './epoch.ts';
import { takeAccountFacts } from './facts.ts';
import { readLiveOrder } from './holdings.ts';
import { checkPayment, sign } from './pay.ts';
import { paymentState } from './payment.ts';
import { ask, askAbout, askAgain, dropPlan, judgePlan } from './plan.ts';
import { pursue, pursueAt } from './pursue.ts';
import {
  askForNews,
  refresh,
  takeAccountView,
  takeCertificates,
  takeCount,
  takeCredits,
  takePaid,
  takeReceived,
} from './refresh.ts';
import { spread, spreadNow, takeProgress } from './spread.ts';
import { takeOrderRefusal, takeVote } from './votes.ts';

type LatestSeen = Extract<Notice, { readonly kind: 'latest_seen' }>;

export const walletPart = part({
  name: 'wallet',
  roles: ['wallet'],
  spaces: [
    'wallet',
    'liveOrder',
    'ownClosing',
    'payment',
    'paidAt',
    'paymentNamed',
    'incomingAt',
    'incomingCursor',
    'incomingPage',
    'ownWithdrawal',
    'takenFact',
    'takenFacts',
    'takenCursor',
    'attempts',
    'question',
    'word',
    'told',
  ],
  recover: countVotesAnew,
  start,
  epochBegan: (draft, _, turnover) => turnOver(draft, turnover),
  linkUp,
  takes: {
    vote: takeVote,
    orderRefusal: takeOrderRefusal,
    applied: takeApplied,
    progress: takeSignedProgress,
    latest: takeLatest,
    rejected: takeRejected,
    account: takeAccountView,
    certificates: takeCertificates,
    credits: takeCredits,
    closingTold: takeTold,
    accountFacts: takeAccountFacts,
  },
  // Whatever it was may be what a payment waits for: a word, or what makes an earlier word fit.
  afterMessage: judgePlan,
  // A refusal changes nothing.
  commands: {
    pay,
    withdraw,
    refresh: refreshWith,
    drop: (draft) => {
      dropPlan(draft);
      return undefined;
    },
    deliver,
    close: (draft, setup, { by }) => closeOwn(draft, setup, by),
  },
  due: { retry, asking: askAgain },
});

function refreshWith(
  draft: Draft,
  setup: WalletSetup,
  { nonce }: CommandOf<'refresh'>,
): Refusal | undefined {
  const bad = checkNonce(nonce);
  if (bad === undefined) refresh(draft, setup, nonce);
  return bad;
}

function checkNonce(nonce: Uint8Array): Refusal | undefined {
  if (nonce.length === NONCE_BYTES) return undefined;
  const [expected, found] = [`${NONCE_BYTES} bytes`, `${nonce.length}`];
  return refusal('malformed', { field: 'nonce', expected, found });
}

function pay(
  draft: Draft,
  setup: WalletSetup,
  { recipient, token, amount, memo, nonce }: CommandOf<'pay'>,
): Refusal | undefined {
  const data = { recipient, token, amount, memo };
  return order(draft, setup, { TAG: 'transfer', data }, nonce);
}

function withdraw(
  draft: Draft,
  setup: WalletSetup,
  { token, amount, ledger, recipient, validUntilMs, nonce }: CommandOf<'withdraw'>,
): Refusal | undefined {
  const data = { token, amount, ledger, recipient, validUntilMs };
  return order(draft, setup, { TAG: 'withdrawal', data }, nonce);
}

/** Asks about an order, or, without a nonce, makes it. */
function order(
  draft: Draft,
  setup: WalletSetup,
  payment: WantedPayment,
  nonce: Uint8Array | undefined,
): Refusal | undefined {
  const refused = checkPayment(draft, setup, payment);
  if (refused !== undefined) return refused;
  if (nonce !== undefined) {
    return checkNonce(nonce) ?? ask(draft, setup, payment, nonce);
  }
  if (hasForgotten(answersOf(draft, setup.network, setup.wallet.publicKey))) {
    const [expected, found] = ['no order that this wallet has forgotten', 'one'];
    return refusal('order_pending', { field: 'authorities', expected, found });
  }
  dropPlan(draft);
  sign(draft, setup, payment);
  return undefined;
}

/** Takes a certificate that somebody handed over, and gives it to every authority. */
function deliver(
  draft: Draft,
  setup: WalletSetup,
  { certificate: bytes }: CommandOf<'deliver'>,
): Refusal | undefined {
  const certificate = decode(certificateCoder, bytes);
  if (isRefusal(certificate)) return certificate;
  const refused = checkCertificate(draft, setup, certificate);
  if (refused !== undefined) return refused;
  takeReceived(draft, setup, certificate);
  takePaid(draft, setup, [certificate]);
  for (const member of membersOf(draft)) {
    sendToMemberAllWays(draft, member, { TAG: 'certificate', data: certificate });
  }
  return undefined;
}

function takeApplied(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  { member, account, next }: DataOf<'applied'>,
): void {
  if (equalBytes(account, setup.wallet.publicKey)) takeProgress(draft, setup, member, next);
}

function takeSignedProgress(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  progress: Progress,
): void {
  if (!isProgressValid(draft, setup, progress)) return;
  const { member, body } = progress;
  if (!equalBytes(body.account, setup.wallet.publicKey)) return;
  takeProgress(draft, setup, member, body.next);
}

function takeLatest(draft: Draft, setup: WalletSetup, _from: Origin, latest: Latest): void {
  const question = openedQuestion(draft);
  const account = setup.wallet.publicKey;
  if (question === undefined || !isLatestValid(draft, setup, { account, ...question }, latest))
    return;
  const { member, body } = latest;
  const { next, received, pending, knows, answer } = body;
  const seen = { member, next, received, pending, knows, answer: answerSeen(answer) };
  draft.note({ kind: 'latest_seen', ...seen });
  const word = { next, received, pending, knows, answer };
  takeWord(draft, member, word);
  takeProgress(draft, setup, member, next);
  takeCount(draft, setup, member, received);
  askForNews(draft, setup, member, word);
}

function answerSeen(answer: Latest['body']['answer']): LatestSeen['answer'] {
  if (answer === undefined) return undefined;
  const { code, balance } = answer;
  return {
    refused: code === undefined ? undefined : (refusalCodeOf(code) ?? 'malformed'),
    balance,
  };
}

function takeRejected(draft: Draft, setup: WalletSetup, { speaker }: Origin, data: Rejected): void {
  const code = refusalCodeOf(data.code);
  const { member, account, next } = data;
  if (code === undefined || member === undefined) return;
  if (code === 'missing_earlier' && account !== undefined) {
    const isOurs = equalBytes(account, setup.wallet.publicKey);
    if (isOurs && speaker === member) takeProgress(draft, setup, member, next);
    return;
  }
  // Not signed, so it is news for the owner and nothing more.
  if (readLiveOrder(draft) === undefined) return;
  draft.note({ kind: 'order_refused', member, refusal: refusal(code) });
}

/** A link to a node came up: what waits for it goes out at once. */
function linkUp(draft: Draft, setup: WalletSetup, { link }: LinkUp): void {
  const member = memberOf(draft, link);
  const reached = member === undefined ? membersOf(draft) : [member];
  const state = paymentState(draft);
  if (state.kind === 'live') {
    for (const other of reached) pursueAt(draft, other);
    return;
  }
  spreadNow(draft, setup);
  if (state.kind === 'asking') askAbout(draft, setup, reached);
}

/** It is time for the next attempt. */
function retry(draft: Draft, setup: WalletSetup): void {
  if (paymentState(draft).kind === 'live') return pursue(draft);
  spread(draft, setup);
}

/** The process came up: the live order goes on, or the last certificate is told once more. */
function start(draft: Draft, setup: WalletSetup): void {
  writeAttempts(draft, { unspread: membersOf(draft) });
  if (paymentState(draft).kind === 'live') pursue(draft);
  else spread(draft, setup);
}
