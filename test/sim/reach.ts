/**
 * Who can hear whom, and over how many hops. The mesh is a graph of radios; a frame from one node
 * to another is carried hop by hop, each of which takes time. Cuts are counted, so that overlapping
 * faults can end in any order, and each counts for one direction only.
 */
export class Reach {
  readonly #size: number;
  readonly #edges: readonly (readonly [number, number])[];
  readonly #cuts: Int16Array;
  /** How many faults have each edge broken now. */
  readonly #gaps: Int16Array;
  #silent: ReadonlySet<number> = new Set();
  #hops: Int16Array;

  /** `size` nodes, and the pairs of them whose radios hear each other. */
  constructor(size: number, edges: readonly (readonly [number, number])[]) {
    this.#size = size;
    this.#edges = edges;
    this.#cuts = new Int16Array(size * size);
    this.#gaps = new Int16Array(edges.length);
    this.#hops = hopsOf(size, edges);
  }

  /** Radio hops between two nodes; 0 when the mesh does not join them. */
  hops(from: number, to: number): number {
    return this.#hops[from * this.#size + to] ?? 0;
  }

  /** Whether frames of `from` get to `to` at all. */
  hears(to: number, from: number): boolean {
    return this.#cuts[from * this.#size + to] === 0 && this.hops(from, to) > 0;
  }

  /** Cuts (1) or mends (-1) one direction between two nodes. */
  cut(from: number, to: number, change: 1 | -1): void {
    const at = from * this.#size + to;
    this.#cuts[at] = Math.max(0, (this.#cuts[at] ?? 0) + change);
  }

  /** Takes radios out of the mesh: paths now lead around them, or end. */
  without(silent: ReadonlySet<number>): void {
    this.#silent = new Set(silent);
    this.#findPaths();
  }

  /** Two radios lose each other (1) or hear each other again (-1): paths lead around, or end. */
  breakEdge(a: number, b: number, change: 1 | -1): void {
    const at = this.#edges.findIndex(([one, other]) => one === a && other === b);
    this.#gaps[at] = Math.max(0, (this.#gaps[at] ?? 0) + change);
    this.#findPaths();
  }

  /** Mends everything. */
  heal(): void {
    this.#cuts.fill(0);
    this.#gaps.fill(0);
    this.without(new Set());
  }

  #findPaths(): void {
    const silent = this.#silent;
    const left = this.#edges.filter(
      ([a, b], i) => this.#gaps[i] === 0 && !silent.has(a) && !silent.has(b),
    );
    this.#hops = hopsOf(this.#size, left);
  }
}

/** Shortest paths from everywhere, breadth first. */
function hopsOf(size: number, edges: readonly (readonly [number, number])[]): Int16Array {
  const neighbours = Array.from({ length: size }, (): number[] => []);
  for (const [a, b] of edges) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  const hops = new Int16Array(size * size);
  for (let from = 0; from < size; from++) {
    const queue = [from];
    for (const at of queue) {
      for (const next of neighbours[at] ?? []) {
        if (next === from || hops[from * size + next] !== 0) continue;
        hops[from * size + next] = (hops[from * size + at] ?? 0) + 1;
        queue.push(next);
      }
    }
  }
  return hops;
}
