/**
 * Whoever passes frames on may write back to those that they came over. This one, a stranger or a
 * traitor, keeps the ways back of frames that honest nodes gave it, and sends answers of its own
 * over them, so that an honest node, its deputy, says them on to who stands behind it: that a
 * certificate was applied, what an account has, that all was told, what a ledger hashes to.
 * Otherwise it is what it was.
 */

import { isRefusal } from '../../../agent/core/base/refusal.ts';
import type {
  Balance,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { decode, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import type { Event, Read, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { memberByKey } from '../../../agent/core/network/committee.ts';
import type { Network } from '../../../agent/core/network/genesis.ts';
import { asFounded } from '../../../agent/core/views.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';

/** A frame that came to be passed on: over which link, the links before it, and whose it is. */
interface Channel {
  readonly link: LinkId;
  readonly route: readonly LinkId[];
  readonly account: Uint8Array | undefined;
}

const MOST_CHANNELS = 40;

export class Deputy implements Actor {
  readonly #inner: Actor;
  readonly #network: Network;
  readonly #prng: Prng;
  readonly #everyMs: number;
  readonly #members = new Map<LinkId, MemberIndex>();
  #channels: Channel[] = [];
  #lieAtMs = 0;

  constructor(inner: Actor, network: Network, prng: Prng, everyMs: number) {
    this.#inner = inner;
    this.#network = network;
    this.#prng = prng;
    this.#everyMs = everyMs;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    if (event.kind === 'link_up' && event.peerKey !== undefined) {
      const member = memberByKey(asFounded(this.#network).committee, event.peerKey);
      if (member !== undefined) this.#members.set(event.link, member);
    }
    if (event.kind === 'link_down') {
      this.#members.delete(event.link);
      this.#channels = this.#channels.filter(({ link }) => link !== event.link);
    }
    if (event.kind === 'frame') this.#remember(event.link, event.bytes);
    if (stamp.nowMs < this.#lieAtMs) return this.#awake(step);
    this.#lieAtMs = stamp.nowMs + this.#prng.between(1, 2 * this.#everyMs);
    return this.#awake({ ...step, sends: [...step.sends, ...this.#lie()] });
  }

  #awake(step: Step): Step {
    return { ...step, wakeAtMs: Math.min(step.wakeAtMs ?? Infinity, this.#lieAtMs) };
  }

  #remember(link: LinkId, bytes: Uint8Array): void {
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame) || frame.to === undefined || frame.route.length === 0) return;
    const { route, message } = frame;
    this.#channels.push({ link, route, account: accountOf(message) });
    if (this.#channels.length > MOST_CHANNELS) this.#channels.shift();
  }

  /** Over one of the ways, half of the time not to its end but to the node next to its deputy. */
  #lie(): Send[] {
    const prng = this.#prng;
    const [channel] = prng.some(this.#channels, 1);
    if (channel === undefined) return [];
    const { link, account } = channel;
    const route = prng.below(2) === 0 ? channel.route : channel.route.slice(-1);
    const others = asFounded(this.#network).committee.members.length;
    const deputy = this.#members.get(link);
    const isInItsName = deputy !== undefined && prng.below(4) > 0;
    const member = isInItsName ? deputy : (prng.below(others) as MemberIndex);
    const message = this.#word(member, account ?? prng.bytes(32));
    const isPassedOn = prng.below(4) === 0;
    return [{ link, bytes: encode(frameCoder, { to: undefined, route, isPassedOn, message }) }];
  }

  #word(member: MemberIndex, account: Uint8Array): Message {
    const prng = this.#prng;
    const next = BigInt(prng.below(40)) as Sequence;
    const many = 999_999n;
    switch (prng.below(7)) {
      case 0:
      case 1:
        return { TAG: 'applied', data: { member, account, next } };
      case 2: {
        const balances = [{ token: 0 as TokenIndex, balance: many as Balance }];
        const held = { pending: undefined, balances, locked: [] };
        const data = { member, account, next, received: many, ...held };
        return { TAG: 'account', data };
      }
      case 3: {
        const received = prng.pick([0n, 1n, many]);
        const data = { member, account, from: 0n, received, certificates: [] };
        return { TAG: 'credits', data };
      }
      case 4:
        return { TAG: 'certificates', data: { member, account, next, certificates: [] } };
      case 5:
        return { TAG: 'root', data: { epoch: 0 as Epoch, digest: prng.bytes(32) } };
      default:
        return { TAG: 'proofCount', data: { count: many, set: prng.bytes(32) } };
    }
  }
}

/** The account that a client's message is about. */
function accountOf({ TAG, data }: Message): Uint8Array | undefined {
  if (TAG === 'order') return data.order.account;
  if (TAG === 'certificate') return data.order.order.account;
  return 'account' in data && data.account !== undefined ? data.account : undefined;
}
