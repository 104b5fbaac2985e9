/** Bounds of datagram streams, with the relations between them asserted. */
import { invariant } from '../../../core/base/assert.ts';
import { MAX_HAVE_BYTES, MAX_SEGMENT_BYTES } from './packet.ts';

/** What a segment costs beside its bytes: without it, many tiny ones would be almost free. */
export const SEGMENT_COST_BYTES = 128;
export const MAX_SEGMENT_COST_BYTES = MAX_SEGMENT_BYTES + SEGMENT_COST_BYTES;

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

invariant(
  DATAGRAM_LIMITS.windowSegments <= 8 * MAX_HAVE_BYTES,
  'an acknowledgement can name every segment that is on its way',
);
invariant(
  DATAGRAM_LIMITS.receiveBytes >= DATAGRAM_LIMITS.windowSegments * MAX_SEGMENT_COST_BYTES,
  'a reader that keeps up never narrows the window',
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
  DATAGRAM_LIMITS.strangerRepeatsPerSecond < DATAGRAM_LIMITS.guestRepeatsPerSecond &&
    DATAGRAM_LIMITS.guestRepeatsPerSecond < DATAGRAM_LIMITS.repeatsPerSecond,
  'no source uses up what all of its standing may repeat',
);
