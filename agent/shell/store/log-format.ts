/**
 * What lies in the commit log (commit-log.ts), in blocks of 4096 bytes:
 *
 *   2 blocks   the checkpoint, twice: "MPC1" | length (4) | checkpoint | seal (8)
 *   the ring   entries, each from the beginning of a block: "MPE1" | length (4) | entry | seal (8)
 *
 * A seal is the first 8 bytes of SHA-256 of all before it; what follows in the last block is zeros.
 * Blocks are what the kernel writes at least, and an entry never shares one with an entry before
 * it, so that writing it cannot harm what was acknowledged. Integers are big-endian.
 */
import { equalBytes } from '../../core/base/bytes.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { decode, encode, hashCoder } from '../../core/codec/canonical.ts';
import type { Coder, ValueOf } from '../../core/codec/coder.ts';
import { u8, u32, u64 } from '../../core/codec/numbers.ts';
import { listOf, optional, sizedBytes, struct, textOf } from '../../core/codec/parts.ts';
import { nativeSha256 } from '../hash.ts';
import { type CommitRecord, commitCoder, type Operation } from './commit.ts';
import type { Damage } from './damage.ts';
import { MAX_KEY_BYTES, MAX_MARKED_DAMAGE, MAX_MARKED_TEXT_BYTES } from './limits.ts';
import { digestOf, isSealedWith, keyOfBytes, valueIn } from './seal.ts';

export const BLOCK_BYTES = 4096;
export const CHECKPOINT_BLOCKS = 2;
const HEAD_BYTES = 8;
const SEAL_BYTES = 8;
const CHECKPOINT_MAGIC = 'MPC1';
const ENTRY_MAGIC = 'MPE1';

/** How far a scrub is (scrub.ts): what it knows of the records below `cursor`. */
const scrubCoder = struct({
  cursor: sizedBytes(u8),
  count: u64,
  sum: hashCoder,
  journal: struct({ next: u64, link: hashCoder }),
});
export type ScrubState = ValueOf<typeof scrubCoder>;

const damageCoder = struct({
  code: textOf(32),
  where: textOf(MAX_MARKED_TEXT_BYTES),
  found: textOf(MAX_MARKED_TEXT_BYTES),
});

const checkpointCoder = struct({
  /** Counts the checkpoints. */
  generation: u64,
  /** A commit that is whole in LevelDB's tables, with all before it. */
  commit: commitCoder,
  /** The block of the ring where the entry after that commit is, or at the ring's beginning. */
  block: u32,
  scrub: optional(scrubCoder),
  /** What was found wrong while the store was in use: it is damaged for good. */
  damage: listOf(MAX_MARKED_DAMAGE, damageCoder),
});
export type Checkpoint = ValueOf<typeof checkpointCoder>;

/** Damage as a checkpoint keeps it: some of it, in plain letters. */
export function markedDamage(damage: readonly Damage[]): Checkpoint['damage'] {
  const plain = (text: string): string =>
    text.replaceAll(/[^ -~]/g, '?').slice(0, MAX_MARKED_TEXT_BYTES);
  return damage
    .slice(0, MAX_MARKED_DAMAGE)
    .map(({ code, where, found }) => ({ code, where: plain(where), found: plain(found) }));
}

/** One commit as the ring has it. */
export interface Entry {
  readonly after: CommitRecord;
  /** Without the one that writes the commit record. */
  readonly operations: readonly Operation[];
  readonly blocks: number;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  return framed(CHECKPOINT_MAGIC, [encode(checkpointCoder, checkpoint)]);
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const body = bodyOf(CHECKPOINT_MAGIC, bytes);
  if (body === undefined) return undefined;
  const checkpoint = decode(checkpointCoder as Coder<Checkpoint>, body);
  return isRefusal(checkpoint) ? undefined : checkpoint;
}

const COMMIT_BYTES = encode(commitCoder, {
  number: 0n,
  chain: new Uint8Array(32),
  count: 0n,
  sum: new Uint8Array(32),
  guarded: { count: 0n, sum: new Uint8Array(32) },
}).length;

/**
 * entry: the commit record | for each operation: length of key + 1 (1), or 0 and it (a removal).
 */
export function encodeEntry(after: CommitRecord, operations: readonly Operation[]): Buffer {
  const parts: Uint8Array[] = [encode(commitCoder, after)];
  for (const operation of operations) {
    const { key } = operation;
    if (operation.type === 'del') parts.push(Uint8Array.of(0, key.length), key);
    else {
      const head = Buffer.allocUnsafe(6);
      head.writeUInt8(1, 0);
      head.writeUInt8(key.length, 1);
      head.writeUInt32BE(operation.value.length, 2);
      parts.push(head, key, operation.value);
    }
  }
  return framed(ENTRY_MAGIC, parts);
}

/** How many bytes these operations take in the ring. */
export function entryBytes(operations: readonly Operation[]): number {
  let bytes = HEAD_BYTES + COMMIT_BYTES + SEAL_BYTES;
  for (const operation of operations) {
    bytes += 2 + operation.key.length;
    if (operation.type === 'put') bytes += 4 + operation.value.length;
  }
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** The number of the commit whose entry begins here, as its head says; undefined if none does. */
export function numberAt(bytes: Uint8Array): bigint | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEAD_BYTES + 8) return undefined;
  if (buffer.toString('latin1', 0, 4) !== ENTRY_MAGIC) return undefined;
  return buffer.readBigUInt64BE(HEAD_BYTES);
}

/** The entry that begins here, if it is whole. */
export function decodeEntry(bytes: Uint8Array): Entry | undefined {
  const body = bodyOf(ENTRY_MAGIC, bytes);
  if (body === undefined || body.length < COMMIT_BYTES) return undefined;
  const after = decode(commitCoder, body.subarray(0, COMMIT_BYTES));
  if (isRefusal(after)) return undefined;
  const operations = decodeOperations(body.subarray(COMMIT_BYTES));
  if (operations === undefined) return undefined;
  const blocks = Math.ceil((HEAD_BYTES + body.length + SEAL_BYTES) / BLOCK_BYTES);
  return { after, operations, blocks };
}

function decodeOperations(body: Buffer): Operation[] | undefined {
  const operations: Operation[] = [];
  let at = 0;
  while (at < body.length) {
    const type = body[at];
    const keyLength = body[at + 1] ?? 0;
    const isPut = type === 1;
    if ((!isPut && type !== 0) || keyLength > MAX_KEY_BYTES) return undefined;
    const start = at + (isPut ? 6 : 2);
    const valueLength = isPut && start <= body.length ? body.readUInt32BE(at + 2) : 0;
    const end = start + keyLength + valueLength;
    if (end > body.length) return undefined;
    const key = body.subarray(start, start + keyLength);
    const value = body.subarray(start + keyLength, end);
    if (!isPut) operations.push({ type: 'del', key });
    else if (isSealedWith(value, digestOf(keyOfBytes(key), valueIn(value)))) {
      operations.push({ type: 'put', key, value });
    } else return undefined;
    at = end;
  }
  return operations;
}

function framed(magic: string, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = HEAD_BYTES + length + SEAL_BYTES;
  const frame = Buffer.alloc(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
  frame.write(magic, 0, 'latin1');
  frame.writeUInt32BE(length, 4);
  let at = HEAD_BYTES;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  frame.set(sealOf(frame.subarray(0, at)), at);
  return frame;
}

function bodyOf(magic: string, bytes: Uint8Array): Buffer | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEAD_BYTES || buffer.toString('latin1', 0, 4) !== magic) return undefined;
  const end = HEAD_BYTES + buffer.readUInt32BE(4);
  if (end + SEAL_BYTES > buffer.length) return undefined;
  const seal = buffer.subarray(end, end + SEAL_BYTES);
  return equalBytes(seal, sealOf(buffer.subarray(0, end)))
    ? buffer.subarray(HEAD_BYTES, end)
    : undefined;
}

function sealOf(bytes: Uint8Array): Uint8Array {
  return nativeSha256(bytes).subarray(0, SEAL_BYTES);
}
