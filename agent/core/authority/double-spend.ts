/**
 * Double-spend proofs (PROTOCOL: Transfers): two different orders that one account signed for one
 * sequence. An authority keeps the first proof of a sequence for ever, shows it and tells the
 * others at once; whoever misses that reads it later in a list (proofs.ts). The account goes on
 * with whichever order is certified.
 */
import { equalBytes } from '../base/bytes.ts';
import { type OrderPair, orderHash, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { certificateAt, record } from '../journal.ts';
import { memberLinks } from '../mesh/links.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { hasAccount, readAccount } from './account.ts';
import { listProof } from './proof-list.ts';

/**
 * What became of a proof that was shown: kept now, held before, none at all, or about an account or
 * a sequence that this ledger does not know yet.
 */
export type ProofOutcome = 'kept' | 'held' | 'no_proof' | 'too_early';

/** Keeps the proof that `signed`, whose signature is valid, makes with the order held here. */
export function noteDoubleSpend(
  draft: Draft,
  setup: AuthoritySetup,
  account: Account,
  signed: SignedOrder,
  hash: Uint8Array,
): void {
  const { account: key, sequence } = signed.order;
  const held =
    account.pending?.order.sequence === sequence
      ? account.pending
      : certificateAt(draft, key, sequence)?.order;
  if (held === undefined) return;
  if (equalBytes(orderHash(setup.network.id, held.order), hash)) return;
  if (draft.has(SPACES.doubleSpend.at(key, sequence))) return;
  const proof = { first: held, second: signed };
  keepProof(draft, proof);
  tellProof(draft, proof);
}

/** Another authority shows a proof: if it is one, and new, it goes on to the others. */
export function takeDoubleSpend(
  draft: Draft,
  setup: AuthoritySetup,
  _from: Origin,
  proof: OrderPair,
): void {
  if (takeProof(draft, setup, proof) === 'kept') tellProof(draft, proof);
}

/** Judges a proof from another authority and keeps it, if it is one and new. */
export function takeProof(
  draft: Draft,
  setup: AuthoritySetup,
  { first, second }: OrderPair,
): ProofOutcome {
  const { account, sequence } = first.order;
  const isSamePlace =
    equalBytes(account, second.order.account) && sequence === second.order.sequence;
  if (!isSamePlace) return 'no_proof';
  const { id } = setup.network;
  if (equalBytes(orderHash(id, first.order), orderHash(id, second.order))) return 'no_proof';
  if (draft.has(SPACES.doubleSpend.at(account, sequence))) return 'held';
  // Accounts that hold nothing here cost nothing to make up: proofs about them are not kept.
  const isPlausible = hasAccount(draft, account) && sequence <= readAccount(draft, account).next;
  if (!isPlausible) return 'too_early';
  const areValid = [first, second].every(({ order, signature }) =>
    setup.verify(order.account, orderSigningBytes(id, order), signature),
  );
  if (!areValid) return 'no_proof';
  keepProof(draft, { first, second });
  return 'kept';
}

function keepProof(draft: Draft, { first, second }: OrderPair): void {
  const { account, sequence } = first.order;
  const index = SPACES.doubleSpend.at(account, sequence);
  const journalNumber = record(draft, { TAG: 'doubleSpend', data: { first, second } }, index);
  listProof(draft, index, journalNumber);
  draft.note({ kind: 'double_spend', first, second });
}

function tellProof(draft: Draft, { first, second }: OrderPair): void {
  for (const link of memberLinks(draft)) {
    draft.send(link, { TAG: 'doubleSpend', data: { first, second } });
  }
}
