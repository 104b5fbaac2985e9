/**
 * Connecting and refreshing, both bounded in time: a wallet shows what it can prove even where nobody
 * answers, and says so.
 */
import { randomBytes } from 'node:crypto';
import { readWallet } from '../../core/client/wallet.ts';
import { faultsTolerated, quorumOf } from '../../core/committee.ts';
import { NONCE_BYTES } from '../../core/limits.ts';
import type { Notice } from '../../core/notice.ts';
import type { MemberIndex } from '../../core/units.ts';
import { duration } from '../render/text.ts';
import type { Freshness } from '../render/wallet.ts';
import { leftUntil } from '../wait.ts';
import type { WalletSession } from './session.ts';

/** How long a first link may take, and how long further ones are waited for after it. */
const CONNECT_MS = 5_000;
const MORE_LINKS_MS = 400;
/** How long nothing new may come from the authorities, all of it, and the last after a quorum. */
const REFRESH_MS = 3_000;
const REFRESH_MOST_MS = 120_000;
const LAST_ANSWERS_MS = 300;
/** After so long the questions are sent again. */
const ASK_AGAIN_MS = 1_000;

/** Waits for links: to all configured nodes, or to some and a little longer. */
export async function connect(session: WalletSession, signal: AbortSignal): Promise<boolean> {
  const begun = performance.now();
  let firstAt: number | undefined;
  while (!signal.aborted && session.peerCount() > 0) {
    const links = session.linkCount();
    const now = performance.now();
    if (links >= session.peerCount()) return true;
    if (links > 0) firstAt ??= now;
    if (firstAt !== undefined && now - firstAt > MORE_LINKS_MS) return true;
    if (now - begun > CONNECT_MS) return links > 0;
    await session.bell.next(
      leftUntil(begun + CONNECT_MS, (firstAt ?? now + CONNECT_MS) + MORE_LINKS_MS),
      signal,
    );
  }
  return session.linkCount() > 0;
}

/** Connects and asks all authorities what they know; says how that went. */
export async function refresh(session: WalletSession, signal: AbortSignal): Promise<Freshness> {
  const wallMs = Date.now();
  if (session.peerCount() === 0) {
    return { told: [], why: 'the wallet knows no node to connect to', wallMs };
  }
  if (!(await connect(session, signal))) {
    const [trouble] = session.troubles();
    const why = trouble === undefined ? '' : ` (${trouble})`;
    return { told: [], why: `no node answered within ${duration(CONNECT_MS)}${why}`, wallMs };
  }
  const told = await askAll(session, signal);
  const { members } = session.network.committee;
  const names = [...told].sort((a, b) => a - b).map((member) => members[member]?.name ?? '');
  return { told: names, why: 'no authority answered', wallMs: Date.now() };
}

/** Payments of this account and to it, as a member has counted them. */
type Claim = Pick<Extract<Notice, { readonly kind: 'latest_seen' }>, 'next' | 'received'>;

/** What the authorities have said so far. */
interface Answers {
  /** Members that have told all incoming payments. */
  readonly told: Set<MemberIndex>;
  readonly claims: Map<MemberIndex, Claim>;
}

/**
 * Sends the questions, again when an answer may have been lost, and waits as long as payments come in,
 * its own or to it: a wallet that has only its key learns them page by page. Returns who has told
 * everything.
 */
async function askAll(
  session: WalletSession,
  signal: AbortSignal,
): Promise<ReadonlySet<MemberIndex>> {
  const answers: Answers = { told: new Set(), claims: new Map() };
  const nonce = randomBytes(NONCE_BYTES);
  const unhear = session.hear((notice) => take(answers, notice));
  const { length: count } = session.network.committee.members;
  const { told } = answers;
  const begun = performance.now();
  let progressAt = begun;
  let askedAt = Number.NEGATIVE_INFINITY;
  let quorumAt: number | undefined;
  let known = -1n;
  try {
    for (;;) {
      const now = performance.now();
      const wallet = readWallet(session.read, session.network, session.account);
      const claims = [...answers.claims.values()];
      const isBehind =
        wallet.next < vouchedFor(claims, count, ({ next }) => next) ||
        wallet.payments - wallet.next < vouchedFor(claims, count, ({ received }) => received);
      if (wallet.payments > known) progressAt = now;
      known = wallet.payments;
      if (now - askedAt >= ASK_AGAIN_MS) {
        session.command({ kind: 'refresh', nonce });
        askedAt = now;
      }
      if (signal.aborted || now - progressAt > REFRESH_MS) return told;
      if (now - begun > REFRESH_MOST_MS) return told;
      if (told.size >= quorumOf(count) && !isBehind) quorumAt ??= now;
      if (told.size === count && !isBehind) return told;
      if (quorumAt !== undefined && now - quorumAt > LAST_ANSWERS_MS) return told;
      const lastMs = (quorumAt ?? Infinity) + LAST_ANSWERS_MS;
      const left = leftUntil(askedAt + ASK_AGAIN_MS, progressAt + REFRESH_MS, lastMs);
      await session.bell.next(left, signal);
    }
  } finally {
    unhear();
  }
}

function take({ told, claims }: Answers, notice: Notice): void {
  if (notice.kind === 'refreshed') told.add(notice.member);
  if (notice.kind === 'latest_seen') claims.set(notice.member, notice);
}

/** What more than f members claim, so at least an honest one: one liar cannot make us wait. */
function vouchedFor(
  claims: readonly Claim[],
  memberCount: number,
  count: (claim: Claim) => bigint,
): bigint {
  const sorted = claims.map(count).sort((a, b) => (a > b ? -1 : 1));
  return sorted[faultsTolerated(memberCount)] ?? 0n;
}
