/** Reads backup files (backup-format.ts), as a stream and with bounds. */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { equalBytes } from '../../core/base/bytes.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { decode } from '../../core/codec/canonical.ts';
import {
  BACKUP_MAGIC,
  type BackupHeader,
  headerCoder,
  MAX_HEADER_BYTES,
  Tally,
  TRAILER_BYTES,
  trailerCoder,
} from './backup-format.ts';
import type { StoredRecord } from './level-read.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, SCAN_BATCH_BYTES, SCAN_BATCH_RECORDS } from './limits.ts';
import { keyOfBytes } from './seal.ts';
import { StoreError } from './store-error.ts';

/** Reads a backup file. Everything that it says holds only once `records` came to its end. */
export class BackupReader {
  readonly header: BackupHeader;
  readonly #source: Source;

  private constructor(source: Source, header: BackupHeader) {
    this.#source = source;
    this.header = header;
  }

  /** Opens a backup file. Throws StoreError `bad_backup`, or the system's error. */
  static async open(path: string): Promise<BackupReader> {
    // Not blocking: a pipe under this name must not be waited for.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const source = new Source(handle, path);
    try {
      if (!(await handle.stat()).isFile()) throw source.bad('it is no file');
      const magic = (await source.take(4)).toString('latin1');
      if (magic !== BACKUP_MAGIC)
        throw source.bad('it does not begin like a backup of this version');
      const length = (await source.take(4)).readUInt32BE();
      if (length > MAX_HEADER_BYTES) throw source.bad('the header is too long');
      const header = decode(headerCoder, await source.take(length));
      if (isRefusal(header)) throw source.bad('the header makes no sense');
      return new BackupReader(source, header);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /**
   * All records, in groups; to be called once. Throws StoreError `bad_backup`, at the latest after
   * the last group.
   */
  async *records(): AsyncGenerator<readonly StoredRecord[], void> {
    const tally = new Tally();
    let group: StoredRecord[] = [];
    let groupBytes = 0;
    for (;;) {
      const record = await this.#takeRecord();
      if (record === undefined) break;
      tally.add(record.key, record.value);
      group.push(record);
      groupBytes += record.value.length;
      if (group.length < SCAN_BATCH_RECORDS && groupBytes < SCAN_BATCH_BYTES) continue;
      yield group;
      [group, groupBytes] = [[], 0];
    }
    if (group.length > 0) yield group;
    await this.#takeTrailer(tally);
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async #takeRecord(): Promise<StoredRecord | undefined> {
    const [tag] = await this.#source.take(1);
    if (tag === 0) return undefined;
    if (tag !== 1) throw this.#source.bad('a record begins with a wrong byte');
    const head = await this.#source.take(5);
    const [keyLength, valueLength] = [head.readUInt8(0), head.readUInt32BE(1)];
    if (keyLength > MAX_KEY_BYTES || valueLength > MAX_VALUE_BYTES) {
      throw this.#source.bad('a record is too long');
    }
    const bytes = await this.#source.take(keyLength + valueLength);
    return { key: keyOfBytes(bytes.subarray(0, keyLength)), value: bytes.subarray(keyLength) };
  }

  async #takeTrailer(tally: Tally): Promise<void> {
    const trailer = decode(trailerCoder, await this.#source.take(TRAILER_BYTES));
    const digest = this.#source.digest();
    const isWhole = equalBytes(digest, await this.#source.take(32));
    if (isRefusal(trailer) || !isWhole) throw this.#source.bad('its checksum does not fit');
    if (trailer.count !== tally.count || !equalBytes(trailer.sum, tally.sum)) {
      throw this.#source.bad('its records are not those that it was made of');
    }
    if (!(await this.#source.isAtEnd())) throw this.#source.bad('something follows its end');
  }
}

class Source {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #hash: Hash = createHash('sha256');
  #chunk: Buffer = Buffer.alloc(0);

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** The next bytes. Throws StoreError `bad_backup` if the file ends before. */
  async take(length: number): Promise<Buffer> {
    while (this.#chunk.length < length) {
      if (!(await this.#fill())) throw this.bad('it ends too early');
    }
    const taken = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    this.#hash.update(taken);
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#chunk.length === 0 && !(await this.#fill());
  }

  /** SHA-256 of what was taken so far. */
  digest(): Uint8Array {
    return this.#hash.copy().digest();
  }

  bad(detail: string): StoreError {
    return new StoreError('bad_backup', `${this.#path}: ${detail}`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #fill(): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(SCAN_BATCH_BYTES);
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length);
    this.#chunk = Buffer.concat([this.#chunk, buffer.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }
}
