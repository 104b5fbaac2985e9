/**
 * The only source of chance in the simulator: sfc32 (Chris Doty-Humphrey, PractRand), four 32-bit
 * words, integer operations only, so that a seed gives the same sequence on every machine and on
 * every version of Node. Not for secrets.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Any integer; it is spread over the whole state. */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = stream | 0;
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** The sequence of a seed for one purpose: what is drawn for another never shifts it. */
  static named(seed: number, purpose: string): Prng {
    return new Prng(seed, streamOf(purpose));
  }

  /** 0 to 2^32 - 1. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** 0 to `bound` - 1, for a bound of 1 to 2^32. The bias is below 2^-10 for bounds below 2^22. */
  below(bound: number): number {
    return this.u32() % bound;
  }

  /** `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True `share` times in a thousand. */
  perMille(share: number): boolean {
    return share > 0 && this.below(1000) < share;
  }

  /** Mostly near `low`, sometimes much more, never above `high`: what delays look like. */
  skewed(low: number, high: number): number {
    const span = high - low + 1;
    return low + Math.min(this.below(span), this.below(span), this.below(span));
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('picked from an empty list');
    return chosen;
  }

  /** `count` different ones of the list, or all of a shorter one, in random order. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) {
      chosen.push(...left.splice(this.below(left.length), 1));
    }
    return chosen;
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.u32() >>> 24;
    return bytes;
  }

  /** 64 random bits. */
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}

/** The number of the sequence that a name stands for: FNV-1a, 32 bits. */
export function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash;
}
