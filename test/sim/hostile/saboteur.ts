/**
 * A relay that looks like any other and loses what it should pass on: some of it, or all. Worse
 * ones answer in the authorities' names: that a certificate which they swallowed was applied, that
 * earlier ones are missing, and with stale or made-up views and pages. Nothing of that is signed as
 * it must be. What was signed they bring again later, and they spoil payers' signatures in orders
 * and certificates.
 */

import { unreachable } from '../../../agent/core/base/assert.ts';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { MAX_SEQUENCE } from '../../../agent/core/base/limits.ts';
import { isRefusal, REFUSALS } from '../../../agent/core/base/refusal.ts';
import type { Balance, Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import { decode, encode } from '../../../agent/core/codec/canonical.ts';
import {
  frameCoder,
  heardBy,
  MESSAGES,
  type Message,
  type QuestionBody,
  type Tag,
} from '../../../agent/core/codec/message.ts';
import type { Certificate } from '../../../agent/core/codec/order.ts';
import type { Event, Read, Stamp, Step } from '../../../agent/core/io.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import type { Conspiracy } from './conspiracy.ts';
import { falseNext } from './forge.ts';
import { spoilt } from './spoil.ts';

/** In shares of a thousand of what comes to it. */
export interface Sabotage {
  /** What it loses. */
  readonly withhold: number;
  /** What it answers itself instead of passing it on. */
  readonly lie: number;
}

const SIGNED: ReadonlySet<Tag> = new Set(
  (Object.keys(MESSAGES) as Tag[]).filter((tag) => heardBy('wallet', tag) === 'signed'),
);
/** Words that it remembers. */
const MOST_WORDS = 100;

export class Saboteur implements Actor {
  readonly #inner: Actor;
  readonly #prng: Prng;
  readonly #sabotage: Sabotage;
  readonly #plot: Conspiracy;
  /** What authorities signed and it passed on, the newest last. */
  readonly #words: Message[] = [];

  constructor(inner: Actor, prng: Prng, sabotage: Sabotage, plot: Conspiracy) {
    this.#inner = inner;
    this.#prng = prng;
    this.#sabotage = sabotage;
    this.#plot = plot;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    if (event.kind !== 'frame' || this.#sabotage.lie === 0) return this.#some(event, stamp, read);
    const frame = decode(frameCoder, event.bytes);
    if (isRefusal(frame)) return this.#some(event, stamp, read);
    const { to, route, message } = frame;
    if (to === undefined) this.#overhear(message);
    if (to === undefined || !this.#prng.perMille(this.#sabotage.lie)) {
      return this.#some(event, stamp, read);
    }
    const other = spoilt(this.#prng, message);
    if (other !== undefined) {
      const bytes = encode(frameCoder, { ...frame, message: other });
      return this.#some({ ...event, bytes }, stamp, read);
    }
    const answer = this.#answer(to, message);
    if (answer === undefined) return this.#some(event, stamp, read);
    const bytes = encode(frameCoder, { to: undefined, route, isPassedOn: true, message: answer });
    const sends = [{ link: event.link, bytes }];
    return { writes: [], sends, asks: [], closes: [], notices: [], wakeAtMs: undefined };
  }

  /** What an honest relay does, but not all of it. */
  #some(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    const { withhold } = this.#sabotage;
    return { ...step, sends: step.sends.filter(() => !this.#prng.perMille(withhold)) };
  }

  #overhear(message: Message): void {
    if (!SIGNED.has(message.TAG)) return;
    this.#words.push(message);
    if (this.#words.length > MOST_WORDS) this.#words.shift();
  }

  /** Its own answer to what it should pass on to a member; undefined: it does pass it on. */
  #answer(member: MemberIndex, message: Message): Message | undefined {
    const prng = this.#prng;
    if (this.#words.length > 0 && prng.below(4) === 0) return prng.pick(this.#words);
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
      case 'question':
        return this.#told(member, message.data.body);
      case 'wayQuery': {
        const { nonce } = message.data;
        const signature = prng.bytes(64);
        return {
          TAG: 'way',
          data: { epoch: 0 as Epoch, member, body: { nonce, votes: true }, signature },
        };
      }
      default:
        return undefined;
    }
  }

  /** What it says itself to a question of an owner. */
  #told(member: MemberIndex, { account, nonce, wish }: QuestionBody): Message {
    const prng = this.#prng;
    switch (wish.TAG) {
      case 'latest':
      case 'plan': {
        const old = this.#oldWord(member, account);
        if (old !== undefined && prng.below(2) === 0) return old;
        const next = this.#next();
        const answer =
          wish.TAG === 'plan' ? { code: undefined, balance: 0n as Balance } : undefined;
        const known = { received: this.#next(), pending: undefined, knows: true, answer };
        const body = { account, nonce, next, ...known };
        const data = { epoch: 0 as Epoch, member, body, signature: prng.bytes(64) };
        return { TAG: 'latest', data };
      }
      case 'state': {
        const data = { member, account, pending: undefined, balances: [], locked: [] };
        return { TAG: 'account', data: { ...data, next: this.#next(), received: this.#next() } };
      }
      case 'orders': {
        const data = { member, account, certificates: this.#page(account, wish.data.from) };
        return { TAG: 'certificates', data: { ...data, next: this.#next() } };
      }
      case 'credits': {
        const data = { member, account, ...wish.data, certificates: this.#page() };
        return { TAG: 'credits', data: { ...data, received: this.#next() } };
      }
      case 'facts': {
        const data = { member, account, ...wish.data, count: BigInt(this.#next()), list: [] };
        return { TAG: 'accountFacts', data };
      }
      default:
        return unreachable(wish);
    }
  }

  /** What should be signed, with something else for a signature. */
  #unsigned(member: MemberIndex, account: Uint8Array, next: Sequence): Message {
    const body = { account, next };
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

  /** What the member said of the account when it was asked before. */
  #oldWord(member: MemberIndex, account: Uint8Array): Message | undefined {
    return this.#words.find(
      (word) =>
        word.TAG === 'latest' &&
        word.data.member === member &&
        equalBytes(word.data.body.account, account),
    );
  }
}
