/**
 * How far a cashbook is, written down outside its folder: which book it is, how many entries it
 * has, and the hash of the newest. A folder that was emptied, or put back from an older copy, has
 * forgotten payouts that were made, and would have them made again; it shows by this.
 *
 * Safety: what the book answers is marked before. A book may be ahead of its mark, by what was
 * written just before its process ended, and is never behind it. A mark that is there and cannot be
 * read is no reason to believe the book.
 */
import { readWhole } from '../../../platform/file-reader.ts';
import { replaceFile } from '../../../platform/file-writer.ts';
import { toHex } from '../../core/base/bytes.ts';
import { entryAt, headOf } from '../../core/cashbook/book.ts';
import type { Read } from '../../core/io.ts';

/** More than a mark ever has. */
const MOST_BYTES = 200;
const SHAPE = /^cashbook ([0-9a-f]+) entries (0|[1-9][0-9]{0,18}) link ([0-9a-f]{64})\n$/;

/** Why this book is not the one that was marked, or has lost some of it; undefined: it is whole. */
export function lostSince(path: string, read: Read): string | undefined {
  const reading = readWhole(path, MOST_BYTES);
  if (!reading.ok && reading.error?.code === 'ENOENT') return undefined;
  const text = reading.ok ? reading.bytes.toString() : '';
  const [, id, entries, link] = SHAPE.exec(text) ?? [];
  if (id === undefined || entries === undefined || link === undefined) {
    return `${path} is no mark of a cashbook`;
  }
  const marked = BigInt(entries);
  const lost = (found: string): string =>
    `cashbook_lost: this node has seen a book of ${entries} entries here, and finds ${found}: ` +
    'whatever it has forgotten would be paid again. Put the newest copy back';
  const head = headOf(read);
  if (toHex(head.id) !== id) return lost('another');
  if (head.entries < marked) return lost(`one of ${head.entries}`);
  const then = head.entries === marked ? head.link : entryAt(read, marked)?.link;
  const isSame = then !== undefined && toHex(then) === link;
  return isSame ? undefined : lost('one that was written otherwise');
}

/** Marks how far the book is: on disk when this returns. */
export function markBook(path: string, read: Read): void {
  const { id, entries, link } = headOf(read);
  replaceFile(path, `cashbook ${toHex(id)} entries ${entries} link ${toHex(link)}\n`, 0o600);
}
