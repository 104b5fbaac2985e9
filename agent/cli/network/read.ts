/** Reads a genesis document from a file, or from a folder that has one. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from '../../core/genesis.ts';
import { networkFromJson } from '../../core/genesis-json.ts';
import { isRefusal } from '../../core/refusal.ts';
import { failure, refusalFailure } from '../failure.ts';
import { GENESIS_FILE } from './write.ts';

/** More than the largest sound document: 4096 issues of about 160 characters each. */
const MAX_GENESIS_FILE_BYTES = 1_048_576;

/** The network that the document founds. Throws Failure, or an error of the file system. */
export function readGenesisFile(path: string): Network {
  const file = statSync(path).isDirectory() ? join(path, GENESIS_FILE) : path;
  const network = networkFromJson(parseJson(file, readText(file, MAX_GENESIS_FILE_BYTES)));
  if (isRefusal(network)) {
    const field = network.field === undefined ? file : `${file}: ${network.field}`;
    throw refusalFailure({ ...network, field });
  }
  return network;
}

/** A file's text, of at most `most` bytes. */
export function readText(file: string, most: number): string {
  const { size } = statSync(file);
  if (size > most) {
    throw failure('bad_file', { field: file, expected: `at most ${most} bytes`, found: `${size}` });
  }
  return readFileSync(file, 'utf8');
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = error instanceof Error ? error.message : 'something else';
    throw failure('bad_file', { field: file, expected: 'JSON', found });
  }
}
