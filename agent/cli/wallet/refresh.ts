/**
 * Connecting and refreshing, both bounded in time: a wallet shows what it can prove even where nobody
 * answers, and says so. What it can prove is a lower bound only if it knows all its own orders, and one
 * that came back from its key, or is an old copy, cannot tell. So it is confirmed by n - f members that
 * vouch, signed and in answer to this question, that they know of nothing newer: at least one honest
 * one among them has seen, or voted for, each order that could be certified.
 */
import { randomBytes } from 'node:crypto';
import { equalBytes } from '../../core/base/bytes.ts';
import { NONCE_BYTES } from '../../core/base/limits.ts';
import type { MemberIndex } from '../../core/base/units.ts';
import { orderHash } from '../../core/codec/order.ts';
import { faultsTolerated } from '../../core/network/committee.ts';
import type { Notice } from '../../core/notice.ts';
import { readLiveOrder, readWallet } from '../../core/wallet/holdings.ts';
import { counted, duration } from '../render/text.ts';
import type { Freshness } from '../render/wallet.ts';
import { leftUntil } from '../wait.ts';
import type { WalletSession } from './session.ts';

/** How long a first link may take, and how long further ones are waited for after it. */
const CONNECT_MS = 5_000;
const MORE_LINKS_MS = 400;
/** How long nothing new may come from the authorities, all of it, and the last after enough. */
const REFRESH_MS = 3_000;
const REFRESH_MOST_MS = 120_000;
const LAST_ANSWERS_MS = 300;
/** After so long the questions are sent again. */
const ASK_AGAIN_MS = 1_000;

/** What of a session is needed to connect, and to refresh. */
type Connecting = Pick<WalletSession, 'linkCount' | 'peerCount' | 'bell'>;
export type Refreshing = Connecting &
  Pick<WalletSession, 'network' | 'account' | 'read' | 'command' | 'hear' | 'troubles'>;

/** Waits for links: to all configured nodes, or to some and a little longer. */
export async function connect(session: Connecting, signal: AbortSignal): Promise<boolean> {
  const begun = performance.now();
  let firstAt: number | undefined;
  while (!signal.aborted && session.peerCount() > 0) {
    const links = session.linkCount();
    const now = performance.now();
    if (links >= session.peerCount()) return true;
    if (links > 0) firstAt ??= now;
    if (firstAt !== undefined && now - firstAt > MORE_LINKS_MS) return true;
    if (now - begun > CONNECT_MS) return links > 0;
    const moreMs = firstAt === undefined ? Infinity : firstAt + MORE_LINKS_MS + 1;
    await session.bell.next(leftUntil(begun + CONNECT_MS + 1, moreMs), signal);
  }
  return session.linkCount() > 0;
}

/** Connects and asks all authorities what they know; says how that went. */
export async function refresh(session: Refreshing, signal: AbortSignal): Promise<Freshness> {
  const unconfirmed = (why: string): Freshness => {
    return { confirmed: false, told: [], why, wallMs: Date.now() };
  };
  if (session.peerCount() === 0) return unconfirmed('the wallet knows no node to connect to');
  if (!(await connect(session, signal))) {
    const [trouble] = session.troubles();
    const why = trouble === undefined ? '' : ` (${trouble})`;
    return unconfirmed(`no node answered within ${duration(CONNECT_MS)}${why}`);
  }
  const words = await askAll(session, signal);
  const { members } = session.network.committee;
  const needed = members.length - faultsTolerated(members.length);
  const told = [...agreeing(session, words)].sort((a, b) => a - b);
  if (told.length < needed) return unconfirmed(whyNot(words.size, told.length, needed));
  const names = told.map((member) => members[member]?.name ?? '');
  return { confirmed: true, told: names, why: '', wallMs: Date.now() };
}

function whyNot(answered: number, agreed: number, needed: number): string {
  if (answered === 0) return 'no authority answered';
  const some = `${counted(answered, 'authority', 'authorities')} answered`;
  if (answered < needed) return `${some} of the ${needed} that it takes`;
  return `${some}, and ${answered - agreed} of them know of payments that this wallet has not got`;
}

/** What a member vouched for. */
type Word = Extract<Notice, { readonly kind: 'latest_seen' }>;

/**
 * Sends the questions, again when an answer may have been lost, and waits as long as payments come in,
 * its own or to it: a wallet that has only its key learns them page by page. Returns what was answered.
 */
async function askAll(
  session: Refreshing,
  signal: AbortSignal,
): Promise<ReadonlyMap<MemberIndex, Word>> {
  const words = new Map<MemberIndex, Word>();
  const nonce = randomBytes(NONCE_BYTES);
  const unhear = session.hear((notice) => {
    if (notice.kind === 'latest_seen') words.set(notice.member, notice);
  });
  const { length: count } = session.network.committee.members;
  const begun = performance.now();
  let progressAt = begun;
  let askedAt = Number.NEGATIVE_INFINITY;
  let enoughAt: number | undefined;
  let known = -1n;
  try {
    for (;;) {
      const now = performance.now();
      const { payments } = readWallet(session.read, session.network, session.account);
      if (payments > known) progressAt = now;
      known = payments;
      if (now - askedAt >= ASK_AGAIN_MS) {
        session.command({ kind: 'refresh', nonce });
        askedAt = now;
      }
      const agreed = agreeing(session, words).size;
      if (signal.aborted || now - progressAt > REFRESH_MS || agreed === count) return words;
      if (now - begun > REFRESH_MOST_MS) return words;
      if (agreed >= count - faultsTolerated(count)) enoughAt ??= now;
      if (enoughAt !== undefined && now - enoughAt > LAST_ANSWERS_MS) return words;
      const lastMs = (enoughAt ?? Infinity) + LAST_ANSWERS_MS + 1;
      const left = leftUntil(askedAt + ASK_AGAIN_MS, progressAt + REFRESH_MS + 1, lastMs);
      await session.bell.next(left, signal);
    }
  } finally {
    unhear();
  }
}

/**
 * The members that know of no order of this wallet, and of no payment to it, that it does not have.
 * That one whose own memory has gaps knows of none means nothing (PROTOCOL: Evidence is used).
 */
function agreeing(
  { read, network, account }: Pick<Refreshing, 'read' | 'network' | 'account'>,
  words: ReadonlyMap<MemberIndex, Word>,
): ReadonlySet<MemberIndex> {
  const { next, payments } = readWallet(read, network, account);
  const live = readLiveOrder(read);
  const liveHash = live && orderHash(network.id, live.order.order);
  const agreed = [...words.values()].filter((word) => {
    if (!word.knows || word.next > next || word.received > payments - next) return false;
    // What it voted for at an earlier sequence was decided since.
    if (word.pending === undefined || word.next < next) return true;
    return liveHash !== undefined && equalBytes(liveHash, word.pending);
  });
  return new Set(agreed.map(({ member }) => member));
}
