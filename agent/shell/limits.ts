/**
 * Every bound of the shell, in one place, with the relations between them asserted: what sockets,
 * files, queues and caches may take. Bounds that the protocol itself sees are in core/limits.ts.
 */
import { invariant } from '../core/assert.ts';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_FRAME_BYTES,
  MAX_MEMBERS,
  MAX_RELAY_LINKS,
} from '../core/limits.ts';
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

/* The loop (loop.ts). */

/** Events that wait for the core: sources pause above the first, go on below the second. */
export const QUEUE_PAUSE_EVENTS = 4_096;
export const QUEUE_RELIEF_EVENTS = 1_024;
/** Above this, frames are lost and commands refused: sources that were told to pause did not. */
export const MAX_QUEUED_EVENTS = 8_192;
/** The same three, for the bytes of the frames that wait. */
export const QUEUE_PAUSE_BYTES = 4 * 1024 * 1024;
export const QUEUE_RELIEF_BYTES = 1024 * 1024;
export const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** Steps between two looks at the sockets. */
export const MAX_STEPS_PER_TURN = 128;
/** Steps, and bytes of writes and sends, that may wait for one commit; then the queue waits. */
export const MAX_UNCOMMITTED_STEPS = 4_096;
export const MAX_UNCOMMITTED_BYTES = 4 * 1024 * 1024;
/** How long a stop may take before it is given up. */
export const STOP_TIMEOUT_MS = 5_000;

invariant(MAX_VALUE_BYTES >= 4 * MAX_CERTIFICATE_BYTES, 'the largest fact fits a record');
invariant(QUEUE_RELIEF_EVENTS < QUEUE_PAUSE_EVENTS, 'a pause is not over at once');
invariant(QUEUE_PAUSE_EVENTS < MAX_QUEUED_EVENTS, 'a source can pause in time');
invariant(QUEUE_RELIEF_BYTES < QUEUE_PAUSE_BYTES, 'a pause is not over at once');
invariant(QUEUE_PAUSE_BYTES + MAX_FRAME_BYTES < MAX_QUEUED_BYTES, 'a source can pause in time');
invariant(MAX_STEPS_PER_TURN <= MAX_UNCOMMITTED_STEPS, 'a commit takes a whole turn');

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
  /** New handshakes a second of strangers; of one source, `handshakesPerSource`. */
  readonly handshakesPerSecond: number;

  /** Links of any kind; a place for each member is kept free. */
  readonly links: number;
  /** Links of nodes that are no members; anonymous links; of these from one source address. */
  readonly nodeLinks: number;
  readonly anonymousLinks: number;
  readonly anonymousPerSource: number;
  /** An anonymous link that says nothing for so long is closed. */
  readonly anonymousIdleMs: number;
  /** When places run out, the most silent link gives way if it has been silent for so long. */
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
  readonly nodeTokensPerSecond: number;
  readonly anonymousTokensPerSecond: number;
  /** The same for all anonymous links of one source address together. */
  readonly sourceTokensPerSecond: number;
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
  nodeTokensPerSecond: 4_000,
  anonymousTokensPerSecond: 500,
  sourceTokensPerSecond: 2_000,
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
