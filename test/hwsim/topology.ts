/**
 * Who hears whom on the virtual medium. mac80211_hwsim (kernel
 * drivers/net/wireless/virtual/mac80211_hwsim.c) gives each radio a 64-bit group mask, and two
 * radios hear each other when their masks share a bit. A graph therefore becomes masks by covering
 * its edges with cliques, one bit a clique; the cover is greedy, so small but not always smallest.
 *
 * Changing masks radio by radio would for a moment mean links that are in neither graph, if a bit
 * changed its meaning in between. So bits whose clique still stands keep it, new cliques take free
 * bits and are written first, and only then are the old ones taken away: while the change runs,
 * a link is up only if it is in the old graph or the new one, and one that is in both stays up.
 */

/** An undirected graph: radios 0 to `radios` - 1 and the links between them. */
export interface Topology {
  readonly radios: number;
  /** Each link once, lower radio first. */
  readonly links: readonly Link[];
}

export type Link = readonly [lower: number, upper: number];

/** The cliques by their bit; undefined is a free bit. */
export type Cover = readonly (ReadonlySet<number> | undefined)[];

export type CoverResult =
  | { readonly kind: 'cover'; readonly cover: Cover }
  | { readonly kind: 'inexpressible'; readonly code: 'TOO_MANY_CLIQUES'; readonly reason: string };

export const MASK_BITS = 64;

/** Radios 0 - 1 - 2 - ... in a row. */
export function line(radios: number): Topology {
  return topologyOf(
    radios,
    range(radios - 1).map((i): Link => [i, i + 1]),
  );
}

/** A line whose ends also hear each other. Three radios in a ring are the same as `full(3)`. */
export function ring(radios: number): Topology {
  const links = range(radios - 1).map((i): Link => [i, i + 1]);
  return topologyOf(radios, radios > 2 ? [...links, [0, radios - 1]] : links);
}

/** `centre` hears all others, which hear only it. */
export function star(radios: number, centre = 0): Topology {
  return topologyOf(
    radios,
    range(radios)
      .filter((i) => i !== centre)
      .map((i): Link => [centre, i]),
  );
}

/** Everybody hears everybody. */
export function full(radios: number): Topology {
  return islands(radios, [range(radios)]);
}

/** Everybody hears everybody on the same island, and nobody else. Radios not named are alone. */
export function islands(radios: number, groups: readonly (readonly number[])[]): Topology {
  const links = groups.flatMap((group) =>
    group.flatMap((a, i) => group.slice(i + 1).map((b): Link => [a, b])),
  );
  return topologyOf(radios, links);
}

/**
 * Any graph from its links, in any order, doubles allowed.
 * @throws RangeError for a link to itself or to a radio that is not there.
 */
export function topologyOf(radios: number, links: readonly Link[]): Topology {
  const seen = new Map<string, Link>();
  for (const [a, b] of links) {
    for (const end of [a, b]) {
      if (!Number.isInteger(end) || end < 0 || end >= radios) {
        throw new RangeError(`link ${a}-${b}: radios are 0 to ${radios - 1}`);
      }
    }
    if (a === b) throw new RangeError(`link ${a}-${b}: a radio always hears itself`);
    const link: Link = a < b ? [a, b] : [b, a];
    seen.set(link.join('-'), link);
  }
  return { radios, links: [...seen.values()].sort((x, y) => x[0] - y[0] || x[1] - y[1]) };
}

/**
 * The same graph without the link, if it was there.
 * @throws RangeError as `topologyOf` does
 */
export function without(topology: Topology, a: number, b: number): Topology {
  const [gone] = topologyOf(topology.radios, [[a, b]]).links;
  return topologyOf(
    topology.radios,
    topology.links.filter(([x, y]) => x !== gone?.[0] || y !== gone[1]),
  );
}

/** All links of a topology but those of one radio. */
export function withoutRadio({ radios, links }: Topology, gone: number): Topology {
  return topologyOf(
    radios,
    links.filter(([a, b]) => a !== gone && b !== gone),
  );
}

/**
 * The same graph with the link.
 * @throws RangeError as `topologyOf` does
 */
export function withLink(topology: Topology, a: number, b: number): Topology {
  return topologyOf(topology.radios, [...topology.links, [a, b]]);
}

/**
 * Covers the graph's links with cliques, at most 64 at once. Bits of `previous` whose clique is
 * still one keep their place; while the change runs the old and the new bits are both in use.
 */
export function coverOf(topology: Topology, previous: Cover = []): CoverResult {
  const kept = Array.from({ length: MASK_BITS }, (_, bit) => {
    const clique = previous[bit];
    return clique !== undefined && isClique(topology, clique) ? clique : undefined;
  });
  const missing = topology.links.filter(
    ([a, b]) => !kept.some((clique) => clique?.has(a) && clique.has(b)),
  );
  const fresh = greedyCliques(topology, missing);
  const free = range(MASK_BITS).filter((bit) => previous[bit] === undefined);
  if (fresh.length > free.length) {
    if (previous.length > 0) return coverOf(topology);
    const reason =
      `${topology.links.length} links among ${topology.radios} radios need more than ` +
      `${MASK_BITS} groups of radios that all hear each other`;
    return { kind: 'inexpressible', code: 'TOO_MANY_CLIQUES', reason };
  }
  const cover = [...kept];
  for (const [i, clique] of fresh.entries()) cover[free[i] ?? 0] = clique;
  return { kind: 'cover', cover };
}

/** Each radio's mask under `cover`; a radio in no clique has 0 and hears nobody. */
export function masksOf(cover: Cover, radios: number): bigint[] {
  return range(radios).map((radio) =>
    cover.reduce(
      (mask, clique, bit) => (clique?.has(radio) ? mask | (1n << BigInt(bit)) : mask),
      0n,
    ),
  );
}

/**
 * The writes that lead from `previous` to `next`: first every new bit, then the old ones away.
 * Where a bit had to change its meaning (no free bits left), all links are cut for a moment.
 */
export function maskWrites(
  previous: Cover,
  next: Cover,
  radios: number,
): { radio: number; mask: string }[] {
  const before = masksOf(previous, radios);
  const after = masksOf(next, radios);
  const reused = previous.some((clique, bit) => {
    const other = next[bit];
    return clique !== undefined && other !== undefined && !sameSet(clique, other);
  });
  const between = before.map((mask, i) => (reused ? 0n : mask | (after[i] ?? 0n)));
  const writes: { radio: number; mask: string }[] = [];
  for (const [from, to] of [
    [before, between],
    [between, after],
  ]) {
    for (const [radio, mask] of (to ?? []).entries()) {
      if (mask !== from?.[radio]) writes.push({ radio, mask: `0x${mask.toString(16)}` });
    }
  }
  return writes;
}

/** The links that `masks` mean: the reverse of `masksOf`, for checks. */
export function linksOf(masks: readonly bigint[]): Link[] {
  return masks.flatMap((a, i) =>
    masks.flatMap((b, j): Link[] => (i < j && (a & b) !== 0n ? [[i, j]] : [])),
  );
}

function greedyCliques(topology: Topology, uncovered: readonly Link[]): Set<number>[] {
  const hears = neighbours(topology);
  const open = new Map(uncovered.map((link) => [link.join('-'), link]));
  const cliques: Set<number>[] = [];
  for (const [a, b] of uncovered) {
    if (!open.has(`${a}-${b}`)) continue;
    const clique = new Set([a, b]);
    for (const other of range(topology.radios)) {
      if ([...clique].every((member) => hears[member]?.has(other))) clique.add(other);
    }
    for (const [key, [x, y]] of open) if (clique.has(x) && clique.has(y)) open.delete(key);
    cliques.push(clique);
  }
  return cliques;
}

function isClique(topology: Topology, members: ReadonlySet<number>): boolean {
  const hears = neighbours(topology);
  return [...members].every((a) => [...members].every((b) => a === b || hears[a]?.has(b)));
}

function neighbours(topology: Topology): Set<number>[] {
  const hears = range(topology.radios).map(() => new Set<number>());
  for (const [a, b] of topology.links) {
    hears[a]?.add(b);
    hears[b]?.add(a);
  }
  return hears;
}

function sameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member));
}

function range(length: number): number[] {
  return Array.from({ length: Math.max(0, length) }, (_, i) => i);
}
