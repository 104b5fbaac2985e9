/**
 * Reading a file that a person, a configuration or the host names. Under such a name may lie a
 * pipe, a device or a terabyte: only a file is read, without waiting for anybody, and only so much
 * of it.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

export type FileReading =
  | {
      readonly ok: true;
      readonly bytes: Buffer;
      /** Permission bits, of what was read and not of what has the name by now. */
      readonly mode: number;
    }
  | {
      readonly ok: false;
      readonly expected: string;
      readonly found: string;
      /** What the system said, where it refused. */
      readonly error: NodeJS.ErrnoException | undefined;
    };

const PIECE_BYTES = 65_536;

/** The whole file, if it is one and has at most `mostBytes`. */
export function readWhole(path: string, mostBytes: number): FileReading {
  return withFile(path, (file, { mode, size }) => {
    // Files of the kernel have a size of 0 and something in them all the same.
    const bytes = size > mostBytes ? undefined : takeUpTo(file, mostBytes + 1);
    if (bytes !== undefined && bytes.length <= mostBytes) {
      return { ok: true, bytes, mode: mode & 0o7777 };
    }
    const found = `${Math.max(size, bytes?.length ?? 0)}`;
    return { ok: false, expected: `at most ${mostBytes} bytes`, found, error: undefined };
  });
}

/** The end of a file that grows, at most `mostBytes` of it. */
export function readEnd(path: string, mostBytes: number): FileReading {
  return withFile(path, (file, { mode, size }) => {
    const from = Math.max(0, size - mostBytes);
    return { ok: true, bytes: takeUpTo(file, mostBytes, from), mode: mode & 0o7777 };
  });
}

function withFile(path: string, use: (file: number, found: Stats) => FileReading): FileReading {
  try {
    // Looked at first, because opening some devices does something; and again, for what is open.
    const strange = kindOf(statSync(path));
    if (strange !== undefined) return notAFile(strange);
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const found = fstatSync(file);
      const kind = kindOf(found);
      return kind === undefined ? use(file, found) : notAFile(kind);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const refused = error as NodeJS.ErrnoException;
    const found = refused.code ?? String(error);
    return { ok: false, expected: 'a file that can be read', found, error: refused };
  }
}

function takeUpTo(file: number, mostBytes: number, from = 0): Buffer {
  const pieces: Buffer[] = [];
  let taken = 0;
  while (taken < mostBytes) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, mostBytes - taken));
    const length = readSync(file, piece, 0, piece.length, from + taken);
    if (length === 0) break;
    pieces.push(piece.subarray(0, length));
    taken += length;
  }
  return Buffer.concat(pieces);
}

function notAFile(found: string): FileReading {
  return { ok: false, expected: 'a file', found, error: undefined };
}

/** What it is in words; undefined for a file. */
function kindOf(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}
