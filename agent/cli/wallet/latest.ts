/**
 * Whether a wallet knows all its own orders. One that has only its key, or an old copy of its folder,
 * may have forgotten some, and would sign another order for a sequence that is used: an honest owner
 * would look like a double spender, and the account could get stuck. The folder cannot tell, so before
 * a wallet signs, it asks: n - f members have to vouch that they know of nothing newer. Of those who
 * voted for a forgotten order at least one honest member is among them whenever that order could be
 * certified. Their words are signed together with a nonce, so nobody on the way can tell old ones.
 *
 * Where so many do not answer, nothing could be certified now either. A wallet that remembers
 * payments then signs all the same, after a moment, because an order that waits for its quorum
 * is what people expect; one that remembers nothing does not, and neither does one that more than f
 * members contradict: it has forgotten something, and waits for that.
 */
import { randomBytes } from 'node:crypto';
import { equalBytes } from '../../core/bytes.ts';
import { readLiveOrder, readWallet } from '../../core/client/wallet.ts';
import { orderHash } from '../../core/codec/order.ts';
import { faultsTolerated } from '../../core/committee.ts';
import { singleton } from '../../core/keyspace.ts';
import { NONCE_BYTES } from '../../core/limits.ts';
import type { Notice } from '../../core/notice.ts';
import type { MemberIndex } from '../../core/units.ts';
import { failure } from '../failure.ts';
import { leftUntil } from '../wait.ts';
import type { WalletSession } from './session.ts';

type Latest = Extract<Notice, { readonly kind: 'latest_seen' }>;

/** How long a wallet that remembers payments waits for the words of others. */
const MOMENT_MS = 1_500;
/** After so long the questions are sent again. */
const ASK_AGAIN_MS = 1_000;

/** What of a session is needed to ask. */
export type Asker = Pick<
  WalletSession,
  'network' | 'account' | 'read' | 'command' | 'hear' | 'bell'
>;

export interface LatestWatch {
  readonly signal: AbortSignal;
  /** Undefined: for as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: (line: string) => void;
}

/** Waits until the wallet may sign; what it forgot comes in on the way. Throws Failure. */
export async function untilLatest(session: Asker, watch: LatestWatch): Promise<void> {
  const { timeoutMs = Infinity } = watch;
  const remembers = session.read.get(singleton('wallet')) !== undefined;
  const momentMs = Math.min(MOMENT_MS, timeoutMs);
  const { agreeing, needed, isContradicted } = await ask(session, watch, (contradicted) =>
    remembers && !contradicted ? momentMs : timeoutMs,
  );
  if (watch.signal.aborted) throw failure('interrupted');
  if (agreeing >= needed || (remembers && !isContradicted)) return;
  throw failure(
    'not_latest',
    { field: 'authorities', expected: `the word of ${needed}`, found: `${agreeing}` },
    isContradicted
      ? 'Nothing was signed. This wallet has forgotten an order that authorities know of.'
      : 'Nothing was signed. The wallet remembers no payment, and might have made some in another life.',
  );
}

interface Answers {
  readonly agreeing: number;
  readonly needed: number;
  /** More than f members, so an honest one, know of an order that this wallet does not. */
  readonly isContradicted: boolean;
}

async function ask(
  session: Asker,
  { signal, onProgress }: LatestWatch,
  limitMs: (isContradicted: boolean) => number,
): Promise<Answers> {
  const { length: count } = session.network.committee.members;
  const faults = faultsTolerated(count);
  const needed = count - faults;
  const nonce = randomBytes(NONCE_BYTES);
  const words = new Map<MemberIndex, Latest>();
  const unhear = session.hear((notice) => {
    if (notice.kind === 'latest_seen') words.set(notice.member, notice);
  });
  const begunAt = performance.now();
  let askedAt = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      const now = performance.now();
      const agreeing = [...words.values()].filter(
        (word) => word.knows && !contradicts(session, word),
      ).length;
      const against = [...words.values()].filter((word) => contradicts(session, word)).length;
      const isContradicted = against > faults;
      if (agreeing >= needed || signal.aborted || now - begunAt > limitMs(isContradicted)) {
        return { agreeing, needed, isContradicted };
      }
      onProgress?.(
        isContradicted
          ? 'this wallet has forgotten an order that authorities know of: waiting for it'
          : `asking what is known of this wallet: ${agreeing} of ${needed} have answered`,
      );
      if (now - askedAt >= ASK_AGAIN_MS) {
        session.command({ kind: 'refresh', nonce });
        askedAt = now;
      }
      const left = leftUntil(askedAt + ASK_AGAIN_MS, begunAt + limitMs(isContradicted));
      await session.bell.next(left, signal);
    }
  } finally {
    unhear();
  }
}

/**
 * Whether the member knows of an order that this wallet does not know. One whose own memory has gaps
 * may say so, but that it knows of none counts for nothing.
 */
function contradicts({ read, network, account }: Asker, { next, pending }: Latest): boolean {
  if (next > readWallet(read, network, account).next) return true;
  if (pending === undefined) return false;
  const live = readLiveOrder(read);
  return live === undefined || !equalBytes(orderHash(network.id, live.order.order), pending);
}
