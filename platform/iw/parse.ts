/**
 * The text of `iw` (5.19 to 6.9) as the same data that nl80211 gives. `iw` warns that its output is
 * not a stable interface: every parser here takes what it knows and reports `output_unreadable`
 * when something that it must have is missing.
 */
import { failure, fault, type Result, success } from '../fault.ts';
import { isMeshParameterName, type MeshParameters } from '../mesh-parameters.ts';
import type {
  InterfaceType,
  MeshPath,
  PeerLinkState,
  RadioInterface,
  RegulatoryDomain,
  Station,
} from '../radio.ts';

const ADDRESS = '[0-9a-f]{2}(?::[0-9a-f]{2}){5}';

/** `iw dev`. */
export function parseInterfaces(text: string): readonly RadioInterface[] {
  const interfaces: RadioInterface[] = [];
  let phyIndex = -1;
  for (const block of text.split(/^(?=phy#|\t(?:Interface|Unnamed))/m)) {
    phyIndex = numberIn(block, /^phy#(\d+)/) ?? phyIndex;
    const name = first(block, /^\tInterface (\S+)/);
    const index = numberIn(block, /^\t\tifindex (\d+)/m);
    const address = first(block, new RegExp(`^\\t\\taddr (${ADDRESS})`, 'm'));
    if (name === undefined || index === undefined || address === undefined) continue;
    interfaces.push({
      index,
      name,
      phyIndex,
      type: (first(block, /^\t\ttype (.+)$/m) ?? 'unspecified') as InterfaceType,
      address,
      frequencyMhz: numberIn(block, /^\t\tchannel \d+ \((\d+)/m),
    });
  }
  return interfaces;
}

/** `iw reg get`. */
export function parseDomains(text: string): readonly RegulatoryDomain[] {
  return text.split(/^(?=global|phy#)/m).flatMap((block) => {
    const country = first(block, /^country (\S\S):/m);
    if (country === undefined) return [];
    const dfs = first(block, /^country \S\S: DFS-(\S+)/m);
    return {
      country,
      dfsRegion: dfs === 'FCC' || dfs === 'ETSI' || dfs === 'JP' ? dfs : 'unset',
      phyIndex: numberIn(block, /^phy#(\d+)/),
      selfManaged: /^phy#\d+ \(self-managed\)/.test(block),
    } as const;
  });
}

/** `iw dev X station dump`. */
export function parseStations(text: string): Result<readonly Station[]> {
  const stations: Station[] = [];
  for (const block of text.split(/^(?=Station )/m)) {
    const address = first(block, new RegExp(`^Station (${ADDRESS})`));
    if (address === undefined) continue;
    const field = (name: string) => first(block, new RegExp(`^\\t${name}:\\s*(.*)$`, 'm'));
    const amount = (name: string) => numberOf(field(name));
    const inactiveMs = amount('inactive time');
    if (inactiveMs === undefined) return unreadable('iw station dump', 'an inactive time', block);
    stations.push({
      address,
      peerLink: field('mesh plink') as PeerLinkState | undefined,
      inactiveMs,
      connectedSeconds: amount('connected time') ?? 0,
      signalDbm: amount('signal'),
      signalAverageDbm: amount('signal avg'),
      txRateKbps: rateKbps(field('tx bitrate')),
      rxRateKbps: rateKbps(field('rx bitrate')),
      expectedThroughputKbps: throughputKbps(field('expected throughput')),
      rxPackets: amount('rx packets') ?? 0,
      txPackets: amount('tx packets') ?? 0,
      txRetries: amount('tx retries') ?? 0,
      txFailed: amount('tx failed') ?? 0,
      airtimeMetric: amount('mesh airtime link metric'),
      authorized: field('authorized') === 'yes',
      protectedManagement: field('MFP') === 'yes',
      beaconIntervalTu: amount('beacon interval'),
    });
  }
  return success(stations);
}

/** `iw dev X mpath dump`: columns, of which older versions lack the last two. */
export function parsePaths(text: string): Result<readonly MeshPath[]> {
  const [heading, ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  if (heading === undefined) return success([]);
  const paths: MeshPath[] = [];
  for (const line of lines) {
    const [destination, nextHop, , ...words] = line.trim().split(/\s+/);
    const [sequence, metric, queuedFrames, expiresMs, , , flags, hopCount, pathChanges] =
      words.map(Number);
    const known = [sequence, metric, queuedFrames, expiresMs, flags].every(Number.isInteger);
    if (destination === undefined || nextHop === undefined || !known) {
      return unreadable('iw mpath dump', 'a line of a mesh path', line);
    }
    paths.push({
      destination,
      nextHop,
      sequence: sequence ?? 0,
      metric: metric ?? 0,
      queuedFrames: queuedFrames ?? 0,
      expiresMs: expiresMs ?? 0,
      active: ((flags ?? 0) & 1) !== 0,
      resolving: ((flags ?? 0) & 2) !== 0,
      sequenceValid: ((flags ?? 0) & 4) !== 0,
      fixed: ((flags ?? 0) & 8) !== 0,
      resolved: ((flags ?? 0) & 16) !== 0,
      hopCount,
      pathChanges,
    });
  }
  return success(paths);
}

/** `enum nl80211_mesh_power_mode`, as `iw` names it. */
const POWER_MODES: ReadonlyMap<string, number> = new Map([
  ['unknown', 0],
  ['active', 1],
  ['light', 2],
  ['deep', 3],
]);

/** `iw dev X mesh_param dump`. */
export function parseMeshParameters(text: string): Result<MeshParameters> {
  const parameters: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name = '', word = ''] = /^(mesh_\w+) = (\S+)/.exec(line) ?? [];
    if (!isMeshParameterName(name)) continue;
    const value = name === 'mesh_power_mode' ? POWER_MODES.get(word) : Number.parseInt(word, 10);
    if (value === undefined || Number.isNaN(value)) {
      return unreadable('iw mesh_param dump', 'a number', line);
    }
    parameters[name] = value;
  }
  return success(parameters);
}

function unreadable<T>(field: string, expected: string, found: string): Result<T> {
  return failure(fault('output_unreadable', field, expected, found.slice(0, 120)));
}

export function first(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1];
}

export function numberIn(text: string, pattern: RegExp): number | undefined {
  const word = first(text, pattern);
  return word === undefined ? undefined : Number(word);
}

function numberOf(word: string | undefined): number | undefined {
  const value = Number.parseInt(word ?? '', 10);
  return Number.isNaN(value) ? undefined : value;
}

function rateKbps(word: string | undefined): number | undefined {
  const value = Number.parseFloat(word ?? '');
  return Number.isNaN(value) ? undefined : Math.round(value * 1000);
}

/** `iw` divides by 1.024 and prints thousandths without leading zeros. */
function throughputKbps(word: string | undefined): number | undefined {
  const [, whole, thousandths] = /^(\d+)\.(\d+)Mbps/.exec(word ?? '') ?? [];
  if (whole === undefined || thousandths === undefined) return undefined;
  return Math.ceil(((Number(whole) * 1000 + Number(thousandths)) * 1024) / 1000);
}
