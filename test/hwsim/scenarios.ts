/**
 * What happens to payment networks on radios, step by step, for the tests (a round or two) and for
 * the bench (as often as a figure needs).
 */
import { type Agent, type Agents, makeAgents, type RadioWallet } from './agents.ts';
import { startRadio } from './bring-up.ts';
import type { PaymentTimes } from './driver-protocol.ts';
import { type LossCount, lossCount, setLoss } from './loss.ts';
import { establishedPeers, MESH_INTERFACE } from './mesh.ts';
import type { WorldNode } from './node.ts';
import {
  certifiedCount,
  type OfferedFigure,
  offeredFigure,
  payInTurn,
  paymentsOf,
  untilSettled,
} from './payments.ts';
import type { Topology } from './topology.ts';
import type { World } from './world.ts';

export const MESH = { meshId: 'meshpay payments', passphrase: 'correct horse battery' };

export interface Scene {
  readonly world: World;
  readonly agents: Agents;
  readonly wallets: readonly RadioWallet[];
}

/** Long against all that a busy machine makes slow. */
const PATIENCE_MS = 180_000;
/** Looking costs the machine time of its own. */
const LOOK_MS = 500;

export interface Places {
  /** Radios whose nodes are authorities. */
  readonly authorities: readonly number[];
  /** The radio beside each wallet. */
  readonly wallets: readonly number[];
}

/** The mesh first, as at a router's start, then the daemons, then wallets with links to all. */
export async function setScene(world: World, shape: Topology, places: Places): Promise<Scene> {
  await world.topology(shape);
  const agents = await makeAgents(world, { ...places, mesh: MESH });
  await Promise.all(world.nodes.map((node) => startRadio(node)));
  await untilPeered(world, shape);
  await Promise.all([agents.start(), agents.startDrivers()]);
  const [wallets] = await Promise.all([agents.openWallets(), agents.untilLinked(PATIENCE_MS)]);
  await untilWalletsLinked(wallets, places.authorities.length);
  return { world, agents, wallets };
}

/** Each from the start of everything, in the machine's time. */
export interface StartTimes {
  /** To the last peering seen; looked at twice a second. */
  readonly securedMs: number;
  /** To the links of each authority to all others; looked at twice a second. */
  readonly linkedMs: number;
  /** To the first payment of somebody who comes with a wallet when the authorities are linked. */
  readonly paidMs: number;
}

/** The radios and the daemons of all authorities at once, as after a power cut. */
async function startAll(agents: Agents): Promise<void> {
  await Promise.all([...agents.all.map(({ node }) => startRadio(node)), agents.start()]);
}

/**
 * Starts everything, and pays as soon as that can be. Drivers run already.
 * @param shape the links among the authorities
 * @param start what starts everything
 */
export async function startAndPay(
  world: World,
  agents: Agents,
  shape: Topology,
  wallet: { readonly number: number; readonly to: string },
  start: (agents: Agents) => Promise<void> = startAll,
): Promise<{ readonly times: StartTimes; readonly payer: RadioWallet }> {
  await world.topology(shape);
  const beginMs = await world.time.nowMs();
  const sinceMs = async (): Promise<number> => (await world.time.nowMs()) - beginMs;
  await start(agents);
  const paid = async (): Promise<Omit<StartTimes, 'securedMs'> & { payer: RadioWallet }> => {
    await agents.untilLinked(PATIENCE_MS, agents.all, LOOK_MS);
    const linkedMs = await sinceMs();
    const payer = await agents.openWallet(wallet.number);
    const once = { count: 1, pauseMs: 0, timeoutMs: PATIENCE_MS };
    const request = { op: 'pay', wallet: payer.name, to: wallet.to, ...once } as const;
    const [first] = await payer.driver.ask(request, PATIENCE_MS);
    if (typeof first?.certifiedMs !== 'number') throw new Error('no payment after the start');
    return { linkedMs, paidMs: first.certifiedMs - beginMs, payer };
  };
  const secured = untilPeered(world, shape, LOOK_MS).then(sinceMs);
  const [securedMs, { payer, ...rest }] = await Promise.all([secured, paid()]);
  const times = { securedMs, ...rest };
  return { times, payer };
}

/** @throws Error when a wallet has fewer links to authorities after 90 s */
export async function untilWalletsLinked(
  wallets: readonly RadioWallet[],
  members: number,
): Promise<void> {
  await Promise.all(
    wallets.map(async ({ driver, name }) => {
      const request = { op: 'linked', wallet: name, members, timeoutMs: PATIENCE_MS } as const;
      const links = await driver.ask(request, PATIENCE_MS);
      if (links < members) throw new Error(`${name} has ${links} links to authorities`);
    }),
  );
}

/** Makes the medium have these links, and waits until each one is a finished peering. */
export async function reshape(world: World, next: Topology): Promise<void> {
  await world.topology(next);
  await untilPeered(world, next);
}

/** @throws Error when a link of the topology is no peering after three minutes */
export async function untilPeered(world: World, { links }: Topology, pauseMs = 250): Promise<void> {
  for (const link of links) {
    const [a, b] = link.map((radio) => world.node(radio));
    if (a === undefined || b === undefined) continue;
    const look = async (): Promise<true | undefined> =>
      (await hasPeer(a, b)) && (await hasPeer(b, a)) ? true : undefined;
    await world.time.until(`${a.name} and ${b.name} are peers`, PATIENCE_MS, look, { pauseMs });
  }
}

/** False also while there is no mesh interface. */
async function hasPeer(from: WorldNode, to: WorldNode): Promise<boolean> {
  const found = await establishedPeers(from, [to]).catch(() => []);
  return found.length > 0;
}

/**
 * A node dies while a wallet pays on: all its processes by SIGKILL, and its radio falls silent.
 * @returns milliseconds from just before that to the certificate of the first payment that was
 *   begun after it
 */
export async function killRadio(scene: Scene, dead: number, payer: RadioWallet): Promise<number> {
  const { world } = scene;
  const { driver, name } = payer;
  const [to] = scene.wallets.filter((wallet) => wallet !== payer);
  if (to === undefined) throw new RangeError('somebody has to be paid');
  await driver.ask({ op: 'keep', wallet: name, to: to.account, pauseMs: 50 });
  await world.time.sleep(2_000);
  const deathMs = await world.perish(dead);
  const wanted = { op: 'next', wallet: name, sinceMs: deathMs, timeoutMs: PATIENCE_MS } as const;
  const next = await driver.ask(wanted, PATIENCE_MS);
  const why = await driver.ask({ op: 'waiting', wallet: name });
  await driver.ask({ op: 'quiet', wallet: name });
  if (typeof next?.certifiedMs === 'number') return next.certifiedMs - deathMs;
  throw new Error(`no payment ${PATIENCE_MS} ms after a death: ${why.join('; ')}`);
}

/** Brings a dead node back, as after a power cut: without an interface, and with its ledger. */
export async function reviveRadio(scene: Scene, dead: number, shape: Topology): Promise<void> {
  const { world, agents } = scene;
  const node = world.node(dead);
  await world.topology(shape);
  await node.exec(['iw', 'dev', MESH_INTERFACE, 'del']);
  await startRadio(node);
  await untilPeered(world, shape);
  await agents.start(agents.at(dead));
  await agents.untilLinked(PATIENCE_MS);
}

/** Offers everywhere at once, and waits. */
export async function offerUnderLoss(
  scene: Scene,
  options: {
    readonly lossPercent: number;
    /** Of all wallets together. */
    readonly perSecond: number;
    readonly seconds: number;
    /** Within which a payment counts as completed, after its own offer. */
    readonly withinMs: number;
    /** How long the last ones are waited for, so that those which never complete show. */
    readonly patienceMs: number;
  },
): Promise<OfferedFigure & { readonly loss: LossCount }> {
  const { world, wallets } = scene;
  const { lossPercent, perSecond, seconds, withinMs, patienceMs } = options;
  const before = await Promise.all(
    wallets.map(async (wallet) => (await paymentsOf([wallet])).length),
  );
  const current = async (): Promise<PaymentTimes[]> => {
    const all = await Promise.all(wallets.map((wallet) => paymentsOf([wallet])));
    return all.flatMap((payments, i) => payments.slice(before[i]));
  };
  await Promise.all(world.nodes.map((node) => setLoss(node, lossPercent)));
  try {
    const everyMs = (1_000 * wallets.length) / perSecond;
    const count = Math.round((seconds * 1_000) / everyMs);
    await Promise.all(
      wallets.map(async ({ driver, name }, i) => {
        const to = wallets[(i + 1) % wallets.length]?.account ?? '';
        await driver.ask({ op: 'offer', wallet: name, to, count, everyMs });
      }),
    );
    const timeoutMs = seconds * 1_000 + patienceMs;
    await untilSettled(wallets, timeoutMs);
    const counts = await Promise.all(world.nodes.map(lossCount));
    return { ...offeredFigure(await current(), withinMs), loss: sumOf(counts) };
  } finally {
    await Promise.all(world.nodes.map((node) => setLoss(node, 0)));
  }
}

function sumOf(counts: readonly LossCount[]): LossCount {
  return {
    dropped: counts.reduce((sum, { dropped }) => sum + dropped, 0),
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
  };
}

/** Waits until all authorities hold every payment that any wallet knows to be certified. */
export async function untilAllEqual({ agents, wallets }: Scene): Promise<number> {
  const certified = certifiedCount(await paymentsOf(wallets));
  await agents.untilEqual(PATIENCE_MS, certified);
  return certified;
}

export interface PeerAge {
  readonly mac: string;
  readonly connectedSeconds: number;
}

/** For how long each finished peering has stood. */
export async function peerAges(node: WorldNode): Promise<PeerAge[]> {
  const text = await node.must(['iw', 'dev', MESH_INTERFACE, 'station', 'dump']);
  return text
    .split(/^Station /m)
    .slice(1)
    .filter((block) => /mesh plink:\s*ESTAB/.test(block))
    .map((block) => ({
      mac: block.slice(0, 17),
      connectedSeconds: Number(/connected time:\s*(\d+)/.exec(block)?.[1] ?? 0),
    }));
}

/**
 * Stops a daemon in order and starts it again. @returns whether its peerings stayed as they were
 */
export async function restartAgent({ agents }: Scene, agent: Agent): Promise<boolean> {
  const before = await peerAges(agent.node);
  await agents.stop(agent);
  await agents.start(agent);
  await agents.untilLinked(PATIENCE_MS);
  const after = await peerAges(agent.node);
  return before.every(({ mac, connectedSeconds }) =>
    after.some((peer) => peer.mac === mac && peer.connectedSeconds >= connectedSeconds),
  );
}

/** A few payments that nobody counts: paths are found, and programs are warm. */
export async function warmUp({ wallets: [from, to] }: Scene, count = 5): Promise<void> {
  if (from === undefined || to === undefined) throw new RangeError('two wallets are needed');
  await payInTurn(from, to, count, PATIENCE_MS);
}
