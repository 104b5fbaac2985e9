/**
 * The wallets of loss.ts, in a process that stands in a network namespace of its own. Payments are
 * offered at a steady rate whether the ones before are done or not; a payment's time begins when it
 * was due, so that a stall shows in all that waited behind it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { hex } from '@scure/base';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { networkFromJson } from '../../agent/core/network/genesis-json.ts';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import type { TransportChoice } from '../../agent/shell/net/transport.ts';
import { openTestWallet } from '../process/wallet.ts';
import { pause } from '../support/wait.ts';

/** Secrets go over the channel between parent and child. */
export interface LossTask {
  readonly folder: string;
  readonly genesisFile: string;
  readonly walletSeeds: readonly string[];
  readonly peers: readonly Address[];
  readonly transport: TransportChoice;
  readonly perSecond: number;
  readonly payments: number;
  readonly patienceMs: number;
}

export interface LossResult {
  /** Each payment that was certified, from when it was due. */
  readonly latenciesMs: readonly number[];
  /** From the first that was due to the last that was certified. */
  readonly tookMs: number;
  readonly cpuMs: number;
}

async function main(task: LossTask): Promise<LossResult> {
  const network = networkFromJson(JSON.parse(readFileSync(task.genesisFile, 'utf8')));
  if (isRefusal(network)) throw new Error(network.refused);
  const signers = task.walletSeeds.map((seed) => signerFromSeed(hex.decode(seed)));
  const payee = signers.at(-1)?.publicKey ?? new Uint8Array(32);
  const { folder, peers, transport } = task;
  const wallets = await Promise.all(
    signers
      .slice(0, -1)
      .map((signer, i) =>
        openTestWallet(join(folder, `wallet-${i}`), network, signer, peers, transport),
      ),
  );
  const latenciesMs: number[] = [];
  const queues = wallets.map(() => Promise.resolve());
  const begunMs = performance.now();
  let lastMs = begunMs;
  for (let i = 0; i < task.payments; i++) {
    const dueMs = begunMs + (i * 1_000) / task.perSecond;
    await pause(dueMs - performance.now());
    const at = i % wallets.length;
    queues[at] = (queues[at] ?? Promise.resolve()).then(async () => {
      await wallets[at]?.pay(payee, 1n);
      lastMs = performance.now();
      latenciesMs.push(lastMs - dueMs);
    });
  }
  await Promise.race([Promise.all(queues), pause(task.patienceMs)]);
  const { user, system } = process.cpuUsage();
  return { latenciesMs, tookMs: lastMs - begunMs, cpuMs: (user + system) / 1_000 };
}

process.once('message', (task) => {
  main(task as LossTask).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});
