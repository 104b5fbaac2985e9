/**
 * An authority applies a certificate (PROTOCOL: Transfers).
 *
 * Safety: applying never fails and its result does not depend on the order of arrival across
 * accounts. So the payer is debited without looking at the balance: an authority that has not seen
 * the payer's income yet goes below zero until it does.
 * Liveness: whoever holds a certificate may bring it; a gap is answered with what is missing.
 */
import { equalBytes } from '../base/bytes.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { withHash } from '../base/set-digest.ts';
import { credit, debit, nextSequence } from '../base/units.ts';
import { closingAt, openReserve } from '../closing/settle.ts';
import { type Certificate, type Order, orderHash, type Transfer } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { forgetKept, refusedByCut } from '../epochs/settle.ts';
import { certificateAt, record } from '../journal.ts';
import { checkCertificate } from '../network/certificate.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { balanceOf, readAccount, withBalance, writeAccount } from './account.ts';
import { keepDigests } from './digest.ts';
import { noteDoubleSpend } from './double-spend.ts';
import { noteOutvoted, noteOwnVote, noteVotes } from './lives.ts';
import { keepLock, locking } from './locks.ts';
import { voteFor } from './vote.ts';

/** Undefined when the certificate is, or already was, applied; otherwise why it is not. */
export function applyCertificate(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
): Refusal | undefined {
  const { order } = certificate.order;
  const payer = readAccount(draft, order.account);
  const hash = orderHash(setup.network.id, order);
  noteOwnVote(draft, setup, certificate);
  if (order.sequence < payer.next) return checkAgainstApplied(draft, setup, certificate, hash);
  // Before the votes: a certificate that cannot be applied yet may be sent again and again.
  if (order.sequence > payer.next) {
    return refusal('missing_earlier', { expected: `${payer.next}`, found: `${order.sequence}` });
  }

  const cut = refusedByCut(draft, setup, certificate);
  if (cut !== undefined) return cut;
  const pending = payer.pending;
  const isPending =
    pending !== undefined && equalBytes(orderHash(setup.network.id, pending.order), hash);
  const hasOwnVote = certificate.votes.some(({ member }) => member === setup.authority.member);
  const refused = checkCertificate(draft, setup, certificate, {
    hash,
    isOrderValid: isPending && equalBytes(pending.signature, certificate.order.signature),
    ...(isPending && hasOwnVote ? { ownVote: voteFor(setup, certificate.epoch, hash) } : {}),
  });
  if (refused !== undefined) return refused;
  if (pending !== undefined && !isPending) {
    noteDoubleSpend(draft, setup, payer, certificate.order, hash);
    noteOutvoted(draft, order, orderHash(setup.network.id, pending.order));
  }
  // What is kept of a closing under way has no use any more.
  if (payer.stated) draft.remove(SPACES.closing.at(order.account, order.sequence));
  enter(draft, setup, certificate, hash);
  return undefined;
}

/** Takes in a certificate that was found valid, in its turn or from a reserve. */
function enter(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
  hash: Uint8Array,
): void {
  const { order } = certificate.order;
  noteVotes(draft, setup, certificate);
  const index = SPACES.certificateAt.at(order.account, order.sequence);
  const journalNumber = record(draft, { TAG: 'certificate', data: certificate }, index);
  forgetKept(draft, order);
  carryOut(draft, order, hash, journalNumber);
  keepDigests(draft);
  draft.note({ kind: 'applied', certificate });
}

/** The order is certified, by what has this number in the journal. */
function carryOut(draft: Draft, order: Order, hash: Uint8Array, journalNumber: bigint): void {
  const { action, account, sequence } = order;
  settlePayer(draft, order, hash);
  if (action.TAG === 'withdrawal') return keepLock(draft, account, sequence, hash, action.data);
  settleRecipient(draft, action.data, journalNumber);
}

function settlePayer(draft: Draft, { account, sequence, action }: Order, hash: Uint8Array): void {
  const { token, amount } = action.data;
  const payer = readAccount(draft, account);
  const debited = withBalance(payer, token, debit(balanceOf(payer, token), amount));
  writeAccount(draft, account, {
    ...(action.TAG === 'withdrawal' ? locking(debited, action.data) : debited),
    ...(sequence === payer.next && {
      next: nextSequence(payer.next),
      stated: false,
      pending: undefined,
    }),
    history: withHash(payer.history, hash),
  });
}

function settleRecipient(
  draft: Draft,
  { recipient, token, amount }: Transfer,
  journalNumber: bigint,
): void {
  const payee = readAccount(draft, recipient);
  draft.write(SPACES.received.at(recipient, payee.received), journalNumber);
  writeAccount(draft, recipient, {
    ...withBalance(payee, token, credit(balanceOf(payee, token), amount)),
    received: payee.received + 1n,
  });
}

/**
 * The sequence was closed, and now a certificate turns up for it. If money was kept aside for its
 * order it is paid from that, and the rest goes back into the balance. If not, and if it counts at
 * all after the last cut, more than f authorities are traitors, and nobody here votes for the
 * account again.
 */
function applyLate(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
  hash: Uint8Array,
): Refusal | undefined {
  const { account: key, sequence } = certificate.order.order;
  const refused = checkCertificate(draft, setup, certificate);
  if (refused !== undefined) return refused;
  const place = { account: key, sequence };
  const reserve = closingAt(draft, place)?.reserve;
  if (reserve === undefined || !reserve.orders.some((order) => equalBytes(order, hash))) {
    const cut = refusedByCut(draft, setup, certificate);
    if (cut !== undefined) return cut;
    writeAccount(draft, key, { ...readAccount(draft, key), frozen: true });
    return refusal('account_frozen');
  }
  openReserve(draft, place, reserve);
  draft.remove(SPACES.closing.at(key, sequence));
  enter(draft, setup, certificate, hash);
  return undefined;
}

/**
 * The sequence is taken. By this very order: fine. By another: if this certificate is valid as
 * well, more than f authorities are traitors; both are kept and nobody here votes for the account
 * again. Not so of a former epoch, unless its order was kept: whoever has stolen the keys of former
 * members could make one, and freeze whom they like.
 */
function checkAgainstApplied(
  draft: Draft,
  setup: AuthoritySetup,
  certificate: Certificate,
  hash: Uint8Array,
): Refusal | undefined {
  const { order } = certificate.order;
  const first = certificateAt(draft, order.account, order.sequence);
  if (first === undefined) return applyLate(draft, setup, certificate, hash);
  if (equalBytes(orderHash(setup.network.id, first.order.order), hash)) return undefined;
  const cut = refusedByCut(draft, setup, certificate);
  if (cut !== undefined) return cut;
  const refused = checkCertificate(draft, setup, certificate);
  if (refused !== undefined) return refused;
  const index = SPACES.conflict.at(order.account, order.sequence);
  if (!draft.has(index)) {
    record(draft, { TAG: 'conflict', data: { first, second: certificate } }, index);
    const account = readAccount(draft, order.account);
    writeAccount(draft, order.account, { ...account, frozen: true });
    draft.note({ kind: 'conflict', first, second: certificate });
  }
  return refusal('account_frozen');
}
