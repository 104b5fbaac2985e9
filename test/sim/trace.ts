/**
 * The hash of a run: every event at every process, and everything that followed, in order. Two runs
 * with one hash had one history.
 */
import type { Event, Step } from '../../agent/core/io.ts';
import type { Process, Watcher } from './process.ts';

const KINDS: Readonly<Record<Event['kind'], number>> = {
  start: 1,
  link_up: 2,
  link_down: 3,
  frame: 4,
  command: 5,
  tick: 6,
};

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
    if (event.kind === 'frame') this.#mixBytes(event.bytes);
    this.#mix(step.writes.length * 65_536 + step.sends.length);
    for (const { bytes } of step.sends) this.#mixBytes(bytes);
    for (const { value } of step.writes) if (value !== undefined) this.#mixBytes(value);
  }

  started(process: Process): void {
    this.#mix(process.index * 16 + 7);
  }

  /** 16 hexadecimal digits. */
  hash(): string {
    return [this.#a, this.#b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Length and every seventh byte: enough to tell two histories apart, and cheap. */
  #mixBytes(bytes: Uint8Array): void {
    let word = bytes.length;
    for (let i = 0; i < bytes.length; i += 7) word = (Math.imul(word, 31) + (bytes[i] ?? 0)) | 0;
    this.#mix(word);
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul((this.#b << 13) | (this.#b >>> 19), 5) ^ word ^ this.#a;
  }
}
