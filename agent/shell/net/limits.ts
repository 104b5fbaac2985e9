/** Bounds of links and their streams, with the relations between them asserted. */
import { invariant } from '../../core/base/assert.ts';
import { CHECK_COST } from '../limits.ts';

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
  /**
   * A bucket holds what flows into it in this time. That of a source of strangers, who come with
   * many new ones at once, and that of a member's fruitless signatures hold less.
   */
  readonly bucketMs: number;
  readonly sourceBucketMs: number;
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
  memberFruitlessPerSecond: 250 * CHECK_COST,
  nodeFruitlessPerSecond: 200 * CHECK_COST,
  anonymousFruitlessPerSecond: 50 * CHECK_COST,
  sourceFruitlessPerSecond: 200 * CHECK_COST,
  strangerFruitlessPerSecond: 500 * CHECK_COST,
  bucketMs: 2_000,
  sourceBucketMs: 250,
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

/** Bytes that are handed to a socket before those after them wait in turn (net/output.ts). */
export const OUTPUT_AHEAD_BYTES = 128 * 1024;
/** Bytes that wait on one link to be passed on for one other. */
export const FORWARD_LANE_BYTES = 64 * 1024;

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
  NET_LIMITS.silenceMs >= 3 * NET_LIMITS.pingEveryMs,
  'a link is silent only after several unanswered pings',
);
invariant(
  NET_LIMITS.dialRaceMs < NET_LIMITS.datagramRaceMs &&
    2 * NET_LIMITS.datagramRaceMs <= NET_LIMITS.handshakeTimeoutMs,
  'the second way to an address has half of the time at least',
);
