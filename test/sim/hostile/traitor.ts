/**
 * A hostile authority. Behind its face an honest node runs, so that it can take part; what that one
 * wants to say is held back, changed, or said in another's name, and all the time it votes for
 * whatever it is asked, feeds false certificates, lies about its ledger, and repeats what it heard.
 */

import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { sha256 } from '../../../agent/core/base/crypto.ts';
import { MAX_BUCKET_ACCOUNTS, MAX_SEQUENCE } from '../../../agent/core/base/limits.ts';
import { isRefusal, REFUSALS } from '../../../agent/core/base/refusal.ts';
import {
  type Amount,
  type Balance,
  type Epoch,
  FIRST_SEQUENCE,
  type LinkId,
  type MemberIndex,
  type Sequence,
  type TokenIndex,
} from '../../../agent/core/base/units.ts';
import { ballotBodyCoder, proposalBodyCoder } from '../../../agent/core/codec/agreement.ts';
import { decode, decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import {
  type AccountView,
  type CertificatePage,
  type Credits,
  type DataOf,
  type Frame,
  frameCoder,
  type Message,
  type ProofPage,
  verdictCoder,
} from '../../../agent/core/codec/message.ts';
import {
  type Action,
  type Certificate,
  type Order,
  orderSigningBytes,
  type SignedOrder,
} from '../../../agent/core/codec/order.ts';
import type { Event, Read, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { signingBytes } from '../../../agent/core/network/signing.ts';
import { asFounded } from '../../../agent/core/views.ts';
import { memoLike } from '../../support/memos.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import type { Conspiracy } from './conspiracy.ts';
import { falseCertificate, falseNext, frameOf, garble, withoutQuorum } from './forge.ts';

/** How it behaves, in shares of a thousand of what it says or hears. */
export interface Treason {
  readonly withhold: number;
  readonly lie: number;
  readonly garble: number;
  /** Votes for every order that comes, whatever it has voted for. */
  readonly votesForAll: boolean;
  /** Milliseconds between two attacks of its own; 0: none. */
  readonly attackEveryMs: number;
}

export class Traitor implements Actor {
  readonly #member: MemberIndex;
  readonly #inner: Actor;
  readonly #treason: Treason;
  readonly #plot: Conspiracy;
  readonly #prng: Prng;
  readonly #links = new Set<LinkId>();
  #attackAtMs = 0;

  constructor(member: MemberIndex, inner: Actor, treason: Treason, plot: Conspiracy, prng: Prng) {
    this.#member = member;
    this.#inner = inner;
    this.#treason = treason;
    this.#plot = plot;
    this.#prng = prng;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    const sends = step.sends.flatMap((send) => this.#twist(send));
    if (event.kind === 'link_up') this.#links.add(event.link);
    if (event.kind === 'link_down') this.#links.delete(event.link);
    if (event.kind === 'frame') sends.push(...this.#hear(event.link, event.bytes));
    const { attackEveryMs } = this.#treason;
    if (attackEveryMs > 0 && stamp.nowMs >= this.#attackAtMs) {
      this.#attackAtMs = stamp.nowMs + this.#prng.between(1, 2 * attackEveryMs);
      sends.push(...this.#attack());
    }
    const wakes = [step.wakeAtMs, attackEveryMs > 0 ? this.#attackAtMs : undefined];
    const due = wakes.filter((wake) => wake !== undefined);
    const wakeAtMs = due.length === 0 ? undefined : Math.min(...due);
    return { writes: step.writes, sends, asks: [], closes: [], notices: [], wakeAtMs };
  }

  #hear(link: LinkId, bytes: Uint8Array): Send[] {
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame)) return [];
    this.#plot.overhear(frame.message, bytes);
    if (frame.message.TAG !== 'order' || !this.#treason.votesForAll) return [];
    const { hash, votes } = this.#plot.watch(frame.message.data);
    const signature = votes.get(this.#member);
    if (signature === undefined) return [];
    const vote = { epoch: 0 as Epoch, member: this.#member, orderHash: hash, signature };
    const answer = {
      to: undefined,
      route: frame.route,
      isPassedOn: false,
      message: { TAG: 'vote', data: vote },
    } as const;
    return [{ link, bytes: encode(frameCoder, answer) }];
  }

  /** What the honest node inside wanted to say, and what becomes of it. */
  #twist(send: Send): Send[] {
    const { withhold, lie, garble: garbled } = this.#treason;
    if (this.#prng.perMille(withhold)) return [];
    if (this.#prng.perMille(garbled)) return [{ ...send, bytes: garble(this.#prng, send.bytes) }];
    if (!this.#prng.perMille(lie)) return [send];
    const frame = decodeOwn(frameCoder, send.bytes);
    return [{ ...send, bytes: encode(frameCoder, this.#lie(frame)) }];
  }

  #lie(frame: Frame): Frame {
    return { ...frame, message: this.#lieOf(frame.message) };
  }

  #lieOf(message: Message): Message {
    const prng = this.#prng;
    const anyMember = prng.below(
      asFounded(this.#plot.setup.network).committee.members.length,
    ) as MemberIndex;
    const anyNext = BigInt(prng.below(20)) as Sequence;
    switch (message.TAG) {
      case 'root':
        return { TAG: 'root', data: { epoch: 0 as Epoch, digest: prng.bytes(32) } };
      case 'digest': {
        const children = message.data.children.map((c) =>
          prng.below(2) === 0 ? c : prng.bytes(32),
        );
        return { TAG: 'digest', data: { ...message.data, children } };
      }
      case 'bucket': {
        const entries = message.data.entries.map((entry) => ({ ...entry, next: anyNext }));
        const madeUp = { account: prng.bytes(32), next: anyNext, history: prng.bytes(8) };
        return {
          TAG: 'bucket',
          data: { ...message.data, entries: [...entries, madeUp].slice(0, MAX_BUCKET_ACCOUNTS) },
        };
      }
      case 'prevote':
      case 'precommit': {
        const n = prng.below(3);
        const value = n === 0 ? undefined : sha256(Uint8Array.of(n));
        const body = { ...message.data.body, value };
        return this.#says(message.TAG, { ...message.data, body }, encode(ballotBodyCoder, body));
      }
      case 'proposal': {
        const body = {
          ...message.data.body,
          validRound: undefined,
          value: Uint8Array.of(1 + prng.below(3)),
        };
        const data = { ...message.data, body, prevotes: [] };
        return this.#says('proposal', data, encode(proposalBodyCoder, body));
      }
      case 'vote':
        return prng.below(2) === 0
          ? { TAG: 'vote', data: { ...message.data, member: anyMember } }
          : this.#refuse(message.data.orderHash, anyNext);
      case 'applied':
        return { TAG: 'applied', data: { ...message.data, member: anyMember, next: anyNext } };
      case 'rejected':
        return { TAG: 'rejected', data: { ...message.data, member: anyMember, next: anyNext } };
      case 'account':
        return { TAG: 'account', data: this.#falseView(message.data, anyMember, anyNext) };
      case 'credits': {
        const received = prng.pick([message.data.received, anyNext, 1_000_000n]);
        const made = this.#falseCredits(message.data);
        return { TAG: 'credits', data: { ...message.data, ...made, received } };
      }
      case 'certificates': {
        const next = prng.below(2) === 0 ? message.data.next : anyNext;
        return { TAG: 'certificates', data: { ...this.#falsePage(message.data), next } };
      }
      case 'proofCount': {
        const count = prng.pick([0n, message.data.count, message.data.count + 1n, MAX_SEQUENCE]);
        const set = prng.below(2) === 0 ? message.data.set : prng.bytes(32);
        return { TAG: 'proofCount', data: { count, set } };
      }
      case 'proofsQuery':
        return { TAG: 'proofsQuery', data: { from: prng.pick([0n, anyNext, MAX_SEQUENCE]) } };
      case 'proofs':
        return { TAG: 'proofs', data: this.#falseProofs(message.data) };
      default:
        return message;
    }
  }

  /** In a debate it says one thing to one and another to others, each of them signed. */
  #says<T extends 'proposal' | 'prevote' | 'precommit'>(
    TAG: T,
    data: DataOf<T>,
    body: Uint8Array,
  ): Message {
    const { network, traitors } = this.#plot.setup;
    const signed = signingBytes(TAG, network.id, data.epoch, body);
    const signature = traitors.get(this.#member)?.sign(signed) ?? new Uint8Array(64);
    return { TAG, data: { ...data, member: this.#member, signature } } as Message;
  }

  /** A word that an order can never be valid, signed, though perhaps in another's name. */
  #refuse(orderHash: Uint8Array, next: Sequence): Message {
    const { network, traitors } = this.#plot.setup;
    const codes = ['sequence_used', 'bad_signature', 'unknown_token', 'account_frozen'] as const;
    const { wire: code } = REFUSALS[this.#prng.pick(codes)];
    const verdict = { orderHash, code, next, balance: 0n as Balance };
    const body = encode(verdictCoder, verdict);
    const signed = signingBytes('refusal', network.id, 0 as Epoch, body);
    const isPosing = this.#prng.below(2) === 0;
    const others = asFounded(network).committee.members.length;
    const member = isPosing ? (this.#prng.below(others) as MemberIndex) : this.#member;
    const signature = traitors.get(this.#member)?.sign(signed) ?? new Uint8Array(64);
    const data = { epoch: 0 as Epoch, member, verdict, pending: undefined, signature };
    return { TAG: 'orderRefusal', data };
  }

  /**
   * None of the certificates, ones that move more than anybody signed, or ones without a quorum.
   */
  #falseCredits({ certificates }: Credits): Partial<Credits> {
    const prng = this.#prng;
    switch (prng.below(3)) {
      case 0:
        return { certificates: [] };
      case 1:
        return { certificates: certificates.map((each) => withoutQuorum(prng, each)) };
      default:
        return { certificates: certificates.map(movesMore) };
    }
  }

  /** None of the certificates, ones without a quorum, or a false one for what comes next. */
  #falsePage(page: CertificatePage): CertificatePage {
    const prng = this.#prng;
    const { account, certificates } = page;
    const last = certificates.at(-1)?.order.order.sequence;
    const next = last === undefined ? page.next : after(last);
    switch (prng.below(4)) {
      case 0:
        return { ...page, certificates: [] };
      case 1:
        return { ...page, certificates: certificates.map((each) => withoutQuorum(prng, each)) };
      default: {
        const made = falseNext(prng, this.#plot, account, next);
        return { ...page, certificates: [...certificates.slice(0, 3), made] };
      }
    }
  }

  /** Another's name, another count, and orders that the owner never made as the pending one. */
  #falseView(view: AccountView, member: MemberIndex, next: Sequence): AccountView {
    const prng = this.#prng;
    const { foreignOrders } = this.#plot.setup;
    const ofOwner = foreignOrders.filter(({ order }) => equalBytes(order.account, view.account));
    const made = view.pending && { ...view.pending, order: withMemo(view.pending.order, 'x') };
    const [foreign] = prng.some(ofOwner, 1);
    const pending = [view.pending, undefined, made, foreign][prng.below(4)];
    const received = prng.pick([view.received, next, 1_000_000n]);
    return { ...view, member, next: prng.pick([view.next, next]), received, pending };
  }

  /** Something hostile, to somebody. */
  #attack(): Send[] {
    const prng = this.#prng;
    const links = [...this.#links];
    if (links.length === 0) return [];
    const link = prng.pick(links);
    const watched = this.#plot.anyCase();
    const { frames, certificates, quorum, setup } = this.#plot;
    switch (prng.below(8)) {
      case 0:
        return frames.length === 0 ? [] : [{ link, bytes: prng.pick(frames) }];
      case 1: {
        if (certificates.length === 0 || watched === undefined) return [];
        const certificate = prng.pick(certificates);
        const votes = this.#plot.oldVotes(watched, 7 as Epoch);
        return [{ link, bytes: falseCertificate(prng, certificate, quorum, votes) }];
      }
      case 2: {
        if (watched === undefined) return [];
        return [{ link, bytes: frameOf({ TAG: 'gossip', data: watched.order }) }];
      }
      case 3: {
        const proof =
          prng.below(2) === 0 ? this.#proofOfNobody() : this.#falseProof(watched?.order);
        return proof === undefined
          ? []
          : [{ link, bytes: frameOf({ TAG: 'doubleSpend', data: proof }) }];
      }
      case 4: {
        const [order] = prng.some(setup.foreignOrders, 1);
        if (order === undefined) return [];
        return [{ link, bytes: frameOf({ TAG: 'gossip', data: order }) }];
      }
      case 5:
      case 6: {
        // Pages that nobody asked for are taken as well, if they are the next that is missing.
        if (watched === undefined) return [];
        const { account, sequence } = watched.order.order;
        const made = falseNext(prng, this.#plot, account, sequence);
        const next = after(sequence);
        const page = { member: this.#member, account, next, certificates: [made] };
        return [{ link, bytes: frameOf({ TAG: 'certificates', data: page }) }];
      }
      default:
        return [{ link, bytes: prng.bytes(prng.between(0, 200)) }];
    }
  }

  /** Proofs that are left out, prove nothing or are about nobody; another count or place. */
  #falseProofs({ from, count, list }: ProofPage): ProofPage {
    const prng = this.#prng;
    const made = prng.below(2) === 0 ? this.#proofOfNobody() : this.#falseProof(list[0]?.first);
    const left = list.filter(() => prng.below(2) === 0);
    return {
      from: prng.pick([from, from, 0n, MAX_SEQUENCE]),
      count: prng.pick([count, 0n, MAX_SEQUENCE]),
      list: made === undefined ? left : [made, ...left].slice(0, 16),
    };
  }

  /** A proof that is none: twice the same order, or two of which one is not signed. */
  #falseProof(first: SignedOrder | undefined): Proof | undefined {
    if (first === undefined || this.#prng.below(2) === 0) return first && { first, second: first };
    return { first, second: { ...first, order: withMemo(first.order, `${this.#prng.u32()}`) } };
  }

  /** A real proof, about an account that was made up for it and holds nothing. */
  #proofOfNobody(): Proof {
    const { network, scheme } = this.#plot.setup;
    const { publicKey: account, sign } = scheme.signerOf(`nobody ${this.#prng.below(100_000)}`);
    const recipient = this.#prng.bytes(32);
    const data = {
      recipient,
      token: 0 as TokenIndex,
      amount: 1n as Amount,
      memo: new Uint8Array(),
    };
    const sequence = FIRST_SEQUENCE;
    const order: Order = { account, sequence, action: { TAG: 'transfer', data } };
    const signed = (each: Order): SignedOrder => {
      return { order: each, signature: sign(orderSigningBytes(network.id, each)) };
    };
    return { first: signed(order), second: signed(withMemo(order, 'again')) };
  }
}

/** The next sequence, if there is one. */
function after(sequence: Sequence): Sequence {
  return (sequence < MAX_SEQUENCE ? sequence + 1n : sequence) as Sequence;
}

/** A certificate whose order was made larger after it was signed. */
function movesMore(certificate: Certificate): Certificate {
  const { action } = certificate.order.order;
  const amount = (action.data.amount + 1n) as Amount;
  const more: Action =
    action.TAG === 'transfer'
      ? { TAG: 'transfer', data: { ...action.data, amount } }
      : { TAG: 'withdrawal', data: { ...action.data, amount } };
  const order = { ...certificate.order.order, action: more };
  return { ...certificate, order: { ...certificate.order, order } };
}

interface Proof {
  readonly first: SignedOrder;
  readonly second: SignedOrder;
}

function withMemo(order: Order, memo: string): Order {
  const { action } = order;
  if (action.TAG !== 'transfer') return { ...order, sequence: after(order.sequence) };
  return { ...order, action: { TAG: 'transfer', data: { ...action.data, memo: memoLike(memo) } } };
}
