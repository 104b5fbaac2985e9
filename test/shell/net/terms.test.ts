/** Of two streams between the same two nodes, both sides keep the same one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { Terms } from '../../../agent/shell/net/terms.ts';

const WINDOW_MS = 2 * NET_LIMITS.handshakeTimeoutMs;

/** Which of two streams a node keeps: it sees one come up `gapMs` after the other. */
function kept(
  self: Uint8Array | undefined,
  peer: Uint8Array,
  [first, second]: readonly [boolean, boolean],
  gapMs: number,
): 'first' | 'second' {
  const terms = new Terms(NET_LIMITS, self, [], () => 1_000 + gapMs);
  return terms.replaces(peer, { upAtMs: 1_000, dialled: first }, second) ? 'second' : 'first';
}

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const keys = fc.tuple(key, key).filter(([a, b]) => !equalBytes(a, b));

describe('two streams between the same two nodes', () => {
  it('of a double dial end in one, the same for both, in whatever order each sees them', () => {
    const gap = fc.nat(WINDOW_MS);
    fc.assert(
      fc.property(keys, gap, gap, fc.boolean(), ([a, b], gapA, gapB, sameOrder) => {
        // The stream that a dialled comes first for a; for b perhaps the other one does.
        const keptByA = kept(a, b, [true, false], gapA);
        const keptByB = sameOrder
          ? kept(b, a, [false, true], gapB)
          : kept(b, a, [true, false], gapB);
        const aKeepsItsOwn = keptByA === 'first';
        const bKeepsThatOfA = sameOrder ? keptByB === 'first' : keptByB === 'second';
        assert.equal(aKeepsItsOwn, bKeepsThatOfA);
      }),
    );
  });

  it('end in the newer one, when the older cannot belong to the same double dial', () => {
    fc.assert(
      fc.property(keys, fc.boolean(), fc.boolean(), ([a, b], first, second) => {
        assert.equal(kept(a, b, [first, second], WINDOW_MS + 1), 'second');
      }),
    );
  });

  it('end in the newer one, when the same side dialled both', () => {
    fc.assert(
      fc.property(keys, fc.boolean(), ([a, b], dialled) => {
        assert.equal(kept(a, b, [dialled, dialled], 1), 'second');
        assert.equal(kept(undefined, b, [true, true], 1), 'second');
      }),
    );
  });
});

describe('what the links of one source may use', () => {
  for (const part of ['buckets', 'fruitless'] as const) {
    for (const kind of ['node', 'anonymous'] as const) {
      it(`is shared by them beside their own: ${part} of kind ${kind}`, () => {
        const terms = new Terms(NET_LIMITS, undefined, [], () => 0);
        const of = (source: string) => terms.boundsOf(kind, source)[part];
        const [one, other, elsewhere] = [of('s'), of('s'), of('another')];
        assert.deepEqual([one.length, other.length], [2, 2]);
        assert.notEqual(one[0], other[0], 'each has one of its own');
        const most = 1_000_000;
        assert.ok((one[1]?.pay(most, 0) ?? 0) > 0);
        assert.ok((other[1]?.pay(1, 0) ?? 0) > 0, 'the source is in debt');
        assert.equal(other[0]?.pay(1, 0), 0);
        assert.equal(elsewhere[1]?.pay(1, 0), 0, 'another is not');
        const kin = kind === 'node' ? 'anonymous' : 'node';
        assert.equal(terms.boundsOf(kin, 's')[part][1]?.pay(1, 0), 0, 'nor the other kind');
        const [parts] = (['buckets', 'fruitless'] as const).filter((name) => name !== part);
        assert.ok(parts !== undefined);
        assert.equal(terms.boundsOf(kind, 's')[parts][1]?.pay(1, 0), 0, 'nor for other things');
      });
    }

    it(`is a member's own alone: ${part}`, () => {
      const terms = new Terms(NET_LIMITS, undefined, [], () => 0);
      const [one, other] = [
        terms.boundsOf('member', 's')[part],
        terms.boundsOf('member', 's')[part],
      ];
      assert.equal(one.length, 1);
      one[0]?.pay(1_000_000, 0);
      assert.equal(other[0]?.pay(1, 0), 0);
    });
  }
});

describe('strangers that come with many new sources at once', () => {
  it('have of each no more than it takes in within a moment', () => {
    const { sourceBucketMs, sourceFruitlessPerSecond, sourceTokensPerSecond } = NET_LIMITS;
    const terms = new Terms(NET_LIMITS, undefined, [], () => 0);
    for (const [part, perSecond] of [
      ['fruitless', sourceFruitlessPerSecond],
      ['buckets', sourceTokensPerSecond],
    ] as const) {
      const most = (perSecond * sourceBucketMs) / 1_000;
      assert.equal(terms.boundsOf('node', 'new')[part][1]?.pay(most, 0), 0);
      assert.ok((terms.boundsOf('node', 'newer')[part][1]?.pay(most + 1, 0) ?? 0) > 0);
    }
  });

  it('are held to no more than a member is, of what brings nothing', () => {
    const { sourceBucketMs, memberFruitlessPerSecond } = NET_LIMITS;
    const terms = new Terms(NET_LIMITS, undefined, [], () => 0);
    const [purse] = terms.boundsOf('member', 'm').fruitless;
    assert.equal(purse?.pay((memberFruitlessPerSecond * sourceBucketMs) / 1_000, 0), 0);
    assert.ok((purse?.pay(1, 0) ?? 0) > 0);
  });
});
