/**
 * What the bounds of different owners have to do with each other. Whoever changes one of them finds
 * out here, at the start of every program and test that opens an engine.
 */
import { invariant } from '../core/base/assert.ts';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_FRAME_BYTES,
  MAX_MEMBERS,
  MAX_RELAY_LINKS,
} from '../core/base/limits.ts';
import { quorumOf } from '../core/network/committee.ts';
import {
  CHECK_COST,
  DRAIN_TIMEOUT_MS,
  LANE_BOUNDS,
  MAX_LEFT_BYTES,
  MAX_QUEUED_BYTES,
  MAX_UNCOMMITTED_BYTES,
  SERVICE_CREDIT,
  SIGN_COST,
  STANDING_PAUSE_BYTES,
  STEP_COST,
  STOP_TIMEOUT_MS,
} from './limits.ts';
import { LOG_FLUSH_TRIES, LOG_FLUSH_WAIT_MS } from './log/limits.ts';
import { DATAGRAM_LIMITS, MAX_SEGMENT_COST_BYTES } from './net/datagram/limits.ts';
import { FORWARD_LANE_BYTES, NET_LIMITS } from './net/limits.ts';
import {
  BEHIND_BATCH_BYTES,
  COMMIT_LOG_MOST_BLOCKS,
  MAX_VALUE_BYTES,
  MOST_BEHIND_BYTES,
} from './store/limits.ts';

invariant(MAX_VALUE_BYTES >= 4 * MAX_CERTIFICATE_BYTES, 'the largest fact fits a record');
invariant(
  2 * MAX_UNCOMMITTED_BYTES <= COMMIT_LOG_MOST_BLOCKS * 4_096,
  'the largest commit of the loop fits the commit log',
);
invariant(
  BEHIND_BATCH_BYTES < MOST_BEHIND_BYTES,
  'while LevelDB takes one batch, there is room for what becomes the next',
);
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
  DRAIN_TIMEOUT_MS + NET_LIMITS.goodbyeMs + 2 * LOG_FLUSH_TRIES * LOG_FLUSH_WAIT_MS <
    STOP_TIMEOUT_MS,
  'whoever gives up on the disk has time to say good-bye',
);
invariant(
  2 * LOG_FLUSH_TRIES * LOG_FLUSH_WAIT_MS < STOP_TIMEOUT_MS,
  'an end is not held up by its log',
);
invariant(NET_LIMITS.nodeLinks <= MAX_RELAY_LINKS, 'the core takes note of every link to a node');
invariant(
  MAX_MEMBERS + NET_LIMITS.nodeLinks + NET_LIMITS.anonymousLinks <= NET_LIMITS.links,
  'every kind of link has its places',
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
  DATAGRAM_LIMITS.cookiesPerSourcePerSecond >=
    DATAGRAM_LIMITS.cookieCopies * NET_LIMITS.handshakesPerSource,
  'one source can be answered for all the handshakes that it may begin',
);
invariant(
  DATAGRAM_LIMITS.deadMs > NET_LIMITS.silenceMs,
  'a link ends by its own signs of life, not by those of its stream',
);
