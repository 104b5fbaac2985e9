/** A wallet's part of a step: commands of its owner, answers of the authorities, links, time. */
import { utf8 } from '@scure/base';
import { unreachable } from '../assert.ts';
import { equalBytes } from '../bytes.ts';
import { checkCertificate } from '../certificate.ts';
import { draw } from '../chance.ts';
import { decode } from '../codec/canonical.ts';
import type { Latest, Message, Progress } from '../codec/message.ts';
import { certificateCoder, type Order, orderSigningBytes } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import type { Command, LinkId } from '../io.ts';
import { singleton } from '../keyspace.ts';
import { isLatestValid } from '../latest.ts';
import { MAX_MEMO_BYTES, NONCE_BYTES } from '../limits.ts';
import { memberOf } from '../links.ts';
import { isProgressValid } from '../progress.ts';
import { isRefusal, type Refusal, refusal, refusalCodeOf } from '../refusal.ts';
import type { WalletSetup } from '../setup.ts';
import { isDue } from '../timers.ts';
import type { MemberIndex } from '../units.ts';
import { writeChase } from './chase.ts';
import { adopt, pursue, pursueAt } from './pursue.ts';
import {
  refresh,
  takeAccountView,
  takeCertificates,
  takeCount,
  takeCredits,
  takePaid,
  takeReceived,
} from './refresh.ts';
import { membersOf, sendToMemberAllWays } from './route.ts';
import { spread, spreadNow, takeProgress } from './spread.ts';
import { takeOrderRefusal, takeVote } from './votes.ts';
import { readLiveOrder, readWallet } from './wallet.ts';

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
    case 'deliver':
      return deliver(draft, setup, command.certificate);
    default:
      return unreachable(command);
  }
}

function refreshWith(draft: Draft, setup: WalletSetup, nonce: Uint8Array): Refusal | undefined {
  if (nonce.length !== NONCE_BYTES) {
    const [expected, found] = [`${NONCE_BYTES} bytes`, `${nonce.length}`];
    return refusal('malformed', { field: 'nonce', expected, found });
  }
  refresh(draft, setup, nonce);
  return undefined;
}

function pay(
  draft: Draft,
  setup: WalletSetup,
  { recipient, token, amount, memo }: Extract<Command, { kind: 'pay' }>,
): Refusal | undefined {
  const { network, wallet } = setup;
  const account = wallet.publicKey;
  const memoBytes = utf8.decode(memo).length;
  if (memoBytes > MAX_MEMO_BYTES) {
    const expected = `at most ${MAX_MEMO_BYTES} bytes`;
    return refusal('memo_too_long', { field: 'memo', expected, found: `${memoBytes}` });
  }
  if (network.genesis.tokens[token] === undefined) {
    return refusal('unknown_token', { field: 'token', found: `${token}` });
  }
  if (amount <= 0n) return refusal('amount_zero', { field: 'amount', found: `${amount}` });
  if (equalBytes(recipient, account)) return refusal('pays_itself', { field: 'recipient' });
  if (readLiveOrder(draft) !== undefined) return refusal('order_in_flight');

  const { next: sequence } = readWallet(draft, network, account);
  const data = { recipient, token, amount, memo };
  const order: Order = { account, sequence, action: { TAG: 'transfer', data } };
  adopt(draft, setup, { order, signature: wallet.sign(orderSigningBytes(network.id, order)) });
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
  const nonce = draft.get(singleton('question'));
  const account = setup.wallet.publicKey;
  if (nonce === undefined || !isLatestValid(setup, { account, nonce }, latest)) return;
  const { member, body } = latest;
  const { next, received, pending, knows } = body;
  draft.note({ kind: 'latest_seen', member, next, received, pending, knows });
  takeProgress(draft, setup, member, next);
  takeCount(draft, setup, member, received);
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
  if (readLiveOrder(draft) === undefined) {
    spreadNow(draft, setup);
    return;
  }
  for (const other of member === undefined ? membersOf(setup.network) : [member]) {
    pursueAt(draft, other);
  }
}

/** Time has passed. */
export function walletTick(draft: Draft, setup: WalletSetup): void {
  if (!isDue(draft, 'retryAtMs')) return;
  if (readLiveOrder(draft) === undefined) spread(draft, setup);
  else pursue(draft, setup);
}

/** The process came up: the live order goes on, or the last certificate is told once more. */
export function walletStart(draft: Draft, setup: WalletSetup): void {
  writeChase(draft, { unspread: membersOf(setup.network), ways: draw(draft, 2 ** 32, 'ways') });
  if (readLiveOrder(draft) === undefined) spread(draft, setup);
  else pursue(draft, setup);
}
