/**
 * The anchor: a small file beside the database that remembers the last commit. LevelDB drops the
 * damaged end of its log without a word; the anchor then knows of a commit that the database lost.
 *
 *   file = two slots, each at the start of its own 4096 bytes; commit n is written to slot n mod 2
 *   slot = "MPA1" | number (8) | chain (32) | first 8 bytes of SHA-256 of all that
 *
 * Two slots, so that a write which is cut in two by a power failure leaves the one before it whole.
 * A slot is written after LevelDB has synced the commit, so the anchor is never newer than a sound
 * database. It may be older: by one commit after a kill (the page cache survives that), and after a
 * power failure by what the kernel had not written yet. That is at most ANCHOR_FLUSH_MS and the time
 * of a flush, because a commit calls for a background fdatasync unless one is due already. A sync with
 * every commit would double the writes to an SD card, and would only add what was lost in that last
 * second, by a card that loses synced data.
 *
 * Not found: a folder that was replaced as a whole, anchor included, by an older copy of itself.
 * Nothing on the same disk can tell; a copy is only ever to be used through `restore` (backup.ts).
 */
import { createHash } from 'node:crypto';
import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ascii, equalBytes } from '../../core/bytes.ts';
import { decode, encode, hashCoder } from '../../core/codec/canonical.ts';
import { u64 } from '../../core/codec/numbers.ts';
import { constant, struct } from '../../core/codec/parts.ts';
import { isRefusal } from '../../core/refusal.ts';
import { ANCHOR_FLUSH_MS } from '../limits.ts';
import type { CommitRecord } from './commit.ts';
import { errnoOf, syncFolder } from './layout.ts';
import { naming, systemRefusal } from './system-error.ts';

const SLOT_DISTANCE = 4096;
const SLOT_BYTES = 52;

const slotCoder = struct({
  magic: constant(ascii('MPA1')),
  number: u64,
  chain: hashCoder,
});

/** The last commit that an anchor knows. Number 0: none yet. */
export type AnchorMark = Pick<CommitRecord, 'number' | 'chain'>;

/**
 * What the anchor file says: its newest sound slot, or that it cannot say anything. Throws StoreError
 * `store_unavailable` where it cannot be read now.
 */
export async function readAnchor(path: string): Promise<AnchorMark | 'absent' | 'unreadable'> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'absent';
    throw systemRefusal(error, path);
  }
  const slots = [0, SLOT_DISTANCE].map((at) => decodeSlot(file.subarray(at, at + SLOT_BYTES)));
  const marks = slots.filter((slot) => slot !== undefined);
  marks.sort((a, b) => (a.number < b.number ? 1 : -1));
  return marks[0] ?? 'unreadable';
}

/** Makes an anchor for a store without commits, durable when this resolves. */
export async function createAnchor(path: string): Promise<void> {
  const file = Buffer.alloc(2 * SLOT_DISTANCE);
  file.set(encodeSlot({ number: 0n, chain: new Uint8Array(32) }));
  await naming(path, async () => {
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(file);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
  });
}

/** An anchor that is kept up to date. */
export class Anchor {
  readonly #file: number;
  #timer: NodeJS.Timeout | undefined;
  #flushed: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  /** Opens the anchor file, which must be there. Throws the system's error. */
  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  /** Notes a commit that is on disk. Throws the error of this write, or of an earlier flush. */
  write(mark: AnchorMark): void {
    if (this.#failure !== undefined) throw this.#failure;
    const slot = encodeSlot(mark);
    const written = writeSync(this.#file, slot, 0, slot.length, slotOffset(mark));
    if (written !== slot.length) throw new Error('the anchor was written in part only');
    this.#timer ??= setTimeout(() => this.#startFlush(), ANCHOR_FLUSH_MS).unref();
  }

  /** Makes the anchor durable and closes it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flushed;
    try {
      fdatasyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }

  #startFlush(): void {
    this.#timer = undefined;
    this.#flushed = this.#flushed.then(() => this.#flush());
  }

  #flush(): Promise<void> {
    return new Promise((resolve) => {
      fdatasync(this.#file, (error) => {
        this.#failure ??= error ?? undefined;
        resolve();
      });
    });
  }
}

function slotOffset({ number }: AnchorMark): number {
  return Number(number % 2n) * SLOT_DISTANCE;
}

function encodeSlot({ number, chain }: AnchorMark): Buffer {
  const body = encode(slotCoder, { magic: undefined, number, chain });
  return Buffer.concat([body, checksum(body)]);
}

function decodeSlot(slot: Uint8Array): AnchorMark | undefined {
  const body = slot.subarray(0, SLOT_BYTES - 8);
  if (!equalBytes(slot.subarray(SLOT_BYTES - 8), checksum(body))) return undefined;
  const mark = decode(slotCoder, body);
  return isRefusal(mark) ? undefined : { number: mark.number, chain: mark.chain };
}

function checksum(body: Uint8Array): Uint8Array {
  return createHash('sha256').update(body).digest().subarray(0, 8);
}
