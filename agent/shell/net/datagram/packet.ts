/**
 * Datagrams on the wire: four kinds, big-endian, canonical or not read at all.
 *
 *   open     0xd1 id[8] cookie[17] body   the dialler, until it has heard the other side's segments
 *   segment  0xd2 id[8] body              everything after that, both ways
 *   cookie   0xd3 id[8] echo[4] cookie[17]  "show that you hear me": answer to an open (cookie.ts)
 *   reset    0xd4 id[8]                   there is no such connection (any more)
 *
 *   body     count[2] loss[1] flags[1] sent[4] echo[4] held[2] next[6] window[1]
 *            have-bytes[1] have[0..8] { sequence[6] fin-and-length[2] bytes[..1150] }...
 *
 * `id` is drawn at random by the dialler and is all that lets a packet have any effect, beside the
 * address. `count` numbers packets. `sent` is the sender's clock, in milliseconds modulo 2^32;
 * `echo` and `held` give back the `sent` of the latest packet that came and how long ago that was,
 * so each packet measures the round trip, repeated or not, and tells which packets should have come
 * by now. `next`, `have` and `window` are the whole state of the receiver, in every packet: all
 * segments below `next` are there, `have` has a bit for each one above it (the least significant
 * bit of the first byte is next + 1), and segments below next + window are welcome. So any one
 * packet that arrives makes up for all that were lost before it. `loss` is how many of 255 packets
 * of the other side went missing lately.
 *
 * A datagram is at most 1,232 bytes: it fits the smallest IPv6 packet and is never fragmented.
 */

export const MAX_DATAGRAM_BYTES = 1_232;
export const MAX_SEGMENT_BYTES = 1_150;
export const COOKIE_BYTES = 17;
export const COOKIE_PACKET_BYTES = 30;
/** IPv6 and UDP headers: what a datagram costs beside its own bytes. */
export const DATAGRAM_OVERHEAD_BYTES = 48;
export const MAX_HAVE_BYTES = 8;
/** What `held` says when nothing has come yet that could be echoed. */
const NOTHING_HELD = 0xffff;
/** Far from being reached: a thousand segments a second for eight thousand years. */
const MAX_SEQUENCE = 2 ** 48 - 1;
const HEADER_BYTES = 9;
const BODY_BYTES = 22;
/** Bytes of a segment in a packet beside its own. */
export const SEGMENT_HEAD_BYTES = 8;
const FIN = 0x8000;
const WANTS_ANSWER = 1;

const KINDS = { open: 0xd1, segment: 0xd2, cookie: 0xd3, reset: 0xd4 } as const;

/** A piece of the stream. The last one of a stream is `fin`, and may be empty; no other may. */
export interface Segment {
  readonly sequence: number;
  readonly fin: boolean;
  readonly bytes: Uint8Array;
}

export interface Body {
  /** 0 to 65,535. */
  readonly count: number;
  /** 0 to 255. */
  readonly loss: number;
  readonly wantsAnswer: boolean;
  readonly sent: number;
  /** `held`: milliseconds since it came, 0 to 65,534. */
  readonly echo: { readonly sent: number; readonly held: number } | undefined;
  readonly next: number;
  /** 0 to 255. */
  readonly window: number;
  /** At most eight bytes, the last one not zero. */
  readonly have: Uint8Array;
  readonly segments: readonly Segment[];
}

export type Packet =
  | {
      readonly kind: 'open';
      readonly id: bigint;
      readonly cookie: Uint8Array;
      readonly body: Body;
    }
  | { readonly kind: 'segment'; readonly id: bigint; readonly body: Body }
  | {
      readonly kind: 'cookie';
      readonly id: bigint;
      readonly echo: number;
      readonly cookie: Uint8Array;
    }
  | { readonly kind: 'reset'; readonly id: bigint };

/** Bytes that one segment takes in a packet. */
export function segmentSize(segment: Segment): number {
  return SEGMENT_HEAD_BYTES + segment.bytes.length;
}

/** Bytes that are left for segments in a packet with so many bytes of `have`. */
export function roomForSegments(kind: 'open' | 'segment', haveBytes: number): number {
  const cookie = kind === 'open' ? COOKIE_BYTES : 0;
  return MAX_DATAGRAM_BYTES - HEADER_BYTES - cookie - BODY_BYTES - haveBytes;
}

export function encodePacket(packet: Packet): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOf(packet));
  bytes[0] = KINDS[packet.kind];
  bytes.writeBigUInt64BE(packet.id, 1);
  switch (packet.kind) {
    case 'open':
      bytes.set(packet.cookie, HEADER_BYTES);
      writeBody(bytes, HEADER_BYTES + COOKIE_BYTES, packet.body);
      return bytes;
    case 'segment':
      writeBody(bytes, HEADER_BYTES, packet.body);
      return bytes;
    case 'cookie':
      bytes.writeUInt32BE(packet.echo, HEADER_BYTES);
      bytes.set(packet.cookie, HEADER_BYTES + 4);
      return bytes;
    case 'reset':
      return bytes;
  }
}

function sizeOf(packet: Packet): number {
  switch (packet.kind) {
    case 'open':
      return HEADER_BYTES + COOKIE_BYTES + bodySize(packet.body);
    case 'segment':
      return HEADER_BYTES + bodySize(packet.body);
    case 'cookie':
      return COOKIE_PACKET_BYTES;
    case 'reset':
      return HEADER_BYTES;
  }
}

function bodySize({ have, segments }: Body): number {
  return segments.reduce((sum, one) => sum + segmentSize(one), BODY_BYTES + have.length);
}

function writeBody(bytes: Buffer, start: number, body: Body): void {
  bytes.writeUInt16BE(body.count, start);
  bytes[start + 2] = body.loss;
  bytes[start + 3] = body.wantsAnswer ? WANTS_ANSWER : 0;
  bytes.writeUInt32BE(body.sent, start + 4);
  bytes.writeUInt32BE(body.echo?.sent ?? 0, start + 8);
  bytes.writeUInt16BE(body.echo?.held ?? NOTHING_HELD, start + 12);
  bytes.writeUIntBE(body.next, start + 14, 6);
  bytes[start + 20] = body.window;
  bytes[start + 21] = body.have.length;
  bytes.set(body.have, start + BODY_BYTES);
  let at = start + BODY_BYTES + body.have.length;
  for (const { sequence, fin, bytes: piece } of body.segments) {
    bytes.writeUIntBE(sequence, at, 6);
    bytes.writeUInt16BE((fin ? FIN : 0) | piece.length, at + 6);
    bytes.set(piece, at + SEGMENT_HEAD_BYTES);
    at += SEGMENT_HEAD_BYTES + piece.length;
  }
}

/** Reads a datagram; undefined: not one of ours. The parts of the result are views into `bytes`. */
export function decodePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return undefined;
  const id = bytes.readBigUInt64BE(1);
  switch (bytes[0]) {
    case KINDS.open: {
      if (bytes.length < HEADER_BYTES + COOKIE_BYTES) return undefined;
      const cookie = bytes.subarray(HEADER_BYTES, HEADER_BYTES + COOKIE_BYTES);
      const body = readBody(bytes, HEADER_BYTES + COOKIE_BYTES);
      return body === undefined ? undefined : { kind: 'open', id, cookie, body };
    }
    case KINDS.segment: {
      const body = readBody(bytes, HEADER_BYTES);
      return body === undefined ? undefined : { kind: 'segment', id, body };
    }
    case KINDS.cookie: {
      if (bytes.length !== COOKIE_PACKET_BYTES) return undefined;
      const echo = bytes.readUInt32BE(HEADER_BYTES);
      return { kind: 'cookie', id, echo, cookie: bytes.subarray(HEADER_BYTES + 4) };
    }
    case KINDS.reset:
      return bytes.length === HEADER_BYTES ? { kind: 'reset', id } : undefined;
    default:
      return undefined;
  }
}

function readBody(bytes: Buffer, start: number): Body | undefined {
  if (bytes.length < start + BODY_BYTES) return undefined;
  const flags = bytes.readUInt8(start + 3);
  const held = bytes.readUInt16BE(start + 12);
  const echoed = bytes.readUInt32BE(start + 8);
  const haveBytes = bytes.readUInt8(start + 21);
  if (flags > WANTS_ANSWER || haveBytes > MAX_HAVE_BYTES) return undefined;
  if (held === NOTHING_HELD && echoed !== 0) return undefined;
  const segmentsAt = start + BODY_BYTES + haveBytes;
  if (bytes.length < segmentsAt) return undefined;
  const have = bytes.subarray(start + BODY_BYTES, segmentsAt);
  if (haveBytes > 0 && have[haveBytes - 1] === 0) return undefined;
  const segments = readSegments(bytes, segmentsAt);
  if (segments === undefined) return undefined;
  return {
    count: bytes.readUInt16BE(start),
    loss: bytes.readUInt8(start + 2),
    wantsAnswer: flags === WANTS_ANSWER,
    sent: bytes.readUInt32BE(start + 4),
    echo: held === NOTHING_HELD ? undefined : { sent: echoed, held },
    next: bytes.readUIntBE(start + 14, 6),
    window: bytes.readUInt8(start + 20),
    have,
    segments,
  };
}

function readSegments(bytes: Buffer, start: number): Segment[] | undefined {
  const segments: Segment[] = [];
  let at = start;
  while (at < bytes.length) {
    if (bytes.length < at + SEGMENT_HEAD_BYTES) return undefined;
    const sequence = bytes.readUIntBE(at, 6);
    const word = bytes.readUInt16BE(at + 6);
    const fin = (word & FIN) !== 0;
    const length = word & ~FIN;
    const end = at + SEGMENT_HEAD_BYTES + length;
    if (length > MAX_SEGMENT_BYTES || (length === 0 && !fin)) return undefined;
    if (end > bytes.length || sequence >= MAX_SEQUENCE) return undefined;
    segments.push({ sequence, fin, bytes: bytes.subarray(at + SEGMENT_HEAD_BYTES, end) });
    at = end;
  }
  return segments;
}
