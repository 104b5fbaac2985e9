/**
 * The accounts that ever ordered anything, as a tree by their keys: 16 children a node, by the next
 * four bits of the key. A node that has at most MAX_BUCKET_ACCOUNTS below it is a bucket, which
 * lists them; with one more it is split, for good. So the shape follows from the accounts alone, in
 * whatever order they came, and two authorities that know the same accounts have the same tree.
 *
 * All of it is on disk and read a node at a time: nothing is rebuilt at start, and nothing in
 * memory grows with the accounts. It is written when an account orders for the first time, never
 * after that.
 *
 * Whoever makes an account chooses its key, so many may share their first bits. That makes paths
 * longer, by one level for every 16 times as many keys that were tried, and nothing else: a bucket
 * stays small, and an account that only receives is in none.
 */
import { invariant } from '../base/assert.ts';
import { compareBytes, equalBytes } from '../base/bytes.ts';
import { DIGEST_FANOUT, MAX_BUCKET_ACCOUNTS, MAX_DIGEST_DEPTH } from '../base/limits.ts';
import type { TreeNode } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';

/** Nibbles from the root of the tree to one of its nodes. */
export type DigestPath = readonly number[];

/** The first byte of the record of a node that was split. */
const SPLIT = 0;

/** The digests of a node that was split just now: still to be computed (digest.ts). */
const NO_DIGESTS = new Uint8Array(DIGEST_FANOUT * 32);

/** What is at `path`; undefined: nobody below it ordered anything. */
export function nodeAt(draft: Draft, path: DigestPath): TreeNode | undefined {
  return draft.read(SPACES.tree.at(path));
}

export function writeNode(draft: Draft, path: DigestPath, node: TreeNode): void {
  draft.write(SPACES.tree.at(path), node);
}

/** Whether the node at `path` was split. */
export function isSplit(draft: Draft, path: DigestPath): boolean {
  return draft.readBytes(SPACES.tree.at(path))?.[0] === SPLIT;
}

/** The accounts of the bucket at `path`, in ascending order; none where there is no bucket. */
export function bucketAt(draft: Draft, path: DigestPath): readonly Uint8Array[] {
  const node = nodeAt(draft, path);
  return node?.TAG === 'bucket' ? node.data : [];
}

/** The nibble of a key that chooses the child of a node so many levels below the root. */
export function nibbleOf(account: Uint8Array, level: number): number {
  const byte = account[level >> 1] ?? 0;
  return level % 2 === 0 ? byte >> 4 : byte & 15;
}

/** Whether an account belongs below the node at `path`. */
export function isBelow(account: Uint8Array, path: DigestPath): boolean {
  return path.every((nibble, level) => nibble === nibbleOf(account, level));
}

/** The paths of the split nodes above an account, from the root down. */
export function* splitsAbove(draft: Draft, account: Uint8Array): Generator<DigestPath> {
  for (let path: DigestPath = []; isSplit(draft, path); ) {
    yield path;
    path = [...path, nibbleOf(account, path.length)];
  }
}

/** The path of the bucket that an account is in, or would be. */
export function bucketPathOf(draft: Draft, account: Uint8Array): DigestPath {
  const above = [...splitsAbove(draft, account)].at(-1);
  return above === undefined ? [] : [...above, nibbleOf(account, above.length)];
}

/**
 * Takes an account in. Returns the nodes that had to be split for it, the deepest first: whose
 * digests have to be written.
 */
export function enterBucket(draft: Draft, account: Uint8Array): readonly DigestPath[] {
  const path = bucketPathOf(draft, account);
  const before = bucketAt(draft, path);
  if (before.some((known) => equalBytes(known, account))) return [];
  return writeBucket(draft, path, [...before, account].sort(compareBytes));
}

function writeBucket(
  draft: Draft,
  path: DigestPath,
  accounts: readonly Uint8Array[],
): readonly DigestPath[] {
  if (accounts.length <= MAX_BUCKET_ACCOUNTS) {
    writeNode(draft, path, { TAG: 'bucket', data: accounts });
    return [];
  }
  invariant(path.length < MAX_DIGEST_DEPTH, 'different keys part ways');
  writeNode(draft, path, { TAG: 'split', data: NO_DIGESTS });
  const deeper = nibbles().flatMap((nibble) => {
    const below = accounts.filter((account) => nibbleOf(account, path.length) === nibble);
    return below.length === 0 ? [] : writeBucket(draft, [...path, nibble], below);
  });
  return [...deeper, path];
}

/**
 * The accounts below `path`, each once. `drawn` says for a node that was split with which child to
 * begin: whoever reads only some begins anywhere.
 */
export function* accountsBelow(
  draft: Draft,
  path: DigestPath,
  drawn: (path: DigestPath) => number,
): Generator<Uint8Array> {
  yield* bucketAt(draft, path);
  if (!isSplit(draft, path)) return;
  const first = drawn(path);
  for (const n of nibbles()) {
    yield* accountsBelow(draft, [...path, (first + n) % DIGEST_FANOUT], drawn);
  }
}

function nibbles(): number[] {
  return Array.from({ length: DIGEST_FANOUT }, (_, nibble) => nibble);
}
