/**
 * Which neighbours are dead, judged from successive station dumps: pure, no clock and no timer.
 *
 * The kernel keeps a silent neighbour in state ESTAB for `mesh_plink_timeout` (30 minutes), and
 * HWMP goes on sending to it. `inactiveMs` counts from the last frame or acknowledgement, and a
 * mesh station that lives sends a beacon every interval, so silence is counted in beacons:
 *
 *   suspect  after `suspectBeacons` intervals: send it something, an acknowledgement clears it
 *   dead     after `deadBeacons` intervals, or already from suspect on when frames to it failed
 *            meanwhile without anything being heard
 *
 * With 150 time units that is 0.5 s and 1.1 s (0.5 s under traffic). Seven beacons in a row are all
 * lost in 0.8 % of cases at 50 % loss without any traffic; a false alarm costs one new peering
 * (about 1 s).
 *
 * When every neighbour falls silent at once it is our own radio that is deaf, or there is no other
 * way to send; nobody is removed then. A neighbour that was forgotten and is heard again as a peer
 * candidate must have its peering reset once: the supplicant still believes in the old link, and
 * without the reset the two never peer again (measured with wpa_supplicant 2.10).
 */
import type { StationAct } from './platform.ts';
import type { Station } from './radio.ts';
import { DEFAULT_BEACON_INTERVAL_TU } from './settings.ts';

export interface LivenessSettings {
  readonly beaconIntervalTu: number;
  readonly suspectBeacons: number;
  readonly deadBeacons: number;
  /** Failed frames within one observation that make a suspect dead. */
  readonly deadFailures: number;
  /** Not more often than this per neighbour. */
  readonly resetIntervalMs: number;
}

export const DEFAULT_LIVENESS: LivenessSettings = {
  beaconIntervalTu: DEFAULT_BEACON_INTERVAL_TU,
  suspectBeacons: 3,
  deadBeacons: 7,
  deadFailures: 3,
  resetIntervalMs: 5000,
};

export interface LivenessObservation {
  readonly stations: readonly Station[];
  /** Addresses of NEW_PEER_CANDIDATE events since the last observation. */
  readonly candidates: readonly string[];
}

export type NeighbourState = 'alive' | 'suspect' | 'dead';

export interface Verdict {
  readonly address: string;
  readonly state: NeighbourState;
  /** The state before, undefined at the first sight. */
  readonly was: NeighbourState | undefined;
  readonly inactiveMs: number;
  readonly act: StationAct | undefined;
}

interface Neighbour {
  readonly state: NeighbourState;
  readonly txFailed: number;
  readonly rxPackets: number;
}

export interface Liveness {
  readonly neighbours: ReadonlyMap<string, Neighbour>;
  /** Forgotten neighbours, with the time of their last reset. */
  readonly forgotten: ReadonlyMap<string, number | undefined>;
}

export const NOTHING_KNOWN: Liveness = { neighbours: new Map(), forgotten: new Map() };

/** More neighbours than any radio can peer with. */
const MAX_FORGOTTEN = 1024;
const MS_PER_TIME_UNIT = 1.024;

/**
 * The next state and one verdict for each neighbour that changed or needs an act. `nowMs` is any
 * monotonic clock.
 */
export function judge(
  settings: LivenessSettings,
  previous: Liveness,
  nowMs: number,
  observation: LivenessObservation,
): { readonly liveness: Liveness; readonly verdicts: readonly Verdict[] } {
  const peered = observation.stations.filter(({ peerLink }) => peerLink === 'ESTAB');
  const judged = peered.map((station) => {
    const before = previous.neighbours.get(station.address);
    return { station, before, state: stateOf(settings, before, station) };
  });
  const someoneLives = judged.some(({ state }) => state === 'alive');
  const forgotten = new Map(previous.forgotten);
  for (const { station, state } of judged) {
    if (state === 'alive') forgotten.delete(station.address);
  }
  const verdicts: Verdict[] = [];
  for (const { station, before, state } of judged) {
    const forget = state === 'dead' && someoneLives;
    if (forget) forgotten.set(station.address, undefined);
    if (!forget && state === before?.state) continue;
    verdicts.push({
      address: station.address,
      state,
      was: before?.state,
      inactiveMs: station.inactiveMs,
      act: forget ? 'forget' : undefined,
    });
  }
  verdicts.push(...resets(settings, forgotten, nowMs, observation, peered));
  for (const [address] of forgotten) {
    if (forgotten.size <= MAX_FORGOTTEN) break;
    forgotten.delete(address);
  }
  const neighbours = judged.map(({ station: { address, txFailed, rxPackets }, state }) => {
    return [address, { state, txFailed, rxPackets }] as const;
  });
  return { liveness: { neighbours: new Map(neighbours), forgotten }, verdicts };
}

function stateOf(
  settings: LivenessSettings,
  before: Neighbour | undefined,
  station: Station,
): NeighbourState {
  const intervalMs = settings.beaconIntervalTu * MS_PER_TIME_UNIT;
  if (station.inactiveMs >= settings.deadBeacons * intervalMs) return 'dead';
  if (station.inactiveMs < settings.suspectBeacons * intervalMs) return 'alive';
  if (before === undefined || station.rxPackets !== before.rxPackets) return 'suspect';
  return station.txFailed - before.txFailed >= settings.deadFailures ? 'dead' : 'suspect';
}

/** Writes the time of each reset into `forgotten`. */
function resets(
  settings: LivenessSettings,
  forgotten: Map<string, number | undefined>,
  nowMs: number,
  { candidates }: LivenessObservation,
  peered: readonly Station[],
): readonly Verdict[] {
  return [...new Set(candidates)].flatMap((address) => {
    if (!forgotten.has(address) || peered.some((station) => station.address === address)) return [];
    const lastMs = forgotten.get(address);
    if (lastMs !== undefined && nowMs - lastMs < settings.resetIntervalMs) return [];
    forgotten.set(address, nowMs);
    return [{ address, state: 'alive', was: 'dead', inactiveMs: 0, act: 'reset_peering' } as const];
  });
}
