/** The records that were used last, up to a number of bytes. */
import type { ByteKey } from '../../core/base/bytes.ts';

/** What an entry takes beside its bytes: two object headers and a place in the map, roughly. */
const ENTRY_BYTES = 128;

export class RecordCache {
  readonly #mostBytes: number;
  /** In the order of use: the one that was not used for longest comes first. */
  readonly #records = new Map<ByteKey, Uint8Array>();
  #bytes = 0;

  /** `mostBytes`: of keys, values and what holding them takes. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: ByteKey): Uint8Array | undefined {
    const value = this.#records.get(key);
    if (value === undefined) return undefined;
    this.#records.delete(key);
    this.#records.set(key, value);
    return value;
  }

  set(key: ByteKey, value: Uint8Array): void {
    this.delete(key);
    this.#records.set(key, value);
    this.#bytes += sizeOf(key, value);
    for (const oldest of this.#records.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: ByteKey): void {
    const value = this.#records.get(key);
    if (value === undefined) return;
    this.#records.delete(key);
    this.#bytes -= sizeOf(key, value);
  }
}

function sizeOf(key: ByteKey, value: Uint8Array): number {
  return key.length + value.length + ENTRY_BYTES;
}
