/** Figures of a world: how slow the emulation itself is, so that others can be read beside it. */
import { type MeshSettings, ping, startMesh, waitForPeers } from './mesh.ts';
import type { WorldProcess } from './node.ts';
import type { World } from './world.ts';

export interface PingFigure {
  readonly hops: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly sent: number;
  readonly received: number;
}

export interface FormedMesh {
  readonly supplicants: readonly WorldProcess[];
  /** From the first wpa_supplicant's start to the last link's peering, the machine's time. */
  readonly securedMs: number;
}

const PEERING_TIMEOUT_MS = 60_000;

/**
 * Starts the mesh on the given radios and waits until each link among them is secured both ways.
 * @param radios default all
 * @throws Error when a link is missing after 60 s
 */
export async function formMesh(
  world: World,
  settings: MeshSettings,
  radios: readonly number[] = world.nodes.map((_, i) => i),
): Promise<FormedMesh> {
  const startMs = await world.time.nowMs();
  const supplicants = await Promise.all(
    radios.map((radio) => startMesh(world.node(radio), settings)),
  );
  await Promise.all(
    supplicants.map((supplicant, i) => {
      const radio = radios[i] ?? -1;
      const peers = radios.filter((other) => linked(world, radio, other));
      return waitForPeers(
        world.node(radio),
        supplicant,
        peers.map((peer) => world.node(peer)),
        PEERING_TIMEOUT_MS,
      );
    }),
  );
  return { supplicants, securedMs: (await world.time.nowMs()) - startMs };
}

/** Round trips from radio 0 of a line to each other radio, by hops, after one to find the path. */
export async function pingsByHop(world: World, hops: number, count = 15): Promise<PingFigure[]> {
  const figures: PingFigure[] = [];
  for (let hop = 1; hop <= hops; hop += 1) {
    await ping(world.node(0), world.node(hop), { count: 2 });
    const result = await ping(world.node(0), world.node(hop), { count, intervalMs: 100 });
    figures.push({
      hops: hop,
      medianMs: median(result.timesMs),
      worstMs: Math.max(...result.timesMs),
      sent: result.sent,
      received: result.received,
    });
  }
  return figures;
}

/** The middle value; of an even number of values the upper of the two. NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One line per figure, for a test's or a bench's output. */
export function describeFigures(
  world: World,
  mesh: FormedMesh,
  pings: readonly PingFigure[],
): string[] {
  const { accelerator, kernel, bootMs, setupMs } = world.figures;
  return [
    `${kernel} on ${accelerator}, ${world.nodes.length} radios`,
    `boot ${seconds(bootMs)}, radios ready ${seconds(setupMs)}, all peers secured ` +
      `${seconds(mesh.securedMs)}`,
    ...pings.map(
      ({ hops, medianMs, worstMs, sent, received }) =>
        `ping over ${hops} hop${hops === 1 ? '' : 's'}: median ${medianMs.toFixed(1)} ms, ` +
        `worst ${worstMs.toFixed(1)} ms, ${received} of ${sent} answered`,
    ),
  ];
}

function linked(world: World, a: number, b: number): boolean {
  return world.links.links.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
}

function seconds(timeMs: number): string {
  return `${(timeMs / 1000).toFixed(1)} s`;
}
