/**
 * Bytes that no honest node would send: frames that are not canonical, and certificates that are
 * none. Built by hand where the core's own encoder would refuse.
 */
import { concatBytes } from '../../../agent/core/base/bytes.ts';
import type {
  Amount,
  Epoch,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import {
  type Certificate,
  type MemberSignature,
  type SignedOrder,
  signedOrderCoder,
} from '../../../agent/core/codec/order.ts';
import type { Prng } from '../prng.ts';
import type { Case, Conspiracy } from './conspiracy.ts';

/** Frames that are not canonical: whoever accepts one is at fault (checker `frames`). */
const malformed = new WeakSet<Uint8Array>();

/** Whether these very bytes were made to be refused. */
export function isMalformed(bytes: Uint8Array): boolean {
  return malformed.has(bytes);
}

/** A frame as an honest node would write it. */
export function frameOf(message: Message, to?: MemberIndex): Uint8Array {
  return encode(frameCoder, { to, route: [], isPassedOn: false, message });
}

/** A certificate frame whose votes stand there as they are given: any order, any number. */
export function certificateFrame(
  epoch: number,
  order: SignedOrder,
  votes: readonly MemberSignature[],
): Uint8Array {
  const head = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, epoch);
  const body = encode(signedOrderCoder, order);
  const rows = votes.map(({ member, signature }) => concatBytes(Uint8Array.of(member), signature));
  const frame = concatBytes(head, body, Uint8Array.of(votes.length), ...rows);
  const isCanonical = votes.every(
    (vote, i) => i === 0 || vote.member > (votes[i - 1]?.member ?? 0),
  );
  if (!isCanonical) malformed.add(frame);
  return frame;
}

/** A certificate that lacks something, made from votes that are at hand. */
export function falseCertificate(
  prng: Prng,
  { order, votes }: Certificate,
  quorum: number,
  others: readonly MemberSignature[],
): Uint8Array {
  const few = votes.slice(0, quorum - 1);
  const [first] = few;
  switch (prng.below(7)) {
    case 0:
      return certificateFrame(0, order, few);
    case 1:
      return certificateFrame(0, order, first === undefined ? few : [first, ...few]);
    case 2: {
      const absent = (few.at(-1)?.member ?? 0) + 1;
      const made = { member: absent as MemberIndex, signature: prng.bytes(64) };
      return certificateFrame(0, order, [...few, made]);
    }
    case 3: {
      // One member's vote under the next one's number.
      const next = ((few.at(-1)?.member ?? 0) + 1) as MemberIndex;
      return certificateFrame(0, order, [
        ...few,
        { member: next, signature: first?.signature ?? prng.bytes(64) },
      ]);
    }
    case 4:
      return certificateFrame(prng.pick([1, 7]), order, others);
    case 5:
      return certificateFrame(prng.pick([1, 7]), order, votes);
    default:
      return certificateFrame(0, order, others);
  }
}

/**
 * A certificate for the next order of an account that is none, in canonical form, so that it fits a
 * page and only checking it tells. Of the order that they watch, if there is one, or of one that
 * nobody signed; its votes are too few, made up, for another epoch, or for other things.
 */
export function falseNext(
  prng: Prng,
  plot: Conspiracy,
  account: Uint8Array,
  sequence: Sequence,
): Certificate {
  const watched = plot.caseOf(account, sequence) ?? unsigned(prng, plot, account, sequence);
  const { order } = watched;
  const real = Array.from(watched.votes, ([member, signature]) => ({ member, signature }));
  real.sort((a, b) => a.member - b.member);
  const old = plot.oldVotes(watched, 7 as Epoch);
  const epoch = 0 as Epoch;
  switch (prng.below(4)) {
    case 0:
      return { epoch, order, votes: real.slice(0, plot.quorum - 1) };
    case 1:
      return { epoch: 7 as Epoch, order, votes: old };
    case 2:
      return { epoch, order, votes: old };
    default: {
      // What real votes there are, but for the last one that a quorum needs, and made-up ones.
      const few = real.slice(0, plot.quorum - 1);
      const isThere = new Set(few.map(({ member }) => member));
      const rest = old.filter(({ member }) => !isThere.has(member));
      const made = rest.map(({ member }) => ({ member, signature: prng.bytes(64) }));
      return { epoch, order, votes: [...few, ...made].sort((a, b) => a.member - b.member) };
    }
  }
}

/** An order in somebody's name, with the traitors' votes. */
function unsigned(prng: Prng, plot: Conspiracy, account: Uint8Array, sequence: Sequence): Case {
  const data = {
    recipient: prng.bytes(32),
    token: 0 as TokenIndex,
    amount: 1n as Amount,
    memo: new Uint8Array(),
  };
  const order = { account, sequence, action: { TAG: 'transfer', data } } as const;
  return plot.votedFor({ order, signature: prng.bytes(64) });
}

/** A certificate of this very order that is none. */
export function withoutQuorum(prng: Prng, { epoch, order, votes }: Certificate): Certificate {
  const at = prng.below(Math.max(1, votes.length));
  if (prng.below(2) === 0) return { epoch, order, votes: votes.slice(0, at) };
  const made = votes.map((vote, i) => (i === at ? { ...vote, signature: prng.bytes(64) } : vote));
  return { epoch, order, votes: made };
}

/** A frame that was right until something happened to it; in many ways, all of them detectable. */
export function garble(prng: Prng, frame: Uint8Array): Uint8Array {
  const garbled = garbledOf(prng, frame);
  malformed.add(garbled);
  return garbled;
}

function garbledOf(prng: Prng, frame: Uint8Array): Uint8Array {
  switch (prng.below(4)) {
    case 0:
      return concatBytes(frame, prng.bytes(prng.between(1, 40)));
    case 1:
      return frame.slice(0, prng.below(frame.length));
    case 2:
      return concatBytes(frame, new Uint8Array(20_481));
    default: {
      const flagged = frame.slice();
      flagged[0] = prng.between(2, 255);
      return flagged;
    }
  }
}

/**
 * An order with a memo of one byte, in a frame: memos are sealed and of one length, or there is
 * none.
 */
export function orderWithBrokenMemo(signed: SignedOrder): Uint8Array {
  const { order } = signed;
  const data = { ...order.action.data, memo: new Uint8Array() };
  const whole = frameOf({
    TAG: 'order',
    data: { ...signed, order: { ...order, action: { TAG: 'transfer', data } } },
  });
  // The last bytes are: length 0, the signature.
  const lengthAt = whole.length - 64 - 1;
  const frame = concatBytes(
    whole.slice(0, lengthAt),
    Uint8Array.of(1, 0xff),
    whole.slice(lengthAt + 1),
  );
  malformed.add(frame);
  return frame;
}
