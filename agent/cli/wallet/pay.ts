/**
 * Paying, and going on with an order that is on its way. The order is on disk before its first send;
 * from then on only the same bytes are sent, by this run and by every later one, until they have a
 * quorum. Nothing here ever makes a second order instead of a first.
 */

import { REFUSALS, type Refusal } from '../../core/base/refusal.ts';
import type { Certificate } from '../../core/codec/order.ts';
import type { Command } from '../../core/io.ts';
import { quorumOf } from '../../core/network/committee.ts';
import type { Notice } from '../../core/notice.ts';
import { Failure, failure } from '../failure.ts';
import { systemFailure } from '../system-errors.ts';
import { leftUntil } from '../wait.ts';
import { type AskWatch, untilSigned } from './asking.ts';
import { createPursuit, type Pursuit } from './pursuit.ts';
import type { Resumed, WalletSession } from './session.ts';
import { type LiveOrderView, liveOrderView } from './view.ts';

/** What is to be paid, before anybody is asked. */
export type PayCommand = Omit<Extract<Command, { readonly kind: 'pay' }>, 'kind' | 'nonce'>;

export interface PayWatch extends AskWatch {
  /** Why it takes so long, one line for each authority; when that changes. */
  readonly onWaiting?: (reasons: readonly string[]) => void;
}

export interface Paid {
  readonly certificate: Certificate;
  /** From the order's creation to its certificate; of a resumed order, by the wall clock. */
  readonly latencyMs: number;
  /** Members that have applied it. */
  readonly spread: readonly string[];
  /** What broke after the certificate was on disk. */
  readonly trouble: unknown;
}

/** After this time without a quorum a person is told why. */
const EXPLAIN_AFTER_MS = 1_500;
/** And so often is looked whether the reasons are others: a link that is tried again rings no bell. */
const EXPLAIN_AGAIN_MS = 500;
/** How long the certificate may take to a quorum of authorities before the command ends. */
const SPREAD_MS = 3_000;
/** After the quorum, so long for the rest. */
const SPREAD_REST_MS = 150;

/**
 * Asks, makes an order if enough would vote for it, and pursues it until it is certified: as long as
 * `timeoutMs`, all in all, or for as long as it takes. Throws Failure.
 */
export async function pay(
  session: WalletSession,
  command: PayCommand,
  watch: PayWatch,
): Promise<Paid> {
  const { decimals } = session.network.genesis.tokens[command.token] ?? { decimals: 0 };
  const pursuit = createPursuit(session.network, decimals);
  let begunAt = performance.now();
  let certifiedAt = begunAt;
  const unhear = session.hear((notice: Notice) => {
    if (notice.kind === 'order_created') begunAt = performance.now();
    if (notice.kind === 'order_certified') certifiedAt = performance.now();
    pursuit.take(notice);
  });
  try {
    const askedAt = performance.now();
    await untilSigned(session, command, watch);
    const { timeoutMs } = watch;
    const leftMs = timeoutMs && timeoutMs - (performance.now() - askedAt);
    const certificate = await quorum(session, pursuit, { ...watch, timeoutMs: leftMs });
    const trouble = await spreading(session, pursuit, watch.signal);
    return { certificate, latencyMs: certifiedAt - begunAt, spread: pursuit.spread, trouble };
  } finally {
    unhear();
  }
}

/** Waits for the order that was on its way when the session was opened. Throws Failure. */
export async function resume(
  session: WalletSession,
  { live, pursuit }: Resumed,
  watch: PayWatch,
): Promise<Paid> {
  const certificate = await quorum(session, pursuit, watch);
  const latencyMs = Math.max(0, Date.now() - live.createdWallMs);
  const trouble = await spreading(session, pursuit, watch.signal);
  return { certificate, latencyMs, spread: pursuit.spread, trouble };
}

async function quorum(
  session: WalletSession,
  pursuit: Pursuit,
  { onProgress, onWaiting, signal, timeoutMs }: PayWatch,
): Promise<Certificate> {
  const begun = performance.now();
  let told = '';
  for (;;) {
    const { state } = pursuit;
    if (state.kind === 'certified') return state.certificate;
    if (state.kind === 'failed') throw failedOrder(state.refusal);
    const passedMs = performance.now() - begun;
    onProgress?.(pursuit.progress());
    if (passedMs > EXPLAIN_AFTER_MS) {
      const reasons = reasonsOf(session, pursuit);
      if (reasons.join('\n') !== told) onWaiting?.(reasons);
      told = reasons.join('\n');
    }
    const isLate = timeoutMs !== undefined && passedMs > timeoutMs;
    if (isLate && told === '') onWaiting?.(reasonsOf(session, pursuit));
    if (isLate) throw unfinished(session, 'not_certified');
    if (signal.aborted) throw unfinished(session, 'interrupted');
    const isEarly = passedMs <= EXPLAIN_AFTER_MS;
    const explainMs = isEarly ? EXPLAIN_AFTER_MS + 1 : passedMs + EXPLAIN_AGAIN_MS;
    try {
      await session.bell.next(
        leftUntil(begun + explainMs, begun + (timeoutMs ?? Infinity)),
        signal,
      );
    } catch (error) {
      if (pursuit.state.kind !== 'certified') throw withLive(session, error);
    }
  }
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
  const begun = performance.now();
  let quorumAt: number | undefined;
  while (pursuit.spread.length < length && !signal.aborted) {
    const passedMs = performance.now() - begun;
    if (pursuit.spread.length >= quorumOf(length)) quorumAt ??= passedMs;
    if (passedMs > SPREAD_MS) return undefined;
    if (quorumAt !== undefined && passedMs - quorumAt > SPREAD_REST_MS) return undefined;
    const restMs = (quorumAt ?? Infinity) + SPREAD_REST_MS;
    try {
      await session.bell.next(leftUntil(begun + SPREAD_MS, begun + restMs), signal);
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

function reasonsOf(session: WalletSession, pursuit: Pursuit): readonly string[] {
  const troubles = session.linkCount() === 0 ? session.troubles() : [];
  if (troubles.length > 0) return troubles;
  return pursuit.reasons((member) => session.isLinked(member));
}

function unfinished(session: WalletSession, code: 'interrupted' | 'not_certified'): Error {
  const live = liveOrderView(session.read, session.network, session.memos.open);
  if (live === null) return failure(code);
  const { order, votes, quorum: needed } = live;
  const field = `order ${order.id}`;
  const detail = { field, expected: `votes of ${needed} authorities`, found: `${votes.length}` };
  return failure(code, detail, ...liveHints(live));
}

/** The session broke: first what that means for the order, then what broke. */
function withLive(session: WalletSession, error: unknown): unknown {
  const live = liveOrderView(session.read, session.network, session.memos.open);
  const known = error instanceof Failure ? error : systemFailure(error);
  if (live === null || known === undefined) return error;
  const { code, exit, message, hints } = known;
  return new Failure(code, exit, message, [...liveHints(live), ...hints]);
}

/** What becomes of an order that has no quorum yet. */
function liveHints(live: LiveOrderView): readonly string[] {
  return [
    `The order ${live.order.id} stays live: it is stored, and only its very bytes are ever sent again.`,
    'Any wallet command goes on with it; "meshpay wallet resume" waits until it is done.',
  ];
}

function failedOrder(reason: Refusal): Error {
  const found = `${reason.refused}, ${REFUSALS[reason.refused].meaning}`;
  return failure('order_failed', { field: 'order', expected: 'a certificate', found });
}
