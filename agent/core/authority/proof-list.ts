/**
 * The list of the double-spend proofs that this authority holds, in the order in which it came to
 * hold them, which is that of its journal. It only grows, so a peer that knows where it stopped
 * reading goes on from there (proofs.ts).
 *
 * All of it is on disk, one small record a proof: proofs are few, and a start reads none of them.
 */

import { invariant } from '../base/assert.ts';
import { type ByteKey, fromByteKey } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { withHash } from '../base/set-digest.ts';
import type { ProofCount } from '../codec/message.ts';
import type { OrderPair } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { factAt } from '../journal.ts';
import type { Cell } from '../space.ts';
import { SPACES } from '../spaces.ts';

const NO_PROOFS: ProofCount = { count: 0n, set: new Uint8Array(32) };

/** How many proofs are held, and the digest of their places. */
export function proofCount(draft: Draft): ProofCount {
  return draft.read(SPACES.proofCount) ?? NO_PROOFS;
}

/** Adds the proof that is found in this cell of `doubleSpend` and has this journal number. */
export function listProof(draft: Draft, { key }: Cell<bigint>, journalNumber: bigint): void {
  const { count, set } = proofCount(draft);
  draft.write(SPACES.proof.at(count), journalNumber);
  const after = { count: count + 1n, set: withHash(set, placeHash(key)) };
  draft.write(SPACES.proofCount, after);
}

/** The nth proof, from 0 on; `n` below the count. */
export function proofAt(draft: Draft, n: bigint): OrderPair {
  const number = draft.read(SPACES.proof.at(n));
  invariant(number !== undefined, 'the list of proofs is as long as their count');
  const fact = factAt(draft, number);
  invariant(fact.TAG === 'doubleSpend', 'the list names proofs');
  return fact.data;
}

/**
 * SHA-256 of account and sequence. Of the place alone: two authorities may have seen other pairs of
 * orders for it. Whoever owns many accounts can make two sets with one digest (set-digest.ts); what
 * he hides so are proofs against himself.
 */
function placeHash(key: ByteKey): Uint8Array {
  return sha256(fromByteKey(key.slice(1) as ByteKey));
}
