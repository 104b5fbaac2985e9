/**
 * Every bound of the shell, in one place, with the relations between them asserted: what sockets,
 * files, queues and caches may take. Bounds that the protocol itself sees are in core/limits.ts.
 */
import { invariant } from '../core/assert.ts';
import { quorumOf } from '../core/committee.ts';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_FRAME_BYTES,
  MAX_MEMBERS,
  MAX_RELAY_LINKS,
} from '../core/limits.ts';
import type { Standing } from './fair-queue.ts';
import { MAX_SEGMENT_COST_BYTES } from './net/datagram/inbound.ts';
import { MAX_HAVE_BYTES } from './net/datagram/packet.ts';

/* The store (store/). */

/** Bytes of one key and of one value: the largest value is a pair of certificates with its link. */
export const MAX_KEY_BYTES = 64;
export const MAX_VALUE_BYTES = 65_536;
/** LevelDB's cache of table blocks, and its log before it becomes a table (two are held at most). */
export const STORE_BLOCK_CACHE_BYTES = 2 * 1024 * 1024;
export const STORE_WRITE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Recently used records that are kept beside LevelDB: bytes of keys and values. */
export const RECORD_CACHE_BYTES = 4 * 1024 * 1024;
/** Records and bytes that a scan takes from LevelDB at a time, and that a restore commits at once. */
export const SCAN_BATCH_RECORDS = 1_000;
export const SCAN_BATCH_BYTES = 256 * 1024;
/** Damage that is listed one by one; more is only counted. */
export const MAX_DAMAGE_LISTED = 32;
/** How long the anchor may be ahead of the disk in the page cache (store/anchor.ts). */
export const ANCHOR_FLUSH_MS = 1_000;
/** How often, and how long at a time, the one that comes first waits for another (store/holder.ts). */
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
/** All of it, by construction (asserted below). */
const MAX_QUEUED_BYTES = 14 * 1024 * 1024;
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
 * What an event costs, in units of about 20 microseconds on the machine of the benchmarks: a step, a
 * signature checked or made in it, a record that was not in memory, a KiB taken in, put out or written.
 */
export const STEP_COST = 1;
export const CHECK_COST = 4;
export const SIGN_COST = 2;
export const READ_COST = 1;
export const KIB_COST = 1;
/** How far whoever had nothing to do may be ahead of those who wait: an order and its certificate. */
export const SERVICE_CREDIT = 40;
/** Sources that are remembered by what they were served. */
export const MAX_QUEUE_SOURCES = 1_024;
/** Cost of the steps between two looks at the sockets. */
export const MAX_TURN_COST = 128;
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
/** How long a stop may take before it is given up. */
export const STOP_TIMEOUT_MS = 5_000;

invariant(MAX_VALUE_BYTES >= 4 * MAX_CERTIFICATE_BYTES, 'the largest fact fits a record');
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
  2 * LOG_FLUSH_TRIES * LOG_FLUSH_WAIT_MS < STOP_TIMEOUT_MS,
  'an end is not held up by its log',
);

/* Keys, streams and discovery (keys.ts, verify.ts, net/). */

/** Parsed public keys that are kept for the next signature check: a KeyObject takes about 1 KiB. */
export const VERIFY_CACHE_KEYS = 4_096;
/** Bytes that are handed to a socket before those after them wait in turn (net/output.ts). */
export const OUTPUT_AHEAD_BYTES = 128 * 1024;
/** Bytes that wait on one link to be passed on for one other. */
export const FORWARD_LANE_BYTES = 64 * 1024;
/** Bytes that are read of a key file: the longer of its two forms, and white space. */
export const MAX_KEY_FILE_BYTES = 256;

/** Bounds of streams. A configuration or a test may set others; these are the defaults. */
export interface NetLimits {
  /** From the first packet to the other side's acceptance; several lossy hops included. */
  readonly handshakeTimeoutMs: number;
  /** Incoming handshakes under way: in all, and of these for one source address. */
  readonly handshakes: number;
  readonly handshakesPerSource: number;
  /** Further ones, only for addresses at which a committee member is known. */
  readonly memberHandshakes: number;
  /** A handshake that has taken longer may lose its place to a newcomer. */
  readonly handshakePatienceMs: number;
  /**
   * New handshakes a second of strangers, and as many again of sources that have not called for
   * `bucketMs`; of one source, `handshakesPerSource`.
   */
  readonly handshakesPerSecond: number;

  /** Links of any kind; a place for each member is kept free. */
  readonly links: number;
  /** Links of nodes that are no members; anonymous links; of these from one source address. */
  readonly nodeLinks: number;
  readonly anonymousLinks: number;
  readonly anonymousPerSource: number;
  /** An anonymous link that says nothing for so long is closed. */
  readonly anonymousIdleMs: number;
  /** Where each source has one place, the most silent link gives way if it was silent for so long. */
  readonly evictableAfterMs: number;

  /** How often a link that was dialled or belongs to a node is asked for a sign of life. */
  readonly pingEveryMs: number;
  /** Without any for so long it is closed. */
  readonly silenceMs: number;
  /** How long a closed link may take to hear the reason. */
  readonly goodbyeMs: number;

  /** Bytes that wait for a slow reader before it is closed, by the kind of the other side. */
  readonly memberOutputBytes: number;
  readonly nodeOutputBytes: number;
  readonly anonymousOutputBytes: number;
  /** The same for all links that are not members' together. */
  readonly sharedOutputBytes: number;

  /** What a link may send, in tokens: a frame costs one, and one more for each whole KiB. */
  readonly memberTokensPerSecond: number;
  readonly nodeTokensPerSecond: number;
  readonly anonymousTokensPerSecond: number;
  /** The same for all links of one kind and one source together. */
  readonly sourceTokensPerSecond: number;
  /**
   * What signatures may cost a second that came over a link and brought nothing (CHECK_COST of the
   * loop): honest ones bring something, or are few.
   */
  readonly memberFruitlessPerSecond: number;
  readonly nodeFruitlessPerSecond: number;
  readonly anonymousFruitlessPerSecond: number;
  readonly sourceFruitlessPerSecond: number;
  /** A bucket holds what flows into it in this time. */
  readonly bucketMs: number;
  /** Source addresses that are remembered; the one seen longest ago is forgotten. */
  readonly sources: number;

  /** Pause before a peer is dialled again: doubles from the first to the last, with jitter. */
  readonly dialFirstMs: number;
  readonly dialLastMs: number;
  /** Addresses that are remembered for one peer. */
  readonly addressesPerPeer: number;
  /** Nodes in the peer table that nobody asked for (discovered, or linked by themselves). */
  readonly undemandedPeers: number;
  /** How long the first way to an address (TCP or datagrams) is tried before the other one too. */
  readonly dialRaceMs: number;
  /** The same where datagrams are the first way: on a mesh a slow handshake is no reason for TCP. */
  readonly datagramRaceMs: number;
  /** Pause before a listening address that is not there yet (a mesh that is down) is tried again. */
  readonly listenRetryMs: number;
}

export const NET_LIMITS: NetLimits = {
  handshakeTimeoutMs: 10_000,
  handshakes: 64,
  handshakesPerSource: 16,
  memberHandshakes: 16,
  handshakePatienceMs: 1_500,
  handshakesPerSecond: 100,
  links: 512,
  nodeLinks: 128,
  anonymousLinks: 256,
  anonymousPerSource: 64,
  anonymousIdleMs: 120_000,
  evictableAfterMs: 10_000,
  pingEveryMs: 2_000,
  silenceMs: 15_000,
  goodbyeMs: 500,
  memberOutputBytes: 4 * 1024 * 1024,
  nodeOutputBytes: 1024 * 1024,
  anonymousOutputBytes: 128 * 1024,
  sharedOutputBytes: 8 * 1024 * 1024,
  memberTokensPerSecond: 20_000,
  nodeTokensPerSecond: 4_000,
  anonymousTokensPerSecond: 500,
  sourceTokensPerSecond: 4_000,
  memberFruitlessPerSecond: 2_000 * CHECK_COST,
  nodeFruitlessPerSecond: 200 * CHECK_COST,
  anonymousFruitlessPerSecond: 50 * CHECK_COST,
  sourceFruitlessPerSecond: 200 * CHECK_COST,
  bucketMs: 2_000,
  sources: 1_024,
  dialFirstMs: 250,
  dialLastMs: 30_000,
  addressesPerPeer: 4,
  undemandedPeers: 256,
  dialRaceMs: 1_000,
  datagramRaceMs: 4_000,
  listenRetryMs: 2_000,
};

/** A wallet dials the few nodes that it was told of, and a person waits for it. */
export const WALLET_NET_LIMITS: Partial<NetLimits> = { dialLastMs: 5_000 };

/** Bounds of datagram streams (net/datagram). */
export interface DatagramLimits {
  /** Segments that may be on their way: at most, of a new connection, and whatever the delay. */
  readonly windowSegments: number;
  readonly firstWindow: number;
  readonly leastWindow: number;
  /** The same before the other side was heard, once there is a cookie; before that, one. */
  readonly openingWindow: number;
  /** How much longer than the shortest the round trip may get before the window shrinks. */
  readonly queueTargetMs: number;
  /** When to repeat: before the round trip is known, at least, and at most. */
  readonly repeatFirstMs: number;
  readonly repeatLeastMs: number;
  readonly repeatLastMs: number;
  /** Between copies of the same packet where many get lost. */
  readonly copySpacingMs: number;
  /** How long an acknowledgement may wait for something to travel with. */
  readonly acknowledgeMs: number;
  /** How much later a packet may have been sent that arrives sooner. */
  readonly reorderMs: number;
  /** Packets of repeats a second: all connections of one standing together, and one stranger. */
  readonly repeatsPerSecond: number;
  readonly strangerRepeatsPerSecond: number;
  /** When there is no token for one, the next attempt. */
  readonly repeatDeniedMs: number;
  /** With nothing heard for so long, though something was sent, the connection is given up. */
  readonly deadMs: number;
  /** An open one also when told so often, and no oftener, that nobody listens there any more. */
  readonly refusals: number;
  readonly refusalSpacingMs: number;
  /** How long a dialled connection that is gone answers its other side. */
  readonly lingerMs: number;
  /** Bytes of one connection that wait to be sent before its writer waits. */
  readonly sendBytes: number;
  /** Bytes of one connection that wait or are offered; of all of one standing together. */
  readonly receiveBytes: number;
  readonly sharedReceiveBytes: number;
  /** Cookies: of other nodes that are kept, and how often the own ones change. */
  readonly cookiesKept: number;
  readonly cookieEpochMs: number;
  /** Answers to strangers, each a second, and copies of a cookie where packets get lost. */
  readonly cookiesPerSecond: number;
  readonly cookieCopies: number;
  readonly resetsPerSecond: number;
  readonly bucketMs: number;
  /** Connections that are gone whose first packet is known again. */
  readonly goneRemembered: number;
}

export const DATAGRAM_LIMITS: DatagramLimits = {
  windowSegments: 64,
  firstWindow: 16,
  leastWindow: 4,
  openingWindow: 4,
  queueTargetMs: 60,
  repeatFirstMs: 150,
  repeatLeastMs: 50,
  repeatLastMs: 1_000,
  copySpacingMs: 10,
  acknowledgeMs: 20,
  reorderMs: 5,
  repeatsPerSecond: 1_000,
  strangerRepeatsPerSecond: 5,
  repeatDeniedMs: 20,
  deadMs: 30_000,
  refusals: 3,
  refusalSpacingMs: 1_000,
  lingerMs: 2_000,
  sendBytes: 64 * 1024,
  receiveBytes: 64 * 1_278,
  sharedReceiveBytes: 8 * 1024 * 1024,
  cookiesKept: 64,
  cookieEpochMs: 600_000,
  cookiesPerSecond: 500,
  cookieCopies: 3,
  resetsPerSecond: 100,
  bucketMs: 1_000,
  goneRemembered: 256,
};

/** Bounds of discovery; the intervals come with jitter. */
export interface DiscoveryLimits {
  /** Beacons in quick succession at the start, and their interval. */
  readonly quickBeacons: number;
  readonly quickBeaconMs: number;
  /** The interval afterwards: multicast is the dearest thing on a mesh. */
  readonly beaconMs: number;
  /** How often interfaces that are absent are looked for. */
  readonly interfaceRetryMs: number;
  /** Packets a second whose signature may be checked, per source address and in all. */
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

invariant(NET_LIMITS.nodeLinks <= MAX_RELAY_LINKS, 'the core takes note of every link to a node');
invariant(
  MAX_MEMBERS + NET_LIMITS.nodeLinks + NET_LIMITS.anonymousLinks <= NET_LIMITS.links,
  'every kind of link has its places',
);
invariant(
  NET_LIMITS.anonymousTokensPerSecond <= NET_LIMITS.nodeTokensPerSecond &&
    NET_LIMITS.nodeTokensPerSecond <= NET_LIMITS.sourceTokensPerSecond &&
    NET_LIMITS.sourceTokensPerSecond <= NET_LIMITS.memberTokensPerSecond,
  'a source that has one link may use it, and members are not held up by what strangers may send',
);
invariant(
  NET_LIMITS.anonymousFruitlessPerSecond <= NET_LIMITS.nodeFruitlessPerSecond &&
    NET_LIMITS.nodeFruitlessPerSecond <= NET_LIMITS.sourceFruitlessPerSecond &&
    NET_LIMITS.sourceFruitlessPerSecond <= NET_LIMITS.memberFruitlessPerSecond,
  'the same of signatures that bring nothing',
);
invariant(
  STANDING_PAUSE_BYTES.trusted +
    STANDING_PAUSE_BYTES.node +
    STANDING_PAUSE_BYTES.anonymous +
    (MAX_MEMBERS + NET_LIMITS.nodeLinks + NET_LIMITS.anonymousLinks) * MAX_FRAME_BYTES +
    MAX_LEFT_BYTES <=
    MAX_QUEUED_BYTES,
  'what waits for the loop is bounded, though each link may have a frame waiting',
);
invariant(
  FORWARD_LANE_BYTES >= 2 * (MAX_FRAME_BYTES + 4) &&
    2 * FORWARD_LANE_BYTES <= NET_LIMITS.anonymousOutputBytes,
  'whoever has frames passed on has one waiting behind another, and room for more than one such',
);
invariant(
  NET_LIMITS.anonymousOutputBytes >= 4 * MAX_FRAME_BYTES,
  'a slow reader is one that is several frames behind',
);
invariant(
  NET_LIMITS.silenceMs >= 3 * NET_LIMITS.pingEveryMs,
  'a link is silent only after several unanswered pings',
);
invariant(
  DISCOVERY_LIMITS.counterForgetMs > 2 * DISCOVERY_LIMITS.beaconMs,
  'a counter is remembered from one beacon to the next',
);
invariant(
  NET_LIMITS.dialRaceMs < NET_LIMITS.datagramRaceMs &&
    2 * NET_LIMITS.datagramRaceMs <= NET_LIMITS.handshakeTimeoutMs,
  'the second way to an address has half of the time at least',
);
invariant(
  DATAGRAM_LIMITS.windowSegments <= 8 * MAX_HAVE_BYTES,
  'an acknowledgement can name every segment that is on its way',
);
invariant(
  DATAGRAM_LIMITS.receiveBytes >= DATAGRAM_LIMITS.windowSegments * MAX_SEGMENT_COST_BYTES,
  'a reader that keeps up never narrows the window',
);
invariant(
  Math.max(
    NET_LIMITS.handshakes + NET_LIMITS.memberHandshakes,
    NET_LIMITS.nodeLinks + NET_LIMITS.anonymousLinks,
  ) *
    DATAGRAM_LIMITS.firstWindow *
    MAX_SEGMENT_COST_BYTES <=
    DATAGRAM_LIMITS.sharedReceiveBytes &&
    MAX_MEMBERS * DATAGRAM_LIMITS.receiveBytes <= DATAGRAM_LIMITS.sharedReceiveBytes,
  'every stranger and every guest has a first window, and every member the widest',
);
invariant(
  DATAGRAM_LIMITS.leastWindow <= DATAGRAM_LIMITS.firstWindow &&
    DATAGRAM_LIMITS.firstWindow <= DATAGRAM_LIMITS.windowSegments,
  'windows are in order',
);
invariant(
  2 * DATAGRAM_LIMITS.acknowledgeMs < DATAGRAM_LIMITS.repeatLeastMs &&
    2 * DATAGRAM_LIMITS.copySpacingMs < DATAGRAM_LIMITS.repeatLeastMs,
  'nothing is repeated while its acknowledgement waits',
);
invariant(
  DATAGRAM_LIMITS.repeatLeastMs <= DATAGRAM_LIMITS.repeatFirstMs &&
    DATAGRAM_LIMITS.repeatFirstMs <= DATAGRAM_LIMITS.repeatLastMs,
  'intervals are in order',
);
invariant(
  DATAGRAM_LIMITS.deadMs > NET_LIMITS.silenceMs,
  'a link ends by its own signs of life, not by those of its stream',
);
