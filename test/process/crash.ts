/**
 * Rounds of crashing: random payments, SIGKILL of a random authority at a random moment, restart.
 * In every round one account also signs two orders for one sequence and sends them around the
 * crash, so that an authority which forgot a vote would be caught giving another.
 *
 *   node dist/test/process/crash.js --rounds 100 --seed 7
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { nameOf } from '../../agent/core/base/names.ts';
import { Patience } from '../support/patience.ts';
import { Random } from '../support/random.ts';
import { PATIENCE_MS, pause, until } from '../support/wait.ts';
import { startNetwork, type TestNetwork } from './network.ts';
import { transfer } from './orders.ts';
import { Probe } from './probe.ts';
import { openTestWallet, type TestWallet } from './wallet.ts';

export interface CrashResult {
  readonly rounds: number;
  readonly payments: number;
  readonly votesSeen: number;
}

const PAYERS = 4;
const ISSUED_MINOR = 100_000n;

/** Throws when a promise is broken. */
export async function crashRounds(rounds: number, seed: number): Promise<CrashResult> {
  const random = new Random(seed);
  const network = await startNetwork({
    authorities: 4,
    wallets: PAYERS + rounds,
    config: { 'log.level': 'error' },
  });
  const addresses = network.nodes.map(({ address }) => address);
  const probe = new Probe(network);
  const wallets: TestWallet[] = [];
  try {
    await probe.start();
    for (let i = 0; i < PAYERS; i++) {
      const signer = network.wallets[i];
      if (signer === undefined) break;
      const folder = join(network.folder, `wallet-${i}`);
      wallets.push(await openTestWallet(folder, network.network, signer, addresses));
    }
    let payments = 0;
    for (let round = 0; round < rounds; round++) {
      payments += await oneRound(network, wallets, probe, random, round);
      assert.deepEqual(probe.contradictions, []);
    }
    await untilEqual(network);
    await checkBalances(network);
    return { rounds, payments, votesSeen: probe.votesSeen };
  } finally {
    await Promise.all(wallets.map((wallet) => wallet.close()));
    await probe.stop();
    await network.close();
  }
}

async function oneRound(
  network: TestNetwork,
  wallets: readonly TestWallet[],
  probe: Probe,
  random: Random,
  round: number,
): Promise<number> {
  const victim = random.below(4);
  const cheat = network.wallets[PAYERS + round];
  assert.ok(cheat !== undefined);
  const payee = wallets[0]?.signer.publicKey ?? new Uint8Array(32);
  const orders = [1n, 2n].map((amount) => transfer(network.network, cheat, payee, amount));
  const sendBoth = (): void => {
    for (let i = 0; i < 4; i++) {
      const both = random.below(2) === 0 ? orders : [...orders].reverse();
      for (const order of both) probe.order(i, order);
    }
  };
  const paying = wallets.map(async (wallet, i) => {
    const count = 1 + random.below(3);
    for (let n = 0; n < count; n++) {
      const to = wallets[(i + 1 + random.below(wallets.length - 1)) % wallets.length];
      await wallet.pay(to?.signer.publicKey ?? payee, BigInt(1 + random.below(20)));
    }
    return count;
  });
  await pause(random.below(20));
  sendBoth();
  await pause(random.below(15));
  await network.authority(victim).kill9();
  await pause(random.below(50));
  await network.authority(victim).start();
  await until(() => probe.isLinked(victim), 'the link of who was killed', PATIENCE_MS);
  sendBoth();
  const counts = await Promise.all(paying);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Waits until all authorities say the same digest. */
export async function untilEqual(network: TestNetwork): Promise<void> {
  const patience = new Patience();
  for (;;) {
    const authorities = network.nodes.filter(({ config }) => config.role === 'authority');
    const statuses = await Promise.all(authorities.map((node) => node.control.request('status')));
    const digests = new Set(statuses.map(({ ledger }) => ledger?.digest));
    if (digests.size === 1) return;
    assert.ok(!patience.isGone(), 'digests still differ');
    await pause(100);
  }
}

/**
 * Every authority says the same of every account, before long, and nothing was made or lost.
 * Digests are equal also while the last certificate is on its way to all of them. `paidOut`: what
 * left the network, in smallest units.
 */
export async function checkBalances(network: TestNetwork, paidOut = 0n): Promise<void> {
  const patience = new Patience();
  let ledgers = await balancesOf(network);
  const whole = ISSUED_MINOR * BigInt(network.wallets.length) - paidOut;
  while (!(areEqual(ledgers) && sumOf(ledgers[0]) === whole) && !patience.isGone()) {
    await pause(100);
    ledgers = await balancesOf(network);
  }
  for (const ledger of ledgers) assert.deepEqual(ledger, ledgers[0]);
  assert.equal(sumOf(ledgers[0]), whole);
}

function sumOf(ledger: readonly string[] = []): bigint {
  return ledger.reduce((total, minor) => total + BigInt(minor), 0n);
}

/** What each authority says that each wallet has. */
function balancesOf(network: TestNetwork): Promise<string[][]> {
  const authorities = network.nodes.filter(({ config }) => config.role === 'authority');
  return Promise.all(
    authorities.map(async (node) => {
      const balances: string[] = [];
      for (const { publicKey } of network.wallets) {
        const account = nameOf('account', publicKey);
        const view = await node.control.request('account', { account });
        const own = view.claims[0];
        balances.push(own?.balances[0]?.amountMinor ?? '0');
      }
      return balances;
    }),
  );
}

function areEqual(ledgers: readonly string[][]): boolean {
  return new Set(ledgers.map((ledger) => ledger.join())).size <= 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  });
  const { rounds, payments, votesSeen } = await crashRounds(
    Number(values.rounds),
    Number(values.seed),
  );
  process.stdout.write(
    `${rounds} rounds of SIGKILL, seed ${values.seed}: ${payments} payments, ` +
      `${votesSeen} votes held against their authors, none contradicted, ledgers equal\n`,
  );
}
