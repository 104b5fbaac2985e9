/** Token buckets: what one takes in, and what many take in together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  FairRate,
  SharedBuckets,
  SourceBuckets,
  TokenBucket,
} from '../../../agent/shell/net/token-bucket.ts';

describe('a token bucket', () => {
  it('serves, goes into debt by one purchase, and says how long the debt lasts', () => {
    const bucket = new TokenBucket(100, 1_000, 0);
    assert.equal(bucket.pay(100, 0), 0);
    assert.equal(bucket.pay(10, 0), 100);
    assert.equal(bucket.pay(0, 100), 0);
    assert.equal(bucket.tryPay(100), false);
    assert.equal(bucket.tryPay(110), true);
  });

  it('of a source that is forgotten starts afresh, and only so many are remembered', () => {
    const buckets = new SourceBuckets(1, 1_000, 2);
    assert.equal(buckets.of('a', 0).tryPay(0), true);
    assert.equal(buckets.of('a', 0).tryPay(0), false);
    buckets.of('b', 0);
    buckets.of('c', 0);
    assert.equal(buckets.of('a', 0).tryPay(0), true);
  });

  it('holds one token at least, however slowly it fills', () => {
    const bucket = new TokenBucket(0.1, 1_000, 0);
    assert.equal(bucket.tryPay(0), true);
    assert.equal(bucket.tryPay(9_999), false);
    assert.equal(bucket.tryPay(10_000), true);
  });

  it('is kept for the sources that came last, as many as may be', () => {
    const buckets = new SourceBuckets(1, 1_000, 2);
    const isNew = (source: string) => buckets.of(source, 0).tryPay(0);
    assert.deepEqual(['a', 'b', 'a', 'b', 'a'].map(isNew), [true, true, false, false, false]);
    assert.deepEqual(['c', 'a', 'b'].map(isNew), [true, false, true]);
  });
});

describe('a rate of each source and of all', () => {
  const rates = { perSecond: 4, perSourcePerSecond: 2, bucketMs: 1_000, sources: 10 };
  const paid = (rate: FairRate, nowMs: number, sources: string) =>
    [...sources].map((source) => (rate.tryPay(source, nowMs) ? source : '-')).join('');

  it('gives each its own, and no more', () => {
    const rate = new FairRate(rates, 0);
    assert.equal(paid(rate, 0, 'aaa'), 'aa-');
    assert.equal(paid(rate, 499, 'a'), '-');
    assert.equal(paid(rate, 500, 'aa'), 'a-');
  });

  it('has as much again for whoever rested, and for nobody else, when all have taken all', () => {
    const rate = new FairRate(rates, 0);
    assert.equal(paid(rate, 0, 'aabb'), 'aabb', 'all that there is');
    assert.equal(paid(rate, 0, 'cc'), 'c-', 'a newcomer has one, and has then not rested');
    assert.equal(paid(rate, 0, 'defgh'), 'def--', 'as many again, and no more');
  });
});

describe('buckets of sources that share what they take in', () => {
  const rates = { perSecond: 1_000, perSourcePerSecond: 200, bucketMs: 1_000, sources: 100 };
  /** Pays until there is a debt, and returns how long it lasts. */
  const debtOf = (purse: { pay(cost: number, nowMs: number): number }, nowMs = 0): number =>
    purse.pay(200, nowMs) || purse.pay(1, nowMs);

  it('hold what comes in bucketMs, and then take in their own rate', () => {
    const buckets = new SharedBuckets(rates, 0);
    const one = buckets.of('one');
    assert.equal(one.pay(200, 0), 0);
    assert.equal(one.pay(1, 0), 5);
    assert.equal(one.pay(0, 5), 0);
    assert.equal(buckets.of('one').pay(20, 5), 100, 'it is the source that owes');
    assert.equal(one.pay(160, 905), 0, 'it took in 180, and owed 20');
    assert.equal(one.pay(0, 100_000), 0);
    assert.equal(one.pay(201, 100_000), 5);
  });

  it('share what all may take when many do', () => {
    const buckets = new SharedBuckets(rates, 0);
    const names = Array.from({ length: 10 }, (_, i) => `source ${i}`);
    for (const name of names.slice(0, 5)) debtOf(buckets.of(name));
    assert.equal(buckets.of('source 0').pay(0, 0), 5, 'five may have their own rate each');
    for (const name of names.slice(5)) debtOf(buckets.of(name));
    assert.equal(buckets.of('source 0').pay(0, 0), 10, 'ten have half of it');
  });

  it('leave alone who rested, however many are in debt', () => {
    const buckets = new SharedBuckets(rates, 0);
    for (let i = 0; i < 50; i++) buckets.of(`source ${i}`).pay(1_000, 0);
    assert.equal(buckets.of('newcomer').pay(200, 1), 0);
  });

  it('take in more again when others have theirs full', () => {
    const buckets = new SharedBuckets(rates, 0);
    for (let i = 0; i < 9; i++) buckets.of(`source ${i}`).pay(10, 0);
    assert.equal(buckets.of('late').pay(300, 0), 1_000, 'a tenth of 1,000 a second');
    assert.equal(
      buckets.of('late').pay(0, 100),
      450,
      'the nine are full after 100 ms: 200 a second',
    );
  });

  it('are forgotten when there are too many, the oldest first', () => {
    const buckets = new SharedBuckets({ ...rates, sources: 2 }, 0);
    for (const name of ['a', 'b', 'a']) buckets.of(name).pay(1_000, 0);
    assert.ok(buckets.of('b').pay(0, 0) > 0);
    assert.equal(buckets.of('c').pay(1, 0), 0);
    assert.ok(buckets.of('b').pay(0, 0) > 0, 'b came after a');
    assert.equal(buckets.of('a').pay(1, 0), 0);
  });

  it('never give all sources together more than their rate, beyond what each had saved up', () => {
    const spend = fc.record({
      source: fc.nat(9).map((i) => `source ${i}`),
      cost: fc.integer({ min: 1, max: 50 }),
      afterMs: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(spend, { maxLength: 300 }), (spends) => {
        const buckets = new SharedBuckets(rates, 0);
        let nowMs = 0;
        const served = new Map<string, number>();
        for (const { source, cost, afterMs } of spends) {
          nowMs += afterMs;
          // Whoever is in debt asks for nothing; the last purchase may have been more than there
          // was.
          if (buckets.of(source).pay(0, nowMs) > 0) continue;
          buckets.of(source).pay(cost, nowMs);
          served.set(source, (served.get(source) ?? 0) + cost);
        }
        const total = [...served.values()].reduce((sum, cost) => sum + cost, 0);
        assert.ok(total <= nowMs * 1 + served.size * (200 + 50));
      }),
    );
  });
});
