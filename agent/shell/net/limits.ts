/**
 * The bounds of streams and discovery (limits.ts has the others), with the relations between them
 * asserted.
 */
import { invariant } from '../../core/base/assert.ts';
import { MAX_FRAME_BYTES, MAX_MEMBERS, MAX_RELAY_LINKS } from '../../core/base/limits.ts';
import {
  CHECK_COST,
  FORWARD_LANE_BYTES,
  MAX_LEFT_BYTES,
  MAX_QUEUED_BYTES,
  STANDING_PAUSE_BYTES,
} from '../limits.ts';
import { MAX_SEGMENT_COST_BYTES } from './datagram/inbound.ts';
import { MAX_HAVE_BYTES } from './datagram/packet.ts';

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
  /**
   * Where each source has one place, the most silent link gives way if it was silent for so long.
   */
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
  /**
   * The same for all links of one kind and one source together, and for all sources of one kind.
   */
  readonly sourceTokensPerSecond: number;
  readonly strangerTokensPerSecond: number;
  /**
   * What signatures may cost a second that came over a link and brought nothing (CHECK_COST of the
   * loop): honest ones bring something, or are few.
   */
  readonly memberFruitlessPerSecond: number;
  readonly nodeFruitlessPerSecond: number;
  readonly anonymousFruitlessPerSecond: number;
  readonly sourceFruitlessPerSecond: number;
  readonly strangerFruitlessPerSecond: number;
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
  /**
   * The same where datagrams are the first way: on a mesh a slow handshake is no reason for TCP.
   */
  readonly datagramRaceMs: number;
  /**
   * Pause before a listening address that is not there yet (a mesh that is down) is tried again.
   */
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
  strangerTokensPerSecond: 16_000,
  memberFruitlessPerSecond: 500 * CHECK_COST,
  nodeFruitlessPerSecond: 200 * CHECK_COST,
  anonymousFruitlessPerSecond: 50 * CHECK_COST,
  sourceFruitlessPerSecond: 200 * CHECK_COST,
  strangerFruitlessPerSecond: 1_000 * CHECK_COST,
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
  /**
   * Packets of repeats a second: all connections of one standing together, those of one source that
   * are guests, and one stranger.
   */
  readonly repeatsPerSecond: number;
  readonly guestRepeatsPerSecond: number;
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
  /**
   * Answers to strangers a second, in all and to one source (token-bucket.ts), and copies of a
   * cookie.
   */
  readonly cookiesPerSecond: number;
  readonly cookiesPerSourcePerSecond: number;
  readonly cookieCopies: number;
  readonly resetsPerSecond: number;
  readonly resetsPerSourcePerSecond: number;
  /** Sources that are remembered; the one seen longest ago is forgotten. */
  readonly sources: number;
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
  guestRepeatsPerSecond: 250,
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
  cookiesPerSourcePerSecond: 50,
  cookieCopies: 3,
  resetsPerSecond: 100,
  resetsPerSourcePerSecond: 20,
  sources: 1_024,
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

invariant(NET_LIMITS.nodeLinks <= MAX_RELAY_LINKS, 'the core takes note of every link to a node');
invariant(
  MAX_MEMBERS + NET_LIMITS.nodeLinks + NET_LIMITS.anonymousLinks <= NET_LIMITS.links,
  'every kind of link has its places',
);
invariant(
  NET_LIMITS.anonymousTokensPerSecond <= NET_LIMITS.nodeTokensPerSecond &&
    NET_LIMITS.nodeTokensPerSecond <= NET_LIMITS.sourceTokensPerSecond &&
    NET_LIMITS.sourceTokensPerSecond <= NET_LIMITS.strangerTokensPerSecond &&
    NET_LIMITS.strangerTokensPerSecond <= NET_LIMITS.memberTokensPerSecond,
  'a source that has one link may use it, and members are not held up by what strangers may send',
);
invariant(
  NET_LIMITS.anonymousFruitlessPerSecond <= NET_LIMITS.nodeFruitlessPerSecond &&
    NET_LIMITS.nodeFruitlessPerSecond <= NET_LIMITS.sourceFruitlessPerSecond &&
    NET_LIMITS.sourceFruitlessPerSecond <= NET_LIMITS.memberFruitlessPerSecond &&
    NET_LIMITS.sourceFruitlessPerSecond <= NET_LIMITS.strangerFruitlessPerSecond,
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
  DATAGRAM_LIMITS.cookiesPerSourcePerSecond >=
    DATAGRAM_LIMITS.cookieCopies * NET_LIMITS.handshakesPerSource,
  'one source can be answered for all the handshakes that it may begin',
);
invariant(
  DATAGRAM_LIMITS.strangerRepeatsPerSecond < DATAGRAM_LIMITS.guestRepeatsPerSecond &&
    DATAGRAM_LIMITS.guestRepeatsPerSecond < DATAGRAM_LIMITS.repeatsPerSecond,
  'no source uses up what all of its standing may repeat',
);
invariant(
  DATAGRAM_LIMITS.deadMs > NET_LIMITS.silenceMs,
  'a link ends by its own signs of life, not by those of its stream',
);
