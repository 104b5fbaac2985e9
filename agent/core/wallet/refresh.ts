/**
 * A wallet learns what happened without it: money that came in, and, when it was restored from its
 * key alone, what it paid before. It believes certificates only; an authority that withholds some
 * is made up for by any other.
 */

import { equalBytes } from '../base/bytes.ts';
import { MAX_CERTIFICATES_PER_FRAME, MAX_PAGES_IN_A_ROW } from '../base/limits.ts';
import { refusal } from '../base/refusal.ts';
import type { MemberIndex } from '../base/units.ts';
import type { AccountView, CertificatePage, Credits, Wish } from '../codec/message.ts';
import {
  type Certificate,
  orderHash,
  orderSigningBytes,
  payeeOf,
  type SignedOrder,
} from '../codec/order.ts';
import type { OpenQuestion, Word } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { linkTo } from '../mesh/links.ts';
import { sendToMember, sendToMemberAllWays } from '../mesh/route.ts';
import { checkCertificate } from '../network/certificate.ts';
import { membersOf } from '../network/committees.ts';
import { openedQuestion, questionOf } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { answersOf } from './answers.ts';
import { attemptsOf, writeAttempts } from './attempts.ts';
import { askFacts } from './facts.ts';
import {
  creditsIn,
  isReceived,
  readLiveOrder,
  readWallet,
  recordPaid,
  recordReceived,
} from './holdings.ts';
import { showIncome } from './income.ts';
import { askedPayment } from './payment.ts';
import { adopt } from './pursue.ts';
import { firstOpen } from './reserves.ts';
import { finish } from './votes.ts';

/** Credits in one answer. */
const PAGE = BigInt(MAX_CERTIFICATES_PER_FRAME);

/**
 * Asks every authority about this wallet's account. A payment that waited for another question is
 * given up.
 */
export function refresh(draft: Draft, setup: WalletSetup, nonce: Uint8Array): void {
  const asked = openedQuestion(draft);
  if (asked === undefined || !equalBytes(asked.nonce, nonce)) {
    openQuestion(draft, { nonce, plan: undefined, attempts: undefined });
  }
  askMembers(draft, setup, membersOf(draft));
}

/** Begins a question: what was answered to another one counts no more. */
export function openQuestion(draft: Draft, question: OpenQuestion): void {
  const before = openedQuestion(draft);
  draft.write(SPACES.question, question);
  if (before !== undefined && equalBytes(before.nonce, question.nonce)) return;
  for (const member of membersOf(draft)) {
    draft.remove(SPACES.told.at(member));
    draft.remove(SPACES.word.at(member));
  }
}

/** Puts the open question to these members. */
function askMembers(draft: Draft, setup: WalletSetup, members: readonly MemberIndex[]): void {
  const plan = openedQuestion(draft)?.plan;
  writeAttempts(draft, { shownNow: [] });
  for (const member of members) refreshAt(draft, setup, member, plan);
}

/** Asks one authority about this wallet's account. */
function refreshAt(
  draft: Draft,
  setup: WalletSetup,
  member: MemberIndex,
  plan: OpenQuestion['plan'],
): void {
  ask(draft, setup, member, plan ? { TAG: 'plan', data: plan } : { TAG: 'latest', data: {} });
  ask(draft, setup, member, { TAG: 'state', data: {} });
  askOrders(draft, setup, member);
  askFacts(draft, setup, member);
  askCredits(draft, setup, member);
}

/**
 * What a member said of a payment hints at orders or income that this wallet has not got, or that
 * the member has not: the one is asked for, the other is shown. Once an attempt, since others can
 * repeat a word.
 */
export function askForNews(
  draft: Draft,
  setup: WalletSetup,
  member: MemberIndex,
  { received }: Word,
): void {
  const { askedNow } = attemptsOf(draft);
  if (askedPayment(draft) === undefined || askedNow.includes(member)) return;
  const { against } = answersOf(draft, setup.network, setup.wallet.publicKey);
  const held = creditsHeld(draft, setup);
  const knowsOrders = against.includes(member);
  if (held > received) showIncome(draft, setup, member);
  if (!knowsOrders && held >= received) return;
  writeAttempts(draft, { askedNow: [...askedNow, member] });
  if (knowsOrders) {
    askOrders(draft, setup, member);
    ask(draft, setup, member, { TAG: 'state', data: {} });
  }
  if (held < received) askCredits(draft, setup, member);
}

/** Asks for certificates of this wallet's own orders that may be new to it. */
export function askOrders(draft: Draft, setup: WalletSetup, member: MemberIndex): void {
  const from = firstOpen(readWallet(draft, setup.network, setup.wallet.publicKey));
  ask(draft, setup, member, { TAG: 'orders', data: { from } });
}

function ask(draft: Draft, setup: WalletSetup, member: MemberIndex, wish: Wish): void {
  sendToMember(draft, member, questionOf(draft, setup, member, wish));
}

/** Asks what paid this wallet. */
function askCredits(draft: Draft, setup: WalletSetup, member: MemberIndex): void {
  if (linkTo(draft, member) !== undefined) {
    const cursor = draft.read(SPACES.incomingCursor.at(member)) ?? 0n;
    return askCreditsFrom(draft, setup, member, cursor);
  }
  // A relay on the way may answer in the member's name, and would lead any note of how far that has
  // told astray. So what comes after as many credits as this wallet has is asked for, and of the
  // pages before, in case the member has them otherwise, the next one.
  const held = creditsHeld(draft, setup);
  askCreditsFrom(draft, setup, member, held);
  if (held > 0n) askPage(draft, setup, member, held);
}

/**
 * Asks for the next of the pages that are taken in turn; after the last one the first comes again.
 * A new process begins anywhere, so that also many that do not live long come by every page.
 */
function askPage(draft: Draft, setup: WalletSetup, member: MemberIndex, held: bigint): void {
  const nextAt = SPACES.incomingPage.at(member);
  const last = held / PAGE;
  const next = draft.read(nextAt) ?? anyNumber(draft) % (last + 1n);
  const page = next <= last ? next : 0n;
  draft.write(nextAt, page + 1n);
  askCreditsFrom(draft, setup, member, page * PAGE);
}

/** As random as the question that is open: below 2^32. */
function anyNumber(draft: Draft): bigint {
  const { nonce = new Uint8Array() } = openedQuestion(draft) ?? {};
  return nonce.subarray(0, 4).reduce((number, byte) => number * 256n + BigInt(byte), 0n);
}

/**
 * Over all ways: a relay that answers itself, or not at all, does not keep anybody's income away.
 */
function askCreditsFrom(draft: Draft, setup: WalletSetup, member: MemberIndex, from: bigint): void {
  const question = questionOf(draft, setup, member, { TAG: 'credits', data: { from } });
  sendToMemberAllWays(draft, member, question);
}

/** How many certificates that pay this wallet it has. */
function creditsHeld(draft: Draft, setup: WalletSetup): bigint {
  return creditsIn(readWallet(draft, setup.network, setup.wallet.publicKey));
}

/** An order of our own that we do not know is on its way: we were restored, and go on with it. */
export function takeAccountView(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  view: AccountView,
): void {
  const { pending } = view;
  if (pending === undefined || readLiveOrder(draft) !== undefined) return;
  const { next } = readWallet(draft, setup.network, setup.wallet.publicKey);
  if (pending.order.sequence === next && isOurs(setup, pending))
    adopt(draft, setup.network, pending);
}

function isOurs(setup: WalletSetup, { order, signature }: SignedOrder): boolean {
  if (!equalBytes(order.account, setup.wallet.publicKey)) return false;
  return setup.verify(order.account, orderSigningBytes(setup.network.id, order), signature);
}

/** A page of certificates that credit this account, in that member's order. */
export function takeCredits(
  draft: Draft,
  setup: WalletSetup,
  { speaker }: Origin,
  credits: Credits,
): void {
  const { member, account, from, received, certificates } = credits;
  const cursor = SPACES.incomingCursor.at(member);
  if (!equalBytes(account, setup.wallet.publicKey)) return;
  if (speaker !== member) return takeHearsay(draft, setup, credits);
  if (from !== (draft.read(cursor) ?? 0n)) return;
  const bad = certificates.findIndex((certificate) => !takeReceived(draft, setup, certificate));
  if (bad >= 0) return;
  const upTo = from + BigInt(certificates.length);
  if (certificates.length > 0) draft.write(cursor, upTo);
  if (certificates.length > 0 && upTo < received) return askCredits(draft, setup, member);
  const held = creditsHeld(draft, setup);
  // The member tells of credits that it did not show, or of another life of it: begin anew next
  // time.
  if (held < received || from > received) draft.remove(cursor);
  // This wallet can prove more income than the member has credited: a receipt that came by hand,
  // say.
  if (held > received) showIncome(draft, setup, member);
  draft.note({ kind: 'refreshed', member });
}

/**
 * The same through a relay: nothing but the certificates counts, and it goes on while they are new.
 * While the member seems to have more than this wallet, page after page is asked for, up to the
 * last one or so many in a row. Only an answer to the page asked for last does that: each page is
 * asked for once, however many answer, and who answers falsely brings on the next page, and that is
 * all.
 */
function takeHearsay(draft: Draft, setup: WalletSetup, credits: Credits): void {
  const { member, from, received, certificates } = credits;
  const before = creditsHeld(draft, setup);
  for (const certificate of certificates) takeReceived(draft, setup, certificate);
  const held = creditsHeld(draft, setup);
  if (held > before) askCreditsFrom(draft, setup, member, held);
  const told = draft.read(SPACES.told.at(member));
  if (held < (told ?? received)) {
    const next = draft.read(SPACES.incomingPage.at(member)) ?? 0n;
    const isLastAsked = next > 0n && from === (next - 1n) * PAGE;
    const goesOn = next <= held / PAGE && next % MAX_PAGES_IN_A_ROW !== 0n;
    if (isLastAsked && goesOn) askPage(draft, setup, member, held);
  } else if (held === before && told !== undefined) {
    draft.note({ kind: 'refreshed', member });
  }
}

/** A member vouches for how many credits this account has had there. */
export function takeCount(
  draft: Draft,
  setup: WalletSetup,
  member: MemberIndex,
  received: bigint,
): void {
  if (linkTo(draft, member) !== undefined) return; // It tells itself, page by page.
  const held = creditsHeld(draft, setup);
  draft.write(SPACES.told.at(member), received);
  if (held > received) showIncome(draft, setup, member);
  if (held >= received) draft.note({ kind: 'refreshed', member });
}

/** False: the certificate is not valid, or not for this wallet. */
export function takeReceived(draft: Draft, setup: WalletSetup, certificate: Certificate): boolean {
  const { order } = certificate.order;
  const payee = payeeOf(order);
  if (payee === undefined || !equalBytes(payee, setup.wallet.publicKey)) return false;
  // Before any signature: what is here already is told again and again, over every way.
  if (isReceived(draft, order)) return true;
  if (checkCertificate(draft, setup, certificate) !== undefined) return false;
  recordReceived(draft, setup.network, certificate);
  return true;
}

/** A page of certificates of this wallet's own orders: takes them, and asks for what follows. */
export function takeCertificates(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  page: CertificatePage,
): void {
  const account = setup.wallet.publicKey;
  if (!equalBytes(page.account, account)) return;
  const before = readWallet(draft, setup.network, account).next;
  takePaid(draft, setup, page.certificates);
  const { next } = readWallet(draft, setup.network, account);
  if (next === before) return;
  if (next < page.next) {
    return ask(draft, setup, page.member, { TAG: 'orders', data: { from: next } });
  }
  // All that was certified is known: is there an order on its way that this wallet forgot?
  for (const member of membersOf(draft)) {
    ask(draft, setup, member, { TAG: 'state', data: {} });
  }
}

/** Takes those certificates that continue what this wallet knows of its own orders. */
export function takePaid(
  draft: Draft,
  setup: WalletSetup,
  certificates: readonly Certificate[],
): void {
  for (const certificate of certificates) {
    const { account, sequence } = certificate.order.order;
    if (!equalBytes(account, setup.wallet.publicKey)) return;
    const { next, reserves } = readWallet(draft, setup.network, account);
    const isLate = reserves.some((reserve) => reserve.sequence === sequence);
    if (sequence !== next && !isLate) continue;
    if (checkCertificate(draft, setup, certificate) !== undefined) return;
    if (isLate) recordPaid(draft, setup.network, certificate);
    else takeOwn(draft, setup, certificate);
  }
}

/** The next sequence is certified: by the live order, or by one that this wallet does not know. */
function takeOwn(draft: Draft, setup: WalletSetup, certificate: Certificate): void {
  const live = readLiveOrder(draft);
  if (live === undefined) return recordPaid(draft, setup.network, certificate);
  const { id } = setup.network;
  const isLive = equalBytes(
    orderHash(id, live.order.order),
    orderHash(id, certificate.order.order),
  );
  finish(draft, setup, certificate);
  if (isLive) return;
  const reason = refusal('sequence_used');
  draft.note({ kind: 'order_failed', order: live.order, refusal: reason });
}
