/** The files that a move carries beside the records: the node key, say. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../platform/file-writer.ts';
import { equalBytes } from '../../core/base/bytes.ts';
import type { ExtraFile } from './backup-format.ts';
import { errnoOf, isForeignName } from './layout.ts';
import { MAX_EXTRA_FILE_BYTES, MAX_EXTRA_FILES } from './limits.ts';
import { StoreError } from './store-error.ts';

/** Throws StoreError `bad_backup` unless all are plain files within their bounds, each once. */
export function checkExtraFiles(files: readonly ExtraFile[]): void {
  const names = new Set(files.map(({ name }) => name));
  const isBounded = files.length <= MAX_EXTRA_FILES && names.size === files.length;
  if (!isBounded) throw new StoreError('bad_backup', `${files.length} files beside the records`);
  for (const { name, bytes } of files) {
    if (!isForeignName(name) || bytes.length > MAX_EXTRA_FILE_BYTES) {
      throw new StoreError('bad_backup', `file ${JSON.stringify(name)} of ${bytes.length} bytes`);
    }
  }
}

/**
 * Writes the files into a folder, durable, for this user alone. One that is there with the same
 * bytes is left. Throws StoreError `file_exists` if one would be replaced; then none is written.
 */
export async function writeExtraFiles(folder: string, files: readonly ExtraFile[]): Promise<void> {
  const missing: ExtraFile[] = [];
  for (const file of files) {
    const there = await readIfThere(join(folder, file.name));
    if (there === undefined) missing.push(file);
    else if (!equalBytes(there, file.bytes)) throw new StoreError('file_exists', file.name);
  }
  for (const { name, bytes } of missing) replaceFile(join(folder, name), bytes, 0o600);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
