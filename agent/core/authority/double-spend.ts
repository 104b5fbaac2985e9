/**
 * Double-spend proofs (DESIGN 5): two different orders that one account signed for one sequence. An
 * authority keeps the first proof of a sequence for ever, shows it and tells the others; the account
 * goes on with whichever order is certified.
 */
import { equalBytes } from '../bytes.ts';
import { orderHash, orderSigningBytes, type SignedOrder } from '../codec/order.ts';
import type { Account } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { certificateAt, record } from '../journal.ts';
import { keyOfEntry } from '../keyspace.ts';
import { memberLinks } from '../links.ts';
import type { AuthoritySetup } from '../setup.ts';
import { hasAccount, readAccount } from './account.ts';

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
  keepProof(draft, held, signed);
}

/** Takes a proof from another authority, if it is one. */
export function takeDoubleSpend(
  draft: Draft,
  setup: AuthoritySetup,
  proof: { readonly first: SignedOrder; readonly second: SignedOrder },
): void {
  const { first, second } = proof;
  const isSamePlace =
    equalBytes(first.order.account, second.order.account) &&
    first.order.sequence === second.order.sequence;
  if (!isSamePlace) return;
  const { id } = setup.network;
  if (equalBytes(orderHash(id, first.order), orderHash(id, second.order))) return;
  const index = keyOfEntry('doubleSpend', first.order.account, first.order.sequence);
  if (draft.get(index) !== undefined) return;
  // Accounts that hold nothing here cost nothing to make up: proofs about them are not kept.
  const isPlausible =
    hasAccount(draft, first.order.account) &&
    first.order.sequence <= readAccount(draft, first.order.account).next;
  if (!isPlausible) return;
  const areValid = [first, second].every(({ order, signature }) =>
    setup.verify(order.account, orderSigningBytes(id, order), signature),
  );
  if (areValid) keepProof(draft, first, second);
}

function keepProof(draft: Draft, first: SignedOrder, second: SignedOrder): void {
  const index = keyOfEntry('doubleSpend', first.order.account, first.order.sequence);
  if (draft.get(index) !== undefined) return;
  record(draft, { TAG: 'doubleSpend', data: { first, second } }, index);
  for (const link of memberLinks(draft)) {
    draft.send(link, { TAG: 'doubleSpend', data: { first, second } });
  }
  draft.note({ kind: 'double_spend', first, second });
}
