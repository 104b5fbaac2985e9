/**
 * What nodes say to each other. A frame is an envelope and one message. `to` names the authority
 * that it is for, or nobody: then it is for whoever gets it, or, if `route` is not empty, it is an
 * answer on its way back. A relay that passes a frame on writes the link from which it came at the
 * end of `route`; the authority returns the route as it got it, and each relay takes its entry off
 * again. So a relay remembers nothing (relay.ts).
 */
import * as P from 'micro-packed';
import type { LinkId } from '../io.ts';
import {
  DIGEST_DEPTH,
  DIGEST_FANOUT,
  MAX_BUCKET_ENTRIES,
  MAX_CERTIFICATES_PER_FRAME,
  MAX_ROUTE_HOPS,
  MAX_TOKENS,
} from '../limits.ts';
import type { MemberIndex } from '../units.ts';
import {
  balanceCoder,
  epochCoder,
  hashCoder,
  keyCoder,
  linkCoder,
  listOf,
  memberCoder,
  sequenceCoder,
  signatureCoder,
  tokenCoder,
} from './canonical.ts';
import { certificateCoder, signedOrderCoder } from './order.ts';

export const tokenBalanceCoder = P.struct({ token: tokenCoder, balance: balanceCoder });
export type TokenBalance = P.UnwrapCoder<typeof tokenBalanceCoder>;

/** An authority's vote on its way to the client. */
export const voteCoder = P.struct({
  epoch: epochCoder,
  member: memberCoder,
  orderHash: hashCoder,
  signature: signatureCoder,
});
export type Vote = P.UnwrapCoder<typeof voteCoder>;

/** An authority's answer to an order that it does not vote for; the part that it signs. */
export const verdictCoder = P.struct({
  orderHash: hashCoder,
  /** Wire number of the code (refusal.ts). */
  code: P.U8,
  /** The account's next sequence at this authority. */
  next: sequenceCoder,
  /** The account's balance there, in the order's token. */
  balance: balanceCoder,
});
export const orderRefusalCoder = P.struct({
  epoch: epochCoder,
  member: memberCoder,
  verdict: verdictCoder,
  /** The order that holds the sequence, when the code is `order_pending`. */
  pending: P.optional(P.bool, signedOrderCoder),
  signature: signatureCoder,
});
export type OrderRefusal = P.UnwrapCoder<typeof orderRefusalCoder>;

/** Nibbles from the root of the digest tree to one of its nodes. */
const pathCoder = P.validate(listOf(DIGEST_DEPTH, P.U8), (path) => {
  if (path.some((nibble) => nibble >= DIGEST_FANOUT)) throw new Error('a path is made of nibbles');
  return path;
});

const bucketEntryCoder = P.struct({
  account: keyCoder,
  next: sequenceCoder,
  /** First 8 bytes of the hash of all that the account ever ordered. */
  history: P.bytes(8),
});
export type BucketEntry = P.UnwrapCoder<typeof bucketEntryCoder>;

const certificatesCoder = listOf(MAX_CERTIFICATES_PER_FRAME, certificateCoder);

export const messageCoder = P.mappedTag(P.U8, {
  /** Client to authority: please vote. Answered by `vote` or `orderRefusal`. */
  order: [1, signedOrderCoder],
  vote: [2, voteCoder],
  orderRefusal: [3, orderRefusalCoder],
  /** Anyone to authority: this is certified. Answered by `applied` or `rejected`. */
  certificate: [4, certificateCoder],
  /** The account's next sequence at that authority, now. */
  applied: [5, P.struct({ member: memberCoder, account: keyCoder, next: sequenceCoder })],
  /** The answer to anything that is refused and is no order. `next` as in `applied`. */
  rejected: [
    6,
    P.struct({
      member: P.optional(P.bool, memberCoder),
      code: P.U8,
      account: P.optional(P.bool, keyCoder),
      next: sequenceCoder,
    }),
  ],
  accountQuery: [7, P.struct({ account: keyCoder })],
  account: [
    8,
    P.struct({
      member: memberCoder,
      account: keyCoder,
      next: sequenceCoder,
      /** How many credits the account has had at this authority. */
      received: P.U64BE,
      pending: P.optional(P.bool, signedOrderCoder),
      balances: listOf(MAX_TOKENS, tokenBalanceCoder),
    }),
  ],
  /** Certificates of one account's own orders from a sequence on. */
  certificatesQuery: [9, P.struct({ account: keyCoder, from: sequenceCoder })],
  certificates: [
    10,
    P.struct({
      member: memberCoder,
      account: keyCoder,
      /** The account's next sequence at the sender: whether there is more to ask for. */
      next: sequenceCoder,
      certificates: certificatesCoder,
    }),
  ],
  /** Certificates that credit an account, in the order in which this authority applied them. */
  creditsQuery: [11, P.struct({ account: keyCoder, from: P.U64BE })],
  credits: [
    12,
    P.struct({
      member: memberCoder,
      account: keyCoder,
      from: P.U64BE,
      received: P.U64BE,
      certificates: certificatesCoder,
    }),
  ],
  /** Authority to authority: an order that I voted for. Not answered. */
  gossip: [13, signedOrderCoder],
  /** Authority to authority: two orders that one account signed for one sequence. Not answered. */
  doubleSpend: [14, P.struct({ first: signedOrderCoder, second: signedOrderCoder })],
  /** Catch-up: the root of my digest tree. Answered by `digest` of the root where it differs. */
  root: [15, P.struct({ digest: hashCoder })],
  digest: [16, P.struct({ path: pathCoder, children: P.array(DIGEST_FANOUT, hashCoder) })],
  /** Catch-up: my accounts of one bucket, above `after`, in ascending order. */
  bucket: [
    17,
    P.struct({
      path: pathCoder,
      after: P.optional(P.bool, keyCoder),
      more: P.bool,
      entries: listOf(MAX_BUCKET_ENTRIES, bucketEntryCoder),
    }),
  ],
  bucketQuery: [18, P.struct({ path: pathCoder, after: keyCoder })],
});
export type Message = P.UnwrapCoder<typeof messageCoder>;
export type Bucket = Extract<Message, { TAG: 'bucket' }>['data'];
export type AccountView = Extract<Message, { TAG: 'account' }>['data'];
export type CertificatePage = Extract<Message, { TAG: 'certificates' }>['data'];
export type Credits = Extract<Message, { TAG: 'credits' }>['data'];

export interface Frame {
  /** The authority that the frame is for. */
  readonly to: MemberIndex | undefined;
  /** Links to go back over, the next one last. */
  readonly route: readonly LinkId[];
  readonly message: Message;
}

export const frameCoder = P.struct({
  to: P.optional(P.bool, memberCoder),
  route: listOf(MAX_ROUTE_HOPS, linkCoder),
  message: messageCoder,
}) as unknown as P.CoderType<Frame>;
