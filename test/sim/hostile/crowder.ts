/**
 * A hostile payer whose accounts have chosen keys (cast.ts), all in the way of honest ones wherever
 * something goes by keys. It pays between its accounts without end, and gives the certificates to
 * all authorities but one, so that this one is never level with the others. It does so when
 * `isTheTime`.
 */

import { toByteKey } from '../../../agent/core/base/bytes.ts';
import type { Signer } from '../../../agent/core/base/crypto.ts';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { decode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message, type Vote } from '../../../agent/core/codec/message.ts';
import {
  type Order,
  orderHash,
  orderSigningBytes,
  type SignedOrder,
} from '../../../agent/core/codec/order.ts';
import type { Event, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { memberByKey, quorumOf } from '../../../agent/core/network/committee.ts';
import type { Network } from '../../../agent/core/network/genesis.ts';
import { asFounded } from '../../../agent/core/views.ts';
import type { Actor } from '../process.ts';
import { frameOf } from './forge.ts';

export interface CrowderSetup {
  readonly network: Network;
  readonly crowd: readonly Signer[];
  /** The authority that gets no certificates. */
  readonly spared: MemberIndex;
  readonly isTheTime: () => boolean;
}

/** An account, and its payment that is under way. */
interface Purse {
  readonly signer: Signer;
  next: bigint;
  order: SignedOrder | undefined;
  readonly votes: Map<MemberIndex, Uint8Array>;
}

/** So long after an order its account begins the next, or asks again. */
const ACT_EVERY_MS = 300;

export class Crowder implements Actor {
  readonly #setup: CrowderSetup;
  readonly #quorum: number;
  readonly #purses: readonly Purse[];
  /** Those with a payment under way, by the order's hash. */
  readonly #busy = new Map<string, Purse>();
  #links = new Map<LinkId, MemberIndex | undefined>();
  #turn = 0;
  #actAtMs = 0;

  constructor(setup: CrowderSetup) {
    this.#setup = setup;
    this.#quorum = quorumOf(asFounded(setup.network).committee.members.length);
    this.#purses = setup.crowd.map((signer) => {
      return { signer, next: 0n, order: undefined, votes: new Map<MemberIndex, Uint8Array>() };
    });
  }

  step(event: Event, stamp: Stamp): Step {
    if (event.kind === 'start') [this.#links, this.#actAtMs] = [new Map(), 0];
    if (event.kind === 'link_up' && event.peerKey !== undefined) {
      this.#links.set(
        event.link,
        memberByKey(asFounded(this.#setup.network).committee, event.peerKey),
      );
    }
    if (event.kind === 'link_down') this.#links.delete(event.link);
    const sends = event.kind === 'frame' ? this.#hear(event.bytes) : [];
    if (stamp.nowMs >= this.#actAtMs) {
      this.#actAtMs = stamp.nowMs + ACT_EVERY_MS / this.#purses.length;
      if (this.#setup.isTheTime()) sends.push(...this.#act());
    }
    return { writes: [], sends, asks: [], closes: [], notices: [], wakeAtMs: this.#actAtMs };
  }

  /** One account after the other. */
  #act(): Send[] {
    const purse = this.#purses[this.#turn % this.#purses.length];
    this.#turn++;
    if (purse === undefined) return [];
    purse.order ??= this.#orderOf(purse);
    return this.#toAll({ TAG: 'order', data: purse.order });
  }

  /** One unit to the account beside it. */
  #orderOf(purse: Purse): SignedOrder {
    const { id } = this.#setup.network;
    const at = this.#purses.indexOf(purse);
    const payee = this.#purses[(at + 1) % this.#purses.length] ?? purse;
    const order: Order = {
      account: purse.signer.publicKey,
      sequence: purse.next as Sequence,
      action: {
        TAG: 'transfer',
        data: {
          recipient: payee.signer.publicKey,
          token: 0 as TokenIndex,
          amount: 1n as Amount,
          memo: new Uint8Array(),
        },
      },
    };
    this.#busy.set(toByteKey(orderHash(id, order)), purse);
    return { order, signature: purse.signer.sign(orderSigningBytes(id, order)) };
  }

  #hear(bytes: Uint8Array): Send[] {
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame) || frame.message.TAG !== 'vote') return [];
    return this.#count(frame.message.data);
  }

  /**
   * With a quorum of votes: the certificate, for all but one. False votes only cost it a payment.
   */
  #count({ orderHash: hash, member, signature }: Vote): Send[] {
    const purse = this.#busy.get(toByteKey(hash));
    if (purse?.order === undefined) return [];
    purse.votes.set(member, signature);
    if (purse.votes.size < this.#quorum) return [];
    const rows = Array.from(purse.votes, ([voter, vote]) => ({ member: voter, signature: vote }));
    const votes = rows.sort((a, b) => a.member - b.member);
    const data = { epoch: 0 as Epoch, order: purse.order, votes };
    this.#busy.delete(toByteKey(hash));
    purse.votes.clear();
    purse.order = undefined;
    purse.next++;
    return this.#toAll({ TAG: 'certificate', data }, this.#setup.spared);
  }

  #toAll(message: Message, but?: MemberIndex): Send[] {
    const bytes = frameOf(message);
    return [...this.#links].flatMap(([link, member]) => (member === but ? [] : [{ link, bytes }]));
  }
}
