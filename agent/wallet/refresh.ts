/**
 * Connecting and refreshing, both bounded in time: a wallet shows what it can prove even where
 * nobody answers, and says so. What it can prove is a lower bound only if it knows all its own
 * orders, and one that came back from its key, or is an old copy, cannot tell. So it is confirmed
 * by n - f members that vouch, signed and in answer to this question, that they know of nothing
 * newer: at least one honest one among them has seen, or voted for, each order that could be
 * certified.
 */

import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../core/base/limits.ts';
import { memberName, walletOf } from '../core/views.ts';
import { type Answers, isConfirmed } from '../core/wallet/answers.ts';
import { type BrokenFault, isFault } from './fault.ts';
import type { PeerTrouble, WalletSession } from './session.ts';
import { until } from './until.ts';

/** How long a first link may take, and how long further ones are waited for after it. */
const CONNECT_MS = 5_000;
const MORE_LINKS_MS = 400;
/** How long nothing new may come from the authorities, all of it, and the last after enough. */
const REFRESH_MS = 3_000;
const REFRESH_MOST_MS = 120_000;
const LAST_ANSWERS_MS = 300;
/** After so long the questions are sent again. */
const ASK_AGAIN_MS = 1_000;

/** What it rests on that nothing is missing from what is shown. */
export interface Freshness {
  /** n - f authorities vouched just now that they know of nothing newer. */
  readonly confirmed: boolean;
  /** Their names. */
  readonly told: readonly string[];
  /** Why it is not confirmed. */
  readonly doubt: Doubt | undefined;
  /** When, by the wall clock. */
  readonly wallMs: number;
}

export type Doubt =
  /** Nobody was asked, as it was wanted. */
  | { readonly kind: 'offline' }
  /** The wallet knows no node to connect to. */
  | { readonly kind: 'no_peers' }
  /** There was no link for so long. */
  | {
      readonly kind: 'no_link';
      readonly afterMs: number;
      readonly trouble: PeerTrouble | undefined;
    }
  /** So many answered, and it takes more. */
  | { readonly kind: 'too_few'; readonly answered: number; readonly needed: number }
  /** Enough answered; so many of them know of payments that this wallet has not got. */
  | { readonly kind: 'newer'; readonly answered: number; readonly knowing: number };

/** What of a session is needed to connect, and to refresh. */
type Connecting = Pick<WalletSession, 'linkCount' | 'peerCount' | 'watch'>;
export type Refreshing = Connecting &
  Pick<
    WalletSession,
    'network' | 'account' | 'read' | 'answers' | 'command' | 'settled' | 'troubles'
  >;

/**
 * Waits for links: to all configured nodes, or to some and a little longer. True: there are some.
 */
export async function connect(
  session: Connecting,
  signal: AbortSignal,
): Promise<boolean | BrokenFault> {
  let untilMs = performance.now() + CONNECT_MS;
  let isFirst = true;
  return until(
    session,
    () => {
      const [links, nowMs] = [session.linkCount(), performance.now()];
      if (links >= session.peerCount()) return links > 0;
      if (links > 0 && isFirst) untilMs = nowMs + MORE_LINKS_MS;
      if (links > 0) isFirst = false;
      return signal.aborted || nowMs >= untilMs ? links > 0 : undefined;
    },
    { nextMs: () => untilMs, signal },
  );
}

/** Connects and asks all authorities what they know; says how that went. */
export async function refresh(
  session: Refreshing,
  signal: AbortSignal,
): Promise<Freshness | BrokenFault> {
  if (session.peerCount() === 0) return unconfirmed({ kind: 'no_peers' });
  const linked = await connect(session, signal);
  if (isFault(linked)) return linked;
  if (!linked) {
    const [trouble] = session.troubles();
    return unconfirmed({ kind: 'no_link', afterMs: CONNECT_MS, trouble });
  }
  const answers = await askAll(session, signal);
  if (isFault(answers)) return answers;
  // They were judged by what the core knows; what is shown is read from the disk.
  const broken = await session.settled();
  if (broken !== undefined) return broken;
  if (!isConfirmed(answers)) return unconfirmed(doubtOf(answers));
  const told = answers.agreeing.map((member) => memberName(session.network, member));
  return { confirmed: true, told, doubt: undefined, wallMs: Date.now() };
}

/** What is not confirmed, and why. */
export function unconfirmed(doubt: Doubt): Freshness {
  return { confirmed: false, told: [], doubt, wallMs: Date.now() };
}

function doubtOf({ heard, agreeing, needed }: Answers): Doubt {
  const answered = heard.length;
  if (answered < needed) return { kind: 'too_few', answered, needed };
  return { kind: 'newer', answered, knowing: answered - agreeing.length };
}

/**
 * Sends the questions, again when an answer may have been lost, and waits as long as payments come
 * in, its own or to it: a wallet that has only its key learns them page by page. Gives what was
 * answered.
 */
async function askAll(session: Refreshing, signal: AbortSignal): Promise<Answers | BrokenFault> {
  const nonce = randomBytes(NONCE_BYTES);
  const mostMs = performance.now() + REFRESH_MOST_MS;
  let askAgainMs = 0;
  let giveUpMs = 0;
  let enoughMs = Number.POSITIVE_INFINITY;
  let known = -1n;
  const judge = (): Answers | undefined => {
    const nowMs = performance.now();
    const { payments } = walletOf(session.read, session.network, session.account);
    if (payments > known) giveUpMs = nowMs + REFRESH_MS;
    known = payments;
    const answers = session.answers(nonce);
    if (isConfirmed(answers)) enoughMs = Math.min(enoughMs, nowMs + LAST_ANSWERS_MS);
    const isUnanimous = answers.agreeing.length === session.network.committee.members.length;
    if (signal.aborted || isUnanimous) return answers;
    if (nowMs >= Math.min(giveUpMs, mostMs, enoughMs)) return answers;
    if (nowMs >= askAgainMs) {
      askAgainMs = nowMs + ASK_AGAIN_MS;
      session.command({ kind: 'refresh', nonce });
    }
    return undefined;
  };
  return until(session, judge, {
    nextMs: () => Math.min(askAgainMs, giveUpMs, mostMs, enoughMs),
    signal,
  });
}
