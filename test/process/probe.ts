/**
 * A client without manners: anonymous links to every authority, over which a test says whatever it
 * likes, frame by frame. It keeps every vote that it has ever seen and checks its signature, so
 * that an authority which contradicts itself is caught.
 */

import { equalBytes, toByteKey, toHex } from '../../agent/core/base/bytes.ts';
import type { LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message, type Vote } from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  isVoteValid,
  orderHash,
  type SignedOrder,
} from '../../agent/core/codec/order.ts';
import { quorumOf } from '../../agent/core/network/committee.ts';
import { asFounded } from '../../agent/core/views.ts';
import { createLinks, type Links } from '../../agent/shell/net/links.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { afterPatience } from '../support/patience.ts';
import { PATIENCE_MS, pause, until } from '../support/wait.ts';
import type { TestNetwork } from './network.ts';

/** A vote for another order than one that the same author voted for before. */
export interface Contradiction {
  readonly member: number;
  readonly place: string;
  readonly first: string;
  readonly second: string;
}

export class Probe {
  readonly #network: TestNetwork;
  readonly #links: Links;
  readonly #linkOf = new Map<MemberIndex, LinkId>();
  readonly #memberOf = new Map<LinkId, MemberIndex>();
  readonly #hearers = new Set<(member: MemberIndex, message: Message) => void>();
  readonly #verify = createVerify();
  /** Order hash -> (account, sequence) of every order that was ever sent. */
  readonly #places = new Map<string, { place: string; order: SignedOrder }>();
  /** Author and (account, sequence) -> order hash of the vote seen. */
  readonly #votes = new Map<string, string>();
  readonly contradictions: Contradiction[] = [];
  votesSeen = 0;

  constructor(network: TestNetwork) {
    this.#network = network;
    const committee = asFounded(network.network).committee;
    this.#links = createLinks({
      network: network.network.id,
      identity: undefined,
      members: committee.members,
      listen: [],
      wanted: committee.members.map(({ key }, i) => ({ ...network.authority(i).address, key })),
      dialFound: 0,
      limits: { dialLastMs: 250 },
      emit: (event) => {
        if (event.kind === 'link_up') {
          const at = committee.members.findIndex(
            ({ key }) => event.peerKey !== undefined && equalBytes(key, event.peerKey),
          );
          this.#linkOf.set(at as MemberIndex, event.link);
          this.#memberOf.set(event.link, at as MemberIndex);
        } else if (event.kind === 'link_down') {
          const member = this.#memberOf.get(event.link);
          this.#memberOf.delete(event.link);
          if (member !== undefined && this.#linkOf.get(member) === event.link) {
            this.#linkOf.delete(member);
          }
        } else {
          this.#take(event.link, event.bytes);
        }
        return true;
      },
    });
  }

  async start(): Promise<void> {
    await this.#links.start();
    const count = asFounded(this.#network.network).committee.members.length;
    await until(() => this.#linkOf.size === count, 'links to all authorities', PATIENCE_MS);
  }

  stop(): Promise<void> {
    return this.#links.stop();
  }

  /** Says a message to one authority; lost if there is no link. */
  say(member: number, message: Message): void {
    this.sayBytes(
      member,
      encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message }),
    );
  }

  /** The same with the bytes of a frame, right or wrong. False: there is no link. */
  sayBytes(member: number, bytes: Uint8Array): boolean {
    const link = this.#linkOf.get(member as MemberIndex);
    if (link !== undefined) this.#links.send({ link, bytes });
    return link !== undefined;
  }

  /** Sends an order, and remembers it, so that votes for it can be judged. */
  order(member: number, order: SignedOrder): void {
    const hash = toHex(orderHash(this.#network.network.id, order.order));
    const place = `${toHex(order.order.account)}/${order.order.sequence}`;
    this.#places.set(hash, { place, order });
    this.say(member, { TAG: 'order', data: order });
  }

  /** The first answer of one authority for which `isIt` holds; undefined: it never came. */
  answer(member: number, isIt: (message: Message) => boolean): Promise<Message | undefined> {
    return new Promise((resolve) => {
      const hearer = (from: MemberIndex, message: Message): void => {
        if (from === member && isIt(message)) done(message);
      };
      const callOff = afterPatience(() => done(undefined));
      const done = (message: Message | undefined): void => {
        callOff();
        this.#hearers.delete(hearer);
        resolve(message);
      };
      this.#hearers.add(hearer);
    });
  }

  /** The certificate of an order, which is sent until a quorum has voted for it. */
  async certify(order: SignedOrder): Promise<Certificate> {
    const { network } = this.#network;
    const { members } = asFounded(network).committee;
    const hash = orderHash(network.id, order.order);
    const votes = new Map<MemberIndex, Vote>();
    const hearer = (member: MemberIndex, message: Message): void => {
      if (message.TAG !== 'vote' || !equalBytes(message.data.orderHash, hash)) return;
      votes.set(member, message.data);
    };
    this.#hearers.add(hearer);
    try {
      await until(async () => {
        for (const member of members.keys()) this.order(member, order);
        await pause(100);
        return votes.size >= quorumOf(members.length);
      }, 'a quorum votes for the order');
    } finally {
      this.#hearers.delete(hearer);
    }
    const inOrder = [...votes.values()].sort((one, other) => one.member - other.member);
    const [first] = inOrder;
    if (first === undefined) throw new Error('nobody voted');
    const signatures = inOrder.map(({ member, signature }) => ({ member, signature }));
    return { epoch: first.epoch, order, votes: signatures };
  }

  isLinked(member: number): boolean {
    return this.#linkOf.has(member as MemberIndex);
  }

  #take(link: LinkId, bytes: Uint8Array): void {
    const member = this.#memberOf.get(link);
    if (member === undefined) return;
    const { message } = decodeOwn(frameCoder, bytes);
    if (message.TAG === 'vote') this.#judge(message.data);
    for (const hearer of this.#hearers) hearer(member, message);
  }

  #judge(vote: Vote): void {
    const hash = toHex(vote.orderHash);
    const known = this.#places.get(hash);
    const { network } = this.#network;
    if (known === undefined) return;
    if (!isVoteValid(network.id, asFounded(network).committee, vote.orderHash, vote, this.#verify))
      return;
    this.votesSeen++;
    const at = toByteKey(Uint8Array.of(vote.member)) + known.place;
    const first = this.#votes.get(at);
    if (first === undefined) this.#votes.set(at, hash);
    else if (first !== hash) {
      this.contradictions.push({ member: vote.member, place: known.place, first, second: hash });
    }
  }
}
