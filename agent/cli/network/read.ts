/** Reads a genesis document from a file, or from a folder that has one. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readWhole } from '../../../platform/file-reader.ts';
import { strayInLines, withoutMark } from '../../core/base/characters.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import type { Network } from '../../core/network/genesis.ts';
import { networkFromJson } from '../../core/network/genesis-json.ts';
import { MAX_GENESIS_BYTES } from '../../shell/limits.ts';
import { failure, refusalFailure } from '../failure.ts';
import { GENESIS_FILE } from './write.ts';

/** The network that the document founds. Throws Failure, or an error of the file system. */
export function readGenesisFile(path: string): Network {
  const file = statSync(path).isDirectory() ? join(path, GENESIS_FILE) : path;
  const network = networkFromJson(parseJson(file, readText(file, MAX_GENESIS_BYTES)));
  if (isRefusal(network)) {
    const field = network.field === undefined ? file : `${file}: ${network.field}`;
    throw refusalFailure({ ...network, field });
  }
  return network;
}

/** A file's text, of at most `most` bytes, without a byte order mark. */
export function readText(file: string, most: number): string {
  return withoutMark(readBytes(file, most).toString('utf8'));
}

/** The same as bytes. Throws Failure, or the error of the system. */
export function readBytes(file: string, most: number): Buffer {
  const reading = readWhole(file, most);
  if (reading.ok) return reading.bytes;
  const { error, expected, found } = reading;
  throw error ?? failure('bad_file', { field: file, expected, found });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = strayInLines(text) ?? (error instanceof Error ? error.message : 'other text');
    throw failure('bad_file', { field: file, expected: 'JSON', found });
  }
}
