/**
 * The first start of an authority's key. A data folder that is empty says nothing of what the key
 * signed before: the folder that a node was provisioned from may have been copied again. So the
 * first start names itself by random bytes, its *life*, and votes only when n - f other members
 * have said, signed, that they know of no other life of that key (PROTOCOL: Evidence is used).
 *
 *   A -> all  firstStart   my key begins with this life
 *   B -> A    vouch        the first that I know of; or I have seen another, with a vote if I
 *                          have one
 *
 * Safety: an honest member vouches for one life of a key, ever, on disk before it says so, and for
 * none after a vote of that key came to it. Of n - f vouchers for one life at least n - 2f are
 * honest and refuse every other, which leaves n - 1 - (n - 2f) = 2f - 1 < n - f: no two lives vote.
 * Who does not remember its own votes does not vouch either: it may have forgotten this one.
 * Liveness: members vouch for each other before any of them votes, so a network that starts as a
 * whole comes up by itself. It needs n - f others that answer (all where there are up to 4): the
 * price is paid once, at the founding. Questions are repeated while it lasts.
 * Bounds: one life a member on disk; two lists of members in memory.
 */
import { equalBytes } from '../base/bytes.ts';
import { SYNC_IDLE_MS } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import {
  type FirstStart,
  firstStartBodyCoder,
  type Message,
  type Vouch,
  vouchBodyCoder,
} from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import { sendToMember } from '../mesh/route.ts';
import { vouchersNeeded } from '../network/committee.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import { part } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { admit, isBarred, keepVouchers, ownLife, vouchersOf } from '../standing.ts';
import { setTimer } from '../timers.ts';
import { hasGossiped, judgeOwnVote, keepLife, lifeOf, noteOwnWord, voteSeen } from './lives.ts';

export const firstStartPart = part({
  name: 'firstStart',
  roles: ['authority'],
  spaces: ['standing', 'firstStart', 'vouchers', 'memberLife', 'memberGossip', 'memberVote'],
  start: (draft, setup) => {
    endFirstStart(draft);
    askAgain(draft, setup);
  },
  linkUp: (draft, setup, { link }) => askVouchers(draft, setup, memberOf(draft, link)),
  epochBegan: (draft, _, { sits }) => {
    if (ownLife(draft) === undefined) return;
    const { vouched, seen } = vouchersOf(draft);
    keepVouchers(draft, { vouched: vouched.filter(sits), seen: seen.filter(sits) });
    endFirstStart(draft);
  },
  overhear: noteOwnWord,
  takes: { firstStart: answerFirstStart, vouch: takeVouch },
  due: { vouch: askAgain },
});

/** Asks while this is a first start, and sets the time of the next question. */
function askAgain(draft: Draft, setup: AuthoritySetup): void {
  if (ownLife(draft) === undefined) return;
  askVouchers(draft, setup);
  setTimer(draft, 'vouch', draft.stamp.nowMs + SYNC_IDLE_MS);
}

/** Asks all members that have not vouched yet, or one, while this is a first start. */
function askVouchers(draft: Draft, setup: AuthoritySetup, only?: MemberIndex): void {
  const life = ownLife(draft);
  if (life === undefined) return;
  const { vouched } = vouchersOf(draft);
  const members = only === undefined ? membersOf(draft) : [only];
  const asked = members.filter(
    (member) => member !== setup.authority.member && !vouched.includes(member),
  );
  if (asked.length === 0) return;
  const body = { life };
  const data = { ...signStatement(draft, setup, 'first_start', firstStartBodyCoder, body), body };
  for (const member of asked) sendToMember(draft, member, { TAG: 'firstStart', data });
}

/** A member asks whether anybody knows of another life of its key. */
function answerFirstStart(
  draft: Draft,
  setup: AuthoritySetup,
  origin: Origin,
  question: FirstStart,
): void {
  const { member: about, body } = question;
  if (about === setup.authority.member) return;
  if (!isStatementValid(draft, setup, 'first_start', firstStartBodyCoder, question, body)) return;
  draft.answer(origin, vouchFor(draft, setup, about, body.life));
}

function vouchFor(
  draft: Draft,
  setup: AuthoritySetup,
  about: MemberIndex,
  life: Uint8Array,
): Message {
  const vote = voteSeen(draft, about);
  const known = lifeOf(draft, about);
  const isOther = known !== undefined && !equalBytes(known, life);
  const isSeen = vote !== undefined || isOther || hasGossiped(draft, about);
  const word = isSeen ? 'seen' : isBarred(draft) ? 'unsure' : 'first';
  if (word === 'first' && known === undefined) keepLife(draft, about, life);
  const body = { about, life, word, vote } as const;
  const data = { ...signStatement(draft, setup, 'vouch', vouchBodyCoder, body), body };
  return { TAG: 'vouch', data };
}

/** Another member's word on this first start. */
function takeVouch(draft: Draft, setup: AuthoritySetup, _from: Origin, vouch: Vouch): void {
  const { member, body } = vouch;
  const { about, life, word, vote } = body;
  if (about !== setup.authority.member || member === about) return;
  // A vote proves itself, also after the first start and whoever shows it.
  if (vote !== undefined) judgeOwnVote(draft, setup, vote);
  const own = ownLife(draft);
  if (own === undefined || !equalBytes(life, own)) return;
  if (!isStatementValid(draft, setup, 'vouch', vouchBodyCoder, vouch, body)) return;
  const { vouched, seen } = vouchersOf(draft);
  const others = { vouched: without(vouched, member), seen: without(seen, member) };
  if (word === 'first') others.vouched.push(member);
  if (word === 'seen') others.seen.push(member);
  keepVouchers(draft, others);
  endFirstStart(draft);
}

/** Lets this authority vote if enough others have vouched for its first start. */
function endFirstStart(draft: Draft): void {
  if (ownLife(draft) === undefined || isBarred(draft)) return;
  const { vouched } = vouchersOf(draft);
  if (vouched.length < vouchersNeeded(currentCommittee(draft).members.length)) return;
  admit(draft);
  draft.note({ kind: 'vouched_for', vouchers: vouched.length });
}

function without(members: readonly MemberIndex[], member: MemberIndex): MemberIndex[] {
  return members.filter((other) => other !== member);
}
