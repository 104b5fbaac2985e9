/**
 * The records of a ledger that is full: so many accounts, each of which ordered once and has
 * another order without a certificate. Written by hand from the layouts, digests included, because
 * to make it by payments would take minutes; the accounts' certificates are left out.
 */
import { createHash } from 'node:crypto';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { MAX_BUCKET_ACCOUNTS } from '../../agent/core/base/limits.ts';
import type { Amount, Balance, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { encode, keyCoder } from '../../agent/core/codec/canonical.ts';
import { accountCoder, numberCoder, treeNodeCoder } from '../../agent/core/codec/record.ts';
import type { Write } from '../../agent/core/io.ts';
import { SPACES } from '../../agent/core/spaces.ts';

const ONE = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The accounts, in ascending order of their keys. */
function accountsOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, n) => sha256(Buffer.from(`account ${n}`))).sort(
    Buffer.compare,
  );
}

function recordOf(account: Uint8Array, recipient: Uint8Array): Uint8Array {
  const data = { recipient, token: 0 as TokenIndex, amount: 1n as Amount, memo: new Uint8Array() };
  const order = { account, sequence: 1n as Sequence, action: { TAG: 'transfer', data } } as const;
  return encode(accountCoder, {
    next: 1n as Sequence,
    history: account,
    received: 1n,
    frozen: false,
    locked: [],
    stated: false,
    reserved: [],
    balances: [{ token: 0 as TokenIndex, balance: 1n as Balance }],
    votes: { hour: 1, count: 2 },
    pending: { order, signature: new Uint8Array(64).fill(7) },
  });
}

/**
 * The records of the tree over these accounts, which share the nibbles of `path`; and their digest.
 */
function* treeOf(accounts: readonly Buffer[], path: readonly number[]): Generator<Write, Buffer> {
  if (accounts.length === 0) return Buffer.alloc(32);
  const key = SPACES.tree.at(path).key;
  if (accounts.length <= MAX_BUCKET_ACCOUNTS) {
    yield { key, value: encode(treeNodeCoder, { TAG: 'bucket', data: accounts }) };
    const leaves = accounts.flatMap((account) => [account, ONE, account]);
    return sha256(Buffer.from([0]), ...leaves);
  }
  const level = path.length;
  const children: Buffer[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = accounts.filter((account) => {
      const byte = account[level >> 1] ?? 0;
      return (level % 2 === 0 ? byte >> 4 : byte & 15) === nibble;
    });
    children.push(yield* treeOf(below, [...path, nibble]));
  }
  const data = Buffer.concat(children);
  yield { key, value: encode(treeNodeCoder, { TAG: 'split', data }) };
  return sha256(Buffer.from([1]), data);
}

/** All of it, to be written beside `before` accounts that are there; returns the root's digest. */
export function* fullLedger(
  count: number,
  before: number,
  recipient: Uint8Array,
): Generator<Write, Uint8Array> {
  const accounts = accountsOf(count);
  for (const [n, account] of accounts.entries()) {
    yield { key: SPACES.account.at(account).key, value: recordOf(account, recipient) };
    const at: ByteKey = SPACES.accountAt.at(BigInt(before + n)).key;
    yield { key: at, value: encode(keyCoder, account) };
  }
  const value = encode(numberCoder, BigInt(before + count));
  yield { key: SPACES.accountCount.key, value };
  return yield* treeOf(accounts, []);
}
