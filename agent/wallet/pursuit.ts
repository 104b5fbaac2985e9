/**
 * How the pursuit of one order stands: votes by name, refusals, who has applied it. Made from the
 * notices of the wallet's steps alone; pure.
 */

import type { Refusal } from '../core/base/refusal.ts';
import type { MemberIndex } from '../core/base/units.ts';
import type { Certificate } from '../core/codec/order.ts';
import { type Member, quorumOf } from '../core/network/committee.ts';
import type { Notice } from '../core/notice.ts';
import type { JudgedNetwork } from '../core/views.ts';
import type { LinkFault } from '../shell/net/fault.ts';

export type PursuitState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'certified'; readonly certificate: Certificate }
  | { readonly kind: 'failed'; readonly refusal: Refusal };

/** How an authority itself is reached. */
export interface Contact {
  readonly isLinked: boolean;
  /** Why there is no link, where that is known. */
  readonly fault: LinkFault | undefined;
}

/** An authority that has not voted. */
export interface MissingVote extends Contact {
  readonly name: string;
  /** What it said; undefined: nothing. */
  readonly refusal: Refusal | undefined;
  /** Since when: it said so, or has been waited for. By the wall clock. */
  readonly sinceWallMs: number;
}

export class Pursuit {
  readonly quorum: number;
  /** Of the order's token. */
  readonly decimals: number;
  readonly #members: readonly Member[];
  readonly #votes: Set<MemberIndex>;
  readonly #refusals = new Map<MemberIndex, { refusal: Refusal; sinceWallMs: number }>();
  readonly #wallMs: () => number;
  readonly #begunWallMs: number;
  readonly #spread = new Set<MemberIndex>();
  #state: PursuitState = { kind: 'waiting' };

  /**
   * `voted`: members whose votes are in already, when an order is resumed. `wallMs`: the wall
   * clock.
   */
  constructor(
    network: JudgedNetwork,
    decimals: number,
    voted: readonly MemberIndex[] = [],
    wallMs: () => number = Date.now,
  ) {
    this.#members = network.committee.members;
    this.#votes = new Set(voted);
    this.quorum = quorumOf(this.#members.length);
    this.decimals = decimals;
    this.#wallMs = wallMs;
    this.#begunWallMs = wallMs();
  }

  take(notice: Notice): void {
    switch (notice.kind) {
      case 'vote_received':
        this.#votes.add(notice.member);
        this.#refusals.delete(notice.member);
        return;
      case 'order_refused':
        this.#refuse(notice.member, notice.refusal);
        return;
      case 'order_certified':
        this.#state = { kind: 'certified', certificate: notice.certificate };
        return;
      case 'order_failed':
        this.#state = { kind: 'failed', refusal: notice.refusal };
        return;
      case 'spread':
        this.#spread.add(notice.member);
        return;
      default:
        return;
    }
  }

  get state(): PursuitState {
    return this.#state;
  }

  /** Who has voted, in the order of the committee. */
  get voters(): readonly string[] {
    return this.#named(this.#votes);
  }

  /** Who has applied the certificate. */
  get spread(): readonly string[] {
    return this.#named(this.#spread);
  }

  /** How many have refused. */
  get refusals(): number {
    return this.#refusals.size;
  }

  /** How many have said nothing. */
  get silent(): number {
    return this.#members.length - this.#votes.size - this.#refusals.size;
  }

  /** Those that have not voted. */
  missing(contactOf: (member: MemberIndex) => Contact): readonly MissingVote[] {
    return this.#members.flatMap(({ name, number: member }) => {
      if (this.#votes.has(member)) return [];
      const { refusal, sinceWallMs = this.#begunWallMs } = this.#refusals.get(member) ?? {};
      return [{ name, refusal, sinceWallMs, ...contactOf(member) }];
    });
  }

  /** The same again is told since the first time. */
  #refuse(member: MemberIndex, refusal: Refusal): void {
    if (this.#votes.has(member)) return;
    const before = this.#refusals.get(member);
    const isSame = before?.refusal.refused === refusal.refused;
    this.#refusals.set(member, {
      refusal,
      sinceWallMs: isSame ? before.sinceWallMs : this.#wallMs(),
    });
  }

  #named(members: ReadonlySet<MemberIndex>): readonly string[] {
    return this.#members.flatMap(({ name, number }) => (members.has(number) ? [name] : []));
  }
}
