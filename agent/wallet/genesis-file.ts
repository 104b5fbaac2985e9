/**
 * Reads a genesis document from a file, or from a folder that has one; and texts that are bounded.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readWhole } from '../../platform/file-reader.ts';
import { strayInLines, withoutMark } from '../core/base/characters.ts';
import { isRefusal } from '../core/base/refusal.ts';
import type { Network } from '../core/network/genesis.ts';
import { genesisToJson, networkFromJson } from '../core/network/genesis-json.ts';
import { MAX_GENESIS_BYTES } from '../shell/config/limits.ts';
import {
  type FileFault,
  isFault,
  type RefusedFault,
  type SystemFault,
  withFiles,
} from './fault.ts';

/** The name that the document has in a folder. */
export const GENESIS_FILE = 'genesis.json';

/** The network that the document founds. */
export function readGenesis(path: string): Network | FileFault | SystemFault | RefusedFault {
  const file = withFiles(() => (statSync(path).isDirectory() ? join(path, GENESIS_FILE) : path));
  if (isFault(file)) return file;
  const text = readText(file, MAX_GENESIS_BYTES);
  if (isFault(text)) return text;
  const document = parseJson(file, text);
  if (isFault(document)) return document;
  const network = networkFromJson(document.json);
  if (!isRefusal(network)) return network;
  const field = network.field === undefined ? file : `${file}: ${network.field}`;
  return { fault: 'refused', refusal: { ...network, field } };
}

/** The document of a network as text. */
export function genesisText({ genesis }: Network): string {
  return `${JSON.stringify(genesisToJson(genesis), undefined, 2)}\n`;
}

/** A file's text, of at most `most` bytes, without a byte order mark. */
export function readText(file: string, most: number): string | FileFault | SystemFault {
  const bytes = readBytes(file, most);
  return isFault(bytes) ? bytes : withoutMark(bytes.toString('utf8'));
}

/** The same as bytes. */
export function readBytes(file: string, most: number): Buffer | FileFault | SystemFault {
  const reading = readWhole(file, most);
  if (reading.ok) return reading.bytes;
  const { error, expected, found } = reading;
  if (error !== undefined) return { fault: 'system', error };
  return { fault: 'bad_file', field: file, expected, found };
}

/** Wrapped, since a document that somebody wrote may look like a fault. */
function parseJson(file: string, text: string): { readonly json: unknown } | FileFault {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    const found = strayInLines(text) ?? (error instanceof Error ? error.message : 'other text');
    return { fault: 'bad_file', field: file, expected: 'JSON', found };
  }
}
