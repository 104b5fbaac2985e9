/**
 * A relay that looks like any other and loses what it should pass on: some of it, or all. Worse ones
 * answer in the authorities' names: that a certificate which they swallowed was applied, that earlier
 * ones are missing, and with stale or made-up views and pages. Nothing of that is signed as it must be.
 */
import { decode, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import type { Certificate } from '../../../agent/core/codec/order.ts';
import type { Event, Read, Stamp, Step } from '../../../agent/core/io.ts';
import { MAX_SEQUENCE } from '../../../agent/core/limits.ts';
import { isRefusal, REFUSALS } from '../../../agent/core/refusal.ts';
import type { Epoch, MemberIndex, Sequence } from '../../../agent/core/units.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import type { Conspiracy } from './conspiracy.ts';
import { falseNext } from './forge.ts';

/** In shares of a thousand of what comes to it. */
export interface Sabotage {
  /** What it loses. */
  readonly withhold: number;
  /** What it answers itself instead of passing it on. */
  readonly lie: number;
}

export class Saboteur implements Actor {
  readonly #inner: Actor;
  readonly #prng: Prng;
  readonly #sabotage: Sabotage;
  readonly #plot: Conspiracy;

  constructor(inner: Actor, prng: Prng, sabotage: Sabotage, plot: Conspiracy) {
    this.#inner = inner;
    this.#prng = prng;
    this.#sabotage = sabotage;
    this.#plot = plot;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const lie = event.kind === 'frame' ? this.#lie(event.bytes) : undefined;
    if (event.kind === 'frame' && lie !== undefined) {
      const sends = [{ link: event.link, bytes: lie }];
      return { writes: [], sends, closes: [], notices: [], wakeAtMs: undefined };
    }
    const step = this.#inner.step(event, stamp, read);
    const { withhold } = this.#sabotage;
    return { ...step, sends: step.sends.filter(() => !this.#prng.perMille(withhold)) };
  }

  /** Its own answer to what it should pass on to a member; undefined: it does pass it on. */
  #lie(bytes: Uint8Array): Uint8Array | undefined {
    if (!this.#prng.perMille(this.#sabotage.lie)) return undefined;
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame) || frame.to === undefined) return undefined;
    const message = this.#answer(frame.to, frame.message);
    return message && encode(frameCoder, { to: undefined, route: frame.route, message });
  }

  #answer(member: MemberIndex, message: Message): Message | undefined {
    const prng = this.#prng;
    switch (message.TAG) {
      case 'order':
        return this.#missing(member, message.data.order.account);
      case 'certificate': {
        const { account, sequence } = message.data.order.order;
        if (prng.below(3) === 0) return this.#missing(member, account);
        const ahead = BigInt(prng.pick([1, 1, 2, 1_000]));
        const next = (sequence + ahead <= MAX_SEQUENCE ? sequence + ahead : sequence) as Sequence;
        if (prng.below(3) === 0) return this.#unsigned(member, account, next);
        return { TAG: 'applied', data: { member, account, next } };
      }
      case 'accountQuery': {
        const { account } = message.data;
        const data = { member, account, pending: undefined, balances: [] };
        return { TAG: 'account', data: { ...data, next: this.#next(), received: this.#next() } };
      }
      case 'certificatesQuery': {
        const { account } = message.data;
        const data = { member, account, certificates: this.#page(account, message.data.from) };
        return { TAG: 'certificates', data: { ...data, next: this.#next() } };
      }
      case 'creditsQuery': {
        const { account, from } = message.data;
        const data = { member, account, from, certificates: this.#page() };
        return { TAG: 'credits', data: { ...data, received: this.#next() } };
      }
      default:
        return undefined;
    }
  }

  /** What should be signed, with something else for a signature. */
  #unsigned(member: MemberIndex, account: Uint8Array, next: Sequence): Message {
    const body = { account, next, pending: undefined };
    const signature = this.#prng.bytes(64);
    return { TAG: 'progress', data: { epoch: 0 as Epoch, member, body, signature } };
  }

  #missing(member: MemberIndex, account: Uint8Array): Message {
    const { wire: code } = REFUSALS.missing_earlier;
    return { TAG: 'rejected', data: { member, code, account, next: this.#next() } };
  }

  /** How far an account is: as at the beginning, some way, or far beyond. */
  #next(): Sequence {
    return BigInt(this.#prng.pick([0, this.#prng.below(20), 1_000_000])) as Sequence;
  }

  /** Nothing, certificates that are valid and no answer to the question, or a false one that is. */
  #page(account?: Uint8Array, from?: Sequence): Certificate[] {
    const prng = this.#prng;
    if (prng.below(3) === 0) return [];
    const isFalse = account !== undefined && from !== undefined && prng.below(2) === 0;
    if (isFalse) return [falseNext(prng, this.#plot, account, from)];
    return prng.some(this.#plot.certificates.slice(-8), 2);
  }
}
