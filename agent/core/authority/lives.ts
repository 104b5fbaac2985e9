/**
 * Votes that tell of another life of a key. A folder that was copied, or a disk that was put back,
 * is a life of a key that does not know what another life of it signed; what it signed turns up in
 * certificates, and in words that others carry.
 *
 * Safety: an authority whose own valid vote turns up, and is not accounted for by its ledger, has
 * voted in another life and stops for good, in the same step and before it answers anything. Votes
 * are looked at wherever a certificate comes in, whatever else is wrong with that certificate. A
 * ledger accounts for a vote if the order is pending there, was certified there, won a closing, or
 * was pending when something else took its sequence (`outvoted`). A key that never had two lives is
 * never stopped, whoever shows it its own votes and words, in whatever order.
 *
 * Of the other members the first sign of each kind is kept, for whoever starts with their key
 * (first-start.ts): three short records a member.
 */
import { equalBytes } from '../base/bytes.ts';
import type { MemberIndex, Sequence } from '../base/units.ts';
import type { KnownVote, Latest, Message } from '../codec/message.ts';
import {
  type Certificate,
  isVoteValid,
  type Order,
  orderHash,
  type SignedOrder,
} from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { certificateAt } from '../journal.ts';
import { isLatestValid, pendingHash } from '../latest.ts';
import { committeeOf } from '../network/committees.ts';
import { isProgressValid } from '../progress.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { bar, isBarred } from '../standing.ts';
import { readAccount } from './account.ts';
import { voteFor } from './vote.ts';

/**
 * A certificate came in, valid or not: is there a vote of ours in it that this ledger does not
 * know?
 */
export function noteOwnVote(
  draft: Draft,
  setup: AuthoritySetup,
  { epoch, order, votes }: Certificate,
): void {
  const own = votes.find(({ member }) => member === setup.authority.member);
  if (own !== undefined) judgeOwnVote(draft, setup, { epoch, order, signature: own.signature });
}

/** Whoever says that this is our vote: if it is, and this ledger does not know it, voting ends. */
export function judgeOwnVote(
  draft: Draft,
  setup: AuthoritySetup,
  { epoch, order: { order }, signature }: KnownVote,
): void {
  const { network, verify, authority } = setup;
  const { id } = network;
  const committee = committeeOf(draft, epoch);
  if (committee === undefined) return;
  const hash = orderHash(id, order);
  // In this order: what is known costs no signature, and who is stopped already is not asked again.
  if (accountsFor(draft, setup, order.account, order.sequence, hash) || isBarred(draft)) return;
  const { member } = authority;
  // Our votes have the same bytes each time (vote.ts), and to make one is cheaper than to check
  // one.
  const isOurs =
    equalBytes(voteFor(setup, epoch, hash).signature, signature) ||
    isVoteValid(id, committee, hash, { member, signature }, verify);
  if (isOurs) bar(draft, order.account, order.sequence);
}

/**
 * Our own signed word on an account, as somebody brings it or passes it on: an older one agrees
 * with this ledger, which never goes back; one that does not is of another life.
 */
export function noteOwnWord(draft: Draft, setup: AuthoritySetup, { TAG, data }: Message): void {
  if (TAG !== 'latest' && TAG !== 'progress') return;
  if (data.member !== setup.authority.member || isBarred(draft)) return;
  const { account, next } = data.body;
  const record = readAccount(draft, account);
  const isKnown =
    next <= record.next && (TAG === 'progress' || isLatestKnown(draft, setup, data.body, record));
  if (isKnown) return;
  const isOurs =
    TAG === 'latest'
      ? isLatestValid(draft, setup, data.body, data)
      : isProgressValid(draft, setup, data);
  if (isOurs) bar(draft, account, next);
}

function isLatestKnown(
  draft: Draft,
  setup: AuthoritySetup,
  { account, next, received, pending }: Latest['body'],
  record: Account,
): boolean {
  if (received > record.received) return false;
  return pending === undefined || accountsFor(draft, setup, account, next, pending);
}

/** Keeps that our vote at this place was for another order than the one certified now. */
export function noteOutvoted(draft: Draft, { account, sequence }: Order, hash: Uint8Array): void {
  draft.write(SPACES.outvoted.at(account, sequence), hash);
}

/** Whether this ledger knows of our vote for the order with this hash. */
function accountsFor(
  draft: Draft,
  setup: AuthoritySetup,
  account: Uint8Array,
  sequence: Sequence,
  hash: Uint8Array,
): boolean {
  const record = readAccount(draft, account);
  if (sequence > record.next) return false;
  if (sequence === record.next) {
    const pending = pendingHash(setup, record);
    if (pending !== undefined && equalBytes(pending, hash)) return true;
    return isOutvoted(draft, setup, account, sequence, hash);
  }
  const certified = certificateAt(draft, account, sequence);
  if (
    certified !== undefined &&
    equalBytes(orderHash(setup.network.id, certified.order.order), hash)
  ) {
    return true;
  }
  return isOutvoted(draft, setup, account, sequence, hash);
}

function isOutvoted(
  draft: Draft,
  setup: AuthoritySetup,
  account: Uint8Array,
  sequence: Sequence,
  hash: Uint8Array,
): boolean {
  const outvoted = draft.read(SPACES.outvoted.at(account, sequence));
  if (outvoted !== undefined && equalBytes(outvoted, hash)) return true;
  const closed = draft.read(SPACES.closing.at(account, sequence))?.decided?.result;
  if (closed?.TAG !== 'win') return false;
  return equalBytes(orderHash(setup.network.id, closed.data.order.order), hash);
}

/**
 * Keeps the first vote of each other member that was seen in a certificate; all in it are valid.
 */
export function noteVotes(draft: Draft, setup: AuthoritySetup, certificate: Certificate): void {
  const { epoch, order, votes } = certificate;
  for (const { member, signature } of votes) {
    if (member === setup.authority.member) continue;
    const place = SPACES.memberVote.at(member);
    if (!draft.has(place)) draft.write(place, { epoch, order, signature });
  }
}

/** Keeps the first order that a member told of over its own link: it says that it voted for it. */
export function noteGossip(draft: Draft, member: MemberIndex, order: SignedOrder): void {
  const place = SPACES.memberGossip.at(member);
  if (!draft.has(place)) draft.write(place, order);
}

/** The first vote of a member that was seen in a certificate. */
export function voteSeen(draft: Draft, member: MemberIndex): KnownVote | undefined {
  return draft.read(SPACES.memberVote.at(member));
}

/** Whether a member ever told of a vote of its own. */
export function hasGossiped(draft: Draft, member: MemberIndex): boolean {
  return draft.has(SPACES.memberGossip.at(member));
}

/** The one life of a member's key that this authority vouches for. */
export function lifeOf(draft: Draft, member: MemberIndex): Uint8Array | undefined {
  return draft.read(SPACES.memberLife.at(member));
}

export function keepLife(draft: Draft, member: MemberIndex, life: Uint8Array): void {
  draft.write(SPACES.memberLife.at(member), life);
}
