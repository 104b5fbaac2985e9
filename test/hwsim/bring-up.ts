/**
 * The radios of a payment network, brought up by `meshpay-radio` from the node's own configuration,
 * as on a router. Files are shared by all namespaces of the machine, so each node's programs get a
 * view in which MeshPay's folders are the node's own.
 */
import { dirname } from 'node:path';
import {
  DEFAULT_CONFIG_FILE,
  DEFAULT_CONTROL_SOCKET,
  DEFAULT_RADIO_STATUS,
} from '../../agent/shell/config/config-schema.ts';
import { MESHPAY_RADIO, ROUTER_FLAGS } from './bundles.ts';
import type { WorldNode, WorldProcess } from './node.ts';
import type { World } from './world.ts';

/** A folder of the node for each folder that the programs use when nothing else is said. */
const FOLDERS = {
  etc: dirname(DEFAULT_CONFIG_FILE),
  run: dirname(DEFAULT_CONTROL_SOCKET),
  radio: dirname(DEFAULT_RADIO_STATUS),
};
const SUPPLICANT = 'wpa_supplicant';
const RETURN_TIMEOUT_MS = 60_000;
/** From a start of wpa_supplicant to its taking the interface over; it is done in a tenth of it. */
const BEGIN_MS = 1_000;

export function configFileOf(node: WorldNode): string {
  return `${node.folder}/etc/meshpayd.toml`;
}

export function passphraseFileOf(node: WorldNode): string {
  return `${node.folder}/mesh.passphrase`;
}

/** How a program has to be run to see its node's own files under their usual names. */
export function inPlace(node: WorldNode, argv: readonly string[]): readonly string[] {
  const binds = Object.entries(FOLDERS).map(
    ([own, usual]) => `mkdir -p "$0/${own}" ${usual} && mount --bind "$0/${own}" ${usual} && `,
  );
  return ['sh', '-c', `${binds.join('')}exec "$@"`, node.folder, ...argv];
}

/** Starts what makes the mesh interface and keeps it; returns without waiting for peers. */
export function startRadio(node: WorldNode): Promise<WorldProcess> {
  const argv = [process.execPath, ...ROUTER_FLAGS, MESHPAY_RADIO, '--config', configFileOf(node)];
  return node.spawn(inPlace(node, argv), { name: `${node.name}-radio` });
}

/**
 * Kills the node's wpa_supplicant, and waits until another one has begun anew. The kernel keeps the
 * old peerings until then: they say nothing before.
 */
export async function killSupplicant(world: World, node: WorldNode): Promise<void> {
  const [before] = await supplicantsOf(world, node);
  if (before === undefined) throw new Error(`${node.name} has no ${SUPPLICANT}`);
  await world.outside.must(['kill', '-9', before]);
  await world.time.until(`${node.name}: another ${SUPPLICANT}`, RETURN_TIMEOUT_MS, async () =>
    (await supplicantsOf(world, node)).find((pid) => pid !== before),
  );
  await world.time.sleep(BEGIN_MS);
}

async function supplicantsOf(world: World, node: WorldNode): Promise<string[]> {
  const script = `for pid in $(ip netns pids ${node.name}); do
    [ "$(cat /proc/$pid/comm 2>/dev/null)" = ${SUPPLICANT} ] && echo $pid; done; true`;
  const told = await world.outside.must(['sh', '-c', script]);
  return told.split('\n').filter(Boolean);
}
