/**
 * Paying, and going on with an order that is on its way. The order is on disk before its first
 * send; from then on only the same bytes are sent, by this run and by every later one, until they
 * have a quorum. Nothing here ever makes a second order instead of a first.
 */

import type { Certificate } from '../core/codec/order.ts';
import { quorumOf } from '../core/network/committee.ts';
import type { Notice } from '../core/notice.ts';
import { type AskWatch, untilSigned } from './asking.ts';
import {
  type BrokenFault,
  isFault,
  type OrderFailed,
  type PayFault,
  type Unfinished,
} from './fault.ts';
import { type MissingVote, Pursuit } from './pursuit.ts';
import type { PayCommand, WithdrawCommand } from './request.ts';
import type { PeerTrouble, Resumed, WalletSession } from './session.ts';
import { until } from './until.ts';
import { liveOrderView } from './view.ts';

/** Why there is no quorum yet. */
export interface Waiting {
  /** What keeps each node away that is not linked. */
  readonly troubles: readonly PeerTrouble[];
  readonly missing: readonly MissingVote[];
  /** Of the order's token. */
  readonly decimals: number;
}

export interface PayWatch extends AskWatch {
  /** Hears how the order stands; often. */
  readonly onProgress?: (pursuit: Pursuit) => void;
  /**
   * Hears why it takes so long, once it does, and whenever something happens. `isDue`: it is time
   * to say it again, though it may be the same; at growing intervals.
   */
  readonly onWaiting?: (waiting: Waiting, isDue: boolean) => void;
}

export interface Paid {
  readonly certificate: Certificate;
  /** From the order's creation to its certificate; of a resumed order, by the wall clock. */
  readonly latencyMs: number;
  /** Members that have applied it. */
  readonly spread: readonly string[];
  /** What broke after the certificate was on disk: a BrokenFault, or a fault of this program. */
  readonly trouble: unknown;
}

/** After this time without a quorum the person hears why. */
const EXPLAIN_AFTER_MS = 1_500;
/** And again after so long, then after twice as long, up to the second. */
const EXPLAIN_AGAIN_MS = 10_000;
const EXPLAIN_AT_MOST_MS = 600_000;
/** How long the certificate may take to a quorum of authorities before the command ends. */
const SPREAD_MS = 3_000;
/** After the quorum, so long for the rest. */
const SPREAD_REST_MS = 150;

/**
 * Asks, makes an order if enough would vote for it, and pursues it until it is certified: as long
 * as `timeoutMs`, all in all, or for as long as it takes.
 */
export async function pay(
  session: WalletSession,
  command: PayCommand | WithdrawCommand,
  watch: PayWatch,
): Promise<Paid | PayFault> {
  const { decimals } = session.network.genesis.tokens[command.token] ?? { decimals: 0 };
  const pursuit = new Pursuit(session.network, decimals);
  let begunAt = performance.now();
  let certifiedAt = begunAt;
  const unhear = session.hear((notice: Notice) => {
    if (notice.kind === 'order_created') begunAt = performance.now();
    if (notice.kind === 'order_certified') certifiedAt = performance.now();
    pursuit.take(notice);
  });
  try {
    const askedAt = performance.now();
    const unsigned = await untilSigned(session, command, watch);
    if (unsigned !== undefined) return unsigned;
    const { timeoutMs } = watch;
    const leftMs = timeoutMs && timeoutMs - (performance.now() - askedAt);
    const certificate = await quorum(session, pursuit, { ...watch, timeoutMs: leftMs });
    if (isFault(certificate)) return certificate;
    const trouble = await spreading(session, pursuit, watch.signal);
    return { certificate, latencyMs: certifiedAt - begunAt, spread: pursuit.spread, trouble };
  } finally {
    unhear();
  }
}

/** Waits for the order that was on its way when the session was opened. */
export async function resume(
  session: WalletSession,
  { live, pursuit }: Resumed,
  watch: PayWatch,
): Promise<Paid | PayFault> {
  const certificate = await quorum(session, pursuit, watch);
  if (isFault(certificate)) return certificate;
  const latencyMs = Math.max(0, Date.now() - live.createdWallMs);
  const trouble = await spreading(session, pursuit, watch.signal);
  return { certificate, latencyMs, spread: pursuit.spread, trouble };
}

async function quorum(
  session: WalletSession,
  pursuit: Pursuit,
  { onProgress, onWaiting, signal, timeoutMs = Infinity }: PayWatch,
): Promise<Certificate | PayFault> {
  const begunMs = performance.now();
  const lateMs = begunMs + timeoutMs;
  let explainMs = Math.min(begunMs + EXPLAIN_AFTER_MS, lateMs);
  let againMs = EXPLAIN_AGAIN_MS;
  let isTold = false;
  const ended = await until(
    session,
    (): Certificate | OrderFailed | Unfinished['why'] | undefined => {
      const { state } = pursuit;
      if (state.kind === 'certified') return state.certificate;
      if (state.kind === 'failed') return { fault: 'order_failed', refusal: state.refusal };
      const nowMs = performance.now();
      onProgress?.(pursuit);
      const isDue = nowMs >= explainMs;
      if (isDue || isTold) onWaiting?.(waitingOf(session, pursuit), isDue);
      if (isDue) {
        isTold = true;
        explainMs = nowMs + againMs;
        againMs = Math.min(2 * againMs, EXPLAIN_AT_MOST_MS);
      }
      if (nowMs >= lateMs) return 'late';
      return signal.aborted ? 'interrupted' : undefined;
    },
    {
      nextMs: () => Math.min(explainMs, lateMs),
      signal,
    },
  );
  if (ended === 'late' || ended === 'interrupted') return unfinished(session, ended);
  if (isFault(ended) && ended.fault !== 'order_failed') return unfinished(session, ended);
  return ended;
}

/** Waits for the end of an order that was on its way, at most so long. */
export async function awaitEnd(
  session: WalletSession,
  { pursuit }: Resumed,
  mostMs: number,
  signal: AbortSignal,
): Promise<BrokenFault | undefined> {
  const untilMs = performance.now() + mostMs;
  const isOver = () =>
    pursuit.state.kind !== 'waiting' || signal.aborted || performance.now() >= untilMs || undefined;
  const ended = await until(session, isOver, { nextMs: () => untilMs, signal });
  return isFault(ended) ? ended : undefined;
}

/**
 * The certificate is what counts; that it spreads only spares others the work. So whatever breaks
 * here is given back, and makes nothing of a payment that is done.
 */
async function spreading(
  session: WalletSession,
  pursuit: Pursuit,
  signal: AbortSignal,
): Promise<unknown> {
  const { length } = session.network.committee.members;
  let untilMs = performance.now() + SPREAD_MS;
  let hasQuorum = false;
  const isOver = () => {
    const nowMs = performance.now();
    if (!hasQuorum && pursuit.spread.length >= quorumOf(length)) {
      hasQuorum = true;
      untilMs = Math.min(untilMs, nowMs + SPREAD_REST_MS);
    }
    return pursuit.spread.length >= length || signal.aborted || nowMs >= untilMs || undefined;
  };
  try {
    const ended = await until(session, isOver, { nextMs: () => untilMs, signal });
    return isFault(ended) ? ended : undefined;
  } catch (error) {
    return error;
  }
}

function waitingOf(session: WalletSession, pursuit: Pursuit): Waiting {
  return {
    troubles: session.troubles(),
    missing: pursuit.missing((member) => session.contact(member)),
    decimals: pursuit.decimals,
  };
}

function unfinished(session: WalletSession, why: Unfinished['why']): Unfinished {
  const live = liveOrderView(session.read, session.network, session.memos.open);
  return { fault: 'unfinished', why, live };
}
