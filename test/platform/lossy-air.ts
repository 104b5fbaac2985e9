/**
 * A neighbour beyond air that loses beacons, in virtual time, and the liveness that watches it:
 * what the guard would see and do, without a radio.
 */
import {
  DEFAULT_LIVENESS,
  judge,
  type Liveness,
  type LivenessSettings,
  NOTHING_KNOWN,
} from '../../platform/liveness.ts';
import { station } from './samples.ts';

const NEIGHBOUR = '02:00:00:00:00:0b';
const OTHER = '02:00:00:00:00:0a';
const LOOK_MS = 250;
const BEACON_MS = DEFAULT_LIVENESS.beaconIntervalTu * 1.024;
/** A new SAE handshake and peering, after the neighbour was heard again. */
const PEERING_MS = 1_500;

export interface LossyAir {
  /** Share of beacons that are lost, 0 to 1. */
  readonly loss: number;
  readonly livesMs: number;
  /** Uniform in 0 to 1. */
  readonly random: () => number;
  readonly settings?: LivenessSettings;
}

export interface Watched {
  /** Times at which a neighbour that lived was forgotten. */
  readonly falseAlarmsMs: readonly number[];
  /** From its death to its being forgotten; undefined where nobody noticed. */
  readonly noticedMs: number | undefined;
}

/** Watches a neighbour that lives for `livesMs` and dies then. */
export function watchThroughAir(air: LossyAir): Watched {
  const { loss, livesMs, random, settings = DEFAULT_LIVENESS } = air;
  let liveness: Liveness = NOTHING_KNOWN;
  let heardMs = 0;
  let peeredFromMs = 0;
  let nextBeaconMs = random() * BEACON_MS;
  const falseAlarmsMs: number[] = [];
  for (let nowMs = 0; nowMs < livesMs + 60_000; nowMs += LOOK_MS) {
    const candidates: string[] = [];
    for (; nextBeaconMs <= nowMs && nextBeaconMs <= livesMs; nextBeaconMs += BEACON_MS) {
      if (random() < loss) continue;
      heardMs = nextBeaconMs;
      if (peeredFromMs !== Number.POSITIVE_INFINITY) continue;
      candidates.push(NEIGHBOUR);
      peeredFromMs = nowMs + PEERING_MS;
      heardMs = peeredFromMs;
    }
    const peered = nowMs >= peeredFromMs;
    const stations = [
      station(OTHER, 20),
      ...(peered ? [station(NEIGHBOUR, Math.max(0, nowMs - heardMs))] : []),
    ];
    const judged = judge(settings, liveness, nowMs, { stations, candidates });
    liveness = judged.liveness;
    if (!judged.verdicts.some(({ act }) => act === 'forget')) continue;
    if (nowMs > livesMs) return { falseAlarmsMs, noticedMs: nowMs - livesMs };
    falseAlarmsMs.push(nowMs);
    peeredFromMs = Number.POSITIVE_INFINITY;
  }
  return { falseAlarmsMs, noticedMs: undefined };
}
