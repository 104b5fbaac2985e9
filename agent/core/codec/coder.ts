/**
 * Coders: how values lie in bytes. A layout is declared once, from the parts in numbers.ts and
 * parts.ts, and that declaration is its type, its encoder and its decoder.
 *
 * Architecture invariant: one value has one encoding (PROTOCOL: Encoding), and every part keeps it
 * on its own: `take` accepts only what `put` makes. So what is built of parts is canonical, and
 * nothing has to be encoded again to be compared. A new part comes with its row in
 * test/core/coder.test.ts.
 */

export interface Coder<T> {
  /**
   * Appends the value. Throws RangeError for one that has no place in the layout: a fault of ours.
   */
  readonly put: (value: T, out: Writer) => void;
  /** Takes the next value. Throws Malformed for bytes that `put` does not make. */
  readonly take: (from: Reader) => T;
}

/** The type of a coder's values. */
export type ValueOf<C> = C extends Coder<infer T> ? T : never;

/** Why bytes are no encoding, in words. */
export class Malformed extends Error {}

/** Bytes in the making. Grows as needed. */
export class Writer {
  bytes = new Uint8Array(2_048);
  length = 0;

  /**
   * Makes room for `count` more bytes, whose content is left open, and returns where they begin.
   */
  reserve(count: number): number {
    const at = this.length;
    const length = at + count;
    if (length > this.bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
    }
    this.length = length;
    return at;
  }
}

/** Bytes that are taken apart, from the front. */
export class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Goes over the next `count` bytes and returns where they begin. */
  skip(count: number): number {
    const at = this.at;
    this.at = at + count;
    if (this.at > this.bytes.length) throw new Malformed(`${this.bytes.length} bytes are too few`);
    return at;
  }
}
