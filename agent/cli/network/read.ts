/** Files that a person names on the command line: read, or a Failure. */
import type { Network } from '../../core/network/genesis.ts';
import { readBytes, readGenesis, readText } from '../../wallet/genesis-file.ts';
import { orFail } from '../wallet-failure.ts';

/** The network that a genesis document founds, or that of a folder. Throws Failure. */
export function readGenesisFile(path: string): Network {
  return orFail(readGenesis(path));
}

/** A file's text, of at most `most` bytes, without a byte order mark. Throws Failure. */
export function readTextFile(file: string, most: number): string {
  return orFail(readText(file, most));
}

/** The same as bytes. Throws Failure. */
export function readBytesFile(file: string, most: number): Buffer {
  return orFail(readBytes(file, most));
}
