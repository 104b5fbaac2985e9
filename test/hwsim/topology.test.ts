/** Rules of the group masks: they mean exactly the graph, and change without false links. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Cover,
  coverOf,
  full,
  islands,
  type Link,
  line,
  linksOf,
  masksOf,
  maskWrites,
  ring,
  star,
  type Topology,
  topologyOf,
  withLink,
  without,
} from './topology.ts';

describe('topologies as group masks', () => {
  it('gives the well-known masks for a line of four', () => {
    assert.deepEqual(masksOf(cover(line(4)), 4), [1n, 3n, 6n, 4n]);
  });

  it('means exactly the links of every named shape', () => {
    for (const shape of [
      line(6),
      ring(5),
      star(7, 3),
      full(9),
      islands(6, [
        [0, 1, 2],
        [3, 4],
      ]),
    ]) {
      assert.deepEqual(linksOf(masksOf(cover(shape), shape.radios)), shape.links);
    }
  });

  it('covers a full graph with one bit and leaves a lonely radio without any', () => {
    const shape = islands(5, [[0, 1, 2, 3]]);
    assert.deepEqual(masksOf(cover(shape), 5), [1n, 1n, 1n, 1n, 0n]);
  });

  it('means exactly the links of any graph of up to ten radios', () => {
    fc.assert(
      fc.property(graphs(), (shape) => {
        assert.deepEqual(linksOf(masksOf(cover(shape), shape.radios)), shape.links);
      }),
    );
  });

  it('says so when a graph needs more than 64 groups', () => {
    const wide = topologyOf(
      20,
      Array.from({ length: 100 }, (_, i): Link => [Math.floor(i / 10), 10 + (i % 10)]),
    );
    const result = coverOf(wide);
    assert.equal(result.kind, 'inexpressible');
  });

  it('shows no link of neither graph while it changes, and keeps what is in both', () => {
    fc.assert(
      fc.property(graphs(8, 8), graphs(8, 8), graphs(8, 8), (first, second, third) => {
        const one = cover(first);
        const two = cover(second, one);
        const three = cover(third, two);
        assertGentle(one, two, first, second);
        assertGentle(two, three, second, third);
      }),
    );
  });

  it('cuts and heals one link by touching only the radios beside it', () => {
    const whole = cover(line(5));
    const cut = cover(without(line(5), 2, 1), whole);
    assert.deepEqual(touched(whole, cut), [1, 2]);
    const healed = cover(withLink(without(line(5), 1, 2), 1, 2), cut);
    assert.deepEqual(touched(cut, healed), [1, 2]);
  });

  it('refuses a link to itself and to a radio that is not there', () => {
    assert.throws(() => topologyOf(3, [[1, 1]]), /always hears itself/);
    assert.throws(() => topologyOf(3, [[0, 3]]), /radios are 0 to 2/);
  });
});

function cover(topology: Topology, previous?: Cover): Cover {
  const result = coverOf(topology, previous);
  assert.ok(result.kind === 'cover');
  return result.cover;
}

function touched(before: Cover, after: Cover): number[] {
  return [...new Set(maskWrites(before, after, 5).map((write) => write.radio))].sort();
}

function assertGentle(before: Cover, after: Cover, from: Topology, to: Topology): void {
  const radios = from.radios;
  const masks = masksOf(before, radios);
  const allowed = names([...from.links, ...to.links]);
  const stays = [...names(from.links)].filter((link) => names(to.links).has(link));
  for (const { radio, mask } of maskWrites(before, after, radios)) {
    masks[radio] = BigInt(mask);
    const seen = names(linksOf(masks));
    for (const link of seen) assert.ok(allowed.has(link), `${link} is in neither graph`);
    for (const link of stays) assert.ok(seen.has(link), `${link} is in both graphs`);
  }
  assert.deepEqual(linksOf(masks), to.links);
}

function names(links: readonly Link[]): Set<string> {
  return new Set(links.map((link) => link.join('-')));
}

function graphs(least = 2, most = 10): fc.Arbitrary<Topology> {
  return fc.integer({ min: least, max: most }).chain((radios) =>
    fc.array(fc.tuple(fc.nat(radios - 1), fc.nat(radios - 1)), { maxLength: 25 }).map((pairs) =>
      topologyOf(
        radios,
        pairs.filter(([a, b]) => a !== b),
      ),
    ),
  );
}
