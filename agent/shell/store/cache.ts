/** The records that were used last, up to a number of bytes. */
import type { ByteKey } from '../../core/base/bytes.ts';

/** What an entry takes beside its bytes: three object headers and a place in the map, roughly. */
const ENTRY_BYTES = 160;

/** When it is full, so much of it is made free at once: a sixteenth. */
const ROOM_SHARE = 16;

interface Entry {
  readonly value: Uint8Array;
  /** Read since it came in, or since room was looked for last. */
  isUsed: boolean;
}

/**
 * Reading moves nothing: it leaves a mark, and what has one is passed over once when room is looked
 * for (the second chance, or clock).
 */
export class RecordCache {
  readonly #mostBytes: number;
  /** The one that came in, or was passed over, longest ago comes first. */
  readonly #records = new Map<ByteKey, Entry>();
  #bytes = 0;

  /** `mostBytes`: of keys, values and what holding them takes. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: ByteKey): Uint8Array | undefined {
    const entry = this.#records.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  set(key: ByteKey, value: Uint8Array): void {
    this.delete(key);
    const size = sizeOf(key, value);
    if (size > this.#mostBytes) return;
    this.#records.set(key, { value, isUsed: false });
    this.#bytes += size;
    if (this.#bytes > this.#mostBytes) this.#makeRoom();
  }

  delete(key: ByteKey): void {
    const entry = this.#records.get(key);
    if (entry === undefined) return;
    this.#records.delete(key);
    this.#bytes -= sizeOf(key, entry.value);
  }

  /** Some at a time: a Map that lost its first entries is slow at finding the one after them. */
  #makeRoom(): void {
    const wanted = this.#mostBytes - Math.floor(this.#mostBytes / ROOM_SHARE);
    // Whatever is passed over goes to the end without its mark, so this ends.
    for (const [oldest, entry] of this.#records) {
      if (this.#bytes <= wanted) return;
      if (entry.isUsed) this.#passOver(oldest, entry);
      else this.delete(oldest);
    }
  }

  #passOver(key: ByteKey, entry: Entry): void {
    entry.isUsed = false;
    this.#records.delete(key);
    this.#records.set(key, entry);
  }
}

function sizeOf(key: ByteKey, value: Uint8Array): number {
  return key.length + value.length + ENTRY_BYTES;
}
