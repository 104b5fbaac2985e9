/**
 * How an authority reads what others hold in lists that only grow: its double-spend proofs, its
 * facts. For each member it remembers how far it has read.
 *
 * Liveness: it goes on past what it holds and what proves nothing, and stops at what it cannot
 * judge yet, to ask for it again when the next count comes. A lost frame costs a round.
 * Bounds: one number a member; a page leads to one question at most, and only after progress.
 */
import { equalBytes } from '../base/bytes.ts';
import type { LinkId, MemberIndex } from '../base/units.ts';
import type { Message } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { memberOf } from '../mesh/links.ts';
import type { Space } from '../space.ts';

/** How many entries a list has, and the digest of which. */
interface Count {
  readonly count: bigint;
  readonly set: Uint8Array;
}

/** A part of a list from the nth entry on, and how many there are. */
interface Page<T> {
  readonly from: bigint;
  readonly count: bigint;
  readonly list: readonly T[];
}

export class PeerLists {
  readonly #cursor: Space<[MemberIndex], bigint>;
  readonly #query: (from: bigint) => Message;

  /** `query`: the message that asks for the entries from the nth on. */
  constructor(cursor: Space<[MemberIndex], bigint>, query: (from: bigint) => Message) {
    this.#cursor = cursor;
    this.#query = query;
  }

  /** The peer may be another process than before, with another disk: its list is read anew. */
  forgetAt(draft: Draft, link: LinkId): void {
    const member = memberOf(draft, link);
    if (member !== undefined) this.forget(draft, member);
  }

  forget(draft: Draft, member: MemberIndex): void {
    draft.remove(this.#cursor.at(member));
  }

  /** A member tells how much it holds; `set`: the digest of what is held here. */
  compare(
    draft: Draft,
    { link, speaker: member }: Origin,
    { count, set: theirs }: Count,
    set: Uint8Array,
  ): void {
    if (member === undefined) return;
    if (equalBytes(theirs, set)) return this.#set(draft, member, count);
    // Fewer than were read once: the peer came back from an old copy.
    if (count < this.#of(draft, member)) this.#set(draft, member, 0n);
    this.#askOn(draft, link, member, count);
  }

  /** Reads a page that was asked for. `take` is false for what cannot be judged yet. */
  read<T>(
    draft: Draft,
    { link, speaker: member }: Origin,
    { from, count, list }: Page<T>,
    take: (entry: T) => boolean,
  ): void {
    if (member === undefined || from !== this.#of(draft, member)) return;
    let at = from;
    for (const entry of list) {
      if (at >= count) break;
      if (!take(entry)) return this.#set(draft, member, at);
      at++;
    }
    if (at === from) return;
    this.#set(draft, member, at);
    this.#askOn(draft, link, member, count);
  }

  #askOn(draft: Draft, link: LinkId, member: MemberIndex, count: bigint): void {
    const from = this.#of(draft, member);
    if (from < count) draft.send(link, this.#query(from));
  }

  #of(draft: Draft, member: MemberIndex): bigint {
    return draft.read(this.#cursor.at(member)) ?? 0n;
  }

  #set(draft: Draft, member: MemberIndex, n: bigint): void {
    if (n !== this.#of(draft, member)) draft.write(this.#cursor.at(member), n);
  }
}
