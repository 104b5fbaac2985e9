/** A wallet's part of a step: commands of its owner, answers of the authorities, links, time. */
import { unreachable } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { NONCE_BYTES } from '../base/limits.ts';
import { isRefusal, type Refusal, refusal, refusalCodeOf } from '../base/refusal.ts';
import type { MemberIndex } from '../base/units.ts';
import { draw } from '../chance.ts';
import { decode } from '../codec/canonical.ts';
import type { Latest, Message, Progress } from '../codec/message.ts';
import { certificateCoder } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import type { Command, LinkId } from '../io.ts';
import { isLatestValid } from '../latest.ts';
import { memberOf } from '../mesh/links.ts';
import { membersOf, sendToMemberAllWays } from '../mesh/route.ts';
import { checkCertificate } from '../network/certificate.ts';
import type { Notice } from '../notice.ts';
import { isProgressValid } from '../progress.ts';
import { openedQuestion } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { isDue } from '../timers.ts';
import { answersOf, hasForgotten, takeWord } from './answers.ts';
import { writeChase } from './attempts.ts';
import { readLiveOrder } from './holdings.ts';
import { checkPayment, sign } from './pay.ts';
import { ask, askAgain, dropPlan, hasPlan, judgePlan } from './plan.ts';
import { pursue, pursueAt } from './pursue.ts';
import {
  askMembers,
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

/** Carries out what the owner wants. A refusal changes nothing. */
export function walletCommand(
  draft: Draft,
  setup: WalletSetup,
  command: Exclude<Command, { kind: 'query' | 'reach' }>,
): Refusal | undefined {
  switch (command.kind) {
    case 'pay':
      return pay(draft, setup, command);
    case 'refresh':
      return refreshWith(draft, setup, command.nonce);
    case 'drop':
      dropPlan(draft);
      return undefined;
    case 'deliver':
      return deliver(draft, setup, command.certificate);
    default:
      return unreachable(command);
  }
}

function refreshWith(draft: Draft, setup: WalletSetup, nonce: Uint8Array): Refusal | undefined {
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
  { recipient, token, amount, memo, nonce }: Extract<Command, { kind: 'pay' }>,
): Refusal | undefined {
  const payment = { recipient, token, amount, memo };
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
function deliver(draft: Draft, setup: WalletSetup, bytes: Uint8Array): Refusal | undefined {
  const certificate = decode(certificateCoder, bytes);
  if (isRefusal(certificate)) return certificate;
  const refused = checkCertificate(setup.network, certificate, setup.verify);
  if (refused !== undefined) return refused;
  takeReceived(draft, setup, certificate);
  takePaid(draft, setup, [certificate]);
  for (const member of membersOf(setup.network)) {
    sendToMemberAllWays(draft, member, { TAG: 'certificate', data: certificate });
  }
  return undefined;
}

/** Handles an answer of an authority, or of a relay on the way to one. */
export function walletMessage(
  draft: Draft,
  setup: WalletSetup,
  message: Message,
  origin: Origin,
): void {
  takeMessage(draft, setup, message, origin);
  // Whatever it was may be what a payment waits for: a word, or what makes an earlier word fit.
  judgePlan(draft, setup);
}

function takeMessage(
  draft: Draft,
  setup: WalletSetup,
  message: Message,
  { speaker }: Origin,
): void {
  const account = setup.wallet.publicKey;
  switch (message.TAG) {
    case 'vote':
      return takeVote(draft, setup, message.data);
    case 'orderRefusal':
      return takeOrderRefusal(draft, setup, message.data);
    case 'applied':
      if (!equalBytes(message.data.account, account)) return;
      return takeProgress(draft, setup, message.data.member, message.data.next);
    case 'progress':
      return takeSignedProgress(draft, setup, message.data);
    case 'latest':
      return takeLatest(draft, setup, message.data);
    case 'rejected':
      return takeRejected(draft, setup, message.data, speaker);
    case 'account':
      return takeAccountView(draft, setup, message.data);
    case 'certificates':
      return takeCertificates(draft, setup, message.data);
    case 'credits':
      return takeCredits(draft, setup, message.data, speaker);
    default:
      return; // Questions, which a wallet does not answer.
  }
}

function takeSignedProgress(draft: Draft, setup: WalletSetup, progress: Progress): void {
  if (!isProgressValid(setup, progress)) return;
  const { member, body } = progress;
  if (!equalBytes(body.account, setup.wallet.publicKey)) return;
  takeProgress(draft, setup, member, body.next);
}

function takeLatest(draft: Draft, setup: WalletSetup, latest: Latest): void {
  const question = openedQuestion(draft);
  const account = setup.wallet.publicKey;
  if (question === undefined || !isLatestValid(setup, { account, ...question }, latest)) return;
  const { member, body } = latest;
  const { next, received, pending, knows, answer } = body;
  const seen = { member, next, received, pending, knows, answer: answerSeen(answer) };
  draft.note({ kind: 'latest_seen', ...seen });
  takeWord(draft, member, { next, received, pending, knows, answer });
  takeProgress(draft, setup, member, next);
  takeCount(draft, setup, member, received);
}

function answerSeen(answer: Latest['body']['answer']): LatestSeen['answer'] {
  if (answer === undefined) return undefined;
  const { code, balance } = answer;
  return {
    refused: code === undefined ? undefined : (refusalCodeOf(code) ?? 'malformed'),
    balance,
  };
}

function takeRejected(
  draft: Draft,
  setup: WalletSetup,
  data: Extract<Message, { TAG: 'rejected' }>['data'],
  speaker: MemberIndex | undefined,
): void {
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
export function walletLinkUp(draft: Draft, setup: WalletSetup, link: LinkId): void {
  const member = memberOf(draft, link);
  const reached = member === undefined ? membersOf(setup.network) : [member];
  if (readLiveOrder(draft) === undefined) {
    spreadNow(draft, setup);
    if (hasPlan(draft)) askMembers(draft, setup, reached);
    return;
  }
  for (const other of reached) pursueAt(draft, other);
}

/** Time has passed. */
export function walletTick(draft: Draft, setup: WalletSetup): void {
  if (!isDue(draft, 'retryAtMs')) return;
  if (readLiveOrder(draft) !== undefined) return pursue(draft, setup);
  spread(draft, setup);
  askAgain(draft, setup);
}

/** The process came up: the live order goes on, or the last certificate is told once more. */
export function walletStart(draft: Draft, setup: WalletSetup): void {
  writeChase(draft, { unspread: membersOf(setup.network), ways: draw(draft, 2 ** 32, 'ways') });
  if (readLiveOrder(draft) === undefined) spread(draft, setup);
  else pursue(draft, setup);
}
