/**
 * Every key of the state: prefix, key -> value, and where it is kept. A prefix is one byte and is
 * never used for anything else later. Upper case and digits: on disk. Lower case: in memory, gone
 * with the process and grown anew by the next; b, d, n, p, v, w and y were used.
 */
import { type ByteKey, toByteKey } from './base/bytes.ts';
import type { MemberIndex, Sequence } from './base/units.ts';

export const KEYSPACE = {
  account: { prefix: 'A', layout: 'account(32) -> account record' },
  certificateAt: { prefix: 'C', layout: 'account(32) sequence(8) -> journal number' },
  journal: { prefix: 'J', layout: 'journal number(8) -> entry: link to the one before, fact' },
  journalHead: { prefix: 'H', layout: '-> number of entries, link to the last one' },
  received: { prefix: 'R', layout: 'account(32) n(8) -> journal number of the nth credit' },
  doubleSpend: { prefix: 'D', layout: 'account(32) sequence(8) -> journal number of the proof' },
  conflict: { prefix: 'X', layout: 'account(32) sequence(8) -> journal number of the proof' },
  genesis: { prefix: 'G', layout: '-> network id that this state belongs to' },
  owner: { prefix: 'B', layout: '-> key of the node whose state this is' },
  accountCount: { prefix: 'N', layout: '-> number of account records' },
  standing: { prefix: 'S', layout: '-> whether this authority may vote, and if not why' },
  firstStart: { prefix: '1', layout: '-> life that waits for others to vouch for it; no vote yet' },
  memberKnown: {
    prefix: '2',
    layout: 'member(1) what(1) -> first life, gossip, vote of that member that was seen (lives.ts)',
  },
  outvoted: {
    prefix: '3',
    layout: 'account(32) sequence(8) -> order voted for where another was certified, its hash',
  },
  wallet: { prefix: 'W', layout: '-> wallet record: balances, next sequence, counts' },
  liveOrder: { prefix: 'L', layout: "-> the wallet's unfinished order and its votes" },
  payment: { prefix: 'P', layout: 'n(8) -> the nth certificate that this wallet made or got' },
  paidAt: { prefix: 'O', layout: 'sequence(8) -> n of the payment made with it' },
  incomingAt: { prefix: 'I', layout: 'payer(32) sequence(8) -> n of the payment received' },
  incomingCursor: { prefix: 'U', layout: 'member(1) -> credits of that member taken in' },
  accountAt: { prefix: 'E', layout: 'n(8) -> the nth account that got a record' },
  tree: {
    prefix: 'T',
    layout: 'path(0..64) -> accounts that ordered, or digests of the 16 children',
  },
  digestMark: { prefix: 'Y', layout: '-> journal entries that those digests know of' },
  proofs: {
    prefix: 'K',
    layout: '-> number of double-spend proofs, digest; n(8) -> journal number of the nth',
  },
  commit: { prefix: 'Z', layout: "-> the store's own: number, chain hash and sum of all records" },
  schema: { prefix: 'V', layout: "-> the store's own: schema version" },

  nodeLinks: {
    prefix: 'k',
    layout: '-> links to nodes that proved a key, and what is known of them',
  },
  linkMember: { prefix: 'i', layout: 'link(8) -> member at its other end, of those links' },
  proofCursor: { prefix: 'e', layout: "member(1) -> proofs of that member's list that were read" },
  retold: { prefix: 'l', layout: 'place(1) -> account whose order was voted for lately' },
  retelling: { prefix: 'z', layout: '-> which orders are told again next, and when' },
  seed: { prefix: 'x', layout: '-> random bytes that this process was given at its start' },
  stale: {
    prefix: 's',
    layout: 'path(0..64) -> bits of the children that have another digest now',
  },
  freshDigests: { prefix: 'f', layout: 'path(0..64) -> as digests, newer' },
  claim: { prefix: 'j', layout: 'place(2) -> what one member is asked for, so that no other is' },
  differing: { prefix: 'u', layout: '-> members whose ledgers differed from this one lately' },
  pace: { prefix: 'a', layout: '-> rounds of catch-up that were hurried and brought nothing' },
  vouchers: { prefix: 'g', layout: '-> members that vouched for this first start, or know better' },
  timers: { prefix: 't', layout: '-> when catch-up and retries are due' },
  chase: { prefix: 'c', layout: "-> the live order's attempts and refusals" },
  question: {
    prefix: 'q',
    layout: '-> the question for the latest that was asked, and the payment that waits for it',
  },
  word: { prefix: 'm', layout: 'member(1) -> what that member answered to that question' },
  reach: { prefix: 'o', layout: '-> nonce of the question who can be reached that was asked last' },
  told: { prefix: 'r', layout: 'member(1) -> credits that it counted in answer to that question' },
  incomingPage: {
    prefix: 'h',
    layout: 'member(1) -> page of its credits to ask for next through relays',
  },
} as const satisfies Record<string, { prefix: string; layout: string }>;

export type KeyspaceName = keyof typeof KEYSPACE;

/** Whether a key is kept on disk (upper-case prefix or digit) or in memory (lower case). */
export function isDurable(key: ByteKey): boolean {
  return key.charCodeAt(0) <= 0x5a;
}

/** The name of the space that a key lies in, for messages to people. */
export function keyspaceOf(key: ByteKey): KeyspaceName | undefined {
  const names = Object.keys(KEYSPACE) as KeyspaceName[];
  return names.find((name) => KEYSPACE[name].prefix === key[0]);
}

/** The one key of a space that has only one. */
export function singleton(space: KeyspaceName): ByteKey {
  return KEYSPACE[space].prefix as ByteKey;
}

/** The key of a space that is keyed by bytes: an account, a digest path. */
export function keyOf(space: KeyspaceName, bytes: Uint8Array): ByteKey {
  return (KEYSPACE[space].prefix + toByteKey(bytes)) as ByteKey;
}

/** The key of a space that is keyed by an account and a number in it. */
export function keyOfEntry(space: KeyspaceName, account: Uint8Array, n: bigint): ByteKey {
  return (KEYSPACE[space].prefix + toByteKey(account) + bigEndian64(n)) as ByteKey;
}

/** The key of a space that is keyed by a number: journal, payments, links. */
export function keyOfNumber(space: KeyspaceName, n: bigint): ByteKey {
  return (KEYSPACE[space].prefix + bigEndian64(n)) as ByteKey;
}

/** The key of a space that is keyed by a member. */
export function keyOfMember(space: KeyspaceName, member: MemberIndex): ByteKey {
  return (KEYSPACE[space].prefix + String.fromCharCode(member)) as ByteKey;
}

/** The key of the certificate of one account and sequence. */
export function certificateKey(account: Uint8Array, sequence: Sequence): ByteKey {
  return keyOfEntry('certificateAt', account, sequence);
}

/** 64 bits, most significant byte first, so that keys sort as numbers do. */
function bigEndian64(n: bigint): string {
  const high = Number(n >> 32n);
  const low = Number(n & 0xffffffffn);
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    low >>> 24,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  );
}
