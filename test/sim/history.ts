/** The last events of each process, kept as they are and put into words only when a run fails. */
import { decode } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import type { Event, Step } from '../../agent/core/io.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { isRefusal } from '../../agent/core/refusal.ts';
import type { Process, Watcher } from './process.ts';
import type { World } from './world.ts';

interface Entry {
  readonly atMs: number;
  readonly event: Event | undefined;
  readonly step: Step | undefined;
  readonly text: string;
}

/** Events kept of each process, unless somebody wants more. */
export const USUAL_HISTORY = 12;

export class History implements Watcher {
  readonly #world: World;
  readonly #kept: number;
  readonly #entries: Entry[][] = [];
  readonly #next: number[] = [];

  constructor(world: World, kept: number) {
    this.#world = world;
    this.#kept = kept;
  }

  started(process: Process): void {
    this.#add(process, undefined, undefined, 'came up');
  }

  ended(process: Process, why: string): void {
    this.#add(process, undefined, undefined, why);
  }

  stepped(process: Process, event: Event, step: Step): void {
    this.#add(process, event, step, '');
  }

  /** The last events of every process, the oldest first. */
  words(): string[] {
    return this.#world.all.flatMap((process) => {
      const ring = this.#entries[process.index] ?? [];
      const at = (this.#next[process.index] ?? 0) % this.#kept;
      const ordered = [...ring.slice(at), ...ring.slice(0, at)];
      return [`${process.name}:`, ...ordered.map((entry) => `  ${wordsOf(entry)}`)];
    });
  }

  #add(process: Process, event: Event | undefined, step: Step | undefined, text: string): void {
    const { index } = process;
    const ring = this.#entries[index] ?? [];
    const at = this.#next[index] ?? 0;
    this.#entries[index] = ring;
    ring[at % this.#kept] = { atMs: this.#world.agenda.nowMs, event, step, text };
    this.#next[index] = at + 1;
  }
}

function wordsOf({ atMs, event, step, text }: Entry): string {
  const time = `${(atMs / 1_000).toFixed(3)} s`;
  if (event === undefined || step === undefined) return `${time}  ${text}`;
  const what = event.kind === 'frame' ? `gets ${frameName(event.bytes)}` : eventName(event);
  const spaces = [...new Set(step.writes.map(({ key }) => key.charAt(0)))].join('');
  const results = [
    spaces === '' ? '' : `writes ${spaces}`,
    step.sends.length === 0 ? '' : `sends ${namesOf(step.sends.map(({ bytes }) => bytes))}`,
    step.closes.length === 0 ? '' : `closes (${step.closes.map(({ reason }) => reason).join()})`,
    step.notices.length === 0 ? '' : `notes ${step.notices.map(noticeName).join(' ')}`,
  ].filter((result) => result !== '');
  return `${time}  ${what}${results.length === 0 ? '' : `: ${results.join('; ')}`}`;
}

function noticeName(notice: Notice): string {
  return 'refusal' in notice ? `${notice.kind} (${notice.refusal.refused})` : notice.kind;
}

function eventName(event: Event): string {
  return event.kind === 'command' ? `is told to ${event.command.kind}` : event.kind;
}

function namesOf(frames: readonly Uint8Array[]): string {
  const counts = new Map<string, number>();
  for (const bytes of frames) {
    const name = frameName(bytes);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(
    ', ',
  );
}

function frameName(bytes: Uint8Array): string {
  const frame = decode(frameCoder, bytes);
  if (isRefusal(frame)) return `${bytes.length} bytes of nothing`;
  const { to, message } = frame;
  const detail = 'member' in message.data ? ` of ${message.data.member}` : '';
  return `${message.TAG}${detail}${to === undefined ? '' : ` for ${to}`}`;
}
