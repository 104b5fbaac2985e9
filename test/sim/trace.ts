/**
 * The hash of a run: every event at every process, and everything that followed from it, in order:
 * all bytes of frames, keys and values, links, closes, commands and wake-ups, and the kinds of
 * notices. Two runs with one hash had one history. It is no cryptographic hash: it is to notice
 * accidents.
 */
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Step } from '../../agent/core/io.ts';
import type { Process, Watcher } from './process.ts';

const KINDS: Readonly<Record<Event['kind'], number>> = {
  start: 1,
  link_up: 2,
  link_down: 3,
  frame: 4,
  command: 5,
  tick: 6,
  told: 8,
};
/** What is mixed in for nothing: no value, no time. */
const NOTHING = 0x7fffffff;

export class Trace implements Watcher {
  /** Steps of the core so far. */
  steps = 0;
  #a = 0x811c9dc5;
  #b = 0x1b873593;
  #nowMs: () => number = () => 0;

  /** Where the time comes from. */
  use(nowMs: () => number): void {
    this.#nowMs = nowMs;
  }

  stepped(process: Process, event: Event, step: Step): void {
    this.steps++;
    this.#mix(this.#nowMs());
    this.#mix(process.index * 16 + KINDS[event.kind]);
    this.#mixEvent(event);
    this.#mix(step.writes.length * 65_536 + step.sends.length);
    for (const { key, value } of step.writes) {
      this.#mixText(key);
      if (value === undefined) this.#mix(NOTHING);
      else this.#mixBytes(value);
    }
    for (const { link, bytes } of step.sends) {
      this.#mixLink(link);
      this.#mixBytes(bytes);
    }
    for (const { kind, key, body } of step.asks) {
      this.#mixText(kind);
      this.#mixBytes(key);
      this.#mixBytes(body);
    }
    for (const { link, reason } of step.closes) {
      this.#mixLink(link);
      this.#mixText(reason);
    }
    for (const { kind } of step.notices) this.#mixText(kind);
    this.#mix(step.wakeAtMs ?? NOTHING);
  }

  started(process: Process): void {
    this.#mix(process.index * 16 + 7);
  }

  ended(process: Process): void {
    this.#mix(process.index * 16 + 8);
  }

  /** 16 hexadecimal digits. */
  hash(): string {
    return [this.#a, this.#b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #mixEvent(event: Event): void {
    switch (event.kind) {
      case 'link_up':
        this.#mixLink(event.link);
        if (event.peerKey !== undefined) this.#mixBytes(event.peerKey);
        this.#mix(event.wanted ? 1 : 0);
        break;
      case 'link_down':
        this.#mixLink(event.link);
        break;
      case 'frame':
        this.#mixLink(event.link);
        this.#mixBytes(event.bytes);
        break;
      case 'command':
        this.#mixValue(event.command);
        break;
      case 'told':
        this.#mixValue(event.answer);
        break;
      case 'start':
        this.#mixBytes(event.seed);
        break;
      case 'tick':
    }
  }

  /** Anything made of plain objects, texts, numbers and bytes. */
  #mixValue(value: unknown): void {
    if (value instanceof Uint8Array) this.#mixBytes(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) {
        this.#mixText(name);
        this.#mixValue(part);
      }
    } else this.#mixText(String(value));
  }

  /** Half of a link's number: all of it is random. */
  #mixLink(link: LinkId): void {
    this.#mix(Number(BigInt.asUintN(32, link)));
  }

  #mixText(text: string): void {
    let word = text.length;
    for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), 0x01000193);
    this.#mix(word);
  }

  #mixBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    const fours = length & ~3;
    let word = length;
    for (let i = 0; i < fours; i += 4) {
      const four =
        (bytes[i] ?? 0) |
        ((bytes[i + 1] ?? 0) << 8) |
        ((bytes[i + 2] ?? 0) << 16) |
        ((bytes[i + 3] ?? 0) << 24);
      word = Math.imul(word ^ four, 0x9e3779b1);
      word ^= word >>> 15;
    }
    for (let i = fours; i < length; i++) word = Math.imul(word ^ (bytes[i] ?? 0), 0x01000193);
    this.#mix(word);
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul((this.#b << 13) | (this.#b >>> 19), 5) ^ word ^ this.#a;
  }
}
