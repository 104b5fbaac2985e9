/**
 * Telling what nodes did: one paragraph a step, one for all nodes that did the same. First why it
 * took the step, then what goes to the disk before anything leaves, what is kept in memory, what
 * leaves, and what people are told.
 */

import type { LinkId } from '../../agent/core/base/units.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { type Frame, frameCoder } from '../../agent/core/codec/message.ts';
import type { Event, Send, Step, Write } from '../../agent/core/io.ts';
import { isDurable, spaceOf } from '../../agent/core/spaces.ts';
import type { Place, World } from '../support/world.ts';
import type { Words } from './words.ts';

/** One step that a node took. */
export interface Taken {
  readonly place: Place;
  readonly event: Event;
  readonly step: Step;
}

export class Telling {
  readonly #world: World;
  readonly #words: Words;

  constructor(world: World, words: Words) {
    this.#world = world;
    this.#words = words;
  }

  /**
   * All that these steps did; those that did the same stand together, where the first of them was.
   */
  whole(steps: readonly Taken[]): string[] {
    const groups = new Map<string, Taken[]>();
    for (const taken of steps) {
      const lines = [this.#cause(taken), ...this.#effects(taken).map((line) => `  ${line}`)];
      addTo(groups, lines.join('\n'), taken);
    }
    return Array.from(groups, ([text, same]) => {
      const [cause = '', ...effects] = text.split('\n');
      return [...this.#subjects(same).map((who) => `${who}${cause}`), ...effects];
    }).flat();
  }

  /** "a, b <- c": who got it from whom, in as few lines as there are. */
  #subjects(steps: readonly Taken[]): string[] {
    const receivers = new Map<string, string[]>();
    for (const { place, event } of steps) {
      const from = event.kind === 'frame' ? ` <- ${this.#otherEnd(place, event.link)}` : '';
      addTo(receivers, from, place.name);
    }
    const senders = new Map<string, string[]>();
    for (const [from, to] of receivers) {
      const each = [...new Set(to)];
      const twice = each.length < to.length ? ', more than once' : '';
      addTo(senders, this.#all(each), `${from}${twice}`);
    }
    if (this.#isAmongAuthorities(steps)) return ['the authorities <- each other'];
    return Array.from(senders, ([to, from]) => `${to}${from.join(',').replaceAll(', <-', ',')}`);
  }

  /** Whether each authority got it from each other one. */
  #isAmongAuthorities(steps: readonly Taken[]): boolean {
    const { authorities } = this.#world;
    const ways = steps.map(({ place, event }) => {
      const isOurs = event.kind === 'frame' && authorities.includes(place);
      return isOurs ? `${place.name} ${this.#otherEnd(place, event.link)}` : '';
    });
    const all = authorities.flatMap((a) =>
      authorities.filter((b) => a !== b).map((b) => `${a.name} ${b.name}`),
    );
    return all.length === ways.length && all.every((way) => ways.includes(way));
  }

  /** Only what people are told of it. */
  notices(steps: readonly Taken[]): string[] {
    const groups = new Map<string, string[]>();
    for (const { place, step } of steps) {
      for (const notice of step.notices) {
        addTo(groups, this.#words.notice(place, notice), place.name);
      }
    }
    return Array.from(groups, ([text, names]) => `${this.#all([...new Set(names)])}: ${text}`);
  }

  /**
   * A frame as its text, with what the envelope adds. `end`: who is at the other end of its link.
   */
  frame({ to, route, isPassedOn, message }: Frame, end: string): string {
    const member = to === undefined ? undefined : this.#words.member(to);
    const onward = member === undefined || member === end ? '' : ` for ${member}`;
    const back = member === undefined && route.length > 0 ? ' on its way back' : '';
    const { data } = message;
    const author = 'member' in data && data.member !== undefined ? data.member : undefined;
    const whose = author === undefined ? '' : `${this.#words.member(author)}'s, `;
    const mark = isPassedOn ? `, ${whose}passed on` : '';
    const envelope = `${onward}${back}${mark}`.replace(/^,? /, '');
    return `${this.#words.message(message)}${envelope === '' ? '' : ` (${envelope})`}`;
  }

  #cause({ place, event }: Taken): string {
    switch (event.kind) {
      case 'frame':
        return `: ${this.frame(decodeOwn(frameCoder, event.bytes), place.name)}`;
      case 'link_up':
      case 'link_down': {
        const way = event.kind === 'link_up' ? 'up' : 'down';
        return `: the link to ${this.#otherEnd(place, event.link)} is ${way}`;
      }
      case 'command':
        return `: command ${event.command.kind}`;
      case 'told':
        return `: is told ${event.answer.kind}`;
      case 'start':
        return ': starts';
      case 'tick':
        return ': wakes up';
    }
  }

  #effects({ place, step }: Taken): string[] {
    const [disk, memory] = [true, false].map((durable) =>
      spacesOf(step.writes.filter(({ key }) => isDurable(key) === durable)),
    );
    const lines = [
      ...(disk === '' ? [] : [`disk    ${disk}`]),
      ...(memory === '' ? [] : [`memory  ${memory}`]),
      ...this.#sends(place, step.sends).map((line) => `-> ${line}`),
      ...step.asks.map(({ kind }) => `asks    ${kind}`),
      ...step.closes.map(({ link, reason }) => {
        return `closes the link to ${this.#otherEnd(place, link)}: ${reason}`;
      }),
      ...step.notices.map((notice) => `notices ${this.#words.notice(place, notice)}`),
    ];
    return lines.length === 0 ? ['nothing'] : lines;
  }

  #sends(place: Place, sends: readonly Send[]): string[] {
    const groups = new Map<string, string[]>();
    for (const { link, bytes } of sends) {
      const end = this.#otherEnd(place, link);
      addTo(groups, this.frame(decodeOwn(frameCoder, bytes), end), end);
    }
    return Array.from(groups, ([text, names]) => `${this.#all(names, place)}: ${text}`);
  }

  #otherEnd(place: Place, link: LinkId): string {
    return this.#world.otherEnd(place, link)?.name ?? 'nobody';
  }

  /** Names, or one word where they are those of all authorities, or of all but `self`. */
  #all(names: readonly string[], self?: Place): string {
    const meant = this.#world.authorities.filter((each) => each !== self);
    const isAll = names.length === meant.length && meant.every(({ name }) => names.includes(name));
    if (!isAll || names.length < 2) return names.join(', ');
    return meant.length < this.#world.authorities.length
      ? 'the other authorities'
      : 'all authorities';
  }
}

function addTo<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}

/** The names of the spaces that are written to, each once. */
function spacesOf(writes: readonly Write[]): string {
  const counts = new Map<string, number>();
  for (const { key, value } of writes) {
    const name = `${value === undefined ? 'no more ' : ''}${spaceOf(key)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(
    ', ',
  );
}
