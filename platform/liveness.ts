/**
 * Which neighbours are dead, judged from successive station dumps: pure, no clock and no timer.
 *
 * The kernel keeps a silent neighbour in state ESTAB for `mesh_plink_timeout` (30 minutes), and
 * HWMP goes on sending to it. `inactiveMs` counts from the last frame or acknowledgement, and a
 * mesh station that lives sends a beacon every interval, so silence is counted in beacons:
 *
 *   suspect  after `suspectBeacons` intervals
 *   dead     after `deadBeacons` intervals, or already from suspect on when frames to it failed
 *            meanwhile without anything being heard
 *
 * With 150 time units that is 0.5 s and 1.1 s (0.5 s under traffic).
 *
 * That suits a link that loses little. On one that loses half of its beacons, seven in a row are
 * lost every 40 seconds, and a neighbour that is thrown out over and over is worse than a dead one.
 * So each neighbour is given the patience that it has been seen to need: twice the longest silence
 * that it survived (a memory that halves in `memoryHalfLifeMs`), and twice as much again after a
 * false alarm, which is a neighbour that is heard again within `falseAlarmMs` of being forgotten.
 * `mostBeacons` bounds it: a link that is worse than that is dead for all that it can carry.
 *
 * When every neighbour falls silent at once it is our own radio that is deaf, or there is no other
 * way to send; nobody is removed then. A neighbour that was forgotten and is heard again as a peer
 * candidate must have its peering reset once: the supplicant still believes in the old link, and
 * without the reset the two never peer again (measured with wpa_supplicant 2.10).
 */
import { MAX_FORGOTTEN } from './limits.ts';
import type { StationAct } from './platform.ts';
import type { Station } from './radio.ts';
import { DEFAULT_BEACON_INTERVAL_TU } from './settings.ts';

export interface LivenessSettings {
  readonly beaconIntervalTu: number;
  readonly suspectBeacons: number;
  readonly deadBeacons: number;
  /** Patience never grows beyond this. */
  readonly mostBeacons: number;
  /** Failed frames within one observation that make a suspect dead. */
  readonly deadFailures: number;
  readonly memoryHalfLifeMs: number;
  readonly falseAlarmMs: number;
  /** Not more often than this per neighbour. */
  readonly resetIntervalMs: number;
}

export const DEFAULT_LIVENESS: LivenessSettings = {
  beaconIntervalTu: DEFAULT_BEACON_INTERVAL_TU,
  suspectBeacons: 3,
  deadBeacons: 7,
  mostBeacons: 40,
  deadFailures: 3,
  memoryHalfLifeMs: 120_000,
  // An interface of the same radio that scans makes it deaf for 11 s.
  falseAlarmMs: 20_000,
  resetIntervalMs: 5000,
};

export interface LivenessObservation {
  readonly stations: readonly Station[];
  /** Addresses of NEW_PEER_CANDIDATE events since the last observation. */
  readonly candidates: readonly string[];
}

export type NeighbourState = 'alive' | 'suspect' | 'dead';

export interface LivenessVerdict {
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
  readonly inactiveMs: number;
  /** The longest silence that it survived, as far as it is remembered. */
  readonly longestMs: number;
  readonly seenMs: number;
}

interface Forgotten {
  readonly atMs: number;
  /** The patience that was at its end. */
  readonly patienceMs: number;
  readonly lastResetMs: number | undefined;
}

export interface Liveness {
  readonly neighbours: ReadonlyMap<string, Neighbour>;
  readonly forgotten: ReadonlyMap<string, Forgotten>;
}

export const NOTHING_KNOWN: Liveness = { neighbours: new Map(), forgotten: new Map() };

const MS_PER_TIME_UNIT = 1.024;

/**
 * Whether a neighbour counts as one: the kernel keeps it as peered for half an hour, so it has to
 * have been heard within the longest patience that there is for any. A scan beside is no silence.
 */
export function isHeard(
  { peerLink, inactiveMs, beaconIntervalTu: ofKernel = 0 }: Station,
  { beaconIntervalTu, mostBeacons, falseAlarmMs }: LivenessSettings = DEFAULT_LIVENESS,
): boolean {
  const beaconMs = Math.max(beaconIntervalTu, ofKernel) * MS_PER_TIME_UNIT;
  return peerLink === 'ESTAB' && inactiveMs < Math.max(mostBeacons * beaconMs, falseAlarmMs);
}

/**
 * The next state and one verdict for each neighbour that changed or needs an act. `nowMs` is any
 * monotonic clock.
 */
export function judge(
  settings: LivenessSettings,
  previous: Liveness,
  nowMs: number,
  observation: LivenessObservation,
): { readonly liveness: Liveness; readonly verdicts: readonly LivenessVerdict[] } {
  const peered = observation.stations.filter(({ peerLink }) => peerLink === 'ESTAB');
  const judged = peered.map((station) => {
    const before = previous.neighbours.get(station.address);
    const lost = previous.forgotten.get(station.address);
    const longestMs = remembered(settings, before, lost, station, nowMs);
    return { station, before, longestMs, state: stateOf(settings, before, station, longestMs) };
  });
  const someoneLives = judged.some(({ state }) => state === 'alive');
  const forgotten = new Map(previous.forgotten);
  for (const { station, state } of judged) {
    if (state === 'alive') forgotten.delete(station.address);
  }
  const verdicts: LivenessVerdict[] = [];
  for (const { station, before, state, longestMs } of judged) {
    const { address, inactiveMs } = station;
    const forget = state === 'dead' && someoneLives;
    if (forget) {
      const { deadMs } = patience(settings, station, longestMs);
      forgotten.set(address, { atMs: nowMs, patienceMs: deadMs, lastResetMs: undefined });
    }
    if (!forget && state === before?.state) continue;
    verdicts.push({
      address,
      state,
      was: before?.state,
      inactiveMs,
      act: forget ? 'forget' : undefined,
    });
  }
  verdicts.push(...resets(settings, forgotten, nowMs, observation, peered));
  for (const [address] of forgotten) {
    if (forgotten.size <= MAX_FORGOTTEN) break;
    forgotten.delete(address);
  }
  const neighbours = judged.map(({ station, state, longestMs }) => {
    const { address, txFailed, rxPackets, inactiveMs } = station;
    return [address, { state, txFailed, rxPackets, inactiveMs, longestMs, seenMs: nowMs }] as const;
  });
  return { liveness: { neighbours: new Map(neighbours), forgotten }, verdicts };
}

/** Silences in milliseconds after which this neighbour is suspected and held for dead. */
function patience(
  { beaconIntervalTu, suspectBeacons, deadBeacons, mostBeacons }: LivenessSettings,
  station: Station,
  longestMs: number,
): { readonly suspectMs: number; readonly deadMs: number } {
  // Ours, as the kernel has it: whoever owns the radio may not have taken what was asked for.
  const beaconMs = Math.max(beaconIntervalTu, station.beaconIntervalTu ?? 0) * MS_PER_TIME_UNIT;
  const mostMs = mostBeacons * beaconMs;
  return {
    suspectMs: Math.min(Math.max(longestMs, suspectBeacons * beaconMs), mostMs),
    deadMs: Math.min(Math.max(2 * longestMs, deadBeacons * beaconMs), mostMs),
  };
}

function remembered(
  { memoryHalfLifeMs, falseAlarmMs }: LivenessSettings,
  before: Neighbour | undefined,
  lost: Forgotten | undefined,
  station: Station,
  nowMs: number,
): number {
  if (before !== undefined) {
    const fadedMs = before.longestMs * 0.5 ** ((nowMs - before.seenMs) / memoryHalfLifeMs);
    const wasHeard = station.inactiveMs < before.inactiveMs;
    return wasHeard ? Math.max(fadedMs, before.inactiveMs) : fadedMs;
  }
  const falseAlarm = lost !== undefined && nowMs - lost.atMs < falseAlarmMs;
  return falseAlarm ? lost.patienceMs : 0;
}

function stateOf(
  settings: LivenessSettings,
  before: Neighbour | undefined,
  station: Station,
  longestMs: number,
): NeighbourState {
  const { suspectMs, deadMs } = patience(settings, station, longestMs);
  if (station.inactiveMs >= deadMs) return 'dead';
  if (station.inactiveMs < suspectMs) return 'alive';
  if (before === undefined || station.rxPackets !== before.rxPackets) return 'suspect';
  return station.txFailed - before.txFailed >= settings.deadFailures ? 'dead' : 'suspect';
}

/** Writes the time of each reset into `forgotten`. */
function resets(
  settings: LivenessSettings,
  forgotten: Map<string, Forgotten>,
  nowMs: number,
  { candidates }: LivenessObservation,
  peered: readonly Station[],
): readonly LivenessVerdict[] {
  return [...new Set(candidates)].flatMap((address) => {
    const lost = forgotten.get(address);
    if (lost === undefined || peered.some((station) => station.address === address)) return [];
    const { lastResetMs } = lost;
    if (lastResetMs !== undefined && nowMs - lastResetMs < settings.resetIntervalMs) return [];
    forgotten.set(address, { ...lost, lastResetMs: nowMs });
    return [{ address, state: 'alive', was: 'dead', inactiveMs: 0, act: 'reset_peering' } as const];
  });
}
