/**
 * Every bound of the shell, in one place, with the relations between them asserted: what sockets,
 * files, queues and caches may take. Those of streams and discovery, of which a configuration or a
 * test may set others, are in net/limits.ts; those that the protocol itself sees in
 * core/base/limits.ts.
 */
import { invariant } from '../core/base/assert.ts';
import { MAX_CERTIFICATE_BYTES, MAX_FRAME_BYTES } from '../core/base/limits.ts';
import { quorumOf } from '../core/network/committee.ts';
import type { Standing } from './standing.ts';

/* The store (store/). */

/** Bytes of one key and of one value: the largest value is a pair of certificates with its link. */
export const MAX_KEY_BYTES = 64;
export const MAX_VALUE_BYTES = 65_536;
/**
 * LevelDB's cache of table blocks, and its log before it becomes a table (two are held at most).
 */
export const STORE_BLOCK_CACHE_BYTES = 2 * 1024 * 1024;
export const STORE_WRITE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Recently used records that are kept beside LevelDB: bytes of keys and values. */
export const RECORD_CACHE_BYTES = 4 * 1024 * 1024;
/**
 * Records and bytes that a scan takes from LevelDB at a time, and that a restore commits at once.
 */
export const SCAN_BATCH_RECORDS = 1_000;
export const SCAN_BATCH_BYTES = 256 * 1024;
/** Damage that is listed one by one; more is only counted. */
export const MAX_DAMAGE_LISTED = 32;
/** Blocks of 4096 bytes of the commit log's ring, at first and at most (store/commit-log.ts). */
export const COMMIT_LOG_FIRST_BLOCKS = 32;
export const COMMIT_LOG_MOST_BLOCKS = 2_048;
/** Damage that a checkpoint keeps, and bytes of one text of it (store/log-format.ts). */
export const MAX_MARKED_DAMAGE = 6;
export const MAX_MARKED_TEXT_BYTES = 200;
/** Records that a scrub reads at a time, and how much longer it then rests than that took. */
export const SCRUB_SLICE_RECORDS = 64;
export const SCRUB_REST_FACTOR = 4;
/** Records that every session of a wallet reads at its end: a person waits for that. */
export const SESSION_SCRUB_RECORDS = 512;
/** How long after a scrub came to its end the next one begins. */
export const SCRUB_EVERY_MS = 7 * 24 * 3_600_000;
/**
 * How often, and how long at a time, the one that comes first waits for another (store/holder.ts).
 */
export const HOLD_PATIENCE_LOOKS = 200;
export const HOLD_PAUSE_MS = 10;
/** Files that a move carries beside the records (store/move.ts), and bytes of one. */
export const MAX_EXTRA_FILES = 16;
export const MAX_EXTRA_FILE_BYTES = 65_535;

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
/** All of it, by construction (asserted in net/limits.ts). */
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

/** How often a service manager hears how the opening gets on, and how much longer it then waits. */
export const TELL_OPENING_MS = 10_000;
export const EXTEND_START_MS = 60_000;

invariant(2 * TELL_OPENING_MS < EXTEND_START_MS, 'more time is asked for before it is over');
invariant(MAX_VALUE_BYTES >= 4 * MAX_CERTIFICATE_BYTES, 'the largest fact fits a record');
invariant(
  2 * MAX_UNCOMMITTED_BYTES <= COMMIT_LOG_MOST_BLOCKS * 4_096,
  'the largest commit of the loop fits the commit log',
);
invariant(MAX_TURN_COST <= MAX_UNCOMMITTED_STEPS * STEP_COST, 'a commit takes a whole turn');
invariant(
  Object.values(LANE_BOUNDS).every(
    (lane) =>
      lane.pauseEvents >= 2 &&
      lane.mostEvents > lane.pauseEvents &&
      lane.mostBytes >= lane.pauseBytes + MAX_FRAME_BYTES,
  ),
  'a link can pause in time, and goes on before it has nothing to do',
);
invariant(
  SERVICE_CREDIT >= 2 * STEP_COST + (1 + quorumOf(4) + 1) * CHECK_COST + SIGN_COST,
  'a payment of a committee of four is served at once',
);
invariant(
  MAX_TURN_COST >= SERVICE_CREDIT,
  'whoever may be ahead is served within a turn of the loop',
);

/* The control socket (control/). It serves people on this machine, so it may be generous. */

/** Bytes of one request, and of one answer or event. */
export const MAX_CONTROL_REQUEST_BYTES = 65_536;
export const MAX_CONTROL_REPLY_BYTES = 4 * 1024 * 1024;
/** Connections at a time, and requests of one of them that are not answered yet. */
export const MAX_CONTROL_CLIENTS = 16;
export const MAX_CONTROL_REQUESTS = 16;
/** Bytes that wait for one client to read them; above it, the client is cut off. */
export const MAX_CONTROL_QUEUED_BYTES = 1024 * 1024;
/** How long a connection may stay open with nothing asked. */
export const CONTROL_IDLE_MS = 600_000;
/** How long a client waits for an answer, if it does not say otherwise. */
export const CONTROL_ANSWER_MS = 30_000;
/** How long `account` waits for authorities to answer. */
export const ACCOUNT_QUERY_MS = 3_000;

invariant(ACCOUNT_QUERY_MS < CONTROL_ANSWER_MS, 'an answer comes before the client gives up');

/* Configuration, logs (config.ts, logs.ts). */

export const MAX_CONFIG_BYTES = 262_144;
export const MAX_GENESIS_BYTES = 4 * 1024 * 1024;
/** How long the same error is folded into one line, and how many different ones at a time. */
export const LOG_FOLD_MS = 10_000;
export const MAX_FOLDED_MESSAGES = 256;
/** Bytes of log lines that wait for a slow reader or a full disk; above it, lines are lost. */
export const MAX_UNWRITTEN_LOG_BYTES = 256 * 1024;
/** How long a log that cannot be written is left alone before the next try. */
export const LOG_RETRY_MS = 250;
/** At the end of the process a slow reader is waited for so often, and each time so long. */
export const LOG_FLUSH_TRIES = 20;
export const LOG_FLUSH_WAIT_MS = 10;

invariant(
  DRAIN_TIMEOUT_MS + 1_000 < STOP_TIMEOUT_MS,
  'whoever gives up on the disk has time to say good-bye',
);
invariant(
  2 * LOG_FLUSH_TRIES * LOG_FLUSH_WAIT_MS < STOP_TIMEOUT_MS,
  'an end is not held up by its log',
);

/* Keys, streams and discovery (keys.ts, verify.ts, net/). */

/** Parsed public keys that are kept for the next signature check: a KeyObject takes about 1 KiB. */
export const VERIFY_CACHE_KEYS = 4_096;
/**
 * Votes that are kept for their certificates (remember.ts): about 1 MiB when all places are taken.
 */
export const REMEMBERED_SIGNATURES = 4_096;
/** Bytes that are handed to a socket before those after them wait in turn (net/output.ts). */
export const OUTPUT_AHEAD_BYTES = 128 * 1024;
/** Bytes that wait on one link to be passed on for one other. */
export const FORWARD_LANE_BYTES = 64 * 1024;
/** Bytes that are read of a key file: the longer of its two forms, and white space. */
export const MAX_KEY_FILE_BYTES = 256;
