/**
 * A WPA3-SAE mesh made directly with iw and Debian's wpa_supplicant, and what can be seen of it:
 * peers, paths, pings. It is the yardstick beside the agent's own bring-up, and shares no code
 * with it. wpa_supplicant 2.10 needs `user_mpm=1` to run SAE and peering itself; a `sae_pwe` inside
 * the network block would stop it from peering, so there is none.
 */
import type { WorldNode, WorldProcess } from './node.ts';

export interface MeshSettings {
  readonly meshId: string;
  readonly passphrase: string;
  /** Default 2412, channel 1. */
  readonly frequencyMhz?: number;
}

export interface Station {
  readonly mac: string;
  /** As the kernel names it: LISTEN, OPN_SNT, OPN_RCVD, CNF_RCVD, ESTAB, HOLDING, BLOCKED. */
  readonly plink: string;
  /** Whether management frames from and to it are protected. */
  readonly mfp: boolean;
}

export interface MeshPath {
  readonly destination: string;
  readonly nextHop: string;
  readonly hops: number | undefined;
}

export interface PingOptions {
  /** Default 5. */
  readonly count?: number;
  /** Default 200 ms. */
  readonly intervalMs?: number;
  /** How long to wait for the last answer. Default 2 s. */
  readonly waitMs?: number;
  /** At most 16 bytes, repeated through each packet. */
  readonly pattern?: string;
}

export interface PingResult {
  readonly sent: number;
  readonly received: number;
  /** Round trips in the order of their answers, milliseconds of the machine's clock. */
  readonly timesMs: readonly number[];
}

export const MESH_INTERFACE = 'mesh0';

/** Creates `mesh0` and runs wpa_supplicant on it; returns without waiting for peers. */
export async function startMesh(node: WorldNode, settings: MeshSettings): Promise<WorldProcess> {
  await node.must(['iw', 'phy', node.phy, 'interface', 'add', MESH_INTERFACE, 'type', 'mp']);
  const file = `${node.folder}/wpa_supplicant.conf`;
  await node.write(file, supplicantConfiguration(settings, `${node.folder}/wpa`));
  // Without duplicate address detection the address is usable at once.
  await node.must(['sysctl', '-qw', `net.ipv6.conf.${MESH_INTERFACE}.accept_dad=0`]);
  return node.spawn(['wpa_supplicant', '-t', '-D', 'nl80211', '-i', MESH_INTERFACE, '-c', file], {
    name: `${node.name}-wpa`,
  });
}

/**
 * Waits until `node` has a finished peering with every one of `peers`. wpa_supplicant's log says
 * when to look, which costs less than asking the kernel again and again; the kernel has the last
 * word, since a peering may be closed and made anew while both sides start.
 * @throws Error when one is missing after `timeoutMs`
 */
export async function waitForPeers(
  node: WorldNode,
  supplicant: WorldProcess,
  peers: readonly WorldNode[],
  timeoutMs: number,
): Promise<void> {
  const endMs = (await node.time.nowMs()) + timeoutMs;
  const missing = new Set(peers.map((peer) => peer.mac));
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(endMs - (await node.time.nowMs())));
    if (missing.size === 0) {
      const found = await establishedPeers(node, peers);
      if (found.length === peers.length) return;
      for (const peer of peers) if (!found.includes(peer.name)) missing.add(peer.mac);
    }
    const line = await supplicant.line(/MESH-PEER-(DIS)?CONNECTED/, leftMs);
    const [, lost, mac = ''] = /MESH-PEER-(DIS)?CONNECTED ([0-9a-f:]+)/.exec(line) ?? [];
    if (lost === undefined) missing.delete(mac);
    else if (peers.some((peer) => peer.mac === mac)) missing.add(mac);
  }
}

/** Everybody whom the node's radio knows. */
export async function stations(node: WorldNode): Promise<Station[]> {
  const text = await node.must(['iw', 'dev', MESH_INTERFACE, 'station', 'dump']);
  return text
    .split(/^Station /m)
    .slice(1)
    .map((block) => ({
      mac: block.slice(0, 17),
      plink: field(block, 'mesh plink'),
      mfp: field(block, 'MFP') === 'yes',
    }));
}

/** The names of the nodes among `all` with which `node` has a finished peering. */
export async function establishedPeers(
  node: WorldNode,
  all: readonly WorldNode[],
): Promise<string[]> {
  const macs = (await stations(node))
    .filter((station) => station.plink === 'ESTAB')
    .map((station) => station.mac);
  return all.filter((other) => macs.includes(other.mac)).map((other) => other.name);
}

/** The node's HWMP table. */
export async function meshPaths(node: WorldNode): Promise<MeshPath[]> {
  const text = await node.must(['iw', 'dev', MESH_INTERFACE, 'mpath', 'dump']);
  const [head = '', ...rows] = text.trimEnd().split('\n');
  const columns = head.split(/\s+/);
  const hopColumn = columns.indexOf('HOP_COUNT');
  return rows.map((row) => {
    const cells = row.trim().split(/\s+/);
    // The head says "DEST ADDR" and "NEXT HOP", two words for one cell each.
    const hops = Number(cells[hopColumn - 2]);
    return {
      destination: cells[0] ?? '',
      nextHop: cells[1] ?? '',
      hops: hopColumn < 0 || Number.isNaN(hops) ? undefined : hops,
    };
  });
}

/** The IPv6 link-local address that the kernel derives from a hardware address (RFC 4291). */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${words.map((word) => word.toString(16)).join(':')}`;
}

/** Pings over the mesh; lost packets are a result, not an error. */
export async function ping(
  from: WorldNode,
  to: WorldNode,
  options: PingOptions = {},
): Promise<PingResult> {
  const { count = 5, intervalMs = 200, waitMs = 2_000, pattern } = options;
  const argv = [
    ...['ping', '-6', '-n', '-c', String(count), '-i', String(intervalMs / 1000)],
    ...['-W', String(waitMs / 1000)],
    ...(pattern === undefined ? [] : ['-p', Buffer.from(pattern).toString('hex')]),
    `${linkLocalOf(to.mac)}%${MESH_INTERFACE}`,
  ];
  const timeoutMs = count * (intervalMs + 200) + waitMs + 20_000;
  const { stdout, stderr } = await from.exec(argv, { timeoutMs });
  const totals = /(\d+) packets transmitted, (\d+) received/.exec(stdout);
  if (totals === null)
    throw new Error(`${from.name}: ping said nothing useful: ${stdout}${stderr}`);
  return {
    sent: Number(totals[1]),
    received: Number(totals[2]),
    timesMs: [...stdout.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])),
  };
}

/**
 * Pings one packet at a time until one is answered.
 * @returns how many it took
 * @throws Error when none is answered within `timeoutMs`
 */
export async function pingUntilAnswered(
  from: WorldNode,
  to: WorldNode,
  timeoutMs: number,
): Promise<number> {
  let tries = 0;
  return from.time.until(`${from.name}: an answer from ${to.name}`, timeoutMs, async () => {
    tries += 1;
    const { received } = await ping(from, to, { count: 1, waitMs: 1_500 });
    return received > 0 ? tries : undefined;
  });
}

function supplicantConfiguration(settings: MeshSettings, controlFolder: string): string {
  const { meshId, passphrase, frequencyMhz = 2412 } = settings;
  return `ctrl_interface=${controlFolder}
user_mpm=1
network={
  ssid=${JSON.stringify(meshId)}
  mode=5
  frequency=${frequencyMhz}
  scan_freq=${frequencyMhz}
  key_mgmt=SAE
  sae_password=${JSON.stringify(passphrase)}
  ieee80211w=2
  mesh_fwding=1
}
`;
}

function field(block: string, name: string): string {
  return new RegExp(`^\\s*${name}:\\s*(\\S+)`, 'm').exec(block)?.[1] ?? '';
}
