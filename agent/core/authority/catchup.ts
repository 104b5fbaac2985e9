/**
 * Catch-up between authorities (PROTOCOL: Partitions and merging): they exchange certificates,
 * never balances.
 *
 *   A -> B  root           what my ledger hashes to
 *   B -> A  digest         where it differs: the hashes of my root's children, or
 *           bucket         the accounts that I have, where they are few, and how far I am with each
 *   A -> B  digest ...     down into the children that differ, in turns
 *   A -> B  certificates   what B is missing, and
 *   A -> B  certificatesQuery   a question for what A is missing
 *
 * Every answer follows from the message, the ledger and chance alone; no session is kept. What is
 * not followed at once (a node has at most MAX_DIGEST_DESCENTS children followed) waits for the
 * next round, which comes soon while there is a difference. Which ones are followed is drawn
 * (chance.ts): accounts choose their keys, and whoever always had those that come first would keep
 * all others from being compared. Certificates are checked like any other, so a hostile peer can
 * waste time with lies about hashes but can put nothing into a ledger.
 */
import { equalBytes, toByteKey } from '../base/bytes.ts';
import {
  DIGEST_FANOUT,
  MAX_BUCKET_EXCHANGES,
  MAX_DIGEST_DEPTH,
  MAX_DIGEST_DESCENTS,
  MAX_IDLE_HURRIES,
  SYNC_BUSY_MS,
  SYNC_IDLE_MS,
  SYNC_QUIET_MS,
  TURN_MS,
} from '../base/limits.ts';
import {
  FIRST_SEQUENCE,
  type LinkId,
  type MemberIndex,
  nextSequence,
  type Sequence,
} from '../base/units.ts';
import { draw, someOf, turnOf } from '../chance.ts';
import type { ValueOf } from '../codec/coder.ts';
import type { BucketEntry, CertificatePage, DataOf } from '../codec/message.ts';
import type { paceCoder } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { noteAlike } from '../epochs/settle.ts';
import { sendFactCount } from '../facts/exchange.ts';
import { memberLinks, memberOf } from '../mesh/links.ts';
import { currentCommittee, sits } from '../network/committees.ts';
import { type LinkUp, part, type Turnover } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { isBehind } from '../standing.ts';
import { setTimer, setTimerBy } from '../timers.ts';
import { readAccount } from './account.ts';
import { applyCertificate } from './apply.ts';
import {
  accountsBelow,
  bucketAt,
  bucketPathOf,
  type DigestPath,
  isBelow,
  isSplit,
} from './bucket.ts';
import { claim, isClaimed, renew } from './claims.ts';
import { childIn, childrenOf, ledgerDigest, recallStale } from './digest.ts';
import { historyMark, NO_HISTORY_MARK } from './history.ts';
import { PROOF_LISTS, sendProofCount, sendProofs, takeProofCount, takeProofs } from './proofs.ts';
import { answerCertificates } from './queries.ts';
import { retellPending } from './retell.ts';

export const catchUpPart = part({
  name: 'catchUp',
  roles: ['authority'],
  spaces: [
    'tree',
    'digestMark',
    'stale',
    'freshDigests',
    'claim',
    'differing',
    'pace',
    'proofCount',
    'proof',
    'proofCursor',
    'retold',
    'retelling',
  ],
  recover: recallStale,
  start: startRound,
  epochBegan: forgetGone,
  linkUp: greet,
  takes: {
    root: takeRoot,
    digest: takeDigest,
    bucket: takeBucket,
    certificates: takeCertificates,
    certificatesQuery: (draft, setup, origin, { account, from }) =>
      answerCertificates(draft, setup, origin, account, from),
    proofCount: takeProofCount,
    proofsQuery: sendProofs,
    proofs: takeProofs,
  },
  due: { sync: startRound },
});

/**
 * Tells every other authority what this ledger hashes to, and again what may not have reached it;
 * sets the time of the next round.
 */
function startRound(draft: Draft, setup: AuthoritySetup): void {
  for (const link of memberLinks(draft)) sendRoot(draft, setup, link);
  retellPending(draft);
  const { rounds, isHurried } = paceOf(draft);
  writePace(draft, {
    rounds: isHurried ? Math.min(rounds + 1, MAX_IDLE_HURRIES) : 0,
    isHurried: false,
    beganMs: BigInt(draft.stamp.nowMs),
  });
  setTimer(draft, 'sync', draft.stamp.nowMs + SYNC_IDLE_MS);
}

/** Members that sit in the committee no longer are compared with no longer. */
function forgetGone(draft: Draft, _setup: AuthoritySetup, { sits, gone }: Turnover): void {
  for (const member of gone) PROOF_LISTS.forget(draft, member);
  const differing = draft.read(SPACES.differing) ?? [];
  const left = differing.filter(({ member }) => sits(member));
  if (left.length < differing.length) draft.write(SPACES.differing, left);
}

/** A link to another authority came up: compares with it. */
function greet(draft: Draft, setup: AuthoritySetup, { link }: LinkUp): void {
  if (memberOf(draft, link) === undefined) return;
  PROOF_LISTS.forgetAt(draft, link);
  sendRoot(draft, setup, link);
}

/** Tells one peer what this ledger hashes to, and which proofs and facts are held. */
function sendRoot(draft: Draft, setup: AuthoritySetup, link: LinkId): void {
  // Of who has no seat it would be a stranger's word, which ends a link.
  if (!sits(draft, setup.authority.member)) return;
  // Who is behind waits for the roots of those who are not: its own is no word of this epoch.
  if (!isBehind(draft)) {
    const { epoch } = currentCommittee(draft);
    draft.send(link, { TAG: 'root', data: { epoch, digest: ledgerDigest(draft) } });
  }
  sendProofCount(draft, link);
  sendFactCount(draft, link);
}

function takeRoot(
  draft: Draft,
  setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { epoch, digest }: DataOf<'root'>,
): void {
  if (member === undefined) return;
  const equal = equalBytes(digest, ledgerDigest(draft));
  draft.note({ kind: 'compared', member, equal });
  if (equal) noteAlike(draft, setup, member, epoch);
  if (!equal) sendNode(draft, link, []);
}

/** The peer has more accounts below a path than a bucket holds. */
function takeDigest(
  draft: Draft,
  _setup: AuthoritySetup,
  { link, speaker: member }: Origin,
  { path, children: theirs }: DataOf<'digest'>,
): void {
  if (path.length >= MAX_DIGEST_DEPTH || member === undefined) return;
  hurry(draft);
  if (!isSplit(draft, path)) return sendShare(draft, link, member, path);
  const mine = childrenOf(draft, path);
  const differing = [...theirs.keys()].filter(
    (nibble) => !equalBytes(childIn(mine, nibble), theirs[nibble] ?? new Uint8Array()),
  );
  const about = `digest ${path}`;
  const [own, others] = shared(draft, member, path, differing);
  const first = someOf(draft, own, MAX_DIGEST_DESCENTS, about, link);
  const rest = someOf(draft, others, MAX_DIGEST_DESCENTS - first.length, about, link);
  for (const nibble of [...first, ...rest]) sendShare(draft, link, member, [...path, nibble]);
}

/**
 * Children in which the peer is to be followed first, and the others. Whoever differs from several
 * members draws for each child which of them is asked first, anew every TURN_MS, so that they do
 * not bring the same. Nothing is left out for it: a member that is silent or lies keeps nothing
 * from anybody.
 */
function shared(
  draft: Draft,
  member: MemberIndex,
  path: DigestPath,
  nibbles: readonly number[],
): [readonly number[], readonly number[]] {
  const members = noteDiffering(draft, member);
  if (members.length < 2) return [nibbles, []];
  const isOwn = (nibble: number): boolean => {
    const turn = turnOf(draft, members.length, `turn ${path},${nibble}`, TURN_MS);
    return members[turn] === member;
  };
  return [nibbles.filter(isOwn), nibbles.filter((nibble) => !isOwn(nibble))];
}

/** The members whose ledgers differed lately, this one among them. */
function noteDiffering(draft: Draft, member: MemberIndex): readonly MemberIndex[] {
  const now = BigInt(draft.stamp.nowMs);
  const known = draft.read(SPACES.differing) ?? [];
  const others = known.filter((entry) => {
    return entry.member !== member && now - entry.atMs < SYNC_IDLE_MS;
  });
  const all = [...others, { member, atMs: now }].sort((a, b) => a.member - b.member);
  draft.write(SPACES.differing, all);
  return all.map((entry) => entry.member);
}

/** The peer has these accounts below a path, and no others. */
function takeBucket(
  draft: Draft,
  setup: AuthoritySetup,
  { link }: Origin,
  { path, entries }: DataOf<'bucket'>,
): void {
  const differing = entries.filter(
    (entry) => isBelow(entry.account, path) && isDifferent(draft, entry),
  );
  const exchanges = [...differing, ...unlisted(draft, link, path, entries)];
  if (exchanges.length > 0) hurry(draft);
  for (const entry of exchanges) exchange(draft, setup, link, entry);
}

/**
 * Takes certificates of one account in their order, and asks on while there is progress. A page
 * that this ledger had already, of an account in which the peer is not ahead, comes from a search
 * for a conflict: that goes on page by page until a certificate is refused or the pages end.
 */
function takeCertificates(
  draft: Draft,
  setup: AuthoritySetup,
  { link }: Origin,
  { account, next: theirNext, certificates }: CertificatePage,
): void {
  const before = readAccount(draft, account).next;
  let isSound = true;
  for (const certificate of certificates) {
    const refused = applyCertificate(draft, setup, certificate);
    if (refused === undefined) continue;
    draft.note({ kind: 'refused', link, refusal: refused });
    isSound = false;
  }
  if (!isSound) return;
  const last = certificates.at(-1)?.order.order;
  if (last === undefined || !equalBytes(last.account, account)) return;
  const { next } = readAccount(draft, account);
  if (next > before) noteProgress(draft);
  const pageEnd = nextSequence(last.sequence);
  if (next < theirNext && next > before) askOn(draft, link, account, next);
  else if (next >= theirNext && pageEnd < theirNext) sendQuery(draft, link, account, pageEnd);
}

/**
 * Accounts of ours, at most MAX_BUCKET_EXCHANGES, that are below the path and that the peer does
 * not have: where they are more, those found first from a place on that is drawn. The peer will
 * have more than a bucket then, and the rest is found by digests.
 */
function unlisted(
  draft: Draft,
  link: LinkId,
  path: DigestPath,
  entries: readonly BucketEntry[],
): BucketEntry[] {
  const theirs = new Set(entries.map(({ account }) => toByteKey(account)));
  const found: BucketEntry[] = [];
  const drawn = (at: DigestPath): number => draw(draft, DIGEST_FANOUT, `unlisted ${at}`, link);
  for (const account of accountsBelow(draft, path, drawn)) {
    if (theirs.has(toByteKey(account))) continue;
    found.push({ account, next: FIRST_SEQUENCE, history: NO_HISTORY_MARK });
    if (found.length === MAX_BUCKET_EXCHANGES) break;
  }
  return found;
}

/** Whether the peer's account and ours have not seen the same orders. */
function isDifferent(draft: Draft, theirs: BucketEntry): boolean {
  const { next, history } = readAccount(draft, theirs.account);
  return next !== theirs.next || !equalBytes(historyMark(history), theirs.history);
}

/** Asks for what is missing here, or gives what is missing there. */
function exchange(draft: Draft, setup: AuthoritySetup, link: LinkId, theirs: BucketEntry): void {
  const { account } = theirs;
  const { next } = readAccount(draft, account);
  if (next < theirs.next) {
    ask(draft, link, account, next);
    return;
  }
  // The same number of orders, but not the same ones: show ours from the first on, so that the
  // conflict comes out, also at a peer that does not know of it yet while we do.
  const from = next > theirs.next ? theirs.next : FIRST_SEQUENCE;
  answerCertificates(draft, setup, { link, route: [] }, account, from);
}

/** Asks for what is missing of an account, unless it is being brought. */
function ask(draft: Draft, link: LinkId, account: Uint8Array, from: Sequence): void {
  const member = memberOf(draft, link);
  if (member === undefined || isShown(draft, account) || !claim(draft, account, member)) return;
  sendQuery(draft, link, account, from);
}

/**
 * Whether a member was just shown a bucket with this account: it sends of all accounts in there
 * without being asked. What came meanwhile may have split that bucket.
 */
function isShown(draft: Draft, account: Uint8Array): boolean {
  const path = bucketPathOf(draft, account);
  return path.some((_, level) => isClaimed(draft, Uint8Array.from(path.slice(0, level + 1))));
}

/** Asks for the page after one that was new. */
function askOn(draft: Draft, link: LinkId, account: Uint8Array, from: Sequence): void {
  const member = memberOf(draft, link);
  if (member === undefined || !renew(draft, account, member)) return;
  sendQuery(draft, link, account, from);
}

function sendQuery(draft: Draft, link: LinkId, account: Uint8Array, from: Sequence): void {
  draft.send(link, { TAG: 'certificatesQuery', data: { account, from } });
}

/**
 * The same, unless another member is being shown that bucket, and so is bringing what is missing.
 */
function sendShare(draft: Draft, link: LinkId, member: MemberIndex, path: DigestPath): void {
  const isBucket = path.length > 0 && !isSplit(draft, path);
  if (!isBucket || claim(draft, Uint8Array.from(path), member)) sendNode(draft, link, path);
}

/**
 * Says what is here at a path: the digests of its children where it is split, else its accounts.
 */
function sendNode(draft: Draft, link: LinkId, path: DigestPath): void {
  if (isSplit(draft, path)) {
    const joined = childrenOf(draft, path);
    const children = Array.from({ length: DIGEST_FANOUT }, (_, n) => childIn(joined, n));
    return draft.send(link, { TAG: 'digest', data: { path: [...path], children } });
  }
  const accounts = bucketAt(draft, path);
  const entries = accounts.map((account) => {
    const { next, history } = readAccount(draft, account);
    return { account, next, history: historyMark(history) };
  });
  draft.send(link, { TAG: 'bucket', data: { path: [...path], entries } });
}

/**
 * There is a difference: do not wait long for the next round. Where that brings nothing the pauses
 * grow, since who lies about its digest would keep everybody busy for ever.
 */
function hurry(draft: Draft): void {
  const pace = paceOf(draft);
  writePace(draft, { ...pace, isHurried: true });
  const soon = draft.stamp.nowMs + Math.min(SYNC_IDLE_MS, SYNC_BUSY_MS * 2 ** pace.rounds);
  setTimerBy(draft, 'sync', soon);
}

/**
 * Something new came: the next round may come early again, and does once no more comes. It is not
 * put off beyond its time without a hurry, whatever trickles in.
 */
function noteProgress(draft: Draft): void {
  const { nowMs } = draft.stamp;
  const pace = paceOf(draft);
  writePace(draft, { ...pace, rounds: 0, isHurried: false });
  setTimer(draft, 'sync', Math.min(nowMs + SYNC_QUIET_MS, Number(pace.beganMs) + SYNC_IDLE_MS));
}

type Pace = ValueOf<typeof paceCoder>;

function paceOf(draft: Draft): Pace {
  return draft.read(SPACES.pace) ?? { rounds: 0, isHurried: false, beganMs: 0n };
}

function writePace(draft: Draft, pace: Pace): void {
  draft.write(SPACES.pace, pace);
}
