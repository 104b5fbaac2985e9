/**
 * (i) Payments beside those who send whatever they can. Each figure is the time from opening a
 * wallet that was not there before to its certificate: links, order, quorum.
 */
import { join } from 'node:path';
import type { Message } from '../../agent/core/codec/message.ts';
import { newSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { transfer } from '../process/orders.ts';
import { openTestWallet } from '../process/wallet.ts';
import { type FloodLink, floodLink } from '../support/flood.ts';
import { type Figure, median } from './machine.ts';

const STRANGERS = 64;
const SETTLE_MS = 2_000;
/** A payment that took longer than this counts as this. */
const GIVE_UP_MS = 30_000;

interface Crowd {
  readonly what: string;
  readonly links: (network: TestNetwork) => Promise<readonly FloodLink[]>;
}

/** Strangers, each with a key of its own, at each running authority. */
async function strangers(
  network: TestNetwork,
  addressOf: (n: number) => string,
): Promise<FloodLink[]> {
  const links: FloodLink[] = [];
  for (let n = 0; n < STRANGERS; n++) {
    const to = network.authority(n % 3).address;
    links.push(await floodLink(network.network, to, addressOf(n), newSeed()));
    // Below the rate at which one address may begin handshakes.
    await new Promise((resolve) => setTimeout(resolve, 70));
  }
  return links;
}

/** The fourth member, which does not run, at each of the others. */
async function traitor(network: TestNetwork): Promise<FloodLink[]> {
  const seed = Uint8Array.from(Buffer.from(network.seeds[3] ?? '', 'hex'));
  const to = [0, 1, 2].map((n) => network.authority(n).address);
  return Promise.all(to.map((at) => floodLink(network.network, at, '127.0.0.1', seed)));
}

const CROWDS: readonly Crowd[] = [
  { what: 'nobody', links: () => Promise.resolve([]) },
  {
    what: `${STRANGERS} strangers of one address`,
    links: (all) => strangers(all, () => '127.0.0.2'),
  },
  {
    what: `${STRANGERS} strangers of as many addresses`,
    links: (all) => strangers(all, (n) => `127.0.1.${n + 1}`),
  },
  { what: 'one hostile member', links: traitor },
  {
    what: 'both',
    links: async (all) => [
      ...(await strangers(all, (n) => `127.0.1.${n + 1}`)),
      ...(await traitor(all)),
    ],
  },
];

/** What costs a signature check and brings nothing: a gossiped order with a false signature. */
function burden(network: TestNetwork): Message {
  const payer = signerFromSeed(newSeed());
  const data = transfer(
    network.network,
    payer,
    payer.publicKey.map((byte) => byte ^ 1),
    1n,
  );
  return { TAG: 'order', data };
}

export async function crowd(payments: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { what, links: link } of CROWDS) {
    const network = await makeNetwork({
      authorities: 4,
      wallets: payments + 1,
      config: { 'log.level': 'error' },
    });
    const links: FloodLink[] = [];
    try {
      // Members vote once they have heard the others: the hostile one was a good one until now.
      await network.start();
      await Promise.all(
        network.nodes.map((node) => node.until(({ voting }) => voting.may, 'votes')),
      );
      await network.authority(3).stop();
      links.push(...(await link(network)));
      for (const one of links) one.flood(burden(network));
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const times: number[] = [];
      for (let n = 0; n < payments; n++) times.push(await payAsNewcomer(network, n));
      figures.push({ what: `beside ${what}`, value: median(times), unit: 'ms' });
    } finally {
      for (const { socket } of links) socket.destroy();
      await network.close();
    }
  }
  const [alone = Number.NaN, ...crowded] = figures.map(({ value }) => value);
  const factor = Math.max(...crowded) / alone;
  return [...figures, { what: 'worst against alone', value: factor, unit: 'times', goal: '<= 3' }];
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
