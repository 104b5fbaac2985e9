/**
 * What all hostile parties of a run know together: the traitors' keys, every order and vote that
 * one of them has seen, and the certificates that can be made of these. They are as strong as the
 * protocol allows: they share everything at once, and any of them acts on it.
 */

import { equalBytes, toByteKey } from '../../../agent/core/base/bytes.ts';
import type { Signer } from '../../../agent/core/base/crypto.ts';
import type { Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import type { Message, Vote } from '../../../agent/core/codec/message.ts';
import {
  type Certificate,
  isVoteValid,
  type MemberSignature,
  orderHash,
  type SignedOrder,
  voteSigningBytes,
} from '../../../agent/core/codec/order.ts';
import { quorumOf } from '../../../agent/core/network/committee.ts';
import type { Network } from '../../../agent/core/network/genesis.ts';
import { asFounded } from '../../../agent/core/views.ts';
import type { Prng } from '../prng.ts';
import type { Scheme } from '../scheme.ts';

/** An order that they watch, and the votes for it. */
export interface Case {
  readonly order: SignedOrder;
  readonly hash: Uint8Array;
  readonly votes: Map<MemberIndex, Uint8Array>;
}

/** Cases and frames that are remembered. */
const MOST_CASES = 400;
const MOST_FRAMES = 200;

export interface ConspiracySetup {
  readonly network: Network;
  readonly scheme: Scheme;
  readonly prng: Prng;
  /** The members that are traitors, with their keys. */
  readonly traitors: ReadonlyMap<MemberIndex, Signer>;
  /** Orders that honest owners signed for another network, in the form of this one. */
  readonly foreignOrders: readonly SignedOrder[];
  /** An honest member's vote for an order in another epoch, as a committee of old gave it. */
  readonly oldVote: (member: MemberIndex, epoch: Epoch, hash: Uint8Array) => Uint8Array;
  /** Gives a certificate to its payee, past all authorities. */
  readonly handOver: (certificate: Certificate) => void;
}

export class Conspiracy {
  readonly setup: ConspiracySetup;
  readonly quorum: number;
  readonly frames: Uint8Array[] = [];
  /** Certificates that they can prove, also those that nobody else knows of. */
  readonly certificates: Certificate[] = [];
  readonly #cases = new Map<string, Case>();

  constructor(setup: ConspiracySetup) {
    this.setup = setup;
    this.quorum = quorumOf(asFounded(setup.network).committee.members.length);
  }

  /** Takes note of an order; every traitor votes for it. */
  watch(order: SignedOrder): Case {
    const key = toByteKey(orderHash(this.setup.network.id, order.order));
    const known = this.#cases.get(key);
    if (known !== undefined) return known;
    const fresh = this.votedFor(order);
    this.#cases.set(key, fresh);
    forgetOldest(this.#cases, MOST_CASES);
    this.#certify(fresh);
    return fresh;
  }

  /** An order with every traitor's vote, of which they take no note. */
  votedFor(order: SignedOrder): Case {
    const { network, traitors } = this.setup;
    const hash = orderHash(network.id, order.order);
    const votes = new Map<MemberIndex, Uint8Array>();
    const message = voteSigningBytes(network.id, 0 as Epoch, hash);
    for (const [member, signer] of traitors) votes.set(member, signer.sign(message));
    return { order, hash, votes };
  }

  /** Takes note of what somebody sent them. */
  overhear(message: Message, bytes: Uint8Array): void {
    this.frames.push(bytes);
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
    if (message.TAG === 'order' || message.TAG === 'gossip') this.watch(message.data);
    if (message.TAG === 'vote') this.#takeVote(message.data);
    if (message.TAG === 'certificate') this.#keep(message.data);
  }

  /** Votes for an order that fit its hash but not this network's epoch. */
  oldVotes({ hash }: Case, epoch: Epoch): MemberSignature[] {
    const members = asFounded(this.setup.network).committee.members.map((_, i) => i as MemberIndex);
    return members.map((member) => ({
      member,
      signature: this.setup.oldVote(member, epoch, hash),
    }));
  }

  /** What they watch of one (account, sequence), the newest. */
  caseOf(account: Uint8Array, sequence: Sequence): Case | undefined {
    return [...this.#cases.values()].findLast(({ order: { order } }) => {
      return order.sequence === sequence && equalBytes(order.account, account);
    });
  }

  /** Something that they watch, if anything. */
  anyCase(): Case | undefined {
    const cases = [...this.#cases.values()];
    return cases.length === 0 ? undefined : this.setup.prng.pick(cases);
  }

  #takeVote(vote: Vote): void {
    const { network, scheme } = this.setup;
    const watched = this.#cases.get(toByteKey(vote.orderHash));
    if (watched === undefined || watched.votes.has(vote.member)) return;
    if (!isVoteValid(network.id, asFounded(network).committee, watched.hash, vote, scheme.verify))
      return;
    watched.votes.set(vote.member, vote.signature);
    this.#certify(watched);
  }

  #certify({ order, votes }: Case): void {
    if (votes.size < this.quorum) return;
    const rows = Array.from(votes, ([member, signature]) => ({ member, signature }));
    this.#keep({
      epoch: 0 as Epoch,
      order,
      votes: rows.sort((a, b) => a.member - b.member),
    });
  }

  #keep(certificate: Certificate): void {
    this.certificates.push(certificate);
    if (this.certificates.length > MOST_CASES) this.certificates.shift();
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
