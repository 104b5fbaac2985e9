/**
 * One step in the making: reads see the writes before them, and everything that the step wants to
 * do is gathered. Nothing here is kept between steps.
 */
import type { ByteKey } from './base/bytes.ts';
import type { LinkId, MemberIndex } from './base/units.ts';
import { decodeOwn, encode } from './codec/canonical.ts';
import { frameCoder, type Message } from './codec/message.ts';
import type { Ask, Close, Read, Send, Stamp, Step, Write } from './io.ts';
import type { Notice } from './notice.ts';
import type { Cell } from './space.ts';

/**
 * Where an answer goes: the link that the question came over, and the relays' entries behind it.
 */
export interface WayBack {
  readonly link: LinkId;
  readonly route: readonly LinkId[];
}

/** Where a message came from. */
export interface Origin extends WayBack {
  /**
   * The member whose own word it is: that came over a link of that member, and was not passed on.
   */
  readonly speaker: MemberIndex | undefined;
}

export class Draft implements Read {
  readonly stamp: Stamp;
  readonly #base: Read;
  readonly #written = new Map<ByteKey, Uint8Array | undefined>();
  /** Records as they were read or written in this step: most are looked at several times. */
  readonly #records = new Map<ByteKey, unknown>();
  readonly #sends: Send[] = [];
  readonly #asks: Ask[] = [];
  readonly #closes: Close[] = [];
  readonly #notices: Notice[] = [];

  constructor(base: Read, stamp: Stamp) {
    this.#base = base;
    this.stamp = stamp;
  }

  get(key: ByteKey): Uint8Array | undefined {
    const value = this.#written.get(key);
    return value !== undefined || this.#written.has(key) ? value : this.#base.get(key);
  }

  /** The record in a cell, which this program wrote itself. Must not be changed. */
  read<V>({ key, coder }: Cell<V>): V | undefined {
    const known = this.#records.get(key);
    if (known !== undefined) return known as V;
    const bytes = this.get(key);
    if (bytes === undefined) return undefined;
    const record = decodeOwn(coder, bytes);
    this.#records.set(key, record);
    return record;
  }

  /** The same without a look inside. */
  readBytes<V>({ key }: Cell<V>): Uint8Array | undefined {
    return this.get(key);
  }

  has<V>({ key }: Cell<V>): boolean {
    return this.get(key) !== undefined;
  }

  write<V>({ key, coder }: Cell<V>, value: V): void {
    this.#written.set(key, encode(coder, value));
    this.#records.set(key, value);
  }

  /** Writes a value that is encoded already. */
  writeBytes<V>({ key }: Cell<V>, value: Uint8Array): void {
    this.#records.delete(key);
    this.#written.set(key, value);
  }

  remove<V>({ key }: Cell<V>): void {
    if (this.get(key) === undefined) return;
    this.#records.delete(key);
    this.#written.set(key, undefined);
  }

  /** Sends a message over a link, to the node at its end or on to the member `to`. */
  send(link: LinkId, message: Message, to?: MemberIndex): void {
    this.forward(link, encode(frameCoder, { to, route: [], isPassedOn: false, message }));
  }

  /** Sends an answer back the way that the question came. */
  answer({ link, route }: WayBack, message: Message): void {
    this.forward(link, encode(frameCoder, { to: undefined, route, isPassedOn: false, message }));
  }

  /** Sends a frame that is encoded already. */
  forward(link: LinkId, bytes: Uint8Array): void {
    this.#sends.push({ link, bytes });
  }

  /** Asks the outside, once this step is on disk. */
  ask(ask: Ask): void {
    this.#asks.push(ask);
  }

  close(link: LinkId, reason: string): void {
    this.#closes.push({ link, reason });
  }

  note(notice: Notice): void {
    this.#notices.push(notice);
  }

  /** The finished step. */
  finish(wakeAtMs: number | undefined): Step {
    const writes: Write[] = Array.from(this.#written, ([key, value]) => ({ key, value }));
    const [sends, asks, closes, notices] = [this.#sends, this.#asks, this.#closes, this.#notices];
    return { writes, sends, asks, closes, notices, wakeAtMs };
  }
}
