/**
 * (j) Payments beside those who send whatever they can. Each figure is the time from opening a
 * wallet that was not there before to its certificate: links, order, quorum.
 *
 * Attackers, authorities and wallet share the cores of one machine, so a part of each figure is not
 * the network's. What stands beside it tells how much: the same crowd at another network of this
 * machine, and what of the machine each side took meanwhile.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../agent/core/base/bytes.ts';
import { newSeed } from '../../agent/shell/keys.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { openTestWallet } from '../process/wallet.ts';
import type { Attacker, AttackTask } from './crowd-attackers.ts';
import { type Figure, median } from './machine.ts';

const ATTACKERS = fileURLToPath(new URL('./crowd-attackers.js', import.meta.url));
const STRANGERS = 64;
const SETTLE_MS = 2_000;
/** A payment that took longer than this counts as this. */
const GIVE_UP_MS = 30_000;
/** The kernel counts processor time in these (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

interface Crowd {
  readonly what: string;
  readonly attackers: (network: TestNetwork) => readonly Attacker[];
}

/** Strangers, each with a key of its own, spread over the running authorities. */
function strangers(network: TestNetwork, addressOf: (n: number) => string): Attacker[] {
  return Array.from({ length: STRANGERS }, (_, n) => ({
    to: network.authority(n % 3).address,
    from: addressOf(n),
    seed: toHex(newSeed()),
  }));
}

/** The fourth member, which does not run, at each of the others. */
function traitor(network: TestNetwork): Attacker[] {
  const seed = network.seeds[3] ?? '';
  return [0, 1, 2].map((n) => ({ to: network.authority(n).address, from: '127.0.0.1', seed }));
}

const CROWDS: readonly Crowd[] = [
  {
    what: `${STRANGERS} strangers of one address`,
    attackers: (all) => strangers(all, () => '127.0.0.2'),
  },
  {
    what: `${STRANGERS} strangers of as many addresses`,
    attackers: (all) => strangers(all, (n) => `127.0.1.${n + 1}`),
  },
  { what: 'one hostile member', attackers: traitor },
  {
    what: 'both',
    attackers: (all) => [...strangers(all, (n) => `127.0.1.${n + 1}`), ...traitor(all)],
  },
];

/** What a crowd did to the payments, and what was taken of the cores meanwhile. */
interface Seen {
  readonly aloneMs: number;
  readonly besideMs: number;
  readonly attackers: number;
  readonly authorities: number;
}

export async function crowd(payments: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  let worst = 0;
  for (const one of CROWDS) {
    const at = await measure(payments, one, 'target');
    const elsewhere = await measure(payments, one, 'bystander');
    const factor = at.besideMs / at.aloneMs;
    worst = Math.max(worst, factor);
    figures.push(
      { what: `before ${one.what} came`, value: at.aloneMs, unit: 'ms' },
      { what: 'beside them', value: at.besideMs, unit: 'ms', note: timesOf(factor) },
      {
        what: 'beside them, while they are at another network of this machine',
        value: elsewhere.besideMs,
        unit: 'ms',
        note: timesOf(elsewhere.besideMs / elsewhere.aloneMs),
      },
      { what: 'taken by the attackers', value: 100 * at.attackers, unit: '% of a core' },
      { what: 'taken by the three authorities', value: 100 * at.authorities, unit: '% of a core' },
    );
  }
  return [...figures, { what: 'worst against before', value: worst, unit: 'times', goal: '<= 3' }];
}

function timesOf(factor: number): string {
  return `${factor.toFixed(2)} times`;
}

/**
 * Payments in one network, before and while a crowd is at it, or at another one that nobody pays
 * in.
 */
async function measure(payments: number, crowd: Crowd, aim: 'target' | 'bystander'): Promise<Seen> {
  const network = await ready(2 * payments);
  const other = aim === 'bystander' ? await ready(0) : undefined;
  let attack: ChildProcess | undefined;
  try {
    const aloneMs = await medianOf(network, 0, payments);
    attack = await begin(other ?? network, crowd);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const daemons = [0, 1, 2].map((n) => network.authority(n).pid);
    const [attackersBefore, authoritiesBefore] = [usedSeconds([attack.pid]), usedSeconds(daemons)];
    const begunMs = performance.now();
    const besideMs = await medianOf(network, payments, payments);
    const seconds = (performance.now() - begunMs) / 1_000;
    return {
      aloneMs,
      besideMs,
      attackers: (usedSeconds([attack.pid]) - attackersBefore) / seconds,
      authorities: (usedSeconds(daemons) - authoritiesBefore) / seconds,
    };
  } finally {
    attack?.kill();
    await network.close();
    await other?.close();
  }
}

async function medianOf(network: TestNetwork, from: number, payments: number): Promise<number> {
  const times: number[] = [];
  for (let n = from; n < from + payments; n++) times.push(await payAsNewcomer(network, n));
  return median(times);
}

/**
 * Three authorities that vote; members vote once they have heard all: the fourth was there until
 * now.
 */
async function ready(payments: number): Promise<TestNetwork> {
  const network = await makeNetwork({
    authorities: 4,
    wallets: payments + 1,
    config: { 'log.level': 'error' },
  });
  await network.start();
  await Promise.all(network.nodes.map((node) => node.until(({ voting }) => voting.may, 'votes')));
  await network.authority(3).stop();
  return network;
}

function begin(network: TestNetwork, { attackers }: Crowd): Promise<ChildProcess> {
  const { genesisFile } = network;
  const task: AttackTask = { genesisFile, attackers: attackers(network) };
  return new Promise((resolve, reject) => {
    const child = fork(ATTACKERS, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the attackers ended with ${code}`)));
    child.send(task);
  });
}

/** Processor time of these processes so far. */
function usedSeconds(pids: readonly (number | undefined)[]): number {
  let ticks = 0;
  for (const pid of pids) {
    if (pid === undefined) continue;
    // After the name of the program, which may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

async function payAsNewcomer(network: TestNetwork, n: number): Promise<number> {
  const [payer, payee] = [network.wallets[n], network.wallets.at(-1)];
  if (payer === undefined || payee === undefined) return Number.NaN;
  const peers = [0, 1, 2].map((i) => network.authority(i).address);
  const begunMs = performance.now();
  const folder = join(network.folder, `newcomer-${n}`);
  const wallet = await openTestWallet(folder, network.network, payer, peers);
  const paid = wallet.pay(payee.publicKey, 1n).then(() => performance.now() - begunMs);
  const late = new Promise<number>((resolve) => {
    setTimeout(() => resolve(GIVE_UP_MS), GIVE_UP_MS).unref();
  });
  const tookMs = await Promise.race([paid, late]);
  await Promise.race([
    wallet.close(),
    new Promise((resolve) => setTimeout(resolve, 3_000).unref()),
  ]);
  return tookMs;
}
