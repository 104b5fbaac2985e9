/**
 * Token buckets: one, one a source, and those in which what all sources take is bounded as well.
 *
 * A bucket may go into debt by one purchase: whoever buys is served and then has to wait, so that
 * nothing that was already read has to be thrown away.
 */

/** What is paid from. */
export interface Purse {
  /** Takes `cost` tokens and returns for how many milliseconds the owner is in debt; 0: not. */
  pay(cost: number, nowMs: number): number;
}

/** A bucket that begins full, takes in `perSecond` tokens and holds what comes in `bucketMs`. */
export class TokenBucket implements Purse {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, bucketMs: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = Math.max(1, this.#perMs * bucketMs);
    this.#tokens = this.#capacity;
    this.#filledAtMs = nowMs;
  }

  pay(cost: number, nowMs: number): number {
    this.#fill(nowMs);
    this.#tokens -= cost;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }

  /** Takes one token only if there is a whole one. */
  tryPay(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether nothing was taken for so long that there is no room for more. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#capacity;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAtMs) return;
    this.#tokens = Math.min(
      this.#capacity,
      this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs,
    );
    this.#filledAtMs = nowMs;
  }
}

/** One bucket a source, for the sources seen last. A source that is forgotten starts afresh. */
export class SourceBuckets {
  readonly #perSecond: number;
  readonly #bucketMs: number;
  readonly #mostSources: number;
  readonly #recent = new Map<string, TokenBucket>();

  constructor(perSecond: number, bucketMs: number, mostSources: number) {
    this.#perSecond = perSecond;
    this.#bucketMs = bucketMs;
    this.#mostSources = mostSources;
  }

  of(source: string, nowMs: number): TokenBucket {
    const recent = this.#recent;
    const bucket = recent.get(source) ?? new TokenBucket(this.#perSecond, this.#bucketMs, nowMs);
    recent.delete(source);
    recent.set(source, bucket);
    if (recent.size > this.#mostSources) {
      const [oldest] = recent.keys();
      if (oldest !== undefined) recent.delete(oldest);
    }
    return bucket;
  }
}

/** Rates of all sources together and of each. */
export interface SourceRates {
  readonly perSecond: number;
  readonly perSourcePerSecond: number;
  readonly bucketMs: number;
  /** Sources that are remembered. */
  readonly sources: number;
}

/**
 * A rate for each source and one for all together. As much again is there for those that have taken
 * nothing for `bucketMs`: whoever takes all the time leaves it to who comes now and then.
 */
export class FairRate {
  readonly #all: TokenBucket;
  readonly #rested: TokenBucket;
  readonly #bySource: SourceBuckets;

  constructor(rates: SourceRates, nowMs: number) {
    const { perSecond, perSourcePerSecond, bucketMs, sources } = rates;
    this.#all = new TokenBucket(perSecond, bucketMs, nowMs);
    this.#rested = new TokenBucket(perSecond, bucketMs, nowMs);
    this.#bySource = new SourceBuckets(perSourcePerSecond, bucketMs, sources);
  }

  /** Takes one token, if there is one. */
  tryPay(source: string, nowMs: number): boolean {
    const own = this.#bySource.of(source, nowMs);
    const isRested = own.isFull(nowMs);
    if (!own.tryPay(nowMs)) return false;
    return this.#all.tryPay(nowMs) || (isRested && this.#rested.tryPay(nowMs));
  }
}

/**
 * A bucket for each source, that takes in `perSourcePerSecond` as long as few sources take
 * anything, and an equal part of `perSecond` when many do. A source that rested finds its bucket
 * full, however many others are in debt: only those that go on and on wait longer because of each
 * other.
 *
 * All buckets that are not full take in the same, so one sum (`#poured`: what each took in so far)
 * serves them all, and of a source only the sum at which its bucket is full again has to be known.
 */
export class SharedBuckets {
  readonly #rates: SourceRates;
  readonly #capacity: number;
  /**
   * By source, in the order in which they began to take: when it is full again. Others are full.
   */
  readonly #fullAt = new Map<string, number>();
  #poured = 0;
  #pouredAtMs: number;

  constructor(rates: SourceRates, nowMs: number) {
    this.#rates = rates;
    this.#capacity = Math.max(1, (rates.perSourcePerSecond / 1000) * rates.bucketMs);
    this.#pouredAtMs = nowMs;
  }

  of(source: string): Purse {
    return { pay: (cost, nowMs) => this.#pay(source, cost, nowMs) };
  }

  #pay(source: string, cost: number, nowMs: number): number {
    this.#pour(nowMs);
    const fullAt = Math.max(this.#poured, this.#fullAt.get(source) ?? 0) + cost;
    this.#fullAt.set(source, fullAt);
    if (this.#fullAt.size > this.#rates.sources) this.#forgetOldest();
    const debt = fullAt - this.#poured - this.#capacity;
    return debt <= 0 ? 0 : Math.ceil(debt / this.#perMs);
  }

  /** What one source takes in now. */
  get #perMs(): number {
    const { perSecond, perSourcePerSecond } = this.#rates;
    return Math.min(perSourcePerSecond, perSecond / Math.max(1, this.#fullAt.size)) / 1000;
  }

  #pour(nowMs: number): void {
    if (nowMs <= this.#pouredAtMs) return;
    this.#poured += (nowMs - this.#pouredAtMs) * this.#perMs;
    this.#pouredAtMs = nowMs;
    for (const [source, fullAt] of this.#fullAt) {
      if (fullAt <= this.#poured) this.#fullAt.delete(source);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#fullAt.keys();
    if (oldest !== undefined) this.#fullAt.delete(oldest);
  }
}
