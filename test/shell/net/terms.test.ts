/** Of two streams between the same two nodes, both sides keep the same one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { createTerms } from '../../../agent/shell/net/terms.ts';

const WINDOW_MS = 2 * NET_LIMITS.handshakeTimeoutMs;

/** Which of two streams a node keeps: it sees one come up `gapMs` after the other. */
function kept(
  self: Uint8Array | undefined,
  peer: Uint8Array,
  [first, second]: readonly [boolean, boolean],
  gapMs: number,
): 'first' | 'second' {
  const terms = createTerms(NET_LIMITS, self, [], () => 1_000 + gapMs);
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
  const terms = createTerms(NET_LIMITS, undefined, [], () => 0);

  it('is shared by them beside their own, kind by kind', () => {
    for (const part of ['buckets', 'fruitless'] as const) {
      for (const kind of ['node', 'anonymous'] as const) {
        const [one, other] = [1, 2].map(() => terms.boundsOf(kind, 's')[part]);
        assert.ok(one !== undefined && other !== undefined);
        assert.deepEqual([one.length, other.length], [2, 2]);
        assert.notEqual(one[0], other[0], 'its own');
        assert.equal(one[1], other[1], 'that of the source');
        assert.notEqual(one[1], terms.boundsOf(kind, 'other')[part][1]);
      }
      const shared = (kind: 'node' | 'anonymous') => terms.boundsOf(kind, 's')[part][1];
      assert.notEqual(shared('node'), shared('anonymous'));
      assert.equal(terms.boundsOf('member', 's')[part].length, 1);
    }
    const { buckets, fruitless } = terms.boundsOf('node', 's');
    assert.ok(!buckets.some((bucket) => fruitless.includes(bucket)));
  });
});
