/**
 * (c) Memory of one `meshpayd` as a router starts it: bundled, with the router's V8 flags, five
 * peers.
 * (d) Bytes on the wire and on disk for a transfer, at each authority.
 * (e) From start to ready.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeNetwork, type TestNetwork, type TestNode } from '../process/network.ts';
import { openTestWallet } from '../process/wallet.ts';
import { pause } from '../support/wait.ts';
import { type Figure, median } from './machine.ts';
import { ROUTER_FLAGS } from './router.ts';

const IDLE_MS = 10_000;
const BUSY_SECONDS = 20;
const BUSY_PER_SECOND = 100;

/** Four authorities and two relays, so that each authority has five peers. */
export async function footprint(): Promise<Figure[]> {
  const network = await makeNetwork({
    authorities: 4,
    relays: 2,
    wallets: 9,
    bundled: true,
    config: { 'log.level': 'warn' },
  });
  try {
    const startsMs = await startAll(network);
    const node = network.authority(0);
    await pause(IDLE_MS);
    const idle = memoryOf(node);
    const before = await trafficAndDisk(node);
    const transfers = await payFor(network);
    const busy = memoryOf(node);
    const after = await trafficAndDisk(node);
    const perTransfer = (a: number, b: number): number => (b - a) / transfers;
    return [
      { what: 'resident, idle with 5 peers', value: idle.resident, unit: 'MiB', goal: '<= 64' },
      { what: 'private, idle with 5 peers', value: idle.own, unit: 'MiB' },
      { what: `resident, ${BUSY_PER_SECOND} payments/s`, value: busy.resident, unit: 'MiB' },
      { what: `private, ${BUSY_PER_SECOND} payments/s`, value: busy.own, unit: 'MiB' },
      {
        what: 'store per transfer',
        value: perTransfer(before.disk, after.disk),
        unit: 'B',
        goal: '< 1,024',
        note: `${transfers} transfers; files as they lie there`,
      },
      {
        what: 'written per transfer',
        value: perTransfer(before.written, after.written),
        unit: 'B',
      },
      {
        what: 'from nodes per transfer',
        value: perTransfer(before.bytesIn, after.bytesIn),
        unit: 'B',
      },
      {
        what: 'to nodes per transfer',
        value: perTransfer(before.bytesOut, after.bytesOut),
        unit: 'B',
      },
      {
        what: 'start to answering',
        value: median(startsMs),
        unit: 'ms',
        note: `${startsMs.length} nodes at once`,
      },
    ];
  } finally {
    await network.close();
  }
}

async function startAll(network: TestNetwork): Promise<number[]> {
  const startsMs = await Promise.all(
    network.nodes.map(async (node) => {
      const begun = performance.now();
      await node.start({ nodeArgs: ROUTER_FLAGS });
      return performance.now() - begun;
    }),
  );
  await Promise.all(
    network.nodes.map((node) =>
      node.until(({ state }) => state === 'ready', `${node.name} is ready`),
    ),
  );
  return startsMs;
}

/** Resident and private memory in MiB (proc(5), smaps_rollup). */
function memoryOf(node: TestNode): { resident: number; own: number } {
  const text = readFileSync(`/proc/${node.pid}/smaps_rollup`, 'utf8');
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const own = kib('Private_Clean') + kib('Private_Dirty');
  return { resident: kib('Rss') / 1_024, own: own / 1_024 };
}

interface Meter {
  readonly disk: number;
  readonly written: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * Bytes of the store's files once it is at rest, written by the process so far, and on its links.
 */
async function trafficAndDisk(node: TestNode): Promise<Meter> {
  const { peers } = await node.control.request('peers');
  const io = readFileSync(`/proc/${node.pid}/io`, 'utf8');
  const sum = (of: (peer: (typeof peers)[number]) => number): number =>
    peers.reduce((total, peer) => total + of(peer), 0);
  return {
    disk: folderBytes(node.config['store.folder']),
    written: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
  };
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Eight wallets pay a ninth, in turns; how many transfers it were. */
async function payFor(network: TestNetwork): Promise<number> {
  const addresses = network.nodes.map(({ address }) => address);
  const wallets = await Promise.all(
    network.wallets.map((signer, i) =>
      openTestWallet(join(network.folder, `wallet-${i}`), network.network, signer, addresses),
    ),
  );
  const payee = network.wallets.at(-1)?.publicKey ?? new Uint8Array(32);
  const payers = wallets.slice(0, -1);
  const everyMs = (1_000 * payers.length) / BUSY_PER_SECOND;
  const rounds = Math.floor((BUSY_SECONDS * 1_000) / everyMs);
  await Promise.all(
    payers.map(async (payer) => {
      const begunMs = performance.now();
      for (let round = 0; round < rounds; round++) {
        await pause(begunMs + round * everyMs - performance.now());
        await payer.pay(payee, 1n);
      }
    }),
  );
  await Promise.all(wallets.map((wallet) => wallet.close()));
  return rounds * payers.length;
}
