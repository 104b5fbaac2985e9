/**
 * (n) The largest committee at work: 31 real daemons on loopback, as routers run them, and two
 * wallets that pay each other in turn, until so many payments are through or the time is over.
 *
 *   node dist/test/bench/thirty-one.js [--authorities N] [--payments N] [--seconds N]
 */
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startNetwork, type TestNetwork } from '../process/network.ts';
import { openTestWallet } from '../process/wallet.ts';
import { type Figure, machine, median, quantile, table } from './machine.ts';
import { ROUTER_FLAGS } from './router.ts';

/** How long their ledgers may take to be equal once the last payment is through. */
const SETTLE_MS = 30_000;
const LOOK_MS = 250;

const { values } = parseArgs({
  options: {
    authorities: { type: 'string', default: '31' },
    payments: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
  },
});

/** Payments to and fro, one after the other. */
async function pay(network: TestNetwork): Promise<readonly number[]> {
  const addresses = network.nodes.map(({ address }) => address);
  const wallets = await Promise.all(
    network.wallets.map((signer, i) =>
      openTestWallet(join(network.folder, `wallet-${i}`), network.network, signer, addresses),
    ),
  );
  const endMs = performance.now() + 1_000 * Number(values.seconds);
  const latenciesMs: number[] = [];
  while (latenciesMs.length < Number(values.payments) && performance.now() < endMs) {
    const [payer, payee] = latenciesMs.length % 2 === 0 ? wallets : [...wallets].reverse();
    const begunMs = performance.now();
    await payer?.pay(payee?.signer.publicKey ?? new Uint8Array(32), 1n);
    latenciesMs.push(performance.now() - begunMs);
  }
  await Promise.all(wallets.map((wallet) => wallet.close()));
  return latenciesMs;
}

/** How many ledgers differ from the first one, when all are equal or the time is over. */
async function differing(network: TestNetwork): Promise<number> {
  const endMs = performance.now() + SETTLE_MS;
  for (;;) {
    const all = await Promise.all(network.nodes.map((node) => node.control.request('status')));
    const [first, ...others] = all.map(({ ledger }) => ledger?.digest);
    const count = others.filter((digest) => digest !== first).length;
    if (count === 0 || performance.now() > endMs) return count;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function measure(network: TestNetwork, begunMs: number): Promise<Figure[]> {
  for (const node of network.nodes) {
    await node.until(({ voting: { may } }) => may, 'others have vouched for its first start');
  }
  const startMs = performance.now() - begunMs;
  const latenciesMs = await pay(network);
  const unequal = await differing(network);
  const all = await Promise.all(network.nodes.map((node) => node.control.request('status')));
  const resident = all.map(({ memory }) => memory.residentBytes / 2 ** 20);
  return [
    { what: 'until all are linked and vote', value: startMs / 1_000, unit: 's' },
    { what: 'payments through, one after the other', value: latenciesMs.length, unit: '' },
    { what: 'p50', value: quantile(latenciesMs, 0.5), unit: 'ms' },
    { what: 'p99', value: quantile(latenciesMs, 0.99), unit: 'ms' },
    { what: 'ledgers that differ in the end', value: unequal, unit: '', goal: '0' },
    { what: 'resident, the median of all', value: median(resident), unit: 'MiB' },
    { what: 'resident, the most', value: Math.max(...resident), unit: 'MiB' },
  ];
}

const begunMs = performance.now();
const network = await startNetwork(
  { authorities: Number(values.authorities), bundled: true, config: { 'log.level': 'warn' } },
  { nodeArgs: ROUTER_FLAGS },
);
try {
  const figures = await measure(network, begunMs);
  const title = `(n) ${values.authorities} daemons on loopback`;
  process.stdout.write(`Measured on ${machine()}\n\n${table(title, figures)}\n`);
} finally {
  await network.close();
}
