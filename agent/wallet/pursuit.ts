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

export type PursuitState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'certified'; readonly certificate: Certificate }
  | { readonly kind: 'failed'; readonly refusal: Refusal };

/** An authority that has not voted. */
export interface MissingVote {
  readonly name: string;
  /** What it said; undefined: nothing. */
  readonly refusal: Refusal | undefined;
  /** Whether there is a link to it. */
  readonly isLinked: boolean;
}

export class Pursuit {
  readonly quorum: number;
  /** Of the order's token. */
  readonly decimals: number;
  readonly #members: readonly Member[];
  readonly #votes: Set<MemberIndex>;
  readonly #refusals = new Map<MemberIndex, Refusal>();
  readonly #spread = new Set<MemberIndex>();
  #state: PursuitState = { kind: 'waiting' };

  /** `voted`: members whose votes are in already, when an order is resumed. */
  constructor(network: JudgedNetwork, decimals: number, voted: readonly MemberIndex[] = []) {
    this.#members = network.committee.members;
    this.#votes = new Set(voted);
    this.quorum = quorumOf(this.#members.length);
    this.decimals = decimals;
  }

  take(notice: Notice): void {
    switch (notice.kind) {
      case 'vote_received':
        this.#votes.add(notice.member);
        this.#refusals.delete(notice.member);
        return;
      case 'order_refused':
        if (!this.#votes.has(notice.member)) this.#refusals.set(notice.member, notice.refusal);
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
  missing(isLinked: (member: MemberIndex) => boolean): readonly MissingVote[] {
    return this.#members.flatMap(({ name, number: member }) => {
      if (this.#votes.has(member)) return [];
      return [{ name, refusal: this.#refusals.get(member), isLinked: isLinked(member) }];
    });
  }

  #named(members: ReadonlySet<MemberIndex>): readonly string[] {
    return this.#members.flatMap(({ name, number }) => (members.has(number) ? [name] : []));
  }
}
