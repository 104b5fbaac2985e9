/**
 * What is going to happen, by virtual time: a binary heap. Things of the same millisecond happen in
 * the order in which they were put down, so a run has exactly one history.
 */
interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class Agenda {
  /** The virtual time, in milliseconds since the run began. */
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Lets something happen in `delayMs` (whole milliseconds, not negative). */
  after(delayMs: number, action: () => void): void {
    const entry = { atMs: this.nowMs + delayMs, order: this.#order++, action };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  /** Lets everything happen up to `untilMs`, and moves the time there. */
  runUntil(untilMs: number): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.atMs > untilMs) break;
      this.#removeFirst();
      this.nowMs = first.atMs;
      first.action();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** How many things are still to happen. */
  get size(): number {
    return this.#heap.length;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      const smaller = right !== undefined && isBefore(right, left) ? right : left;
      if (smaller === right) child++;
      if (!isBefore(smaller, last)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
