/**
 * What shows a ledger that a payout was decided (PROTOCOL: Withdrawals): the certified withdrawal
 * and the committee's decision to settle it. The withdrawal's certificate alone pays nothing.
 *
 * Safety: a ledger checks it by itself, against the committees that it knows, before it takes a
 * payout on; nothing that a gateway says is believed. A decision of a former epoch counts where it
 * is this node's own, or was carried over the change: whoever stole the keys of a former quorum has
 * nothing paid out.
 */
import { checkDecision, decisionOn } from '../agreement/decision.ts';
import { equalBytes } from '../base/bytes.ts';
import { isRefusal, type Refusal, refusal } from '../base/refusal.ts';
import type { LedgerIndex } from '../base/units.ts';
import type { Decision } from '../codec/agreement.ts';
import { decode, encode } from '../codec/canonical.ts';
import type { WithdrawalPlace } from '../codec/fact.ts';
import { settlementCoder } from '../codec/gateway.ts';
import type { Order } from '../codec/order.ts';
import { type Payout, payoutCoder } from '../codec/payout.ts';
import type { Draft } from '../draft.ts';
import { refusedDecision } from '../epochs/carried.ts';
import type { Read } from '../io.ts';
import { certificateAt } from '../journal.ts';
import { checkCertificate } from '../network/certificate.ts';
import type { NodeSetup } from '../setup.ts';
import { isSettle } from './outcome-value.ts';
import { payoutKey } from './payout-key.ts';

/** What a certified withdrawal is to pay, and where; undefined for any other order. */
function payoutOf({
  account,
  sequence,
  action,
}: Order): { readonly payout: Payout; readonly ledger: LedgerIndex } | undefined {
  if (action.TAG !== 'withdrawal') return undefined;
  const { token, amount, recipient, ledger } = action.data;
  return { payout: { account, sequence, token, amount, recipient }, ledger };
}

/** The settlement of a withdrawal that this authority knows to be decided so. */
export function settlementOf(
  draft: Draft,
  { account, sequence }: WithdrawalPlace,
): Uint8Array | undefined {
  const certificate = certificateAt(draft, account, sequence);
  const decision = decisionOn(draft, { TAG: 'outcome', data: { account, sequence } });
  if (certificate === undefined || decision === undefined) return undefined;
  return encode(settlementCoder, { certificate, decision });
}

/** Undefined when `proof` shows that this ledger is to make this payout, otherwise why not. */
export function checkSettlement(
  read: Read,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  { key, payout, ledger }: { key: Uint8Array; payout: Payout; ledger: LedgerIndex },
  proof: Uint8Array,
): Refusal | undefined {
  const settlement = decode(settlementCoder, proof);
  if (isRefusal(settlement)) return settlement;
  const { certificate, decision } = settlement;
  const { order } = certificate.order;
  const { account, sequence } = order;
  const due = payoutOf(order);
  const isSame =
    due !== undefined &&
    due.ledger === ledger &&
    equalBytes(encode(payoutCoder, due.payout), encode(payoutCoder, payout)) &&
    equalBytes(payoutKey(setup.network.id, order), key);
  if (!isSame) return refusal('payout_differs', { field: 'proof' });
  const { subject, value } = decision;
  const isAbout =
    subject.TAG === 'outcome' &&
    equalBytes(subject.data.account, account) &&
    subject.data.sequence === sequence;
  if (!isAbout || !isSettle(value)) {
    return refusal('no_quorum', { field: 'proof', expected: 'a decision to settle it' });
  }
  return checkCertificate(read, setup, certificate) ?? checkOutcome(read, setup, decision);
}

/** What this node has was checked when it came, by the epoch of that time. */
function checkOutcome(
  read: Read,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  decision: Decision,
): Refusal | undefined {
  const own = decisionOn(read, decision.subject);
  const isOwn = own !== undefined && equalBytes(own.value, decision.value);
  const refused = isOwn ? undefined : refusedDecision(read, decision);
  return refused ?? checkDecision(read, setup, decision);
}
