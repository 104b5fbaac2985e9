/**
 * The demonstration: payments directly and through the relay, money out of the network and into
 * it, an authority killed in the middle, payments without it, its return, a mesh that splits and
 * heals, and the proof that all ledgers are the same again. It tells what it does through `Story`,
 * so that what a person reads is made in one place (render/lab.ts).
 */
import type { Amount, TokenIndex } from '../../core/base/units.ts';
import { certificateView } from '../../shell/control/money-view.ts';
import { pay } from '../../wallet/pay.ts';
import { refresh } from '../../wallet/refresh.ts';
import { beside } from '../../wallet/until.ts';
import { walletView } from '../../wallet/view.ts';
import { failure } from '../failure.ts';
import { duration } from '../render/text.ts';
import { orFail } from '../wallet-failure.ts';
import { payIn, payOut } from './demo-cash.ts';
import { heal, split } from './demo-split.ts';
import {
  balanceOf,
  close,
  type DemoPayment,
  type DemoResult,
  open,
  type Person,
  type Story,
} from './demo-story.ts';
import type { Lab, LabNode } from './lab.ts';
import { untilEqual } from './lab-waits.ts';

const PAY_MS = 30_000;

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
    for (const wallet of lab.wallets.slice(0, 2)) people.push(await open(wallet, signal));
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

    story.chapter('Money leaves the network, and comes in');
    alice.otherMinor -= await payOut(lab, alice, story, signal);
    bob.otherMinor += await payIn(lab, bob, story, signal);

    story.chapter(`SIGKILL for ${victim.name}, and paying without it`);
    const { pid } = victim.daemon;
    await victim.daemon.kill();
    story.said(`${victim.name} is dead (process ${pid}); three votes of four still make a quorum`);
    await make(alice, bob, 2_000n, 'a day of work');
    await make(bob, alice, 99n, 'eggs');

    story.chapter(`${victim.name} comes back`);
    const caughtUpMs = await comeBack(lab, victim, story, signal);
    await make(alice, bob, 1n, 'one more, with everybody');

    const sofar = await resultsOf(lab);
    story.chapter('The mesh splits');
    await split(lab, [alice, bob], story, signal);
    story.chapter('The mesh heals');
    const healedMs = await heal(lab, [alice, bob], story, signal);
    await make(bob, alice, 150n, 'a lamp');

    story.busy('Comparing ledgers and balances...');
    await untilEqual(lab, signal);
    return {
      payments,
      nodes: await resultsOf(lab, sofar),
      balances: await balancesOf(people, payments, signal),
      killed: victim.name,
      caughtUpMs,
      healedMs,
    };
  } finally {
    await Promise.all(people.map(close));
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

/** It starts again; how long it took until its ledger was that of the others. */
async function comeBack(
  lab: Lab,
  victim: LabNode,
  story: Story,
  signal: AbortSignal,
): Promise<number> {
  story.busy(`${victim.name} checks its store and catches up...`);
  const begun = performance.now();
  const readyMs = await lab.start(victim);
  story.started(victim, readyMs);
  await untilEqual(lab, signal);
  const caughtUpMs = performance.now() - begun;
  story.said(
    `it has caught up: all ledgers have the same digest ${duration(caughtUpMs)} after its start`,
  );
  return caughtUpMs;
}

/** Nodes count since their start: what they had counted before it comes on top. */
async function resultsOf(lab: Lab, before: DemoResult['nodes'] = []): Promise<DemoResult['nodes']> {
  const nodes = await Promise.all(lab.nodes.map(resultOf));
  return nodes.map((node, at) => ({
    ...node,
    votes: node.votes + (before[at]?.votes ?? 0),
    certificates: node.certificates + (before[at]?.certificates ?? 0),
    relayed: node.relayed + (before[at]?.relayed ?? 0),
  }));
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
  for (const { wallet, session, beforeMinor, otherMinor } of people) {
    const sum = (way: 'from' | 'to'): bigint =>
      payments
        .filter((payment) => payment[way] === wallet.name)
        .reduce((total, { quantity }) => total + BigInt(quantity.amountMinor), 0n);
    const expected = beforeMinor + otherMinor + sum('to') - sum('from');
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
