/**
 * Changing a part of somebody else's file. It stays the same file: with its owner, mode, links and
 * attributes, and without a draft beside it, so its folder need not be writable (the unit of
 * meshpay-radio may write /etc/dhcpcd.conf, and not all of /etc).
 *
 * Safety: nothing before the first difference is touched. If the file grows, what lies beyond its
 * old end is durable before anything old is overwritten; if it shrinks, all that stays is durable
 * before the end is cut off. So a power cut loses none of the owner's bytes. What fails is put
 * back.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';

/** What this needs of the system to change a file; a test puts something between. */
export const SYSTEM_EDITS = { writeSync, ftruncateSync, fsyncSync };

export type SystemEdits = typeof SYSTEM_EDITS;

/** Gives a file that is there this content. Throws what the system says. */
export function editFile(
  path: string,
  content: string | Uint8Array,
  system: SystemEdits = SYSTEM_EDITS,
): void {
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error(`${path} is no file`);
    // Seen through a mount of the file alone, as a sandbox has it.
    if (found.nlink === 0) throw new Error(`${path} was replaced since this program started`);
    const [old, wanted] = [readFileSync(file), Buffer.from(content)];
    const same = samePart(old, wanted);
    try {
      put(file, wanted, same, old.length, system);
    } catch (error) {
      put(file, old, same, Math.max(old.length, wanted.length), system);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

/** Bytes at the beginning that are the same. */
function samePart(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let same = 0;
  while (same < most && one[same] === other[same]) same++;
  return same;
}

/** `oldLength` is that of the file before. */
function put(file: number, bytes: Buffer, from: number, oldLength: number, system: SystemEdits) {
  const middle = Math.min(Math.max(from, oldLength), bytes.length);
  if (writePart(file, bytes, middle, bytes.length, system)) system.fsyncSync(file);
  if (writePart(file, bytes, from, middle, system)) system.fsyncSync(file);
  if (bytes.length >= oldLength) return;
  system.ftruncateSync(file, bytes.length);
  system.fsyncSync(file);
}

/** Whether there was something to write. */
function writePart(file: number, bytes: Buffer, from: number, to: number, system: SystemEdits) {
  for (let at = from; at < to; ) {
    const some = system.writeSync(file, bytes, at, to - at, at);
    if (some === 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    at += some;
  }
  return from < to;
}
