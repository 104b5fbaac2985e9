/**
 * Two ways to bring up the radios of a payment network: `plain`, by the harness with iw and
 * wpa_supplicant (mesh.ts), and `product`, by `meshpay-radio` from the node's own configuration.
 */
import { meshAddress } from '../../agent/shell/radio/address.ts';
import { bundleProgram, ROUTER_FLAGS } from './driver.ts';
import { linkLocalOf, MESH_INTERFACE, type MeshSettings, startMesh } from './mesh.ts';
import type { WorldNode, WorldProcess } from './node.ts';
import type { World } from './world.ts';

export const BRING_UPS = ['plain', 'product'] as const;
export type BringUp = (typeof BRING_UPS)[number];

export interface RadioCare {
  readonly kind: BringUp;
  /** Starts what makes the mesh interface and keeps it; returns without waiting for peers. */
  start(node: WorldNode): Promise<WorldProcess>;
  /** Kills the node's wpa_supplicant; it comes back by itself, or is started again here. */
  renew(node: WorldNode): Promise<void>;
  /** How a program has to be run to see its node's own files of the radio. */
  inPlace(node: WorldNode, argv: readonly string[]): readonly string[];
  /** Where a node is reached over the mesh. */
  hostOf(node: WorldNode, networkId: Uint8Array, nodeKey: Uint8Array): string;
}

/** meshpay-radio's folder; /run is shared by all namespaces, so each node gets its own view. */
const RADIO_FOLDER = '/run/meshpay-radio';

export function configFileOf(node: WorldNode): string {
  return `${node.folder}/meshpayd.toml`;
}

export function passphraseFileOf(node: WorldNode): string {
  return `${node.folder}/mesh.passphrase`;
}

export async function radioCare(
  world: World,
  kind: BringUp,
  settings: MeshSettings,
): Promise<RadioCare> {
  return kind === 'plain' ? plainCare(world, settings) : productCare(world);
}

function plainCare(world: World, settings: MeshSettings): RadioCare {
  return {
    kind: 'plain',
    start: (node) => startMesh(node, settings),
    async renew(node) {
      await killInside(world, node, 'wpa_supplicant');
      await node.exec(['iw', 'dev', MESH_INTERFACE, 'del']);
      await startMesh(node, settings);
    },
    inPlace: (_, argv) => argv,
    hostOf: (node) => `${linkLocalOf(node.mac)}%${MESH_INTERFACE}`,
  };
}

async function productCare(world: World): Promise<RadioCare> {
  const program = await bundleProgram('agent/radio.js', 'hwsim-radio');
  const inPlace = (node: WorldNode, argv: readonly string[]): readonly string[] => [
    'sh',
    '-c',
    `mkdir -p "$0" ${RADIO_FOLDER} && mount --bind "$0" ${RADIO_FOLDER} && exec "$@"`,
    `${node.folder}/radio`,
    ...argv,
  ];
  return {
    kind: 'product',
    start: (node) => {
      const argv = [process.execPath, ...ROUTER_FLAGS, program, '--config', configFileOf(node)];
      return node.spawn(inPlace(node, argv), { name: `${node.name}-radio` });
    },
    async renew(node) {
      await killInside(world, node, 'wpa_supplicant');
      // The kernel keeps the old peerings until the new one begins: they say nothing before.
      await untilRuns(world, node, 'wpa_supplicant');
    },
    inPlace,
    hostOf: (_, networkId, nodeKey) => meshAddress(networkId, nodeKey),
  };
}

/** SIGKILL for every program of a node, as a power cut. */
export async function killAll(world: World, node: WorldNode): Promise<void> {
  await killInside(world, node, '*');
}

/** SIGKILL for the programs of a node whose name matches a pattern of the shell. */
async function killInside(world: World, node: WorldNode, pattern: string): Promise<void> {
  const script = `for pid in $(ip netns pids ${node.name}); do
    case "$(cat /proc/$pid/comm 2>/dev/null)" in ${pattern}) kill -9 "$pid" 2>/dev/null;; esac
  done; true`;
  await world.outside.must(['sh', '-c', script]);
}

/** @throws Error when no such program runs in the node after a minute */
async function untilRuns(world: World, node: WorldNode, name: string): Promise<void> {
  const script = `for i in $(seq 600); do
    for pid in $(ip netns pids ${node.name}); do
      [ "$(cat /proc/$pid/comm 2>/dev/null)" = ${name} ] && sleep 1 && exit 0
    done
    sleep 0.1
  done; exit 1`;
  await world.outside.must(['sh', '-c', script], { timeoutMs: 90_000 });
}
