/**
 * (a) One authority, as FastPay measured it (Baudet, Danezis, Sonnino 2020, section 7): one
 * transfer per account, orders and certificates signed beforehand, at most 1,000 in flight, over
 * loopback, orders and certificates timed apart. Unlike there, every vote and every certificate is
 * on disk, synced, before it is answered, and the stream is TLS 1.3.
 *
 * The load comes from a second process (driver.ts) over one link, under the key of another member.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeNetwork } from '../process/network.ts';
import { type Figure, median } from './machine.ts';
import { ROUTER_FLAGS } from './router.ts';

const DRIVER = fileURLToPath(new URL('./driver.js', import.meta.url));
export const IN_FLIGHT = 1_000;

/** What the driver is told. Secrets go over the channel between parent and child. */
export interface DriverTask {
  readonly genesisFile: string;
  readonly seeds: readonly string[];
  readonly walletSeeds: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly inFlight: number;
}

export interface DriverResult {
  readonly ordersPerSecond: number;
  readonly certificatesPerSecond: number;
  readonly refused: number;
}

export async function throughput(
  runs: number,
  accounts: number,
  asRouter: boolean,
): Promise<Figure[]> {
  const results: DriverResult[] = [];
  for (let run = 0; run < runs; run++) results.push(await oneRun(accounts, asRouter));
  const refused = results.reduce((sum, result) => sum + result.refused, 0);
  // What is refused costs something else: such figures say nothing.
  if (refused > 0) throw new Error(`${refused} orders or certificates were refused`);
  const note = `${runs} runs of ${accounts}, ${IN_FLIGHT} in flight${asRouter ? ', router flags' : ''}`;
  return [
    {
      what: 'orders',
      value: median(results.map((result) => result.ordersPerSecond)),
      unit: '/s',
      goal: '>= 2,500',
      note,
    },
    {
      what: 'certificates',
      value: median(results.map((result) => result.certificatesPerSecond)),
      unit: '/s',
      goal: '>= 2,000',
      note,
    },
  ];
}

async function oneRun(accounts: number, asRouter: boolean): Promise<DriverResult> {
  const network = await makeNetwork({
    authorities: 4,
    wallets: accounts,
    config: { 'log.level': 'warn' },
  });
  try {
    const node = network.authority(0);
    await network.start({ nodeArgs: asRouter ? ROUTER_FLAGS : [] });
    await node.until(({ voting: { may } }) => may, 'the others have vouched for its first start');
    for (const other of network.nodes.slice(1)) await other.kill9();
    const { host, port } = node.address;
    return await drive({
      genesisFile: network.genesisFile,
      seeds: network.seeds,
      walletSeeds: network.walletSeeds,
      host,
      port,
      inFlight: IN_FLIGHT,
    });
  } finally {
    await network.close();
  }
}

function drive(task: DriverTask): Promise<DriverResult> {
  return new Promise((resolve, reject) => {
    const child = fork(DRIVER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.once('message', (result) => resolve(result as DriverResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the driver ended with ${code}`)));
    child.send(task);
  });
}
