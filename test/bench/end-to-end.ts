/**
 * (b) End to end: four authorities in processes of their own, wallets in this one, payments offered
 * at a steady rate whether the ones before are done or not. A payment's time begins when it was
 * due, so that a stall shows in all that waited behind it (no coordinated omission). Payments that
 * were not certified when the run ended are counted, never left out.
 */
import { join } from 'node:path';
import { startNetwork } from '../process/network.ts';
import { openTestWallet, type TestWallet } from '../process/wallet.ts';
import { type Figure, quantile } from './machine.ts';

export interface Load {
  readonly wallets: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly latenciesMs: readonly number[];
  readonly offered: number;
  readonly unconfirmed: number;
}

/** How long payments that are still on their way get after the last was offered. */
const GRACE_MS = 10_000;

export async function endToEnd(load: Load): Promise<Figure[]> {
  const network = await startNetwork({
    authorities: 4,
    wallets: load.wallets + 1,
    config: { 'log.level': 'warn' },
  });
  try {
    const addresses = network.nodes.map(({ address }) => address);
    const wallets = await Promise.all(
      network.wallets.map((signer, i) =>
        openTestWallet(join(network.folder, `wallet-${i}`), network.network, signer, addresses),
      ),
    );
    const result = await offer(wallets, load);
    await Promise.all(wallets.map((wallet) => wallet.close()));
    return figures(load, result);
  } finally {
    await network.close();
  }
}

/** Offers the load; each wallet has a queue of its own, since it pays one order after the other. */
async function offer(wallets: readonly TestWallet[], load: Load): Promise<LoadResult> {
  const payee = wallets.at(-1)?.signer.publicKey ?? new Uint8Array(32);
  const payers = wallets.slice(0, load.wallets);
  await Promise.all(payers.map((payer) => payer.pay(payee, 1n)));
  const offered = load.perSecond * load.seconds;
  const latenciesMs: number[] = [];
  const begunMs = performance.now();
  const queues = payers.map(() => Promise.resolve());
  for (let i = 0; i < offered; i++) {
    const dueMs = begunMs + (i * 1_000) / load.perSecond;
    await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
    const at = i % payers.length;
    queues[at] = (queues[at] ?? Promise.resolve()).then(async () => {
      await payers[at]?.pay(payee, 1n);
      latenciesMs.push(performance.now() - dueMs);
    });
  }
  const patience = new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref());
  await Promise.race([Promise.all(queues), patience]);
  return { latenciesMs: [...latenciesMs], offered, unconfirmed: offered - latenciesMs.length };
}

function figures(load: Load, { latenciesMs, offered, unconfirmed }: LoadResult): Figure[] {
  const many = load.wallets === 1 ? '1 wallet' : `${load.wallets} wallets`;
  const what = `${many}, ${load.perSecond}/s`;
  const goal = load.perSecond === 50 ? { goal: '< 100' } : {};
  return [
    {
      what: `${what}: p50`,
      value: quantile(latenciesMs, 0.5),
      unit: 'ms',
      note: `${offered} offered`,
    },
    { what: `${what}: p99`, value: quantile(latenciesMs, 0.99), unit: 'ms', ...goal },
    { what: `${what}: unconfirmed`, value: unconfirmed, unit: 'payments' },
  ];
}
