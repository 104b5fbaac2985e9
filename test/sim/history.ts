/** The last events of each process, kept as they are and put into words only when a run fails. */

import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import { decode } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import type { Event, Send, Step, Write } from '../../agent/core/io.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { spaceOf } from '../../agent/core/spaces.ts';
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

/** Names that a line has of one kind: the longest write of one certificate has them all. */
const MOST_LISTED = 8;

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
    const { network } = this.#world;
    const peer = (link: LinkId) => network.peerOf(link)?.name ?? 'a stranger';
    return this.#world.all.flatMap((process) => {
      const ring = this.#entries[process.index] ?? [];
      const at = (this.#next[process.index] ?? 0) % this.#kept;
      const ordered = [...ring.slice(at), ...ring.slice(0, at)];
      return [`${process.name}:`, ...ordered.map((entry) => `  ${wordsOf(entry, peer)}`)];
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

/** The name of the node at the other end of a link. */
type PeerName = (link: LinkId) => string;

function wordsOf({ atMs, event, step, text }: Entry, peer: PeerName): string {
  const time = `${(atMs / 1_000).toFixed(3)} s`;
  if (event === undefined || step === undefined) return `${time}  ${text}`;
  const closes = step.closes.map(({ link, reason }) => `the link to ${peer(link)} (${reason})`);
  const results = [
    ['writes', spacesOf(step.writes.filter(({ value }) => value !== undefined))],
    ['removes', spacesOf(step.writes.filter(({ value }) => value === undefined))],
    ['sends', sendsOf(step.sends, peer)],
    ['asks', listed(step.asks.map(({ kind }) => kind))],
    ['closes', listed(closes)],
    ['notes', listed(counted(step.notices.map(noticeName)))],
  ].filter(([, what]) => what !== '');
  const words = results.map((each) => each.join(' ')).join('; ');
  return `${time}  ${eventName(event, peer)}${words === '' ? '' : `: ${words}`}`;
}

function eventName(event: Event, peer: PeerName): string {
  switch (event.kind) {
    case 'frame':
      return `gets ${frameName(event.bytes)} from ${peer(event.link)}`;
    case 'link_up':
      return `the link to ${peer(event.link)} is up`;
    case 'link_down':
      return `the link to ${peer(event.link)} is down`;
    case 'command':
      return `is told to ${event.command.kind}`;
    case 'told':
      return `is told ${event.answer.kind}`;
    default:
      return event.kind;
  }
}

function noticeName(notice: Notice): string {
  return 'refusal' in notice ? `${notice.kind} (${notice.refusal.refused})` : notice.kind;
}

/** The spaces of some writes, each once. */
function spacesOf(writes: readonly Write[]): string {
  const names = writes.map(({ key }) => spaceOf(key) ?? 'a key of no space');
  return listed([...new Set(names)]);
}

/** What is sent to whom; whoever is sent the same is named together. */
function sendsOf(sends: readonly Send[], peer: PeerName): string {
  const frames = new Map<string, string[]>();
  for (const { link, bytes } of sends) append(frames, peer(link), frameName(bytes));
  const peers = new Map<string, string[]>();
  for (const [name, names] of frames) append(peers, counted(names).join(' and '), name);
  return listed(Array.from(peers, ([what, names]) => `${what} to ${listed(names)}`));
}

function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Each name once, with how many times it stands there. */
function counted(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Array.from(counts, ([name, count]) => (count === 1 ? name : `${count} times ${name}`));
}

/** A list that a line has room for. */
function listed(words: readonly string[]): string {
  const rest = words.length - MOST_LISTED;
  if (rest <= 0) return words.join(', ');
  return `${words.slice(0, MOST_LISTED).join(', ')} and ${rest} more`;
}

function frameName(bytes: Uint8Array): string {
  const frame = decode(frameCoder, bytes);
  if (isRefusal(frame)) return `${bytes.length} bytes of nothing`;
  const { to, message } = frame;
  const detail = 'member' in message.data ? ` of ${message.data.member}` : '';
  return `${message.TAG}${detail}${to === undefined ? '' : ` for ${to}`}`;
}
