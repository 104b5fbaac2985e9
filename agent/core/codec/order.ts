/** Orders, votes and certificates (PROTOCOL: Transfers): layouts, and what exactly is signed. */

import { sha256, type Verify } from '../base/crypto.ts';
import {
  MAX_MEMBERS,
  MAX_RECIPIENT_BYTES,
  MAX_WALL_MS,
  SEALED_MEMO_BYTES,
} from '../base/limits.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../base/units.ts';
import { type Committee, memberAt } from '../network/committee.ts';
import { signingBytes } from '../network/signing.ts';
import {
  amountCoder,
  encode,
  epochCoder,
  keyCoder,
  ledgerCoder,
  memberCoder,
  sequenceCoder,
  signatureCoder,
  tokenCoder,
} from './canonical.ts';
import type { Coder } from './coder.ts';
import { u8, u64 } from './numbers.ts';
import { checked, listOf, sizedBytes, struct, variant } from './parts.ts';

/** A memo that is sealed to payer and payee (memo.ts), or none: there are no other lengths. */
const memoCoder = checked(
  sizedBytes(u8),
  ({ length }) =>
    length === 0 || length === SEALED_MEMO_BYTES || `${length} bytes are no sealed memo`,
);
export const NO_MEMO = new Uint8Array();

/*
 * The shapes are written out, though their coders say the same: a declaration that the compiler
 * makes of nested coders for other projects has `any` in its depth.
 */
export interface Transfer {
  readonly recipient: Uint8Array;
  readonly token: TokenIndex;
  readonly amount: Amount;
  readonly memo: Uint8Array;
}

const transferCoder: Coder<Transfer> = struct<Transfer>({
  recipient: keyCoder,
  token: tokenCoder,
  amount: amountCoder,
  memo: memoCoder,
});

/** Money that leaves the network through an outer ledger (PROTOCOL: Withdrawals). */
export interface Withdrawal {
  readonly token: TokenIndex;
  readonly amount: Amount;
  readonly ledger: LedgerIndex;
  /** Text in the ledger's own syntax (core/ledgers), as UTF-8: no account of this network. */
  readonly recipient: Uint8Array;
  /**
   * By the clock on the wall, at most MAX_WALL_MS. From then on the committee may decide to give
   * the money back. No vote depends on it.
   */
  readonly validUntilMs: bigint;
}

/** A recipient on an outer ledger. */
export const recipientCoder = checked(
  sizedBytes(u8),
  ({ length }) =>
    (length > 0 && length <= MAX_RECIPIENT_BYTES) ||
    `a recipient of ${length} bytes, not 1 to ${MAX_RECIPIENT_BYTES}`,
);

export const withdrawalCoder: Coder<Withdrawal> = struct<Withdrawal>({
  token: tokenCoder,
  amount: amountCoder,
  ledger: ledgerCoder,
  recipient: recipientCoder,
  validUntilMs: checked(u64, (ms) => ms <= MAX_WALL_MS || `${ms} is no time of any calendar`),
});

/** What an order wishes. */
export type Action =
  | { readonly TAG: 'transfer'; readonly data: Transfer }
  | { readonly TAG: 'withdrawal'; readonly data: Withdrawal };

/** A wish to spend. What it wishes is an action; all actions of an account share its sequence. */
export interface Order {
  readonly account: Uint8Array;
  readonly sequence: Sequence;
  readonly action: Action;
}

/** The account that an order pays; undefined: what it moves leaves the network. */
export function payeeOf({ action }: Order): Uint8Array | undefined {
  return action.TAG === 'transfer' ? action.data.recipient : undefined;
}

/**
 * The sealed memo for a transfer of one's own, whose memo is not looked at (memo.ts). Undefined:
 * the recipient is no key that anything can be sealed to, or the order is no transfer. Pure.
 */
export type SealMemo = (order: Order, text: string) => Uint8Array | undefined;

export const orderCoder: Coder<Order> = struct<Order>({
  account: keyCoder,
  sequence: sequenceCoder,
  action: variant({ transfer: [1, transferCoder], withdrawal: [2, withdrawalCoder] }),
});

export interface SignedOrder {
  readonly order: Order;
  readonly signature: Uint8Array;
}

export const signedOrderCoder: Coder<SignedOrder> = struct<SignedOrder>({
  order: orderCoder,
  signature: signatureCoder,
});

/** Two orders that one account signed for one sequence, if it is what it is taken for. */
export interface OrderPair {
  readonly first: SignedOrder;
  readonly second: SignedOrder;
}

export const orderPairCoder: Coder<OrderPair> = struct<OrderPair>({
  first: signedOrderCoder,
  second: signedOrderCoder,
});

export interface MemberSignature {
  readonly member: MemberIndex;
  readonly signature: Uint8Array;
}

export const memberSignatureCoder: Coder<MemberSignature> = struct<MemberSignature>({
  member: memberCoder,
  signature: signatureCoder,
});

/** Signatures in ascending order of members, each member once: one set has one encoding. */
export const signaturesCoder: Coder<readonly MemberSignature[]> = checked(
  listOf(MAX_MEMBERS, memberSignatureCoder),
  (votes) => {
    for (let i = 1; i < votes.length; i++) {
      if ((votes[i]?.member ?? 0) <= (votes[i - 1]?.member ?? 0)) {
        return 'votes must be in ascending order of members, each once';
      }
    }
    return true;
  },
);

export interface Certificate {
  readonly epoch: Epoch;
  readonly order: SignedOrder;
  readonly votes: readonly MemberSignature[];
}

export const certificateCoder: Coder<Certificate> = struct<Certificate>({
  epoch: epochCoder,
  order: signedOrderCoder,
  votes: signaturesCoder,
});

/** The bytes that an account signs to give an order. */
export function orderSigningBytes(networkId: Uint8Array, order: Order): Uint8Array {
  return signingBytes('order', networkId, encode(orderCoder, order));
}

/**
 * What an order is called: SHA-256 of its signing bytes. The payer's signature is not part of it,
 * so that a payer who signs one order twice, with other random bits, has still made one order.
 */
export function orderHash(networkId: Uint8Array, order: Order): Uint8Array {
  const known = hashes.get(order);
  if (known !== undefined && known.networkId === networkId) return known.hash;
  const hash = sha256(orderSigningBytes(networkId, order));
  hashes.set(order, { networkId, hash });
  return hash;
}

/** Orders whose hash was asked for, as long as they are held: each is asked for several times. */
const hashes = new WeakMap<Order, { readonly networkId: Uint8Array; readonly hash: Uint8Array }>();

/** The bytes that an authority of `epoch` signs to vote for the order with this hash. */
export function voteSigningBytes(
  networkId: Uint8Array,
  epoch: Epoch,
  hash: Uint8Array,
): Uint8Array {
  return signingBytes('vote', networkId, epoch, hash);
}

/** The name of an order for people: a UUID of version 8 (RFC 9562), made from its hash. */
export function orderIdOf(hash: Uint8Array): string {
  const id = hash.slice(0, 16);
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x80;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  const text = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether this member of this committee really voted for the order with this hash. */
export function isVoteValid(
  networkId: Uint8Array,
  committee: Committee,
  hash: Uint8Array,
  vote: { readonly member: MemberIndex; readonly signature: Uint8Array },
  verify: Verify,
): boolean {
  const member = memberAt(committee, vote.member);
  if (member === undefined) return false;
  return verify(member.key, voteSigningBytes(networkId, committee.epoch, hash), vote.signature);
}
