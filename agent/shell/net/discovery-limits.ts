/** Bounds of discovery (discovery.ts). */
import { invariant } from '../../core/base/assert.ts';

/** Bounds of discovery; the intervals come with jitter. */
export interface DiscoveryLimits {
  /** Beacons in quick succession at the start, and their interval. */
  readonly quickBeacons: number;
  readonly quickBeaconMs: number;
  /** The interval afterwards: multicast is the dearest thing on a mesh. */
  readonly beaconMs: number;
  /** How often interfaces that are absent are looked for. */
  readonly interfaceRetryMs: number;
  /**
   * Packets a second whose signature may be checked, per source address and in all
   * (token-bucket.ts).
   */
  readonly beaconsPerSourcePerSecond: number;
  readonly beaconsPerSecond: number;
  readonly bucketMs: number;
  readonly sources: number;
  /** Keys whose last counter is remembered, and for how long after they were last heard. */
  readonly counters: number;
  readonly counterForgetMs: number;
}

export const DISCOVERY_LIMITS: DiscoveryLimits = {
  quickBeacons: 5,
  quickBeaconMs: 1_000,
  beaconMs: 15_000,
  interfaceRetryMs: 2_000,
  beaconsPerSourcePerSecond: 2,
  beaconsPerSecond: 50,
  bucketMs: 5_000,
  sources: 256,
  counters: 1_024,
  counterForgetMs: 60_000,
};

invariant(
  DISCOVERY_LIMITS.counterForgetMs > 2 * DISCOVERY_LIMITS.beaconMs,
  'a counter is remembered from one beacon to the next',
);
