/**
 * An authority takes an order (PROTOCOL: Transfers): judge, keep as pending, vote. The vote leaves
 * only after the pending order is on disk, which the shell sees to (io.ts).
 *
 * Idempotent: the pending order itself is answered with the same vote, the bytes of which are the
 * same too, because Ed25519 as RFC 8032 has it is deterministic.
 */

import { equalBytes } from '../base/bytes.ts';
import { REFUSALS, type RefusalCode, refusal } from '../base/refusal.ts';
import { FIRST_SEQUENCE, ZERO_BALANCE } from '../base/units.ts';
import { type Latest, type Message, type Plan, verdictCoder } from '../codec/message.ts';
import {
  type Action,
  type Certificate,
  NO_MEMO,
  type Order,
  orderHash,
  payeeOf,
  type SignedOrder,
} from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { leavesRoomFor } from '../epochs/kept.ts';
import { isStopped } from '../epochs/stop.ts';
import { certificateAt } from '../journal.ts';
import { memberLinks } from '../mesh/links.ts';
import { currentCommittee, sits } from '../network/committees.ts';
import { signStatement } from '../network/statement.ts';
import { isPartitioned } from '../presence/status.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { accountCount, balanceOf, hasAccount, readAccount, writePending } from './account.ts';
import { noteDoubleSpend } from './double-spend.ts';
import { noteGossip } from './lives.ts';
import { votesThisHour, withVote } from './rate.ts';
import { retellLater } from './retell.ts';
import {
  brokenRule,
  brokenRuleUnsigned,
  isOwnerKnownAt,
  type OrderCase,
  type OrderRule,
} from './rules.ts';
import { isSameAndOwners, nextAsTold } from './told.ts';
import { voteFor } from './vote.ts';

/**
 * What comes of an order: a vote, `again` if it was voted for before; the certificate that it has
 * already; or a refusal.
 */
type Outcome =
  | { readonly kind: 'voted'; readonly again: boolean }
  | { readonly kind: 'certified'; readonly certificate: Certificate }
  | { readonly kind: 'refused'; readonly rule: OrderRule };

/** A client asks for a vote; it gets one, or the order's certificate, or a signed refusal. */
export function takeOrder(
  draft: Draft,
  setup: AuthoritySetup,
  origin: Origin,
  signed: SignedOrder,
): void {
  const hash = orderHash(setup.network.id, signed.order);
  const outcome = acceptOrder(draft, setup, signed, hash);
  draft.answer(origin, answerTo(draft, setup, signed, hash, outcome));
  // Of gossip this is no news: what has no certificate is told again and again (retell.ts).
  if (outcome.kind === 'voted' && outcome.again) {
    draft.note({ kind: 'voted', order: signed, again: true });
  }
  if (outcome.kind !== 'refused') return;
  draft.note({ kind: 'refused', link: origin.link, refusal: refusal(outcome.rule.code) });
}

/**
 * Another authority passes on an order that it voted for. Keeping it as our own pending order makes
 * two different orders meet early; nobody waits for an answer.
 */
export function takeGossip(
  draft: Draft,
  setup: AuthoritySetup,
  { speaker: member }: Origin,
  signed: SignedOrder,
): void {
  if (member !== undefined) noteGossip(draft, member, signed);
  acceptOrder(draft, setup, signed, orderHash(setup.network.id, signed.order));
}

/** The place of the order has, or may have, another. */
const TAKEN: readonly RefusalCode[] = ['order_kept', 'order_pending', 'sequence_used'];

function acceptOrder(
  draft: Draft,
  setup: AuthoritySetup,
  signed: SignedOrder,
  hash: Uint8Array,
): Outcome {
  const { order } = signed;
  const account = readAccount(draft, order.account);
  const judged = caseOf(draft, setup, signed);
  const votes = judged.mayVote;
  const isVoting = votes && !judged.isStopped && judged.hasRoom && !account.frozen;
  if (isVoting && isPending(setup, account, signed, hash)) {
    return { kind: 'voted', again: true };
  }
  const broken = brokenRule(judged);
  // Who may not vote keeps evidence all the same.
  const apart = votes ? broken : brokenRule({ ...judged, mayVote: true });
  if (apart !== undefined && TAKEN.includes(apart.code)) {
    noteDoubleSpend(draft, setup, account, signed, hash);
    const certificate = certificateOf(draft, setup, signed, hash);
    if (certificate !== undefined) return { kind: 'certified', certificate };
  }
  if (broken !== undefined) return { kind: 'refused', rule: broken };
  writePending(draft, order.account, { ...withVote(draft, setup, account), pending: signed });
  retellLater(draft, order.account);
  for (const link of memberLinks(draft)) draft.send(link, { TAG: 'gossip', data: signed });
  draft.note({ kind: 'voted', order: signed, again: false });
  return { kind: 'voted', again: false };
}

/** All that the rules look at. */
export function caseOf(draft: Draft, setup: AuthoritySetup, signed: SignedOrder): OrderCase {
  const { order } = signed;
  const account = readAccount(draft, order.account);
  const payee = payeeOf(order);
  return {
    setup,
    signed,
    order,
    account,
    isRecipientKnown: payee !== undefined && hasAccount(draft, payee),
    accountCount: accountCount(draft),
    votesThisHour: votesThisHour(draft, account),
    mayVote: mayVote(draft) && sits(draft, setup.authority.member),
    isPartitioned: isPartitioned(draft),
    isStopped: isStopped(draft),
    isStated: hasStated(draft, order.account, account),
    hasRoom: leavesRoomFor(draft, setup.network.id, order),
  };
}

/**
 * Whether this authority stated what it voted for at the account's next sequence, to have it
 * closed. That binds it in the epoch in which it did: what may have been decided by statements of a
 * former one was carried over (epochs/kept.ts).
 */
function hasStated(draft: Draft, key: Uint8Array, { next, stated }: Account): boolean {
  if (!stated) return false;
  return draft.read(SPACES.closing.at(key, next))?.epoch === currentCommittee(draft).epoch;
}

/** What an owner would be told who signed this payment now; no word of it is kept here. */
export function answerToPlan(
  draft: Draft,
  setup: AuthoritySetup,
  key: Uint8Array,
  plan: Plan,
): NonNullable<Latest['body']['answer']> {
  const account = readAccount(draft, key);
  const order: Order = { account: key, sequence: account.next, action: actionOf(plan) };
  const signed = { order, signature: new Uint8Array(64) };
  const broken = brokenRuleUnsigned(caseOf(draft, setup, signed));
  const code = broken === undefined ? undefined : REFUSALS[broken.code].wire;
  return { code, balance: balanceOf(account, plan.data.token) };
}

/** What it would do. Whether there is a memo, and what it says, no rule looks at. */
function actionOf(plan: Plan): Action {
  if (plan.TAG === 'withdrawal') return plan;
  return { TAG: 'transfer', data: { ...plan.data, memo: NO_MEMO } };
}

function answerTo(
  draft: Draft,
  setup: AuthoritySetup,
  signed: SignedOrder,
  hash: Uint8Array,
  outcome: Outcome,
): Message {
  switch (outcome.kind) {
    case 'voted': {
      const { epoch } = currentCommittee(draft);
      return { TAG: 'vote', data: { epoch, orderHash: hash, ...voteFor(setup, epoch, hash) } };
    }
    case 'certified': {
      const { account } = signed.order;
      const next = nextAsTold(readAccount(draft, account).next, signed);
      const { member } = setup.authority;
      const certificates = [outcome.certificate];
      return { TAG: 'certificates', data: { member, account, next, certificates } };
    }
    case 'refused':
      return refusalOf(draft, setup, signed, hash, outcome.rule);
  }
}

/** Whether this authority's standing vote is for the order with this hash. */
function isPending(
  setup: AuthoritySetup,
  { pending }: Account,
  signed: SignedOrder,
  hash: Uint8Array,
): boolean {
  if (pending === undefined || pending.order.sequence !== signed.order.sequence) return false;
  return isSameAndOwners(setup, pending, signed, hash);
}

/**
 * The certificate that was applied here for the order with this hash. It is given instead of a
 * vote: this authority may have voted for another order before the certificate came, and an author
 * never contradicts its vote.
 */
function certificateOf(
  draft: Draft,
  setup: AuthoritySetup,
  signed: SignedOrder,
  hash: Uint8Array,
): Certificate | undefined {
  const applied = certificateAt(draft, signed.order.account, signed.order.sequence);
  if (applied === undefined) return undefined;
  const isSame = equalBytes(orderHash(setup.network.id, applied.order.order), hash);
  return isSame ? applied : undefined;
}

function refusalOf(
  draft: Draft,
  setup: AuthoritySetup,
  signed: SignedOrder,
  orderHashBytes: Uint8Array,
  rule: OrderRule,
): Message {
  const { order } = signed;
  const { code } = rule;
  const account = readAccount(draft, order.account);
  const isTooSmall = code === 'insufficient_balance';
  const verdict = {
    orderHash: orderHashBytes,
    code: REFUSALS[code].wire,
    next: isOwnerKnownAt(rule) ? nextAsTold(account.next, signed) : FIRST_SEQUENCE,
    balance: isTooSmall ? balanceOf(account, order.action.data.token) : ZERO_BALANCE,
  };
  const pending = code === 'order_pending' ? account.pending : undefined;
  const data = {
    ...signStatement(draft, setup, 'refusal', verdictCoder, verdict),
    verdict,
    pending,
  };
  return { TAG: 'orderRefusal', data };
}
