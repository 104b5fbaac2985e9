/**
 * Which streams lead to members, as each process has to see it: the keys that were proven, of one
 * member the newest few. What is said over an older stream is nobody's word.
 */
import type { Event } from '../../../agent/core/io.ts';
import type { Process } from '../process.ts';
import { latin1 } from './decode.ts';
import type { Founding } from './founding.ts';

/** Links to one member that a node keeps note of. */
const MOST_OF_A_MEMBER = 4;

export class MemberLinks {
  readonly #founding: Founding;
  /** By process: stream -> the member's key. */
  readonly #links = new Map<number, Map<bigint, string>>();

  constructor(founding: Founding) {
    this.#founding = founding;
  }

  /** A new process begins without streams. */
  begin(process: Process): void {
    this.#links.set(process.index, new Map());
  }

  follow(process: Process, event: Event): void {
    const links = this.#links.get(process.index);
    if (links === undefined) return;
    if (event.kind === 'link_down') links.delete(event.link);
    if (event.kind !== 'link_up' || event.peerKey === undefined) return;
    const key = latin1(event.peerKey);
    if (!this.#founding.memberKeys.includes(key)) return;
    links.delete(event.link);
    const before = [...links].filter(([, member]) => member === key);
    const [oldest] = before.length >= MOST_OF_A_MEMBER ? before : [];
    if (oldest !== undefined) links.delete(oldest[0]);
    links.set(event.link, key);
  }

  /** The key of the member at the end of each stream of a process. */
  of(process: Process): ReadonlyMap<bigint, string> {
    return this.#links.get(process.index) ?? new Map();
  }
}
