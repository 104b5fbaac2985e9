/**
 * The demonstration: payments directly and through the relay, an authority killed in the middle,
 * payments without it, its return, and the proof that all ledgers are the same again. It tells what
 * it does through `Story`, so that what a person reads is made in one place (render/lab.ts).
 */
import type { Amount, TokenIndex } from '../../core/base/units.ts';
import { certificateView, type QuantityView } from '../../shell/control/money-view.ts';
import { openWalletFolder } from '../../wallet/folder.ts';
import { pay } from '../../wallet/pay.ts';
import { refresh } from '../../wallet/refresh.ts';
import { openSession, type WalletSession } from '../../wallet/session.ts';
import { beside } from '../../wallet/until.ts';
import { spendable, walletView } from '../../wallet/view.ts';
import { failure } from '../failure.ts';
import { duration } from '../render/text.ts';
import { pause } from '../wait.ts';
import { orFail } from '../wallet-failure.ts';
import type { Lab, LabNode, LabWallet } from './lab.ts';

export interface DemoPayment {
  readonly from: string;
  readonly to: string;
  /** Name of the relay that the payer has to go through. */
  readonly through: string | undefined;
  readonly quantity: QuantityView;
  readonly memo: string;
  readonly votes: readonly string[];
  readonly latencyMs: number;
}

export interface DemoResult {
  readonly payments: readonly DemoPayment[];
  readonly nodes: readonly {
    readonly name: string;
    readonly role: string;
    readonly votes: number;
    readonly certificates: number;
    readonly relayed: number;
    readonly digest: string | undefined;
    readonly residentBytes: number;
  }[];
  readonly balances: readonly {
    readonly name: string;
    readonly balances: readonly QuantityView[];
  }[];
  readonly killed: string;
  readonly caughtUpMs: number;
}

/** What the demonstration tells while it goes on. */
export interface Story {
  chapter(title: string): void;
  started(node: LabNode, readyMs: number): void;
  paid(payment: DemoPayment): void;
  said(text: string): void;
  busy(text: string): void;
}

const CATCH_UP_MS = 30_000;
const PAY_MS = 30_000;
const POLL_MS = 20;

interface Person {
  readonly wallet: LabWallet;
  readonly session: WalletSession;
  /** What it had before the demonstration, in the smallest unit. */
  readonly beforeMinor: bigint;
}

/**
 * Runs the whole demonstration. Throws Failure with the reason when anything is not as it should.
 */
export async function runDemo(lab: Lab, story: Story, signal: AbortSignal): Promise<DemoResult> {
  const authorities = lab.nodes.filter(({ role }) => role === 'authority');
  const victim = authorities[1];
  const people: Person[] = [];
  if (victim === undefined || lab.wallets.length < 2) {
    const expected = 'at least two authorities and two wallets';
    throw failure('lab_failed', { field: 'demo', expected, found: 'fewer' });
  }
  try {
    story.chapter('Paying');
    story.busy('The wallets connect...');
    for (const wallet of lab.wallets.slice(0, 2)) {
      const session = orFail(await openSession(orFail(openWalletFolder(wallet.folder))));
      orFail(await refresh(session, signal));
      people.push({ wallet, session, beforeMinor: balanceOf(session) });
    }
    const [alice, bob] = people;
    if (alice === undefined || bob === undefined) throw failure('lab_failed');
    const payments: DemoPayment[] = [];
    const make = async (from: Person, to: Person, minor: bigint, memo: string): Promise<void> => {
      const payment = await payOnce(lab, from, to, minor as Amount, memo, signal);
      payments.push(payment);
      story.paid(payment);
    };

    await make(alice, bob, 1_250n, 'bread');
    await make(alice, bob, 300n, 'milk');
    await make(bob, alice, 475n, 'mending a bicycle');

    story.chapter(`SIGKILL for ${victim.name}, and paying without it`);
    const { pid } = victim.daemon;
    await victim.daemon.kill();
    story.said(`${victim.name} is dead (process ${pid}); three votes of four still make a quorum`);
    await make(alice, bob, 2_000n, 'a day of work');
    await make(bob, alice, 99n, 'eggs');

    story.chapter(`${victim.name} comes back`);
    story.busy(`${victim.name} checks its store and catches up...`);
    const begun = performance.now();
    const readyMs = await lab.start(victim);
    story.started(victim, readyMs);
    await untilEqual(lab, signal);
    const caughtUpMs = performance.now() - begun;
    story.said(
      `it has caught up: all ledgers have the same digest ${duration(caughtUpMs)} after its start`,
    );
    await make(alice, bob, 1n, 'one more, with everybody');

    story.busy('Comparing ledgers and balances...');
    await untilEqual(lab, signal);
    return {
      payments,
      nodes: await Promise.all(lab.nodes.map(resultOf)),
      balances: await balancesOf(people, payments, signal),
      killed: victim.name,
      caughtUpMs,
    };
  } finally {
    await Promise.all(people.map(({ session }) => session.close()));
  }
}

async function payOnce(
  lab: Lab,
  from: Person,
  to: Person,
  amount: Amount,
  memo: string,
  signal: AbortSignal,
): Promise<DemoPayment> {
  const recipient = to.session.account;
  const command = { recipient, token: 0 as TokenIndex, amount, memo };
  const paying = pay(from.session, command, { signal, timeoutMs: PAY_MS });
  const { certificate, latencyMs } = orFail(await beside(lab.watchers, paying));
  const { order, votes } = certificateView(from.session.network, certificate);
  return {
    from: from.wallet.name,
    to: to.wallet.name,
    through: from.wallet.through,
    quantity: order,
    memo,
    votes,
    latencyMs,
  };
}

async function untilEqual(lab: Lab, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  while (!(await lab.isEqual())) {
    if (signal.aborted) throw failure('interrupted');
    if (performance.now() - begun > CATCH_UP_MS) {
      const expected = `the same digest everywhere within ${duration(CATCH_UP_MS)}`;
      throw failure('lab_failed', { field: 'authorities', expected, found: 'different ones' });
    }
    await beside(lab.watchers, pause(POLL_MS));
  }
}

async function resultOf({ name, role, daemon }: LabNode): Promise<DemoResult['nodes'][number]> {
  const { counters, ledger, memory } = await daemon.status();
  const { votes, certificates, relayed } = counters;
  const digest = ledger?.digest ?? undefined;
  return { name, role, votes, certificates, relayed, digest, residentBytes: memory.residentBytes };
}

/** Balances after asking; they must be what the payments say, to the smallest unit. */
async function balancesOf(
  people: readonly Person[],
  payments: readonly DemoPayment[],
  signal: AbortSignal,
): Promise<DemoResult['balances']> {
  const result = [];
  for (const { wallet, session, beforeMinor } of people) {
    const sum = (way: 'from' | 'to'): bigint =>
      payments
        .filter((payment) => payment[way] === wallet.name)
        .reduce((total, { quantity }) => total + BigInt(quantity.amountMinor), 0n);
    const expected = beforeMinor + sum('to') - sum('from');
    orFail(await refresh(session, signal));
    const found = balanceOf(session);
    if (found !== expected) {
      const field = `balance of ${wallet.name}, in the smallest unit`;
      throw failure('lab_failed', { field, expected: `${expected}`, found: `${found}` });
    }
    const { balances } = walletView(
      session.read,
      session.network,
      session.account,
      session.memos.open,
    );
    result.push({ name: wallet.name, balances });
  }
  return result;
}

function balanceOf({ read, network, account }: WalletSession): bigint {
  return spendable(read, network, account, 0 as TokenIndex);
}
