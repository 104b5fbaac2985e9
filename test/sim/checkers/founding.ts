/**
 * What is certain about a run from outside: the genesis document's content, who is honest, and the
 * bytes that each statement is signed over, built here from their description (signing.ts, head).
 */
import type { Verify } from '../../../agent/core/base/crypto.ts';
import { bytesOf, type OrderView, sha256 } from './decode.ts';

export interface Founding {
  readonly networkId: string;
  /** The members' keys, by member. */
  readonly memberKeys: readonly string[];
  /** Members that follow the protocol. */
  readonly honestMembers: ReadonlySet<number>;
  readonly tokenCount: number;
  readonly issuance: readonly {
    readonly account: string;
    readonly token: number;
    readonly amount: bigint;
  }[];
  /** Accounts that an authority holds before it votes for no payment to a new one. */
  readonly mostAccounts: number;
  /** Members that observe the outer ledger, and how many of them certify what happened there. */
  readonly observers: readonly number[];
  readonly observersQuorum: number;
  /** Accounts whose owners follow the protocol: they sign one order a sequence. */
  readonly honestAccounts: ReadonlySet<string>;
  readonly verify: Verify;
}

/** Votes that make a quorum: more than two thirds. */
export function quorumFor(members: number): number {
  let votes = 0;
  while (3 * votes <= 2 * members) votes++;
  return votes;
}

/** Members that may be hostile: fewer than one third. */
export function faultsFor(members: number): number {
  let faults = 0;
  while (3 * (faults + 1) < members) faults++;
  return faults;
}

function tagged(kind: string, ...parts: readonly string[]): string {
  const tag = `meshpay/1/${kind}`;
  return String.fromCharCode(tag.length) + tag + parts.join('');
}

const EPOCH_ZERO = '\0\0\0\0';

/** What an order is called. */
export function hashOf({ networkId }: Founding, order: OrderView): string {
  return sha256(tagged('order', networkId, order.raw));
}

/** Whether the account's owner signed the order for this network. */
export function isOrderSigned({ networkId, verify }: Founding, order: OrderView): boolean {
  const message = bytesOf(tagged('order', networkId, order.raw));
  return verify(bytesOf(order.account), message, order.signature);
}

/** Whether a member signed a vote for the order of this hash, in the first epoch. */
export function isVoteSigned(
  { networkId, memberKeys, verify }: Founding,
  hash: string,
  member: number,
  signature: Uint8Array,
): boolean {
  const key = memberKeys[member];
  if (key === undefined) return false;
  return verify(bytesOf(key), bytesOf(tagged('vote', networkId, EPOCH_ZERO, hash)), signature);
}

/** Whether a member signed, in the first epoch, what it says that happened on an outer ledger. */
export function isTestimonySigned(
  { networkId, memberKeys, verify }: Founding,
  body: string,
  member: number,
  signature: Uint8Array,
): boolean {
  const key = memberKeys[member];
  if (key === undefined) return false;
  return verify(bytesOf(key), bytesOf(tagged('testimony', networkId, EPOCH_ZERO, body)), signature);
}

/** The key of one (account, sequence). */
export function placeOf(order: { readonly account: string; readonly sequence: bigint }): string {
  return `${order.account}${order.sequence}`;
}
