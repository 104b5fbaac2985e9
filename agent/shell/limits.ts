/**
 * Bounds of what lies in this folder: the loop and who waits for it, keys and signatures. Whoever
 * else has bounds has them beside it, in a limits.ts of its own; what they have to do with each
 * other is asserted in limits-relations.ts.
 */
import { invariant } from '../core/base/assert.ts';
import { MAX_FRAME_BYTES } from '../core/base/limits.ts';
import type { Standing } from './place.ts';

/* The loop (loop.ts), and who waits for it (event-queue.ts, fair-queue.ts). */

/** What may wait of one link. A source that was told to pause and did not loses what is above. */
export interface LaneBounds {
  readonly pauseEvents: number;
  readonly pauseBytes: number;
  readonly mostEvents: number;
  readonly mostBytes: number;
}

function laneBounds(pauseEvents: number, pauseBytes: number): LaneBounds {
  const mostBytes = 2 * pauseBytes + MAX_FRAME_BYTES;
  return { pauseEvents, pauseBytes, mostEvents: 2 * pauseEvents, mostBytes };
}

/** Links are read ahead by so much: a wallet has one order on its way, a relay those of many. */
export const LANE_BOUNDS: Readonly<Record<Standing, LaneBounds>> = {
  local: laneBounds(512, 256 * 1024),
  trusted: laneBounds(512, 256 * 1024),
  node: laneBounds(64, 32 * 1024),
  anonymous: laneBounds(16, 8 * 1024),
};
/** Bytes that wait of all links of one standing before each that has a frame waiting pauses. */
export const STANDING_PAUSE_BYTES: Readonly<Record<Standing, number>> = {
  local: 2 * 1024 * 1024,
  trusted: 2 * 1024 * 1024,
  node: 1024 * 1024,
  anonymous: 1024 * 1024,
};
/** All of it, by construction (asserted in limits-relations.ts). */
export const MAX_QUEUED_BYTES = 14 * 1024 * 1024;
/** What may still wait of all links that are gone. */
export const MAX_LEFT_EVENTS = 256;
export const MAX_LEFT_BYTES = 512 * 1024;
/** Commands that wait; above it they are refused. */
export const MAX_QUEUED_COMMANDS = 512;
/** Whose share is how large, where all have more to do than there is time. */
export const STANDING_WEIGHTS: Readonly<Record<Standing, number>> = {
  local: 4,
  trusted: 4,
  node: 2,
  anonymous: 2,
};
/**
 * What an event costs, in units of about 20 microseconds on the machine of the benchmarks: a step,
 * a signature checked or made in it, a record that was not in memory, a KiB taken in, put out or
 * written.
 */
export const STEP_COST = 1;
export const CHECK_COST = 4;
export const SIGN_COST = 2;
export const READ_COST = 1;
export const KIB_COST = 1;
/**
 * How far whoever had nothing to do may be ahead of those who wait: an order and its certificate.
 */
export const SERVICE_CREDIT = 40;
/** Sources that are remembered by what they were served. */
export const MAX_QUEUE_SOURCES = 1_024;
/** Cost of the steps between two looks at the sockets. */
export const MAX_TURN_COST = 64;
/** Steps, and bytes of writes and sends, that may wait for one commit; then the queue waits. */
export const MAX_UNCOMMITTED_STEPS = 4_096;
export const MAX_UNCOMMITTED_BYTES = 4 * 1024 * 1024;
/** How much of both the steps of a standing may fill: an attack leaves room for the others. */
export const HELD_SHARES: Readonly<Record<Standing, number>> = {
  local: 1,
  trusted: 1,
  node: 0.75,
  anonymous: 0.75,
};
/** How long a stop may take before the process ends all the same. */
export const STOP_TIMEOUT_MS = 5_000;
/** How long of that the loop may take to finish what it has: then its peers hear a good-bye. */
export const DRAIN_TIMEOUT_MS = 3_000;

invariant(MAX_TURN_COST <= MAX_UNCOMMITTED_STEPS * STEP_COST, 'a commit takes a whole turn');
invariant(
  MAX_TURN_COST >= SERVICE_CREDIT,
  'whoever may be ahead is served within a turn of the loop',
);

/* Keys and signatures (keys.ts, verify.ts, remember.ts). */

/** Parsed public keys that are kept for the next signature check: a KeyObject takes about 1 KiB. */
export const VERIFY_CACHE_KEYS = 4_096;
/** So many signatures within so long are worth the 2 MiB that libsodium takes (sodium.ts). */
export const BUSY_SIGNATURES = 100;
export const BUSY_WITHIN_MS = 1_000;
/**
 * Votes that are kept for their certificates (remember.ts): about 1 MiB when all places are taken.
 */
export const REMEMBERED_SIGNATURES = 4_096;
/** Bytes that are read of a key file: the longer of its two forms, and white space. */
export const MAX_KEY_FILE_BYTES = 256;

/** How long a ledger's answer is waited for: then the same may be asked again. */
export const LEDGER_ANSWER_MS = 60_000;
