/** Writes backup files (backup-format.ts). */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ByteKey } from '../../core/base/bytes.ts';
import { decodeOwn, encode } from '../../core/codec/canonical.ts';
import { networkOf } from '../../core/views.ts';
import {
  BACKUP_MAGIC,
  type BackupHeader,
  headerCoder,
  Tally,
  trailerCoder,
} from './backup-format.ts';
import { COMMIT_KEY, commitCoder } from './commit.ts';
import { syncFolder } from './layout.ts';
import type { StoredRecord } from './level-read.ts';
import { SCHEMA_KEY } from './schema.ts';
import { keyBytes } from './seal.ts';
import type { StoreReader } from './store.ts';

export interface BackupOptions {
  readonly schema: number;
  readonly move?: BackupHeader['move'];
  /** Stands in for the record under its key, which is left out if `value` is undefined. */
  readonly replaced?: { readonly key: ByteKey; readonly value: Uint8Array | undefined };
}

/** What a finished backup file holds. */
export interface BackupSummary {
  readonly records: number;
  readonly bytes: number;
  readonly commitNumber: bigint;
}

/**
 * Writes all records of a store, as of now, to a file (mode 0600) that is there only when it is
 * complete and durable. Replaces a file of that name. Throws StoreDamaged, or the system's error.
 */
export async function writeBackupFile(
  reader: StoreReader,
  path: string,
  options: BackupOptions,
): Promise<BackupSummary> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', 0o600);
  try {
    const summary = await writeAll(new Sink(handle), reader, options);
    await handle.sync();
    await handle.close();
    await rename(partial, path);
    await syncFolder(dirname(path));
    return summary;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeAll(
  sink: Sink,
  reader: StoreReader,
  { schema, move, replaced }: BackupOptions,
): Promise<BackupSummary> {
  const network = networkOf(reader);
  const header = encode(headerCoder, { schema, network, move });
  await sink.write(Buffer.from(BACKUP_MAGIC, 'latin1'), lengthBytes(header.length), header);
  const [stored, written] = [new Tally(), new Tally()];
  let number = 0n;
  const put = ({ key, value }: StoredRecord): Uint8Array[] => {
    written.add(key, value);
    return [recordHead(key, value), keyBytes(key), value];
  };
  for await (const group of reader.records()) {
    const parts: Uint8Array[] = [];
    for (const record of group) {
      if (record.key === COMMIT_KEY) {
        number = stored.mustBe(decodeOwn(commitCoder, record.value));
        continue;
      }
      stored.add(record.key, record.value);
      if (record.key !== SCHEMA_KEY && record.key !== replaced?.key) parts.push(...put(record));
    }
    await sink.write(...parts);
  }
  if (replaced?.value !== undefined) {
    await sink.write(...put({ key: replaced.key, value: replaced.value }));
  }
  const { count, sum } = written;
  await sink.write(Uint8Array.of(0), encode(trailerCoder, { number, count, sum }));
  await sink.write(sink.digest());
  return { records: Number(count), bytes: sink.bytes, commitNumber: number };
}

class Sink {
  bytes = 0;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(...parts: readonly Uint8Array[]): Promise<void> {
    const joined = Buffer.concat(parts);
    this.#hash.update(joined);
    this.bytes += joined.length;
    await this.#handle.writeFile(joined);
  }

  /** SHA-256 of what was written so far. */
  digest(): Uint8Array {
    return this.#hash.copy().digest();
  }
}

function recordHead(key: ByteKey, value: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(6);
  head.writeUInt8(1, 0);
  head.writeUInt8(key.length, 1);
  head.writeUInt32BE(value.length, 2);
  return head;
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
