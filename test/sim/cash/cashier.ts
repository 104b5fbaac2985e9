/**
 * What people do at the outer ledger of a run: a cashier pays and refuses, slowly while there is
 * trouble; payers come with money and receipts, some of them twice; what was paid comes back now
 * and then. When everything is healed the cashier deals with all that is open, and nothing new is
 * undone.
 */
import type { Amount, TokenIndex } from '../../../agent/core/base/units.ts';
import type { Agenda } from '../agenda.ts';
import type { Prng } from '../prng.ts';
import type { Till } from './till.ts';

export interface CashierSetup {
  readonly agenda: Agenda;
  readonly prng: Prng;
  readonly till: Till;
  readonly tokens: number;
  /** Whom somebody pays in for. */
  readonly payable: readonly Uint8Array[];
  readonly deposits: number;
  readonly chaosMs: number;
  readonly isHealed: () => boolean;
}

const LOOK_EVERY_MS = 700;
/** Of a thousand looks at an open payout: it is paid, it is refused. */
const PAID = 120;
const REFUSED = 20;
/** Of a thousand looks at one that was paid: it comes back. */
const COMES_BACK = 8;
/** Of a hundred deposits: in a token that the ledger is not for; with a receipt that was used. */
const WRONG_TOKEN = 15;
const USED_RECEIPT = 15;

/** Lets them begin. */
export function openTill(setup: CashierSetup): void {
  const { agenda, prng, deposits, chaosMs } = setup;
  for (let i = 0; i < deposits; i++) {
    agenda.after(prng.below(chaosMs), () => payIn(setup, i));
  }
  agenda.after(LOOK_EVERY_MS, () => look(setup));
}

function look(setup: CashierSetup): void {
  const { agenda, prng, till, isHealed } = setup;
  agenda.after(LOOK_EVERY_MS, () => look(setup));
  for (const number of till.open()) {
    const isRefused = prng.perMille(REFUSED);
    if (isHealed()) till.dealWith(number, isRefused ? 'refused' : 'paid');
    else if (prng.perMille(PAID)) till.dealWith(number, 'paid');
    else if (isRefused) till.dealWith(number, 'refused');
  }
  if (isHealed()) return;
  for (const number of till.paid()) if (prng.perMille(COMES_BACK)) till.giveBack(number);
}

function payIn({ prng, till, tokens, payable }: CashierSetup, i: number): void {
  const isWrong = tokens > 1 && prng.below(100) < WRONG_TOKEN;
  const isUsed = i > 0 && prng.below(100) < USED_RECEIPT;
  const slip = {
    receipt: `receipt ${isUsed ? prng.below(i) : i}`,
    account: prng.below(8) === 0 ? prng.bytes(32) : prng.pick(payable),
    token: (isWrong ? 1 : 0) as TokenIndex,
    amount: BigInt(prng.pick([1, 20, prng.between(1, 5_000)])) as Amount,
    note: '',
  };
  till.takeIn(slip);
  if (prng.below(5) === 0) till.takeIn(slip);
}
