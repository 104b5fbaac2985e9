/**
 * Token buckets. A bucket may go into debt by one purchase: whoever buys is served and then has to
 * wait, so that nothing that was already read has to be thrown away.
 */

export interface Bucket {
  /** Takes `cost` tokens and returns for how many milliseconds the owner is in debt; 0: not. */
  pay(cost: number, nowMs: number): number;
  /** Takes one token only if there is a whole one. */
  tryPay(nowMs: number): boolean;
  /** Whether nothing was taken for so long that there is no room for more. */
  isFull(nowMs: number): boolean;
}

/** A full bucket that takes in `perSecond` tokens and holds what comes in `bucketMs`. */
export function createBucket(perSecond: number, bucketMs: number, nowMs: number): Bucket {
  const perMs = perSecond / 1000;
  const capacity = Math.max(1, perMs * bucketMs);
  let tokens = capacity;
  let filledAtMs = nowMs;

  function fill(now: number): void {
    if (now <= filledAtMs) return;
    tokens = Math.min(capacity, tokens + (now - filledAtMs) * perMs);
    filledAtMs = now;
  }

  return {
    pay(cost, now) {
      fill(now);
      tokens -= cost;
      return tokens >= 0 ? 0 : Math.ceil(-tokens / perMs);
    },
    tryPay(now) {
      fill(now);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    isFull(now) {
      fill(now);
      return tokens >= capacity;
    },
  };
}

/** One bucket a source, for the sources seen last. A source that is forgotten starts afresh. */
export interface SourceBuckets {
  of(source: string, nowMs: number): Bucket;
}

export function createSourceBuckets(
  perSecond: number,
  bucketMs: number,
  mostSources: number,
): SourceBuckets {
  const recent = new Map<string, Bucket>();
  return {
    of(source, nowMs) {
      const bucket = recent.get(source) ?? createBucket(perSecond, bucketMs, nowMs);
      recent.delete(source);
      recent.set(source, bucket);
      if (recent.size > mostSources) {
        const [oldest] = recent.keys();
        if (oldest !== undefined) recent.delete(oldest);
      }
      return bucket;
    },
  };
}

/**
 * A rate for each source and one for all together. As much again is there for those that have taken
 * nothing for `bucketMs`: whoever takes all the time leaves it to who comes now and then.
 */
export interface FairRate {
  /** Takes one token, if there is one. */
  tryPay(source: string, nowMs: number): boolean;
}

export interface FairRateOptions {
  readonly perSecond: number;
  readonly perSourcePerSecond: number;
  readonly bucketMs: number;
  /** Sources that are remembered. */
  readonly sources: number;
}

export function createFairRate(options: FairRateOptions, nowMs: number): FairRate {
  const { perSecond, perSourcePerSecond, bucketMs } = options;
  const all = createBucket(perSecond, bucketMs, nowMs);
  const rested = createBucket(perSecond, bucketMs, nowMs);
  const bySource = createSourceBuckets(perSourcePerSecond, bucketMs, options.sources);
  return {
    tryPay(source, now) {
      const own = bySource.of(source, now);
      const isRested = own.isFull(now);
      if (!own.tryPay(now)) return false;
      return all.tryPay(now) || (isRested && rested.tryPay(now));
    },
  };
}
