/**
 * How the pursuit of one order stands: votes by name, refusals, who has applied it. Made from the
 * notices of the wallet's steps alone; pure, so that what a person sees can be tested as text.
 */

import { REFUSALS, type Refusal } from '../../core/base/refusal.ts';
import { formatAmount, type MemberIndex } from '../../core/base/units.ts';
import type { Certificate } from '../../core/codec/order.ts';
import { quorumOf } from '../../core/network/committee.ts';
import type { Network } from '../../core/network/genesis.ts';
import type { Notice } from '../../core/notice.ts';
import { counted, harmless } from '../render/text.ts';

export type PursuitState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'certified'; readonly certificate: Certificate }
  | { readonly kind: 'failed'; readonly refusal: Refusal };

export interface Pursuit {
  take(notice: Notice): void;
  readonly state: PursuitState;
  /** Members that have applied the certificate. */
  readonly spread: readonly string[];
  /** "votes 2 of 3 (authority-1, authority-3)". */
  progress(): string;
  /** Why there is no quorum yet, one line for each authority that has not voted. */
  reasons(isLinked: (member: MemberIndex) => boolean): readonly string[];
}

/** `voted`: members whose votes are in already, when an order is resumed; `decimals` of its token. */
export function createPursuit(
  network: Network,
  decimals: number,
  voted: readonly MemberIndex[] = [],
): Pursuit {
  const { members } = network.committee;
  const quorum = quorumOf(members.length);
  const votes = new Set<MemberIndex>(voted);
  const refusals = new Map<MemberIndex, Refusal>();
  const spread = new Set<MemberIndex>();
  let state: PursuitState = { kind: 'waiting' };
  const nameOf = (member: MemberIndex): string => members[member]?.name ?? `member ${member}`;

  return {
    get state() {
      return state;
    },
    get spread() {
      return inOrder(spread).map(nameOf);
    },
    take: (notice) => {
      switch (notice.kind) {
        case 'vote_received':
          votes.add(notice.member);
          refusals.delete(notice.member);
          return;
        case 'order_refused':
          if (!votes.has(notice.member)) refusals.set(notice.member, notice.refusal);
          return;
        case 'order_certified':
          state = { kind: 'certified', certificate: notice.certificate };
          return;
        case 'order_failed':
          state = { kind: 'failed', refusal: notice.refusal };
          return;
        case 'spread':
          spread.add(notice.member);
          return;
        default:
          return;
      }
    },
    progress: () => {
      const names = inOrder(votes).map(nameOf);
      const who = names.length === 0 ? '' : ` (${names.join(', ')})`;
      const silent = members.length - votes.size - refusals.size;
      const rest = [
        ...(refusals.size > 0 ? [counted(refusals.size, 'refusal')] : []),
        ...(silent > 0 && votes.size < quorum ? [`${silent} silent`] : []),
      ];
      return `votes ${votes.size} of ${quorum}${who}${rest.length > 0 ? `, ${rest.join(', ')}` : ''}`;
    },
    reasons: (isLinked) =>
      members.flatMap(({ name }, index) => {
        const member = index as MemberIndex;
        if (votes.has(member)) return [];
        const refused = refusals.get(member);
        if (refused !== undefined) return [`${name}: ${reasonOf(refused, decimals)}`];
        return [
          `${name}: ${isLinked(member) ? 'connected, but does not answer' : 'no answer, and no link of its own'}`,
        ];
      }),
  };
}

/** Members in the order of the committee. */
function inOrder(members: ReadonlySet<MemberIndex>): readonly MemberIndex[] {
  return [...members].sort((a, b) => a - b);
}

/** "insufficient_balance, the balance is below the amount; it says 5.00". */
function reasonOf({ refused, expected, found }: Refusal, decimals: number): string {
  const { meaning } = REFUSALS[refused];
  if (refused === 'below_opening' && expected !== undefined) {
    return `${refused}, ${meaning}: that takes ${formatAmount(BigInt(expected), decimals)}`;
  }
  if (found === undefined) return `${refused}, ${meaning}`;
  const isBalance = refused === 'insufficient_balance' && /^-?[0-9]+$/.test(found);
  const says = isBalance ? formatAmount(BigInt(found), decimals) : harmless(found);
  return `${refused}, ${meaning}; it says ${says}`;
}
