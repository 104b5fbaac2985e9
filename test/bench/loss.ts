/**
 * (f) Payments over a mesh that loses packets: four authorities and four wallets in network
 * namespaces on one switch, and a packet filter that drops a share of all packets, neighbour
 * discovery included, at each receiver. The same over TCP and over datagrams, in one run. Hosts ask
 * patiently for their neighbours (lossy-mesh.ts), or nothing would get through at 80 %. Payments
 * that were not certified in time are counted, never left out.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TransportChoice } from '../../agent/shell/net/transport.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { createMesh, type LossyMesh, whyNoLoss } from '../support/lossy-mesh.ts';
import type { LossResult, LossTask } from './loss-wallets.ts';
import { type Figure, quantile } from './machine.ts';

const WALLETS = fileURLToPath(new URL('./loss-wallets.js', import.meta.url));
const PORT = 7420;
const AUTHORITIES = 4;
const PAYERS = 4;
const PATIENCE_MS = 120_000;

export interface LossLoad {
  readonly percents: readonly number[];
  readonly transports: readonly TransportChoice[];
  readonly perSecond: number;
  readonly payments: number;
}

export async function lossTable(load: LossLoad): Promise<Figure[]> {
  const reason = whyNoLoss();
  if (reason !== undefined) {
    process.stderr.write(`bench: payments under loss are left out: ${reason}\n`);
    return [];
  }
  const figures: Figure[] = [];
  for (const percent of load.percents) {
    for (const transport of load.transports) {
      const result = await payUnderLoss({ ...load, percent, transport });
      figures.push(...figuresOf(load, percent, transport, result));
    }
  }
  return figures;
}

export interface LossRun {
  readonly percent: number;
  readonly transport: TransportChoice;
  readonly perSecond: number;
  readonly payments: number;
}

/**
 * One run: the nodes are linked when the loss begins, the wallets come under it. `look` sees the
 * nodes linked, before anything is lost.
 */
export async function payUnderLoss(
  { percent, transport, perSecond, payments }: LossRun,
  look: (network: TestNetwork) => Promise<void> = async () => undefined,
): Promise<LossResult> {
  const mesh = createMesh(AUTHORITIES + 1, true);
  const authorities = Array.from({ length: AUTHORITIES }, (_, host) => host);
  const network = await makeNetwork({
    authorities: AUTHORITIES,
    wallets: PAYERS + 1,
    places: authorities.map(mesh.place),
    addresses: authorities.map((host) => ({ host: mesh.address(host), port: PORT })),
    config: { 'links.transport': transport, 'log.level': 'warn' },
  });
  try {
    await network.start();
    await look(network);
    mesh.lose(percent);
    return await runWallets(mesh, {
      folder: network.folder,
      genesisFile: network.genesisFile,
      walletSeeds: network.walletSeeds,
      peers: network.nodes.map(({ address }) => address),
      transport,
      perSecond,
      payments,
      patienceMs: PATIENCE_MS,
    });
  } finally {
    await network.close();
    mesh.remove();
  }
}

function figuresOf(
  load: LossLoad,
  percent: number,
  transport: TransportChoice,
  { latenciesMs, tookMs, cpuMs }: LossResult,
): Figure[] {
  const what = `${percent} % lost, ${transport}`;
  const { payments, perSecond } = load;
  return [
    {
      what: `${what}: completed`,
      value: latenciesMs.length,
      unit: 'payments',
      note: `of ${payments} offered at ${perSecond}/s; the last after ${Math.round(tookMs)} ms`,
    },
    { what: `${what}: p50`, value: quantile(latenciesMs, 0.5), unit: 'ms' },
    { what: `${what}: p99`, value: quantile(latenciesMs, 0.99), unit: 'ms' },
    { what: `${what}: processor of the wallets`, value: cpuMs, unit: 'ms' },
  ];
}

function runWallets(mesh: LossyMesh, task: LossTask): Promise<LossResult> {
  const [program = '', ...args] = [...mesh.place(AUTHORITIES), process.execPath, WALLETS];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.once('message', (result) => resolve(result as unknown as LossResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the wallets ended with ${code}`)));
    child.send(task);
  });
}
