/**
 * Whether a wallet knows all its own orders. One that has only its key, or an old copy of its folder,
 * may have forgotten some, and would sign another order for a sequence that is used: an honest owner
 * would look like a double spender, and the account could get stuck. The folder cannot tell, so before
 * a wallet signs, it asks: n - f members have to vouch that they know of nothing newer. Of those who
 * voted for a forgotten order at least one honest member is among them whenever that order could be
 * certified.
 *
 * Where so many do not answer, nothing could be certified now either. A wallet that remembers
 * payments then signs all the same, after a moment, because an order that waits for its quorum
 * is what people expect; one that remembers nothing does not.
 */
import { equalBytes } from '../../core/bytes.ts';
import { readLiveOrder, readWallet } from '../../core/client/wallet.ts';
import { orderHash } from '../../core/codec/order.ts';
import { faultsTolerated } from '../../core/committee.ts';
import { singleton } from '../../core/keyspace.ts';
import type { Notice } from '../../core/notice.ts';
import type { MemberIndex } from '../../core/units.ts';
import { failure } from '../failure.ts';
import { pause } from '../wait.ts';
import type { WalletSession } from './session.ts';

type Progress = Extract<Notice, { readonly kind: 'progress_seen' }>;

/** How long a wallet that remembers payments waits for the words of others. */
const MOMENT_MS = 1_500;
/** After so long the questions are sent again. */
const ASK_AGAIN_MS = 1_000;
const POLL_MS = 5;

export interface LatestWatch {
  readonly signal: AbortSignal;
  /** Undefined: for as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: (line: string) => void;
}

/** Waits until the wallet may sign; what it forgot comes in on the way. Throws Failure. */
export async function untilLatest(session: WalletSession, watch: LatestWatch): Promise<void> {
  const { timeoutMs = Infinity } = watch;
  const remembers = session.read.get(singleton('wallet')) !== undefined;
  const limitMs = remembers ? Math.min(MOMENT_MS, timeoutMs) : timeoutMs;
  const { agreeing, needed } = await ask(session, watch, limitMs);
  if (watch.signal.aborted) throw failure('interrupted');
  if (agreeing >= needed || remembers) return;
  throw failure(
    'not_latest',
    { field: 'authorities', expected: `the word of ${needed}`, found: `${agreeing}` },
    'Nothing was signed. The wallet remembers no payment, and might have made some in another life.',
  );
}

async function ask(
  session: WalletSession,
  { signal, onProgress }: LatestWatch,
  limitMs: number,
): Promise<{ readonly agreeing: number; readonly needed: number }> {
  const { length: count } = session.network.committee.members;
  const needed = count - faultsTolerated(count);
  const words = new Map<MemberIndex, Progress>();
  const unhear = session.hear((notice) => {
    if (notice.kind !== 'progress_seen' || !equalBytes(notice.account, session.account)) return;
    words.set(notice.member, notice);
  });
  const begunAt = performance.now();
  let askedAt = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      const now = performance.now();
      const agreeing = [...words.values()].filter((word) => agrees(session, word)).length;
      if (agreeing >= needed || signal.aborted || now - begunAt > limitMs) {
        return { agreeing, needed };
      }
      onProgress?.(`asking what is known of this wallet: ${agreeing} of ${needed} have answered`);
      if (now - askedAt >= ASK_AGAIN_MS) {
        session.command({ kind: 'refresh' });
        askedAt = now;
      }
      await Promise.race([pause(POLL_MS), session.broken]);
    }
  } finally {
    unhear();
  }
}

/** Whether the member knows of no order that this wallet does not know. */
function agrees({ read, network, account }: WalletSession, { next, pending }: Progress): boolean {
  if (next > readWallet(read, network, account).next) return false;
  if (pending === undefined) return true;
  const live = readLiveOrder(read);
  return live !== undefined && equalBytes(orderHash(network.id, live.order.order), pending);
}
