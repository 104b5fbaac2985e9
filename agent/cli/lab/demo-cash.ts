/**
 * Money out of the lab's network, and into it: the first authority keeps a cashbook, and the
 * demonstration is its cashier.
 */
import { nameOf } from '../../core/base/names.ts';
import { type Amount, formatAmount, type LedgerIndex } from '../../core/base/units.ts';
import { askControl } from '../../shell/control/client.ts';
import { pay } from '../../wallet/pay.ts';
import { refresh } from '../../wallet/refresh.ts';
import { beside } from '../../wallet/until.ts';
import { withdrawalViews } from '../../wallet/withdrawals.ts';
import { failure } from '../failure.ts';
import { duration } from '../render/text.ts';
import { orFail } from '../wallet-failure.ts';
import { balanceOf, HRS, type Person, type Story } from './demo-story.ts';
import type { Lab, LabNode } from './lab.ts';
import { untilThere } from './lab-waits.ts';

const OUT_MINOR = 3_000n;
const IN_MINOR = 1_200n;
const DECIMALS = 2;
const VALID_MS = 3_600_000;
const WITHDRAW_MS = 30_000;

/** What a person asks for who withdraws. */
export function withdrawalOf(minor: bigint) {
  return {
    kind: 'withdraw',
    token: HRS,
    amount: minor as Amount,
    ledger: 0 as LedgerIndex,
    recipient: Buffer.from('Anna'),
    validUntilMs: BigInt(Date.now() + VALID_MS),
  } as const;
}

/** Somebody withdraws, the cashier pays; what has left the network, in the smallest unit. */
export async function payOut(
  lab: Lab,
  person: Person,
  story: Story,
  signal: AbortSignal,
): Promise<bigint> {
  const cashier = cashierOf(lab);
  const { session, wallet } = person;
  const amount = `${formatAmount(OUT_MINOR, DECIMALS)} HRS`;
  const watch = { signal, timeoutMs: WITHDRAW_MS };
  const withdrawing = pay(session, withdrawalOf(OUT_MINOR), watch);
  const { latencyMs } = orFail(await beside(lab.watchers, withdrawing));
  story.said(
    `${wallet.name} withdraws ${amount} for Anna: certified and locked in ${duration(latencyMs)}`,
  );
  const begun = performance.now();
  const look = async () => (await askControl(cashier.daemon.socket, 'cashier.pending')).payouts[0];
  const payout = await untilThere(lab, look, { what: "a payout in the cashier's book", signal });
  story.said(
    `the committee decides to pay it out; after ${sinceText(begun)} it is in the cashier's book`,
  );
  const dealt = { payout: payout.number, state: 'paid' } as const;
  await askControl(cashier.daemon.socket, 'cashier.deal', dealt);
  const isFinal = async () => {
    orFail(await refresh(session, signal));
    const [newest] = withdrawalViews(session.read, session.network, session.account);
    return newest?.state === 'finalized' || undefined;
  };
  await untilThere(lab, isFinal, { what: 'a withdrawal that is final', signal });
  story.said(`the cashier gives Anna ${amount} and says so: finalized, and gone from all ledgers`);
  return OUT_MINOR;
}

/** The cashier takes money in for somebody; how much, in the smallest unit. */
export async function payIn(
  lab: Lab,
  person: Person,
  story: Story,
  signal: AbortSignal,
): Promise<bigint> {
  const { session, wallet } = person;
  const before = balanceOf(session);
  const begun = performance.now();
  await askControl(cashierOf(lab).daemon.socket, 'cashier.deposit', {
    // Another one each time that the demonstration runs in the same folder.
    receipt: `demo ${Date.now()}`,
    account: nameOf('account', session.account),
    amount: formatAmount(IN_MINOR, DECIMALS),
    token: 'HRS',
  });
  const isThere = async () => {
    orFail(await refresh(session, signal));
    return balanceOf(session) === before + IN_MINOR || undefined;
  };
  await untilThere(lab, isThere, { what: 'a deposit that is credited', signal });
  story.said(
    `the cashier takes ${formatAmount(IN_MINOR, DECIMALS)} HRS in for ${wallet.name}: ` +
      `credited, once, after ${sinceText(begun)}`,
  );
  return IN_MINOR;
}

function cashierOf(lab: Lab): LabNode {
  const cashier = lab.nodes.find(({ role }) => role === 'authority');
  if (cashier === undefined) throw failure('lab_failed');
  return cashier;
}

function sinceText(begunMs: number): string {
  return duration(performance.now() - begunMs);
}
