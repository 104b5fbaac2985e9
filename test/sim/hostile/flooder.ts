/**
 * Whoever sends as much as it can, so that others have no time: orders and certificates whose false
 * signatures have to be checked, and, from a member, what members say to each other. Otherwise it
 * is what it was, a stranger or a traitor.
 */

import type { Signer } from '../../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import {
  type Order,
  orderSigningBytes,
  type SignedOrder,
} from '../../../agent/core/codec/order.ts';
import type { Event, Read, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { memberByKey } from '../../../agent/core/network/committee.ts';
import type { Network } from '../../../agent/core/network/genesis.ts';
import { asFounded } from '../../../agent/core/views.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import { frameOf } from './forge.ts';

export interface FlooderSetup {
  readonly network: Network;
  readonly signer: Signer;
  readonly isMember: boolean;
  readonly prng: Prng;
  readonly isTheTime: () => boolean;
}

/** So many frames to every member, so often: each takes a simulated authority about 10 ms. */
const FRAMES = 20;
const EVERY_MS = 100;

export class Flooder implements Actor {
  readonly #inner: Actor;
  readonly #setup: FlooderSetup;
  readonly #links = new Set<LinkId>();
  #floodAtMs = 0;

  constructor(inner: Actor, setup: FlooderSetup) {
    this.#inner = inner;
    this.#setup = setup;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    const committee = asFounded(this.#setup.network).committee;
    if (event.kind === 'link_down') this.#links.delete(event.link);
    if (event.kind === 'link_up' && event.peerKey !== undefined) {
      if (memberByKey(committee, event.peerKey) !== undefined) this.#links.add(event.link);
    }
    if (stamp.nowMs < this.#floodAtMs) return this.#awake(step);
    this.#floodAtMs = stamp.nowMs + EVERY_MS;
    if (!this.#setup.isTheTime()) return this.#awake(step);
    return this.#awake({ ...step, sends: [...step.sends, ...this.#flood()] });
  }

  #awake(step: Step): Step {
    return { ...step, wakeAtMs: Math.min(step.wakeAtMs ?? Infinity, this.#floodAtMs) };
  }

  #flood(): Send[] {
    const frames = Array.from({ length: FRAMES }, () => frameOf(this.#burden()));
    return [...this.#links].flatMap((link) => frames.map((bytes) => ({ link, bytes })));
  }

  /** One of several messages that cost signatures before they are found to be nothing. */
  #burden(): Message {
    const { prng, isMember } = this.#setup;
    const order = this.#order();
    const forged: SignedOrder = { ...order, signature: prng.bytes(64) };
    switch (prng.below(isMember ? 4 : 2)) {
      case 0:
        return { TAG: 'order', data: forged };
      case 1: {
        const votes = asFounded(this.#setup.network).committee.members.map((_, i) => {
          return { member: i as MemberIndex, signature: prng.bytes(64) };
        });
        return { TAG: 'certificate', data: { epoch: 0 as Epoch, order, votes } };
      }
      case 2:
        return { TAG: 'gossip', data: forged };
      default:
        return {
          TAG: 'doubleSpend',
          data: { first: order, second: { ...this.#order(), ...forged } },
        };
    }
  }

  /** From its own account, which has nothing. */
  #order(): SignedOrder {
    const { network, signer, prng } = this.#setup;
    const order: Order = {
      account: signer.publicKey,
      sequence: 0n as Sequence,
      action: {
        TAG: 'transfer',
        data: {
          recipient: prng.bytes(32),
          token: 0 as TokenIndex,
          amount: 1n as Amount,
          memo: new Uint8Array(),
        },
      },
    };
    return { order, signature: signer.sign(orderSigningBytes(network.id, order)) };
  }
}
